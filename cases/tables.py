"""The declarative base of the catalogue: one metadata, portable types, constraint names that
Alembic can find.

Every table of `cases` derives from `Base`. Times are stored as RFC 3339 text (see
`cases.times.rfc3339`) so that what is hashed, what is stored and what is compared are one text on
SQLite and PostgreSQL alike.
"""

from __future__ import annotations

from sqlalchemy import MetaData
from sqlalchemy.orm import DeclarativeBase

NAMES = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    """All tables of the catalogue."""

    metadata = MetaData(naming_convention=NAMES)
