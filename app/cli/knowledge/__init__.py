"""Commands on sources, the index and what it answers."""
