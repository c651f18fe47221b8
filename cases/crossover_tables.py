"""The table of crossovers: whether two cases may be told what they share."""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Integer, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.models import ID, TIME
from cases.tables import Base


class CrossoverPolicy(Base):
    """A word on a pair of cases; the newest row holds, and none means no (DPA-5)."""

    __tablename__ = "crossover_policy"
    __table_args__ = (UniqueConstraint("one", "other", "number"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    one: Mapped[str] = mapped_column(ForeignKey("investigation.id"))  # the lesser of the two ids
    other: Mapped[str] = mapped_column(ForeignKey("investigation.id"), index=True)
    number: Mapped[int] = mapped_column(Integer)
    allowed: Mapped[bool] = mapped_column(Boolean)
    reason: Mapped[str] = mapped_column(Text)  # why the purposes are compatible, or are not
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)
