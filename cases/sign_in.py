"""Who is at the desk: passphrases proved, links used once, sessions begun and ended.

Secrets are kept as digests alone; a passphrase by scrypt (RFC 7914), with the same work done and
the same words said where the person is unknown. Part of the caller's transaction.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from cases.errors import CallerError, UsageError
from cases.identity import PersonId, new_id
from cases.models import Person
from cases.people import PersonView
from cases.sign_in_tables import DeskSession, Passphrase, SignInFailure, SignInLink
from cases.times import from_rfc3339, rfc3339
from cases.tokens import token_digest

COST = 1 << 15  # scrypt's N; with r = 8 it takes 32 MiB and a tenth of a second
SHORTEST = 12  # characters of a passphrase (our own rule)
FAILURES = 10
SHUT_FOR = timedelta(minutes=15)
LINK_FOR = timedelta(minutes=10)
IDLE = timedelta(minutes=30)
LONGEST = timedelta(hours=12)
TOLD_EVERY = timedelta(minutes=1)


class SignInRefused(CallerError):
    """The person was not let in; the words never say whether they are known."""

    kind = "sign-in"


class PassphraseTooShort(UsageError):
    """The passphrase is too short."""

    kind = "passphrase-short"


@dataclass(frozen=True, slots=True)
class SignedIn:
    """A session: the secret for the browser's cookie, and whose it is."""

    secret: str
    person: str  # the code


def set_passphrase(session: Session, person: PersonId, passphrase: str, now: datetime) -> str:
    """Give a person a passphrase, and end what sessions they had; the digest of its row, for the
    ledger. Raises `PassphraseTooShort`.
    """
    if len(passphrase) < SHORTEST:
        raise PassphraseTooShort(f"A passphrase has at least {SHORTEST} characters: use words.")
    salt = secrets.token_bytes(16)
    session.execute(delete(Passphrase).where(Passphrase.person == person))
    row = Passphrase(
        person=person,
        salt=salt,
        derived=_derived(passphrase, salt, COST),
        cost=COST,
        set_at=rfc3339(now),
    )
    session.add(row)
    session.execute(
        update(DeskSession)
        .where(DeskSession.person == person, DeskSession.ended_at.is_(None))
        .values(ended_at=rfc3339(now))
    )
    return row_digest(row)


def row_digest(row: Passphrase) -> str:
    """The digest of a passphrase's row: salted, so that it tells nothing of the passphrase."""
    whole = row.person.encode() + b"\0" + row.salt + row.derived + str(row.cost).encode()
    return hashlib.sha256(whole).hexdigest()


def is_shut(session: Session, code: str, now: datetime) -> bool:
    """Whether so many sign-ins under this code failed lately that none is looked at."""
    since = rfc3339(now - SHUT_FOR)
    count = session.scalar(
        select(func.count())
        .select_from(SignInFailure)
        .where(SignInFailure.code == _typed(code), SignInFailure.at >= since)
    )
    return (count or 0) >= FAILURES


def passphrase_holds(session: Session, code: str, passphrase: str) -> PersonId | None:
    """The person whose code and passphrase these are; None otherwise, after the same work."""
    found = session.execute(
        select(Person.id, Passphrase)
        .join(Passphrase, Passphrase.person == Person.id)
        .where(Person.code == code)
    ).first()
    salt, derived, cost = (b"\0" * 16, b"", COST)
    if found is not None:
        salt, derived, cost = found[1].salt, found[1].derived, found[1].cost
    same = hmac.compare_digest(_derived(passphrase, salt, cost), derived)
    return PersonId(found[0]) if same and found is not None else None


def note_failure(session: Session, code: str, now: datetime) -> None:
    """Count a failed sign-in."""
    session.add(SignInFailure(id=new_id("f"), code=_typed(code), at=rfc3339(now)))


def forget_failures(session: Session, code: str) -> None:
    """A person who got in starts anew."""
    session.execute(delete(SignInFailure).where(SignInFailure.code == _typed(code)))


def make_link(session: Session, person: PersonId, now: datetime) -> tuple[str, datetime]:
    """The secret of a one-time link, and when it ends."""
    token, ends = secrets.token_urlsafe(32), now + LINK_FOR
    session.add(
        SignInLink(
            token_sha256=token_digest(token),
            person=person,
            made_at=rfc3339(now),
            expires_at=rfc3339(ends),
            used_at=None,
        )
    )
    return token, ends


def use_link(session: Session, token: str, now: datetime) -> PersonId | None:
    """The person of a link, used up; None where it is forged, used or out of time."""
    used = session.execute(
        update(SignInLink)
        .where(SignInLink.token_sha256 == token_digest(token), SignInLink.used_at.is_(None))
        .where(SignInLink.expires_at >= rfc3339(now))
        .values(used_at=rfc3339(now))
        .returning(SignInLink.person)
    ).scalar()
    return PersonId(used) if used else None


def begin(session: Session, person: PersonId, now: datetime) -> str:
    """A new session's secret, for the cookie."""
    secret = secrets.token_urlsafe(32)
    at = rfc3339(now)
    session.add(
        DeskSession(
            secret_sha256=token_digest(secret),
            person=person,
            began_at=at,
            seen_at=at,
            ended_at=None,
        )
    )
    return secret


def person_at(session: Session, secret: str, now: datetime) -> PersonView | None:
    """Whose live session this secret opens; None where there is none."""
    row = session.get(DeskSession, token_digest(secret))
    if row is None or row.ended_at is not None:
        return None
    began, seen = from_rfc3339(row.began_at), from_rfc3339(row.seen_at)
    if now - seen > IDLE or now - began > LONGEST:
        return None
    held = session.get_one(Person, row.person)
    return PersonView(PersonId(held.id), held.code, held.name, held.role)


def is_stale(session: Session, secret: str, now: datetime) -> bool:
    """Whether it is a minute since the session was last told that its person is here."""
    row = session.get(DeskSession, token_digest(secret))
    return row is not None and now - from_rfc3339(row.seen_at) > TOLD_EVERY


def seen(session: Session, secret: str, now: datetime) -> None:
    """Keep a session from idling out."""
    session.execute(
        update(DeskSession)
        .where(DeskSession.secret_sha256 == token_digest(secret))
        .values(seen_at=rfc3339(now))
    )


def end(session: Session, secret: str, now: datetime) -> None:
    """Sign out."""
    session.execute(
        update(DeskSession)
        .where(DeskSession.secret_sha256 == token_digest(secret))
        .values(ended_at=rfc3339(now))
    )


def _typed(code: str) -> str:
    return code.strip()[:64]


def _derived(passphrase: str, salt: bytes, cost: int) -> bytes:
    return hashlib.scrypt(
        passphrase.encode("utf-8", "replace"), salt=salt, n=cost, r=8, p=1, maxmem=128 << 20
    )
