"""What leads change of the entries that were written here: the old text is found no more from that moment on.

A sync that is reading the entries just now may write what it read before. It is put right by the sync that the change
asks for; a withdrawn entry stays out meanwhile, as a page that is switched off.
"""

from desk.platform.database import Transaction
from knowledge.index import store, switched_off
from knowledge.ingest.sync_requests import request_sync
from knowledge.sources.written_here import entries
from knowledge.sources.written_here.entries import EntryText


def change_entry(tx: Transaction, entry_id: str, version: int, text: EntryText, changed_by: str) -> bool:
    """Change an entry, to be indexed anew; False where it is gone, or somebody has changed it since this version."""
    if not entries.update_entry(tx, entry_id, version, text, changed_by):
        return False
    store.hide_page(tx, entries.SOURCE, entry_id)
    request_sync(tx, entries.KIND)
    return True


def withdraw_entry(tx: Transaction, entry_id: str, version: int, withdrawn_by: str) -> bool:
    """Take an entry out of the knowledge; False where it is gone, or somebody has changed it since this version."""
    if not entries.delete_entry(tx, entry_id, version):
        return False
    switched_off.keep_off(tx, entries.SOURCE, entry_id, withdrawn_by)
    store.delete_page(tx, entries.SOURCE, entry_id)
    return True
