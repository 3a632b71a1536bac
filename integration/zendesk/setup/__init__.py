"""Connecting a Zendesk, and whether it is well."""
