"""A plain FastAPI service that remediates in background tasks: fast, and nothing survives its end."""
