"""Who may see what, what was indexed when, and searches that are kept.

Rows are added and never changed, but for a saved search's end. No collected text stands here, nor
the text of any search that was run: that lies on the ledger, where it can be erased.
"""

from __future__ import annotations

from sqlalchemy import BigInteger, Boolean, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.models import ID, TIME
from cases.tables import Base


class CaseAccess(Base):
    """A word on who may see a case: a member in or out, or (no person) open to all or to members.

    The newest row of each person, and the newest of no person, hold.
    """

    __tablename__ = "case_access"
    __table_args__ = (UniqueConstraint("case_id", "number"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"))
    number: Mapped[int] = mapped_column(Integer)
    person: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    allowed: Mapped[bool] = mapped_column(Boolean)
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)


class CaptureMark(Base):
    """A word on a capture: confidential material of a kind (AUT-7), or restricted; put on, or
    taken off. The newest row of each kind holds.
    """

    __tablename__ = "capture_mark"
    __table_args__ = (UniqueConstraint("capture_id", "number"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    capture_id: Mapped[str] = mapped_column(ForeignKey("capture.id"))
    number: Mapped[int] = mapped_column(Integer)
    kind: Mapped[str] = mapped_column(String(20))
    holds: Mapped[bool] = mapped_column(Boolean)
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)


class Indexing(Base):
    """Each time that a capture was indexed: the number that its document had from then on."""

    __tablename__ = "indexing"
    capture_id: Mapped[str] = mapped_column(ForeignKey("capture.id"), primary_key=True)
    index_seq: Mapped[int] = mapped_column(BigInteger, primary_key=True, index=True)


class SavedSearch(Base):
    """A search that somebody keeps under a name, in one case or over all."""

    __tablename__ = "saved_search"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("investigation.id"), index=True)
    name: Mapped[str] = mapped_column(String(80))
    query: Mapped[str] = mapped_column(Text)
    sort: Mapped[str] = mapped_column(String(10))
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)
    ended_at: Mapped[str | None] = mapped_column(TIME)
