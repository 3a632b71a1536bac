"""Written here: entries that agents proposed and leads accepted, as a source of documents."""
