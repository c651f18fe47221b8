"""The ledger on a real SQLite file, with real Ed25519 keys and a clock that ticks."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session, sessionmaker

from cases.audit import audit
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.findings import Finding
from cases.identity import EntryId, Sha256
from cases.ledger import Ledger
from cases.notes import NoteKey, origin_of
from cases.sequencer import StoredCheckpoint, checkpoint, sequence
from cases.tables import Base

VAULT = "v-aaaaaaaaaaaaaaaa"
JO = "p-joaaaaaaaaaaaaaa"
AB = "p-abaaaaaaaaaaaaaa"


class Key:
    """An Ed25519 key made from a seed byte."""

    def __init__(self, seed: int) -> None:
        self._private = Ed25519PrivateKey.from_private_bytes(bytes([seed]) * 32)
        self.public_key = self._private.public_key().public_bytes_raw()
        self.key = Sha256(sha256(self.public_key).hexdigest())

    def sign(self, message: bytes) -> bytes:
        return self._private.sign(message)


def signature_holds(public_key: bytes, message: bytes, signature: bytes) -> bool:
    try:
        Ed25519PublicKey.from_public_bytes(public_key).verify(signature, message)
    except (InvalidSignature, ValueError):
        return False
    return True


class Ticking:
    """A clock that moves on by a second each time it is read."""

    def __init__(self) -> None:
        self.now = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)

    def __call__(self) -> datetime:
        self.now += timedelta(seconds=1)
        return self.now


@dataclass
class Book:
    """A ledger room: an engine, keys, and what tests do to it."""

    engine: Engine
    clock: Ticking = field(default_factory=Ticking)
    jo: Key = field(default_factory=lambda: Key(1))
    ab: Key = field(default_factory=lambda: Key(2))
    vault_key: Key = field(default_factory=lambda: Key(3))
    vault: str = VAULT

    @property
    def key(self) -> NoteKey:
        return NoteKey(origin_of(VAULT), self.vault_key.public_key)

    @property
    def keys(self) -> Mapping[Sha256, bytes]:
        return {key.key: key.public_key for key in (self.jo, self.ab)}

    def pen(self, signer: Key | None = None, actor: str = JO, **ambient: str) -> Ledger:
        return Ledger(VAULT, actor, signer, self.clock, ambient)

    def session(self) -> AbstractContextManager[Session]:
        """One writing transaction: kept at the end, undone where anything raises."""
        return sessionmaker(self.engine).begin()

    def record(self, *acts: Act, pen: Ledger | None = None) -> list[EntryId]:
        with self.session() as session:
            return (pen or self.pen(self.jo, host="desk-1")).record(session, acts)

    def sequence(self) -> int:
        with self.session() as session:
            return sequence(session)

    def checkpoint(self) -> StoredCheckpoint:
        with self.session() as session:
            return checkpoint(session, VAULT, self.vault_key, self.clock)

    def audit(self, *held: str) -> list[Finding]:
        holders = {self.jo.key: JO, self.ab.key: AB}
        with Session(self.engine) as session:
            return list(
                audit(session, self.keys, signature_holds, self.key, holders=holders, held=held)
            )

    def kinds(self, *held: str) -> set[str]:
        return {finding.kind.value for finding in self.audit(*held)}

    def tamper(self, sql: str, **values: object) -> int:
        """Runs SQL as an attacker with the file in hand would; the rows that it touched."""
        with self.engine.connect() as connection:
            connection.exec_driver_sql("COMMIT")
            connection.exec_driver_sql("PRAGMA foreign_keys=OFF")
            connection.exec_driver_sql("BEGIN IMMEDIATE")
            touched = connection.execute(text(sql), values).rowcount
            connection.commit()
            connection.exec_driver_sql("PRAGMA foreign_keys=ON")
            return touched

    def rows(self, sql: str, **values: object) -> list[tuple[object, ...]]:
        with self.engine.connect() as connection:
            return [tuple(row) for row in connection.execute(text(sql), values)]


def open_book(url: str) -> Book:
    engine = create_engine(url)

    @event.listens_for(engine, "connect")
    def _pragmas(connection: object, _record: object) -> None:
        connection.isolation_level = None
        for pragma in ("journal_mode=WAL", "synchronous=OFF", "foreign_keys=ON"):
            connection.execute(f"PRAGMA {pragma}")

    @event.listens_for(engine, "begin")
    def _begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    Base.metadata.create_all(engine)
    return Book(engine)


@pytest.fixture
def book(tmp_path: Path) -> Iterator[Book]:
    book = open_book(f"sqlite:///{tmp_path / 'catalogue.db'}")
    yield book
    book.engine.dispose()


@pytest.fixture(scope="session")
def new_book() -> Callable[[], Book]:
    """Makes a ledger in memory, for tests that want many."""
    return lambda: open_book("sqlite://")


@pytest.fixture(scope="session")
def seal_act() -> Callable[..., Act]:
    """Makes the act of sealing a capture of a numbered page in a case."""

    def make(
        page: int = 1, case: str = "c-aaaaaaaaaaaaaaaa", reason: str = "to find LINDEN"
    ) -> Act:
        return Act(
            "capture.seal",
            S62.COLLECTION,
            (
                ObjectRef(ObjectKind.CASE, case),
                ObjectRef.address(case, f"https://example.test/{page}"),
            ),
            {"manifest_sha256": sha256(str(page).encode()).hexdigest()},
            {"reason": reason},
        )

    return make


@pytest.fixture(scope="session")
def check() -> Callable[[bytes, bytes, bytes], bool]:
    return signature_holds


@pytest.fixture(scope="session")
def key_of() -> type[Key]:
    return Key
