"""Celery with Redis behind a FastAPI that enqueues: what is accepted is on disk, a step that is lost is repeated."""
