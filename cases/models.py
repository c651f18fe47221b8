"""The catalogue's tables: people, cases, authorities, jobs, captures, records, steps, notes.

The ledger's tables stand in `cases.ledger_tables`. Collected text (titles too) never lies here: the
desk reads these tables, and only the gate may show what was collected.
"""

from __future__ import annotations

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Float,
    ForeignKey,
    Integer,
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column

from cases.tables import Base

ID = String(40)
SHA = String(64)
TIME = String(27)  # RFC 3339 in UTC with six decimals, as `cases.times.rfc3339` writes it


class Person(Base):
    """Somebody who acts: known in the ledger by the opaque id alone."""

    __tablename__ = "person"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    code: Mapped[str] = mapped_column(String(16), unique=True)
    name: Mapped[str] = mapped_column(Text)
    role: Mapped[str] = mapped_column(String(40))
    added_at: Mapped[str] = mapped_column(TIME)


class Key(Base):
    """A public key and whose it is: a person's id, or the vault's."""

    __tablename__ = "public_key"
    sha256: Mapped[str] = mapped_column(SHA, primary_key=True)
    owner: Mapped[str] = mapped_column(ID, index=True)
    public_key: Mapped[str] = mapped_column(SHA)  # hexadecimal
    added_at: Mapped[str] = mapped_column(TIME)


class Case(Base):
    """An investigation: why anything is collected, and who is in charge of it (CAP-8)."""

    __tablename__ = "investigation"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    reference: Mapped[str] = mapped_column(String(40), unique=True)
    title: Mapped[str] = mapped_column(Text)
    urn: Mapped[str | None] = mapped_column(Text)
    operation: Mapped[str | None] = mapped_column(Text)
    template: Mapped[str | None] = mapped_column(String(40))
    in_charge: Mapped[str] = mapped_column(ForeignKey("person.id"))
    state: Mapped[str] = mapped_column(String(10), default="open")
    opened_at: Mapped[str] = mapped_column(TIME)
    closed_at: Mapped[str | None] = mapped_column(TIME)


class Authority(Base):
    """What allows collection: typed, scoped, granted by somebody, until a time (AUT-1)."""

    __tablename__ = "authority"
    __table_args__ = (UniqueConstraint("case_id", "number"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"))
    number: Mapped[int] = mapped_column(Integer)
    type: Mapped[str] = mapped_column(String(40))
    level: Mapped[str | None] = mapped_column(String(40))
    purpose: Mapped[str] = mapped_column(Text)
    necessity: Mapped[str] = mapped_column(Text)
    proportionality: Mapped[str] = mapped_column(Text)
    conduct: Mapped[str | None] = mapped_column(Text)
    subjects: Mapped[list[str]] = mapped_column(JSON)
    accounts: Mapped[list[str]] = mapped_column(JSON)
    scope: Mapped[list[str]] = mapped_column(JSON)
    granted_by: Mapped[str] = mapped_column(Text)
    granted_at: Mapped[str] = mapped_column(TIME)
    mode: Mapped[str] = mapped_column(String(10))  # written, oral
    entered_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    entered_at: Mapped[str] = mapped_column(TIME)
    until: Mapped[str] = mapped_column(TIME)
    form_sha256: Mapped[str | None] = mapped_column(SHA)
    approval: Mapped[str] = mapped_column(String(10))  # signed (by the approver's key), asserted
    approver: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    for_review: Mapped[bool] = mapped_column(Boolean, default=False)
    renews: Mapped[str | None] = mapped_column(ForeignKey("authority.id"))
    cancelled_at: Mapped[str | None] = mapped_column(TIME)


class Job(Base):
    """One collection job. `plan` is what was asked for, as JSON."""

    __tablename__ = "job"
    __table_args__ = (UniqueConstraint("case_id", "number"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"))
    number: Mapped[int] = mapped_column(Integer)
    authority_id: Mapped[str] = mapped_column(ForeignKey("authority.id"))
    collector: Mapped[str] = mapped_column(String(40))
    plan: Mapped[dict[str, object]] = mapped_column(JSON)
    state: Mapped[str] = mapped_column(String(12), index=True)
    outcome: Mapped[str | None] = mapped_column(String(10))
    created_by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    created_at: Mapped[str] = mapped_column(TIME)
    ended_at: Mapped[str | None] = mapped_column(TIME)
    stop_asked_at: Mapped[str | None] = mapped_column(TIME)


class Capture(Base):
    """One visit to one address, sealed."""

    __tablename__ = "capture"
    seq: Mapped[int] = mapped_column(
        BigInteger().with_variant(Integer, "sqlite"), primary_key=True, autoincrement=True
    )
    id: Mapped[str] = mapped_column(ID, unique=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"), index=True)
    job_id: Mapped[str] = mapped_column(ForeignKey("job.id"), index=True)
    requested_url: Mapped[str] = mapped_column(Text)
    final_url: Mapped[str] = mapped_column(Text)
    status: Mapped[int | None] = mapped_column(Integer)
    outcome: Mapped[str] = mapped_column(String(10))
    reason: Mapped[str | None] = mapped_column(Text)
    started_at: Mapped[str] = mapped_column(TIME)
    ended_at: Mapped[str] = mapped_column(TIME)
    depth: Mapped[int] = mapped_column(Integer)
    manifest_sha256: Mapped[str] = mapped_column(SHA)
    relevance: Mapped[str] = mapped_column(String(20), default="undecided")


class Record(Base):
    """One WARC record of a capture and where it lies; the manifest's own is the last of its
    capture.
    """

    __tablename__ = "record"
    capture_id: Mapped[str] = mapped_column(ForeignKey("capture.id"), primary_key=True)
    ordinal: Mapped[int] = mapped_column(Integer, primary_key=True)
    id: Mapped[str] = mapped_column(String(45), unique=True)
    type: Mapped[str] = mapped_column(String(16))
    url: Mapped[str | None] = mapped_column(Text)
    media_type: Mapped[str] = mapped_column(Text)
    file: Mapped[str] = mapped_column(Text)
    offset: Mapped[int] = mapped_column("member_offset", BigInteger)
    member_bytes: Mapped[int] = mapped_column(BigInteger)
    member_sha256: Mapped[str] = mapped_column(SHA)
    block_bytes: Mapped[int] = mapped_column(BigInteger)
    block_sha256: Mapped[str] = mapped_column(SHA)
    payload_sha256: Mapped[str | None] = mapped_column(SHA)


class Step(Base):
    """A step of the path that was taken for a capture; a capture that lacks one is work to do."""

    __tablename__ = "step"
    capture_id: Mapped[str] = mapped_column(ForeignKey("capture.id"), primary_key=True)
    step: Mapped[str] = mapped_column(String(16), primary_key=True)
    version: Mapped[str] = mapped_column(String(200))
    state: Mapped[str] = mapped_column(String(10))  # done, failed
    says: Mapped[str | None] = mapped_column(Text)
    index_seq: Mapped[int | None] = mapped_column(BigInteger, index=True)  # rises at each indexing
    seconds: Mapped[float] = mapped_column(Float)
    at: Mapped[str] = mapped_column(TIME)


class Note(Base):
    """What a person wrote about a case or a capture. The words are ours, never collected text."""

    __tablename__ = "note"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"), index=True)
    capture_id: Mapped[str | None] = mapped_column(ForeignKey("capture.id"), index=True)
    words: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)
