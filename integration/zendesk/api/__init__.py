"""The line to Zendesk's API: the client, its answers as models, rate limits, names."""
