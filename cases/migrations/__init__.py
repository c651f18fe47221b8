"""Alembic migrations of the catalogue: they only ever add."""
