"""Which embedder an account's library is searched with, for the pages and commands that look into it."""

from collections.abc import Callable
from functools import cache

from app.bootstrap import find_embedder, make_embedder
from desk.platform.database import Database
from desk.platform.settings import Settings
from desk.ports import Embedder
from knowledge.index.embedding_versions import active_version


def active_embedder(settings: Settings, db: Database) -> Callable[[str], Embedder]:
    """Gives, by an account's id, the embedder that is active for it; the one of the settings where none is, or it can
    no longer be had. Models are loaded at the first call, since most visits to the pages need none."""
    find = find_embedder(settings)

    @cache
    def configured_embedder() -> Embedder:
        return make_embedder(settings)

    def embedder_of_account(account: str) -> Embedder:
        with db.account(account) as tx:
            state = active_version(tx)
        if state is None or state.embedder == configured_embedder().name:
            return configured_embedder()
        return find(state.embedder) or configured_embedder()

    return embedder_of_account
