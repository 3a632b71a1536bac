"""From rows of the index to the product's words."""

import json
from typing import Any

from sqlalchemy import Row

from desk.passage import Block, BlockKind, Passage


def passage_of(row: Row[Any]) -> Passage:
    """A passage from its own columns, `blocks` as JSON text, and its document's `title`, `url` and `locale`."""
    return Passage(
        id=row.id,
        document_id=row.document_id,
        version=row.version,
        title=row.title,
        url=row.url,
        headings=tuple(row.headings),
        blocks=tuple(Block(b["text"], BlockKind(b["kind"]), b["group"]) for b in json.loads(row.blocks)),
        locale=row.locale,
        audience=row.audience,
    )
