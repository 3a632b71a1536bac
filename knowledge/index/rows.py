"""From rows of the index to the product's words."""

import json
from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Row

from desk.passage import Block, BlockKind, Passage

_KINDS = {kind.value: kind for kind in BlockKind}


def passage_from_row(row: Row[Any]) -> Passage:
    """A passage from its own columns, `blocks` as JSON text, and its document's `title`, `url`, `locale`, `source` and
    `external_id`."""
    return Passage(
        id=row.id,
        document_id=row.document_id,
        version=row.version,
        title=row.title,
        url=row.url,
        headings=tuple(row.headings),
        blocks=blocks_from_column(json.loads(row.blocks)),
        locale=row.locale,
        audience=row.audience,
        source=row.source,
        external_id=row.external_id,
        ordinal=row.ordinal,
    )


def blocks_from_column(column: Sequence[Mapping[str, Any]]) -> tuple[Block, ...]:
    """The blocks of a passage from its column `blocks`; those of older passages have neither leads nor numbers."""
    return tuple(
        [
            Block(
                block["text"],
                _KINDS[block["kind"]],
                block["group"],
                tuple(block.get("leads", ())),
                block.get("number", 0),
            )
            for block in column
        ]
    )
