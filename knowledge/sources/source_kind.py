"""What a kind of source asks for, and how one is opened. `app/bootstrap.py` lists the kinds."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic import BaseModel

from desk.pages import PageSource
from desk.platform.database import Database


@dataclass(frozen=True, slots=True)
class SourceKind:
    """One kind of source. The fields of `settings` are what `firstline sources add KIND` asks for, with their
    descriptions as help; `place` names the one that stands without an option's name (a path, an address)."""

    line: str
    """What it reads, in a few words."""
    settings: type[BaseModel]
    place: str | None
    open: Callable[[Database, str, str, Any], PageSource]
    """With the database, the account, the source's name and valid settings; raises Permanent when that cannot be."""
    readers: frozenset[str] = frozenset()
    """Settings that say for whom its pages are. When one changes, what was there for the readers before leaves at once,
    however much that is (see `ingest/deletion_guard.py`)."""
    kept_here: bool = False
    """Its pages are rows of ours: what is gone from it was meant to go."""
