"""Tickets read from Zendesk, and comments and updates written to it."""
