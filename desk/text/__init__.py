"""Text of any language: cut into words and sentences, cleaned, redacted, searched for phrases."""
