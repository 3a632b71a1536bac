"""Feedback: what agents and customers did with a draft or a reply, and how surely a reply settled the matter."""
