"""The local parts, which need nothing."""

from workers.models.extractive.model import ExtractiveModel
from workers.models.provider import ModelProvider

PROVIDER = ModelProvider("extractive", lambda settings, embedder: ExtractiveModel(embedder))
