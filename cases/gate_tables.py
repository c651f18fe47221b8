"""The gate's lasting tables: policies, lists, rules, decisions, one-use addresses of reveals.

All are added to and never changed, but for a rule's withdrawal and a ticket's use. What screening
measures is disposable, and lies with the gate. No collected text stands here: digests and hosts.
"""

from __future__ import annotations

from sqlalchemy import Boolean, ForeignKey, Integer, String, Text, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column

from cases.models import ID, SHA, TIME
from cases.tables import Base


class GatePolicy(Base):
    """What a case covers, from a time on; the newest row holds."""

    __tablename__ = "gate_policy"
    __table_args__ = (UniqueConstraint("case_id", "number"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"))
    number: Mapped[int] = mapped_column(Integer)
    policy: Mapped[str] = mapped_column(String(20))
    approver: Mapped[str | None] = mapped_column(ForeignKey("person.id"))
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)


class GateList(Base):
    """A list of digests somebody handed over: where from, what it is of, what it says."""

    __tablename__ = "gate_list"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    source: Mapped[str] = mapped_column(Text)
    category: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(String(12))  # flagged, harmless
    file_sha256: Mapped[str] = mapped_column(SHA)
    count: Mapped[int] = mapped_column(Integer)
    digests_sha256: Mapped[str] = mapped_column(SHA)  # of its digests, as `digests_digest` has it
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)


class GateListDigest(Base):
    """One digest of a list, in hexadecimal."""

    __tablename__ = "gate_list_digest"
    list_id: Mapped[str] = mapped_column(ForeignKey("gate_list.id"), primary_key=True)
    digest: Mapped[str] = mapped_column(SHA, primary_key=True, index=True)
    algorithm: Mapped[str] = mapped_column(String(8))


class GateRule(Base):
    """A rule by host: what it serves is flagged, or harmless. In one case, or in all (no case)."""

    __tablename__ = "gate_rule"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str | None] = mapped_column(ForeignKey("investigation.id"))
    host: Mapped[str] = mapped_column(Text)
    verdict: Mapped[str] = mapped_column(String(12))
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)
    withdrawn_at: Mapped[str | None] = mapped_column(TIME)


class GateDecision(Base):
    """A person's word on one picture in one case; the highest version holds."""

    __tablename__ = "gate_decision"
    __table_args__ = (UniqueConstraint("case_id", "sha256", "version"),)
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"), index=True)
    sha256: Mapped[str] = mapped_column(SHA, index=True)
    version: Mapped[int] = mapped_column(Integer)
    verdict: Mapped[str] = mapped_column(String(12))
    was_covered: Mapped[bool] = mapped_column(Boolean)
    revealed: Mapped[bool] = mapped_column(Boolean)  # whether anybody had revealed it before
    exposed: Mapped[bool] = mapped_column(Boolean)  # "this should have been covered"
    by: Mapped[str] = mapped_column(ForeignKey("person.id"))
    at: Mapped[str] = mapped_column(TIME)


class RevealTicket(Base):
    """A one-use address of a reveal, kept as the digest of its secret."""

    __tablename__ = "reveal_ticket"
    token_sha256: Mapped[str] = mapped_column(SHA, primary_key=True)
    case_id: Mapped[str] = mapped_column(ForeignKey("investigation.id"))
    capture_id: Mapped[str] = mapped_column(ForeignKey("capture.id"))
    sha256: Mapped[str] = mapped_column(SHA, index=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"))
    size: Mapped[str] = mapped_column(String(12))
    ordered_at: Mapped[str] = mapped_column(TIME)
    expires_at: Mapped[str] = mapped_column(TIME)
    used_at: Mapped[str | None] = mapped_column(TIME)
