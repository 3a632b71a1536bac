"""What the elements of HTML mean for a reader: what he unfolds, what belongs to which cell, what is a question."""
