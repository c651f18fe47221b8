"""The tables of entities: records that people made, what they decided on candidates, links, merges.

All are added to and never changed: the highest version, or the newest row, holds. What a model or a
rule found on a page lies in `derived.db` and is known here by a digest alone
(`cases.entity_keys`); the words of a record are those that a person typed or accepted.
"""

from __future__ import annotations

from sqlalchemy import JSON, Boolean, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.models import ID, SHA, TIME
from cases.tables import Base

LABEL = String(40)


class Entity(Base):
    """A POLE record of a case: its class (P, O, L, E) and serial, as in P_001."""

    __tablename__ = "entity"
    __table_args__ = (UniqueConstraint("case_id", "pole", "number"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"))
    pole: Mapped[str] = mapped_column(String(1))
    number: Mapped[int] = mapped_column(Integer)
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)


class EntityVersion(Base):
    """What an entity's record says from a time on; the highest version holds."""

    __tablename__ = "entity_version"
    __table_args__ = (UniqueConstraint("entity_id", "version"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    entity_id: Mapped[str] = mapped_column(ForeignKey("entity.id"))
    version: Mapped[int] = mapped_column(Integer)
    name: Mapped[str] = mapped_column(Text)
    subtype: Mapped[str | None] = mapped_column(String(40))
    aliases: Mapped[list[str]] = mapped_column(JSON)
    attributes: Mapped[list[dict[str, str]]] = mapped_column(JSON)  # name, value, basis
    categories: Mapped[list[str]] = mapped_column(JSON)
    captures: Mapped[list[str]] = mapped_column(JSON)  # where it was seen
    standing: Mapped[bool] = mapped_column(Boolean)  # False: taken back
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)


class CandidateDecision(Base):
    """A person's word on a candidate, or on one mention of it; the highest version holds."""

    __tablename__ = "candidate_decision"
    __table_args__ = (UniqueConstraint("case_id", "digest", "mention", "version"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"))
    digest: Mapped[str] = mapped_column(SHA)
    mention: Mapped[str] = mapped_column(SHA)  # empty: of all its mentions
    version: Mapped[int] = mapped_column(Integer)
    label: Mapped[str] = mapped_column(LABEL)  # as it was found
    verdict: Mapped[str] = mapped_column(String(12))  # accepted, rejected, relabelled, open
    to_label: Mapped[str | None] = mapped_column(LABEL)
    entity_id: Mapped[str | None] = mapped_column(ForeignKey("entity.id"))
    capture_id: Mapped[str | None] = mapped_column(ForeignKey("capture.id"))  # of one mention
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)


class EntityMerge(Base):
    """Entities said to be one, or (`undoes`) such a word taken back. No record is changed by it."""

    __tablename__ = "entity_merge"
    __table_args__ = (UniqueConstraint("case_id", "number"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"))
    number: Mapped[int] = mapped_column(Integer)  # their order within the case
    kept: Mapped[str] = mapped_column(ForeignKey("entity.id"))
    merged: Mapped[list[str]] = mapped_column(JSON)
    undoes: Mapped[str | None] = mapped_column(ForeignKey("entity_merge.id"), unique=True)
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)


class EntityLink(Base):
    """What ties two entities (POL-4). A row that `replaces` another takes its place."""

    __tablename__ = "entity_link"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"), index=True)
    from_entity: Mapped[str] = mapped_column(ForeignKey("entity.id"))
    to_entity: Mapped[str] = mapped_column(ForeignKey("entity.id"))
    type: Mapped[str] = mapped_column(String(40))
    direction: Mapped[str] = mapped_column(String(4))  # to, both
    from_date: Mapped[str | None] = mapped_column(String(10))  # ISO 8601 days
    to_date: Mapped[str | None] = mapped_column(String(10))
    basis: Mapped[str] = mapped_column(String(10))  # fact, opinion
    grade: Mapped[str | None] = mapped_column(String(3))  # 3x5x2, as in 1AP
    conditions: Mapped[str | None] = mapped_column(Text)  # of handling C
    captures: Mapped[list[str]] = mapped_column(JSON)
    standing: Mapped[bool] = mapped_column(Boolean)
    replaces: Mapped[str | None] = mapped_column(ForeignKey("entity_link.id"), unique=True)
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)


class SpecialAttribute(Base):
    """A special-category attribute of a person, apart from all others (DPA-6)."""

    __tablename__ = "special_attribute"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    entity_id: Mapped[str] = mapped_column(ForeignKey("entity.id"), index=True)
    field: Mapped[str] = mapped_column(String(40))
    value: Mapped[str | None] = mapped_column(Text)  # None: taken back
    basis: Mapped[str] = mapped_column(String(10))  # fact, assessment
    necessity: Mapped[str] = mapped_column(Text)  # why it is strictly necessary
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)
