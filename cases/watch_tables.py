"""Watches, what their lists hold, the alerts that they raised, and what is told of them outside.

A list's values are what its owner typed or was given; no collected text stands here.
"""

from __future__ import annotations

from sqlalchemy import JSON, BigInteger, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.models import ID, SHA, TIME
from cases.tables import Base


class Watch(Base):
    """A query or a list that is matched on whatever is indexed from now on, in one case or in all
    that its owner may see.
    """

    __tablename__ = "watch"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    name: Mapped[str] = mapped_column(String(80))
    case_id: Mapped[str | None] = mapped_column(ForeignKey("investigation.id"), index=True)
    query: Mapped[str] = mapped_column(Text)  # empty for a list
    items: Mapped[int] = mapped_column(Integer)
    items_sha256: Mapped[str] = mapped_column(SHA)  # as `items_digest` has it
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)
    from_seq: Mapped[int] = mapped_column(BigInteger)  # captures first indexed later are told of
    seen_seq: Mapped[int] = mapped_column(BigInteger)  # documents up to here were matched
    fault: Mapped[str] = mapped_column(Text)  # why the last matching failed; empty where it did not
    stopped_at: Mapped[str | None] = mapped_column(TIME)


class WatchItem(Base):
    """One value of a list, in the form that its field finds; `number` is its row in the file."""

    __tablename__ = "watch_item"
    watch_id: Mapped[str] = mapped_column(ForeignKey("watch.id"), primary_key=True)
    number: Mapped[int] = mapped_column(Integer, primary_key=True)
    field: Mapped[str] = mapped_column(String(20))  # empty: words of the page
    value: Mapped[str] = mapped_column(Text)


class Alert(Base):
    """A watch found a capture: once, however often the capture is indexed. `rows` are the numbers
    of the list's items that it holds.
    """

    __tablename__ = "alert"
    __table_args__ = (UniqueConstraint("watch_id", "capture_id"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    watch_id: Mapped[str] = mapped_column(ForeignKey("watch.id"))
    capture_id: Mapped[str] = mapped_column(ForeignKey("capture.id"), index=True)
    index_seq: Mapped[int] = mapped_column(BigInteger)
    rows: Mapped[list[int]] = mapped_column(JSON)
    at: Mapped[str] = mapped_column(TIME, index=True)
    acknowledged_at: Mapped[str | None] = mapped_column(TIME)
    acknowledged_by: Mapped[str | None] = mapped_column(ForeignKey("person.id"))


class WatchNotice(Base):
    """What is to be sent to the address of `[watch] webhook`: ids and counts, until it arrived."""

    __tablename__ = "watch_notice"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    body: Mapped[str] = mapped_column(Text)
    at: Mapped[str] = mapped_column(TIME)
    tries: Mapped[int] = mapped_column(Integer)
    next_at: Mapped[str] = mapped_column(TIME, index=True)
    fault: Mapped[str] = mapped_column(Text)
    sent_at: Mapped[str | None] = mapped_column(TIME)
