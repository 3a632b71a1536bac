"""Look-alikes: one real HTTP server per outside party, with a journal of effects and faults by request.

Each runs inside a test (`with Zendesk() as zendesk: zendesk.url`) or as a process
(`python -m tests.lookalikes.zendesk --port 9001`), and is steered the same way: `POST /_faults`, `GET /_journal`,
`POST /_reset`.
"""
