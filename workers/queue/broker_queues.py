"""The queues at the broker, in the order in which a worker takes from them.

What a person ordered comes first: somebody looks at the screen. What is decided leaves next. Then comes what looks
urgent (`workers/queue/priority.py`), then what the sweeper hands over: it has waited longer than anything that comes
in, which is last. A broker that serves all queues of a worker in
turn, as RabbitMQ does, still lets none wait for all of another.
"""

OF_ROWS = ("act", "deliver", "urgent", "again", "answer")
"""What holds ids of interventions, deliveries and inbox items."""

ANSWERING = ("notify", *OF_ROWS)
"""Of an answering worker. `notify` is the sweeper and its like: short, and the others' order hangs on it."""

ALL = (*ANSWERING, "knowledge")
