"""All of Zendesk: the connection, the client, what comes in, what goes out, and catch-up."""
