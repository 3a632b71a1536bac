"""The work: inbox, pipeline, record, delivery, and the Celery tasks."""
