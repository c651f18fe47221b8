"""The ledger's tables. Portable types; what is queried is indexed; hashes are raw 32 bytes.

Entries are only ever added, and numbered once. Texts can be erased. Objects, links and nodes are
an index of the leaves: everything in them can be recomputed, and `audit` does.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import cast

from sqlalchemy import (
    BigInteger,
    ForeignKey,
    Index,
    Integer,
    LargeBinary,
    String,
    Table,
    Text,
)
from sqlalchemy.orm import Mapped, mapped_column

from cases.tables import Base

COUNTER = BigInteger().with_variant(Integer, "sqlite")  # SQLite counts up INTEGER keys alone
ID = String(40)


class Raw(LargeBinary):
    """Bytes, even where somebody's SQL left a text in the column (SQLite does not mind): what was
    tampered with must be read to be named.
    """

    def result_processor(self, *_of: object) -> Callable[[bytes | str | None], bytes | None]:
        """What turns a stored value into bytes."""
        return _as_bytes


def _as_bytes(value: bytes | str | None) -> bytes | None:
    if isinstance(value, str):
        return value.encode(errors="surrogateescape")
    return None if value is None else bytes(value)


HASH = Raw(32)


class LedgerEntry(Base):
    """One act on record, waiting until the sequencer gives it a leaf."""

    __tablename__ = "ledger_entry"
    __table_args__ = {"sqlite_autoincrement": True}  # noqa: RUF012 # SQLAlchemy's own name
    seq: Mapped[int] = mapped_column(COUNTER, primary_key=True, autoincrement=True)
    id: Mapped[str] = mapped_column(ID, unique=True)
    time: Mapped[str] = mapped_column(String(27))
    act: Mapped[str] = mapped_column(String(80))
    s62: Mapped[str | None] = mapped_column(String(16))
    actor: Mapped[str] = mapped_column(ID)
    entry: Mapped[bytes] = mapped_column(Raw)  # canonical bytes
    signature_key: Mapped[str | None] = mapped_column(String(64))
    signature: Mapped[bytes | None] = mapped_column(Raw(64))
    leaf_index: Mapped[int | None] = mapped_column(BigInteger, unique=True)  # null while waiting
    leaf: Mapped[bytes | None] = mapped_column(Raw)
    leaf_hash: Mapped[bytes | None] = mapped_column(HASH)


class LedgerText(Base):
    """The opening of one commitment of an entry. Erased by deleting the row."""

    __tablename__ = "ledger_text"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012
    entry_id: Mapped[str] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True)
    name: Mapped[str] = mapped_column(String(80), primary_key=True)
    disclosure: Mapped[str] = mapped_column(Text)


class LedgerObject(Base):
    """An object, its salt, and how far its leaves have come. Found by `lookup`: a digest, because
    an address may be longer than an index of PostgreSQL can hold.
    """

    __tablename__ = "ledger_object"
    seq: Mapped[int] = mapped_column(COUNTER, primary_key=True, autoincrement=True)
    lookup: Mapped[bytes] = mapped_column(HASH, unique=True)
    kind: Mapped[str] = mapped_column(String(16))
    ref: Mapped[str] = mapped_column(Text)
    salt: Mapped[bytes] = mapped_column(Raw(16))
    salted: Mapped[str] = mapped_column(String(64), unique=True)
    count: Mapped[int] = mapped_column("leaf_count", BigInteger, default=0)
    last_leaf: Mapped[bytes | None] = mapped_column(HASH)


class LedgerLink(Base):
    """An entry concerns an object."""

    __tablename__ = "ledger_link"
    __table_args__ = (
        Index("ix_ledger_link_object_entry", "object_seq", "entry_id"),
        {"sqlite_with_rowid": False},
    )
    entry_id: Mapped[str] = mapped_column(ForeignKey("ledger_entry.id"), primary_key=True)
    object_seq: Mapped[int] = mapped_column(ForeignKey("ledger_object.seq"), primary_key=True)


class LedgerNode(Base):
    """The hash of a complete subtree. Level 0 repeats the leaf hashes, so that one lost line does
    not take the proof of all others with it.
    """

    __tablename__ = "ledger_node"
    __table_args__ = {"sqlite_with_rowid": False}  # noqa: RUF012
    level: Mapped[int] = mapped_column(Integer, primary_key=True, autoincrement=False)
    number: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    hash: Mapped[bytes] = mapped_column(HASH)


class LedgerCheckpoint(Base):
    """A signed note over the first `size` leaves; `time` is that of its heads entry."""

    __tablename__ = "ledger_checkpoint"
    size: Mapped[int] = mapped_column(BigInteger, primary_key=True, autoincrement=False)
    time: Mapped[str] = mapped_column(String(27))
    note: Mapped[str] = mapped_column(Text)


# The same as Core tables: what is written and read in bulk goes past the ORM's unit of work.
ENTRIES = cast(Table, LedgerEntry.__table__)
TEXTS = cast(Table, LedgerText.__table__)
OBJECTS = cast(Table, LedgerObject.__table__)
LINKS = cast(Table, LedgerLink.__table__)
NODES = cast(Table, LedgerNode.__table__)
CHECKPOINTS = cast(Table, LedgerCheckpoint.__table__)
