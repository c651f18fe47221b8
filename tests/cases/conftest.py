"""The ledger on a real SQLite file, with real Ed25519 keys and a clock that ticks; and a catalogue
with a person and a case in it.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from sqlalchemy import Connection, Engine, create_engine, event, text
from sqlalchemy.orm import Session, sessionmaker

from cases.audit import audit
from cases.authorities import AuthorityView, NewAuthority, add_authority, authorities_of
from cases.captures import SealedCapture, SealedRecord
from cases.casebook import NewCase, open_case
from cases.catalogue import Catalogue, open_catalogue, sqlite_url
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.findings import Finding
from cases.holdings import add_sealed
from cases.identity import CaptureId, CaseId, EntryId, JobId, Outcome, RecordId, Sha256, new_id
from cases.job_book import open_job
from cases.ledger import Ledger
from cases.models import Case
from cases.notes import NoteKey, origin_of
from cases.people import PersonView, add_person
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


NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


@dataclass
class Room:
    """A catalogue of its own with one person and one open case, and what tests put into it."""

    catalogue: Catalogue
    path: Path
    jo: PersonView
    case: Case
    noon: datetime = NOON
    pages: int = 0

    def authority(self, *scope: str, **terms: Any) -> AuthorityView:
        """Enters an authority; `terms` change what it says, `now` when it is entered."""
        now = terms.pop("now", self.noon)
        words = {"purpose": "to find LINDEN", "necessity": "none other", "proportionality": "once"}
        new = NewAuthority(
            **{
                "type": "research",
                **words,
                "scope": scope or ("example.test",),
                "granted_by": "Insp. Ada Bell",
                "granted_at": now,
                "until": now + timedelta(days=28),
                **terms,
            }
        )
        with self.catalogue.writing() as session:
            return add_authority(session, self.case, new, by=self.jo.id, now=now)[0]

    def held(self) -> list[AuthorityView]:
        with self.catalogue.reading() as session:
            return authorities_of(session, CaseId(self.case.id))

    def job(self, authority: AuthorityView | None = None) -> JobId:
        chosen = authority or self.authority()
        with self.catalogue.writing() as session:
            return open_job(session, chosen, "page", {}, by=self.jo.id, now=self.noon)

    def capture(self, job: JobId, **terms: Any) -> SealedCapture:
        """A sealed capture of a page of its own, with three records; not yet in the catalogue."""
        self.pages += 1
        page = f"https://example.test/{self.pages}"
        return SealedCapture(
            **{
                "capture": CaptureId(new_id("k")),
                "case": CaseId(self.case.id),
                "job": job,
                "requested_url": page,
                "final_url": page,
                "status": 200,
                "outcome": Outcome.COMPLETE,
                "reason": None,
                "started_at": self.noon,
                "ended_at": self.noon + timedelta(seconds=1),
                "depth": 0,
                "manifest_sha256": Sha256(sha256(page.encode()).hexdigest()),
                "records": tuple(
                    self._record(kind, ordinal)
                    for ordinal, kind in enumerate(("request", "response", "metadata"))
                ),
                **terms,
            }
        )

    def _record(self, kind: str, ordinal: int) -> SealedRecord:
        digest = Sha256(sha256(f"{self.pages} {ordinal}".encode()).hexdigest())
        return SealedRecord(
            record=RecordId(f"urn:uuid:{uuid4()}"),
            type=kind,
            url=f"https://example.test/{self.pages}",
            media_type="application/http",
            file="c/j/0001.warc.gz",
            offset=self.pages * 1000 + ordinal * 100,
            member_bytes=100,
            member_sha256=digest,
            block_bytes=90,
            block_sha256=digest,
            payload_sha256=digest if kind == "response" else None,
        )

    def seal(self, *captures: SealedCapture) -> list[CaptureId]:
        with self.catalogue.writing() as session:
            add_sealed(session, captures)
        return [capture.capture for capture in captures]


@pytest.fixture(scope="session")
def first_day(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, PersonView, Case]:
    """A catalogue file on its first day, which each test copies: migrations take their time."""
    path = tmp_path_factory.mktemp("first-day") / "catalogue.db"
    catalogue = open_catalogue(sqlite_url(path), create=True)
    with catalogue.writing() as session:
        jo = add_person(session, "JS", "Jo Smith", "investigator", now=NOON)
        case = open_case(session, NewCase("LINDEN", "A market"), in_charge=jo.id, now=NOON)
    catalogue.close()  # the last connection folds the write-ahead log into the file
    return path, jo, case


@pytest.fixture
def room(tmp_path: Path, first_day: tuple[Path, PersonView, Case]) -> Iterator[Room]:
    blank, jo, case = first_day
    path = Path(shutil.copy(blank, tmp_path / "catalogue.db"))
    catalogue = open_catalogue(sqlite_url(path))
    yield Room(catalogue, path, jo, case)
    catalogue.close()
