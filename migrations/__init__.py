"""Alembic migrations, applied by `models.migrate`."""
