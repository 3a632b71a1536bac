"""The Zendesk app: its package, who may come in by it, and the page that agents see beside a ticket."""
