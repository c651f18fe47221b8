"""The tables of exhibits: what was made of which capture, frozen, and numbers left out."""

from __future__ import annotations

from sqlalchemy import BigInteger, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.models import ID, SHA, TIME
from cases.tables import Base


class Exhibit(Base):
    """A capture made an exhibit. `document` is the frozen record (docs/formats.md, section 10)."""

    __tablename__ = "exhibit"
    __table_args__ = (UniqueConstraint("case_id", "initials", "number", "sub"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"))
    capture_id: Mapped[str] = mapped_column(ForeignKey("capture.id"), index=True)
    producer: Mapped[str] = mapped_column(ForeignKey("person.id"))
    initials: Mapped[str] = mapped_column(String(4))
    number: Mapped[int] = mapped_column(BigInteger)
    sub: Mapped[int] = mapped_column(Integer)  # 0: none
    reference: Mapped[str] = mapped_column(String(24))  # as it was written, zeros kept
    description: Mapped[str] = mapped_column(Text)
    manifest_sha256: Mapped[str] = mapped_column(SHA)
    document: Mapped[str] = mapped_column(Text)
    made_at: Mapped[str] = mapped_column(TIME)


class ExhibitGap(Base):
    """A number that no exhibit has, and why (EXH-1)."""

    __tablename__ = "exhibit_gap"
    __table_args__ = (UniqueConstraint("case_id", "initials", "number"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"))
    initials: Mapped[str] = mapped_column(String(4))
    number: Mapped[int] = mapped_column(BigInteger)
    reason: Mapped[str] = mapped_column(Text)
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)
