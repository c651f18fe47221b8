"""The openings of restricted fields: `restricted.db`, apart from evidence and catalogue.

A row is one field of one capture. Rows are written before the catalogue's transaction, so that
a sealed capture always has its openings; what a crash leaves of captures never sealed is swept.
Erasing a field empties its row and leaves the row, so that an erased opening and a lost one are
told apart.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    event,
    func,
    select,
    update,
)
from sqlalchemy.engine.interfaces import DBAPIConnection
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.pool import ConnectionPoolEntry

from cases.commitments import Disclosure
from cases.identity import CaptureId, JobId
from evidence.errors import OpeningsUnusable

_METADATA = MetaData()
OPENINGS = Table(
    "openings",
    _METADATA,
    Column("capture", String, primary_key=True),
    Column("name", String, primary_key=True),
    Column("job", String, nullable=False, index=True),
    Column("disclosure", String, nullable=True),  # null: erased
    sqlite_with_rowid=False,
)


# Twelve rows a capture: bound by the driver, without SQLAlchemy's pass over each row's names.
_INSERT = "INSERT INTO openings (capture, name, job, disclosure) VALUES (?, ?, ?, ?)"


@dataclass(frozen=True, slots=True)
class CaptureOpenings:
    """The openings of one capture's restricted fields."""

    job: JobId
    capture: CaptureId
    disclosures: tuple[Disclosure, ...]


class OpeningsStore:
    """The restricted store on SQLite, durable at each `keep` (`synchronous=FULL`)."""

    def __init__(self, path: Path) -> None:
        """Opens or makes the store. Raises `OpeningsUnusable`."""
        self.path = path
        self._engine: Engine = create_engine(f"sqlite:///{path}")
        event.listen(self._engine, "connect", _durable)
        with self._begin() as connection:
            _METADATA.create_all(connection)
        path.chmod(0o600)

    def keep(self, openings: Sequence[CaptureOpenings]) -> None:
        """Returns once the openings lie on the disk, all of them. Raises `OpeningsUnusable`."""
        rows = [
            (each.capture, disclosure.name, each.job, disclosure.text)
            for each in openings
            for disclosure in each.disclosures
        ]
        if rows:
            with self._begin() as connection:
                connection.exec_driver_sql(_INSERT, rows)

    def of(self, capture: CaptureId) -> dict[str, str | None]:
        """Each field's disclosure, None where it was erased; empty where none is held."""
        with self._begin() as connection:
            rows = connection.execute(
                select(OPENINGS.c.name, OPENINGS.c.disclosure).where(OPENINGS.c.capture == capture)
            )
            return {row.name: row.disclosure for row in rows}

    def of_job(self, job: JobId) -> dict[CaptureId, dict[str, str | None]]:
        """The disclosures of each of the job's captures, None where one was erased."""
        per_capture = (
            select(
                OPENINGS.c.capture, func.json_group_object(OPENINGS.c.name, OPENINGS.c.disclosure)
            )
            .where(OPENINGS.c.job == job)
            .group_by(OPENINGS.c.capture)
        )
        with self._begin() as connection:  # one row a capture: SQLAlchemy's own rows take longer
            return {capture: json.loads(held) for capture, held in connection.execute(per_capture)}

    def erase(self, capture: CaptureId, names: Collection[str]) -> int:
        """How many openings were erased: value and salt are gone, the commitments stand."""
        with self._begin() as connection:
            chosen = (OPENINGS.c.capture == capture) & OPENINGS.c.name.in_(names)
            held = chosen & OPENINGS.c.disclosure.is_not(None)
            return connection.execute(update(OPENINGS).where(held).values(disclosure=None)).rowcount

    def forget_unsealed(self, job: JobId, sealed: Collection[CaptureId]) -> int:
        """How many rows of captures that were never sealed were removed: the sweep's part."""
        with self._begin() as connection:
            held = connection.scalars(
                select(OPENINGS.c.capture).where(OPENINGS.c.job == job).distinct()
            ).all()
            gone = sorted(set(held) - set(sealed))
            return sum(
                connection.execute(delete(OPENINGS).where(OPENINGS.c.capture == capture)).rowcount
                for capture in gone
            )

    def close(self) -> None:
        """Closes the store's connections."""
        self._engine.dispose()

    @contextmanager
    def _begin(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            cause = getattr(error, "orig", None) or error
            raise OpeningsUnusable(
                f"The store of restricted openings {self.path} cannot be used: {cause}. "
                "Free space on its disk or restore it from a backup.",
                path=str(self.path),
            ) from error


def _durable(connection: DBAPIConnection, _: ConnectionPoolEntry) -> None:
    cursor = connection.cursor()
    cursor.execute("PRAGMA journal_mode=WAL")
    cursor.execute("PRAGMA synchronous=FULL")
    cursor.execute("PRAGMA secure_delete=ON")  # an erased value leaves no copy in free pages
    cursor.execute("PRAGMA busy_timeout=30000")
    cursor.close()
