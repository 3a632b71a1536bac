"""The embedder in the box: all-MiniLM-L6-v2, int8, run by onnxruntime. No network, no torch.

The activation scales of the int8 model are taken over the whole input tensor, so a text's vector would depend on what
shares its batch (cosine .992 to .995). Texts are therefore run one at a time, and a small thread pool keeps the
processors busy instead.
"""

import hashlib
import os
import threading
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path

import numpy as np
import onnxruntime
from tokenizers import Tokenizer

from desk.errors import BadSetting
from desk.text.tokenizer import clean

MODEL = Path(__file__).with_name("model")

# Texts are cut here before they reach the tokenizer; 256 tokens never need more.
MOST_CHARACTERS = 20_000

SHORT = 1_000
"""Characters of a text whose count is remembered: to cut a page asks several times for the same blocks."""


@dataclass(frozen=True, slots=True)
class _Model:
    tokenizer: Tokenizer
    session: onnxruntime.InferenceSession


class MiniLM:
    """384 dimensions, 256 tokens, unit length. Loaded at the first use, once per process; safe between threads.

    Load it after a fork, not before: the session's threads do not survive one. Raises BadSetting when the model's
    files are missing or are not those that `SHA256SUMS` names.
    """

    name = "minilm-l6-v2-int8"
    dimensions = 384
    window = 256

    def __init__(self, folder: Path = MODEL, threads: int | None = None) -> None:
        self._folder = folder
        self._threads = threads or min(os.cpu_count() or 1, 8)
        self._lock = threading.Lock()
        self._model: _Model | None = None
        self._cached_count = lru_cache(maxsize=4096)(self._count)

    def embed_documents(self, texts: Sequence[str]) -> list[list[float]]:
        """One vector per text, in order."""
        if len(texts) < 2 or self._threads < 2:
            return [self._embed(text) for text in texts]
        self._get_model()
        with ThreadPoolExecutor(min(self._threads, len(texts))) as pool:
            return list(pool.map(self._embed, texts))

    def embed_query(self, text: str) -> list[float]:
        """The same as for a document: this model knows no prefixes."""
        return self._embed(text)

    def count_tokens(self, text: str) -> int:
        """Word pieces without the two special tokens. A run of over 100 letters without a space counts as one."""
        return self._cached_count(text) if len(text) <= SHORT else self._count(text)

    def _count(self, text: str) -> int:
        return len(self._get_model().tokenizer.encode(clean(text), add_special_tokens=False))

    def _embed(self, text: str) -> list[float]:
        model = self._get_model()
        token_ids = model.tokenizer.encode(clean(text[:MOST_CHARACTERS])).ids
        if len(token_ids) > self.window:
            token_ids = [*token_ids[: self.window - 1], token_ids[-1]]
        batch = np.array([token_ids], dtype=np.int64)
        (vectors,) = model.session.run(["embedding"], {"input_ids": batch, "attention_mask": np.ones_like(batch)})
        vector: list[float] = vectors[0].tolist()
        return vector

    def _get_model(self) -> _Model:
        if self._model is None:
            with self._lock:
                if self._model is None:
                    self._model = _load_model(self._folder)
        return self._model


@cache
def _load_model(folder: Path) -> _Model:
    """However many embedders share it: loading takes a third of a second, and 100 MB."""
    contents = _read_verified_files(folder)
    options = onnxruntime.SessionOptions()
    options.intra_op_num_threads = 1
    options.inter_op_num_threads = 1
    session = onnxruntime.InferenceSession(contents["model.int8.onnx"], options, providers=["CPUExecutionProvider"])
    return _Model(Tokenizer.from_str(contents["tokenizer.json"].decode()), session)


def _read_verified_files(folder: Path) -> dict[str, bytes]:
    """The files that `SHA256SUMS` names, read and compared."""
    try:
        lines = (folder / "SHA256SUMS").read_text(encoding="ascii").splitlines()
        expected_digests = {
            name.lstrip("*"): digest for digest, name in (line.split() for line in lines if line.strip())
        }
        contents = {name: (folder / name).read_bytes() for name in ("model.int8.onnx", "tokenizer.json")}
    except (OSError, ValueError) as error:
        raise BadSetting(f"the embedding model in {folder} cannot be read; install Firstline again") from error
    for name, data in contents.items():
        if hashlib.sha256(data).hexdigest() != expected_digests.get(name):
            raise BadSetting(f"{folder / name} is not the file that SHA256SUMS names; install Firstline again")
    return contents
