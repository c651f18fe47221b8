"""Signing in at the desk and out of it, each on the ledger; a passphrase is set, a link made."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from sqlalchemy.orm import Session

from cases import sign_in
from cases.entries import Act, ObjectKind, ObjectRef
from cases.ledger import Ledger
from cases.people import PersonView, people
from cases.sign_in import SignedIn, SignInRefused
from evidence.acting import Acting, own_key

SAME_WORDS = (
    "That did not sign you in. Check the code and the passphrase, or ask for a link at the "
    "command line: lantern desk --link"
)


def choose_passphrase(acting: Acting, passphrase: str) -> None:
    """Set the acting person's own passphrase. Raises `PassphraseTooShort`."""
    with acting.catalogue.writing() as session:
        row = sign_in.set_passphrase(session, acting.person.id, passphrase, acting.clock())
        objects = (ObjectRef(ObjectKind.PERSON, acting.person.id),)
        act = Act("sign-in.passphrase", None, objects, {"passphrase_row": row})
        acting.ledger.record(session, [act])


def one_time_link(acting: Acting) -> tuple[str, datetime]:
    """The path of a one-time link that signs the acting person in, and when it ends."""
    with acting.act(_act("sign-in.link", acting.person)) as session:
        token, ends = sign_in.make_link(session, acting.person.id, acting.clock())
    return f"/sign-in/link/{token}", ends


def by_passphrase(acting: Acting, code: str, passphrase: str) -> SignedIn:
    """A session for a person and their passphrase. `acting` is the desk's own: the entry names the
    person who signed in. Raises `SignInRefused`, in the same words for every reason.
    """
    now, refused = acting.clock(), None
    with acting.catalogue.reading() as session:  # the slow part, with no lock held
        shut = sign_in.is_shut(session, code, now)
        person = None if shut else sign_in.passphrase_holds(session, code, passphrase)
    with acting.catalogue.writing() as session:
        if sign_in.is_shut(session, code, now):  # others may have tried meanwhile
            shut, person = True, None
        if person is not None:
            held = next(p for p in people(session) if p.id == person)
            sign_in.forget_failures(session, code)
            secret = sign_in.begin(session, person, now)
            _pen(acting, session, held).record(session, [_act("sign-in", held)])
            return SignedIn(secret, held.code)
        if not shut:
            sign_in.note_failure(session, code, now)
        why = "shut after ten failures" if shut else "wrong passphrase or unknown person"
        acting.ledger.record(
            session, [Act("sign-in.refuse", None, (), {}, {"reason": why, "code": code[:64]})]
        )
        minutes = int(sign_in.SHUT_FOR.total_seconds() // 60)
        refused = f"Too many tries: wait {minutes} minutes, or use a link." if shut else SAME_WORDS
    raise SignInRefused(refused)


def by_link(acting: Acting, token: str) -> SignedIn:
    """A session for who made the link. Raises `SignInRefused`."""
    now = acting.clock()
    with acting.catalogue.writing() as session:
        person = sign_in.use_link(session, token, now)
        if person is not None:
            held = next(p for p in people(session) if p.id == person)
            secret = sign_in.begin(session, person, now)
            _pen(acting, session, held).record(session, [_act("sign-in", held)])
            return SignedIn(secret, held.code)
        acting.ledger.record(
            session, [Act("sign-in.refuse", None, (), {}, {"reason": "a link that opens nothing"})]
        )
    raise SignInRefused(
        "This link signs nobody in: it was used, its time is over, or it is none of ours. Make "
        "another: lantern desk --link"
    )


def sign_out(acting: Acting, secret: str) -> None:
    """End a session."""
    with acting.act(_act("sign-out", acting.person)) as session:
        sign_in.end(session, secret, acting.clock())


def _act(act: str, person: PersonView) -> Act:
    return Act(act, None, (ObjectRef(ObjectKind.PERSON, person.id),))


def _pen(acting: Acting, session: Session, person: PersonView) -> Ledger:
    """The ledger as that person writes it, signed where their key is at hand."""
    return replace(
        acting.ledger,
        actor=person.id,
        signer=own_key(session, acting.keys, person.id),
        ambient={**acting.ledger.ambient, "name": person.name},
    )
