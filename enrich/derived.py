"""The disposable store `derived.db`: what was read of each capture, by enricher version.

It holds nothing that the evidence does not: deleting the file loses nothing but time. So it has no
migrations; a file of another layout, or a damaged one, is emptied and filled again by `work`.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import (
    Column,
    Connection,
    Engine,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    create_engine,
    delete,
    event,
    func,
    insert,
    select,
    text,
)
from sqlalchemy.exc import DatabaseError, SQLAlchemyError

from cases.identity import CaptureId
from enrich.documents import Enrichment
from enrich.errors import DerivedStoreBroken
from enrich.images.book import PictureBook, picture_metadata
from enrich.near_text import NearTexts, forget, keep, near_metadata, signature_of
from enrich.packing import packed, unpacked

LAYOUT = 2  # of the tables; another number in the file means: empty it

_tables = MetaData()
enrichments = Table(
    "enrichments",
    _tables,
    Column("capture", String, primary_key=True),
    Column("version", String, nullable=False),
    Column("title", String),
    Column("language", String),
    Column("content", LargeBinary, nullable=False),  # the whole record: JSON, zlib
    Index("by_version", "version"),
)
mentions = Table(
    "mentions",
    _tables,
    Column("id", Integer, primary_key=True),
    Column("capture", String, nullable=False, index=True),
    Column("label", String, nullable=False),
    Column("text", String, nullable=False, index=True),
)
identifiers = Table(
    "identifiers",
    _tables,
    Column("id", Integer, primary_key=True),
    Column("capture", String, nullable=False, index=True),
    Column("kind", String, nullable=False),
    Column("value", String, nullable=False, index=True),
)


class DerivedStore:
    """Enrichments kept by capture id. One file, any number of processes; `close` when done."""

    def __init__(self, path: Path) -> None:
        """Open or make the file; raises `DerivedStoreBroken` where that cannot be done."""
        self.path = path
        self._waiting: dict[str, Enrichment] = {}
        try:
            self._engine = self._opened()
            self.pictures = PictureBook(self.reading, self._writing)
            self.near_texts = NearTexts(self.reading)
        except (SQLAlchemyError, OSError) as error:
            raise _broken(path, error) from error

    def close(self) -> None:
        """Write what waits and let the file go."""
        try:
            self.commit()
        finally:
            self._engine.dispose()

    def __enter__(self) -> DerivedStore:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def put(self, capture: str, enrichment: Enrichment) -> None:
        """Keep what was read of the capture, in place of what was read before.

        It lies in memory, seen by this object alone, until `commit` or `close`.
        """
        self._waiting[capture] = enrichment

    def commit(self) -> None:
        """Write what waits, in one transaction."""
        if not self._waiting:
            return
        signed = {name: signature_of(read.texts) for name, read in self._waiting.items()}
        with self._writing() as connection:
            for capture, enrichment in self._waiting.items():
                _remove(connection, capture)
                _add(connection, capture, enrichment)
                if (signature := signed[capture]) is not None:
                    keep(connection, capture, signature)
        self._waiting.clear()

    def get(self, capture: str) -> Enrichment | None:
        """What was last read of the capture, of whatever version; None where nothing is kept."""
        if capture in self._waiting:
            return self._waiting[capture]
        query = select(enrichments.c.content).where(enrichments.c.capture == capture)
        with self.reading() as connection:
            content = connection.execute(query).scalar_one_or_none()
        return None if content is None else unpacked(content)

    def captures_without(self, version: str, among: Iterable[str]) -> list[str]:
        """Those of the captures, in their order, of which nothing of this version is kept."""
        query = select(enrichments.c.capture).where(enrichments.c.version == version)
        with self.reading() as connection:
            done = set(connection.execute(query).scalars())
        done.update(c for c, waiting in self._waiting.items() if waiting.version == version)
        return [capture for capture in among if capture not in done]

    def drop(self, capture: str) -> bool:
        """Forget the capture (it was disposed of or quarantined); whether there was anything."""
        waited = self._waiting.pop(capture, None) is not None
        self.pictures.drop(CaptureId(capture))
        with self._writing() as connection:
            return _remove(connection, capture) or waited

    def changed(self) -> tuple[int, ...]:
        """What differs as soon as anybody has written to the file: its times and sizes."""
        files = (self.path, self.path.with_name(f"{self.path.name}-wal"))
        seen = [file.stat() for file in files if file.exists()]
        # an empty log is made by whoever opens the file, also to read
        return tuple(value for s in seen if s.st_size for value in (s.st_mtime_ns, s.st_size))

    def __iter__(self) -> Iterator[tuple[str, Enrichment]]:
        """Every capture with its enrichment, by capture id: what an index is rebuilt from."""
        self.commit()
        with self.reading() as connection:
            query = select(enrichments.c.capture, enrichments.c.content)
            rows = connection.execution_options(yield_per=100).execute(
                query.order_by(enrichments.c.capture)
            )
            for capture, content in rows:
                yield capture, unpacked(content)

    def count(self) -> int:
        """How many captures something is kept of."""
        self.commit()
        with self.reading() as connection:
            return int(
                connection.execute(select(func.count()).select_from(enrichments)).scalar_one()
            )

    @contextmanager
    def reading(self) -> Iterator[Connection]:
        """A connection for questions of this room's own; raises `DerivedStoreBroken`."""
        try:
            with self._engine.connect() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise _broken(self.path, error) from error

    @contextmanager
    def _writing(self) -> Iterator[Connection]:
        try:
            with self._engine.begin() as connection:
                yield connection
        except SQLAlchemyError as error:
            raise _broken(self.path, error) from error

    def _opened(self) -> Engine:
        engine = _engine(self.path)
        try:
            if _layout(engine) not in (0, LAYOUT):
                engine = self._emptied(engine)
        except DatabaseError as error:
            if "not a database" not in str(error) and "malformed" not in str(error):
                raise
            engine = self._emptied(engine)
        _tables.create_all(engine)
        picture_metadata.create_all(engine)
        near_metadata.create_all(engine)
        if _layout(engine) != LAYOUT:
            with engine.begin() as connection:
                connection.execute(text(f"pragma user_version = {LAYOUT}"))
        return engine

    def _emptied(self, engine: Engine) -> Engine:
        engine.dispose()
        for suffix in ("", "-wal", "-shm"):
            self.path.with_name(self.path.name + suffix).unlink(missing_ok=True)
        return _engine(self.path)


def _engine(path: Path) -> Engine:
    engine = create_engine(f"sqlite:///{path}")

    @event.listens_for(engine, "connect")
    def _tune(connection: Any, _record: object) -> None:  # sqlite3's connection, untyped here
        # NORMAL: losing the last transactions to a power cut costs only the reading of them again
        for pragma in ("journal_mode=wal", "synchronous=normal", "busy_timeout=30000"):
            connection.execute(f"pragma {pragma}")

    return engine


def _layout(engine: Engine) -> int:
    with engine.connect() as connection:
        return int(connection.execute(text("pragma user_version")).scalar_one())


def _remove(connection: Connection, capture: str) -> bool:
    for table in (mentions, identifiers):
        connection.execute(delete(table).where(table.c.capture == capture))
    forget(connection, capture)
    found = connection.execute(delete(enrichments).where(enrichments.c.capture == capture))
    return found.rowcount > 0


def _add(connection: Connection, capture: str, enrichment: Enrichment) -> None:
    connection.execute(
        insert(enrichments).values(
            capture=capture,
            version=enrichment.version,
            title=enrichment.texts.metadata.title,
            language=enrichment.language.code,
            content=packed(enrichment),
        )
    )
    names = sorted({(mention.label, mention.name) for mention in enrichment.mentions})
    if names:
        rows = [{"capture": capture, "label": label, "text": name} for label, name in names]
        connection.execute(insert(mentions), rows)
    values = sorted({(found.kind, found.value) for found in enrichment.identifiers})
    if values:
        rows = [{"capture": capture, "kind": kind, "value": value} for kind, value in values]
        connection.execute(insert(identifiers), rows)


def _broken(path: Path, error: Exception) -> DerivedStoreBroken:
    why = str(getattr(error, "orig", None) or error).splitlines()[0]
    return DerivedStoreBroken(
        f"{path} cannot be used: {why}. It holds nothing that cannot be made again: "
        "free some space or mend its permissions, or delete it, then run: lantern work",
        path=str(path),
    )
