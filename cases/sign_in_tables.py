"""The desk's sign-in: passphrases, one-time links, sessions, failures. No secret stands here."""

from __future__ import annotations

from sqlalchemy import ForeignKey, Integer, LargeBinary, String
from sqlalchemy.orm import Mapped, mapped_column

from cases.models import ID, SHA, TIME
from cases.tables import Base


class Passphrase(Base):
    """A person's passphrase as scrypt leaves it (RFC 7914)."""

    __tablename__ = "passphrase"
    person: Mapped[str] = mapped_column(ForeignKey("person.id"), primary_key=True)
    salt: Mapped[bytes] = mapped_column(LargeBinary)
    derived: Mapped[bytes] = mapped_column(LargeBinary)
    cost: Mapped[int] = mapped_column(Integer)
    set_at: Mapped[str] = mapped_column(TIME)


class SignInLink(Base):
    """A one-time link from the command line, kept as the digest of its secret."""

    __tablename__ = "sign_in_link"
    token_sha256: Mapped[str] = mapped_column(SHA, primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"))
    made_at: Mapped[str] = mapped_column(TIME)
    expires_at: Mapped[str] = mapped_column(TIME)
    used_at: Mapped[str | None] = mapped_column(TIME)


class DeskSession(Base):
    """A person signed in at the desk, by the digest of the secret in their browser's cookie."""

    __tablename__ = "desk_session"
    secret_sha256: Mapped[str] = mapped_column(SHA, primary_key=True)
    person: Mapped[str] = mapped_column(ForeignKey("person.id"))
    began_at: Mapped[str] = mapped_column(TIME)
    seen_at: Mapped[str] = mapped_column(TIME)
    ended_at: Mapped[str | None] = mapped_column(TIME)


class SignInFailure(Base):
    """A sign-in that failed, by the code that was typed: enough of them shut it for a while."""

    __tablename__ = "sign_in_failure"
    id: Mapped[str] = mapped_column(ID, primary_key=True)
    code: Mapped[str] = mapped_column(String(64), index=True)
    at: Mapped[str] = mapped_column(TIME)
