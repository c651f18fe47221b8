"""People who act and the keys they sign with."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.errors import CallerError, UsageError
from cases.identity import PersonId, Sha256, new_id
from cases.models import Key, Person
from cases.signing import Signer
from cases.times import rfc3339

CODE = re.compile(r"[A-Z][A-Z0-9]{0,15}")
ROLES = (
    "investigator",
    "researcher",
    "analyst",
    "supervisor",
    "authorising-officer",
    "administrator",
)


class PersonUnknown(CallerError):
    """Nobody of that code is on record."""

    kind = "person-unknown"


@dataclass(frozen=True, slots=True)
class PersonView:
    """A person as the other rooms see them: opaque id, code (JS), name, role."""

    id: PersonId
    code: str
    name: str
    role: str


def add_person(session: Session, code: str, name: str, role: str, *, now: datetime) -> PersonView:
    """Put a person on record. Raises `UsageError` for a bad code, name or role, or one that is
    taken.
    """
    if not CODE.fullmatch(code):
        raise UsageError(f"{code!r} is not a person's code. Use capital initials, such as JS.")
    if not name.strip():
        raise UsageError(f"Person {code} needs a --name.")
    if role not in ROLES:
        raise UsageError(f"There is no role {role!r}. Choose one of: {', '.join(ROLES)}.")
    if session.scalar(select(Person.id).where(Person.code == code)) is not None:
        raise CallerError(
            f"There is already a person {code}. Add a middle initial to tell them apart (EXH-1)."
        )
    row = Person(id=new_id("p"), code=code, name=name.strip(), role=role, added_at=rfc3339(now))
    session.add(row)
    session.flush()
    return _view(row)


def person_of(session: Session, code: str) -> PersonView:
    """The person of that code. Raises `PersonUnknown` with what to type."""
    row = session.scalar(select(Person).where(Person.code == code))
    if row is None:
        raise PersonUnknown(
            f"Nobody here has the code {code!r}. Add them: lantern person add {code} --name …"
        )
    return _view(row)


def people(session: Session) -> list[PersonView]:
    """Everybody on record, by code."""
    return [_view(row) for row in session.scalars(select(Person).order_by(Person.code))]


def _view(row: Person) -> PersonView:
    return PersonView(PersonId(row.id), row.code, row.name, row.role)


def register_key(session: Session, owner: str, signer: Signer, *, now: datetime) -> None:
    """Keep the public half of a key, so that signatures can be checked by anyone."""
    session.add(
        Key(
            sha256=signer.key,
            owner=owner,
            public_key=signer.public_key.hex(),
            added_at=rfc3339(now),
        )
    )
    session.flush()


def public_keys(session: Session) -> dict[Sha256, bytes]:
    """Every public key on record, raw, by its SHA-256."""
    rows = session.execute(select(Key.sha256, Key.public_key))
    return {Sha256(digest): bytes.fromhex(key) for digest, key in rows}


def keys_of(session: Session, owner: str) -> dict[Sha256, bytes]:
    """The public keys of one person, or of the vault."""
    rows = session.execute(select(Key.sha256, Key.public_key).where(Key.owner == owner))
    return {Sha256(digest): bytes.fromhex(key) for digest, key in rows}
