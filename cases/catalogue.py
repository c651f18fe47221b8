"""The catalogue's engine and transactions: the thin edge between the rooms and the database.

SQLite runs in WAL mode with `synchronous=FULL` and foreign keys on. A writing transaction takes
the write lock at its start (`BEGIN IMMEDIATE`), so that what it read still holds when it writes.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from threading import Lock
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, inspect, text
from sqlalchemy.exc import ArgumentError, DatabaseError, IntegrityError, OperationalError
from sqlalchemy.orm import Session
from sqlalchemy.pool import PoolProxiedConnection

from cases.access import VIEWER, Viewer
from cases.errors import CallerError, EvidenceError, MachineError
from cases.settings import NewerVault, SettingsError

SCHEMA = "0009"  # the newest migration in `cases/migrations/versions`
BUSY_TIMEOUT_S = 60


class CatalogueUnusable(MachineError):
    """The database cannot be opened, read or written: locked, full, read-only or unreachable."""

    kind = "catalogue"


class CatalogueDamaged(EvidenceError):
    """The database file is not a database, or is malformed."""

    kind = "catalogue-damaged"


class TextUnstorable(CallerError):
    """A text holds half a character (a byte that is not UTF-8), which no database keeps."""

    kind = "text-unstorable"


class Catalogue:
    """A database with our schema. `reading()` and `writing()` give sessions; the caller's work is
    one transaction. With a `viewer`, they look up nothing that this person may not see.
    """

    def __init__(self, engine: Engine, where: str) -> None:
        self.engine = engine
        self.where = where
        self.writer = engine.execution_options(lantern_write=True)
        self.viewer: Viewer | None = None
        self._watch: PoolProxiedConnection | None = None
        self._watching = Lock()

    def version(self) -> int | None:
        """A number that differs as soon as anybody else has committed anything; None where the
        database has none. SQLite's `PRAGMA data_version`, on a connection of its own that never
        holds a transaction: a few microseconds, so that it can be asked before every fetch.
        """
        if self.engine.dialect.name != "sqlite":
            return None
        with self._watching, self._faults_named():
            if self._watch is None:
                self._watch = self.engine.raw_connection()
            cursor = self._watch.cursor()
            try:
                cursor.execute("PRAGMA data_version")
                row = cursor.fetchone()
            except sqlite3.Error as fault:
                raise CatalogueUnusable(
                    f"The catalogue at {self.where} cannot be read: {fault}."
                ) from None
            finally:
                cursor.close()
        return int(row[0]) if row else None

    @contextmanager
    def reading(self) -> Iterator[Session]:
        """A session on one consistent view; nothing it changes is kept."""
        with self._faults_named(), Session(self.engine, info={VIEWER: self.viewer}) as session:
            yield session

    @contextmanager
    def writing(self) -> Iterator[Session]:
        """A session whose work is committed at the end, or wholly undone where anything raises."""
        with (
            self._faults_named(),
            Session(self.writer, expire_on_commit=False, info={VIEWER: self.viewer}) as session,
            session.begin(),
        ):
            yield session

    @contextmanager
    def _faults_named(self) -> Iterator[None]:
        try:
            yield
        except OperationalError as fault:
            raise CatalogueUnusable(
                f"The catalogue at {self.where} cannot be used: {fault.orig}. Check free space, "
                "permissions and whether another program holds it; nothing was half-written."
            ) from None
        except DatabaseError as fault:
            if "malformed" in str(fault.orig) or "not a database" in str(fault.orig):
                raise CatalogueDamaged(
                    f"The catalogue at {self.where} is damaged: {fault.orig}. Restore it from a "
                    "backup; the evidence files are not touched."
                ) from None
            if isinstance(fault, IntegrityError) and "ledger_" in str(fault.orig):
                # Rows that the sequencer alone writes contradict each other: somebody was at them.
                raise CatalogueDamaged(
                    f"The ledger at {self.where} contradicts itself: {fault.orig}. See what was "
                    "changed: lantern verify. Then restore a backup; nothing was written."
                ) from None
            raise
        except UnicodeEncodeError as fault:
            raise TextUnstorable(
                f"A text cannot be kept, because {fault.object[fault.start : fault.end]!r} in it "
                "is not a character. Write it again in UTF-8; nothing was changed."
            ) from None

    def close(self) -> None:
        """Give the connections back."""
        if self._watch is not None:
            self._watch.close()
            self._watch = None
        self.engine.dispose()


def open_catalogue(url: str, *, create: bool = False) -> Catalogue:
    """The catalogue at a SQLAlchemy address; `create` makes the schema.

    Raises `CatalogueUnusable`, `CatalogueDamaged`, `SettingsError` for an address that is none, or
    `NewerVault` for a schema of a later version. An older schema is brought up to date, which only
    ever adds. Where there is no catalogue, none is left behind.
    """
    engine = _engine_at(url)
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine)
    catalogue = Catalogue(engine, spoken(engine.url))
    try:
        _bring_to_date(catalogue, create=create)
    except BaseException:
        catalogue.close()
        raise
    return catalogue


def _engine_at(url: str) -> Engine:
    try:
        return create_engine(url)
    except ArgumentError:
        raise SettingsError(
            f"{url!r} is not the address of a database. Mend [database] url in lantern.toml: "
            "leave it out, or write postgresql+psycopg://host/name."
        ) from None
    except ImportError as fault:
        raise CatalogueUnusable(
            f"The database's driver is not installed ({fault.name}). Install it: "
            f"pip install {fault.name}"
        ) from None


def _bring_to_date(catalogue: Catalogue, *, create: bool) -> None:
    engine = catalogue.engine
    file = engine.url.database if engine.dialect.name == "sqlite" else None
    absent = file is not None and not Path(file).exists()  # SQLite would make it by looking
    found = None
    if not absent:
        with catalogue._faults_named(), engine.connect() as connection:
            found = _schema_of(connection)
    if found is None and not create:
        raise CatalogueDamaged(
            f"There is no catalogue at {catalogue.where}. Restore it from a backup, or make a "
            "new vault with `lantern init`."
        )
    if found != SCHEMA:
        _upgrade(catalogue, found)


def sqlite_url(path: Path) -> str:
    """The SQLAlchemy address of a SQLite file, whatever signs its path holds."""
    return URL.create("sqlite", database=str(path)).render_as_string()


def spoken(url: URL) -> str:
    """Where a database is, for a message: never with its password."""
    if url.get_backend_name() == "sqlite":
        return url.database or "memory"
    return url.render_as_string(hide_password=True)


def _prepare_sqlite(engine: Engine) -> None:
    @event.listens_for(engine, "connect")
    def _pragmas(connection: Any, _record: object) -> None:
        connection.isolation_level = None  # we say BEGIN ourselves (below)
        for pragma in (
            f"busy_timeout={BUSY_TIMEOUT_S * 1000}",
            "journal_mode=WAL",
            "synchronous=FULL",
            "foreign_keys=ON",
            "secure_delete=ON",  # an erased text leaves no copy in free pages
            "wal_autocheckpoint=4000",  # pages: fewer copies back into the file during a crawl
        ):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        writes = connection.get_execution_options().get("lantern_write", False)
        connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _schema_of(connection: Connection) -> str | None:
    if not inspect(connection).has_table("alembic_version"):
        return None
    return connection.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _upgrade(catalogue: Catalogue, found: str | None) -> None:
    # Imported here: Alembic takes longer to load than most commands take to run.
    from cases.migrations.runner import known_revisions, upgrade

    if found is not None and found not in known_revisions():
        raise NewerVault(
            f"The catalogue at {catalogue.where} has schema {found}; this program knows up to "
            f"{SCHEMA}. Open it with the newer version that made it; nothing was changed."
        )
    with catalogue._faults_named():
        upgrade(catalogue.writer)
