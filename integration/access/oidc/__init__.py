"""Signing in with the organisation's own accounts, by OpenID Connect: who vouches, what was begun, whom it is about.

The protocol is Authlib's (`provider.py` wraps it); what it proves becomes a session like any other (`flow.py`).
"""
