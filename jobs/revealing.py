"""Reveals: one act for one item, at a one-use address in the desk, on record before it is seen."""

from __future__ import annotations

import secrets
from contextlib import closing
from dataclasses import dataclass
from datetime import datetime, timedelta

from sqlalchemy import update

from cases.entries import Act
from cases.errors import CallerError, UsageError
from cases.gate_tables import RevealTicket
from cases.holdings import capture_view
from cases.identity import CaptureId, CaseId, PersonId, Sha256
from cases.times import from_rfc3339, rfc3339
from cases.tokens import token_digest
from evidence.acting import Acting
from gate.exposure import Exposure, ExposureStore
from jobs.gating import (
    SIZES,
    PictureFacts,
    PictureUnshowable,
    drawn,
    facts_of,
    look_act,
    view_of,
)

REASONS = (
    "identify a person or place",
    "decide whether it is relevant",
    "grade or categorise it",
    "check a decision",
    "prepare evidence",
)
TICKET_S = 120  # how long the address of a reveal stands unused
LOOK_S = 30  # how long a revealed picture stands before it is covered again (our own suggestion)
LONGEST_REASON = 2000


class RevealRefused(CallerError):
    """The address of a reveal is forged, used, out of time or somebody else's."""

    kind = "reveal-refused"


@dataclass(frozen=True, slots=True)
class OrderedReveal:
    """The one-use address of a reveal. `token` is its secret; nothing keeps it here."""

    token: str
    expires: datetime

    @property
    def path(self) -> str:
        """Where in the desk it opens."""
        return f"/reveal/{self.token}"


def order_reveal(
    acting: Acting, capture: CaptureId, sha256: str, reason: str, *, size: str = "small-grey"
) -> OrderedReveal:
    """The address at which this person may see this one picture, once, in the desk.

    Raises `PictureUnknown`, `PictureUnshowable`, `UsageError`.
    """
    if not reason.strip():
        raise UsageError(f"Say why: --reason TEXT, for example one of: {'; '.join(REASONS)}.")
    if size not in SIZES:
        raise UsageError(f"{size!r} is no size. Choose one of: {', '.join(SIZES)}.")
    facts = facts_of(acting, capture, sha256)
    if not facts.rendition:
        raise PictureUnshowable(
            f"Picture {sha256[:12]}… cannot be shown safely: {' '.join(facts.why)} It stays "
            "covered; its bytes are in the evidence."
        )
    token, now = secrets.token_urlsafe(32), acting.clock()
    expires, view = now + timedelta(seconds=TICKET_S), view_of(acting, capture)
    ticket = RevealTicket(
        token_sha256=token_digest(token),
        case_id=view.case,
        capture_id=capture,
        sha256=facts.sha256,
        person=acting.person.id,
        size=size,
        ordered_at=rfc3339(now),
        expires_at=rfc3339(expires),
        used_at=None,
    )
    texts = {
        "reason": reason[:LONGEST_REASON],
        "what": f"reveal ordered, {size}",
        "picture": facts.sha256,
    }
    with acting.act(look_act(view, texts)) as session:
        session.add(ticket)
        session.flush()
    return OrderedReveal(token, expires)


@dataclass(frozen=True, slots=True)
class Revealed:
    """What a reveal shows, for how long."""

    content: bytes
    width: int
    height: int
    facts: PictureFacts
    size: str
    seconds: int


def redeem_reveal(acting: Acting, token: str) -> Revealed:
    """The picture, once, for the person who ordered it; on the ledger and in the exposure record
    before the first pixel leaves. Raises `RevealRefused`, `PictureUnshowable`,
    `ExposureKeyUnusable`. Only the desk calls it.
    """
    now = acting.clock()
    with closing(ExposureStore(acting.vault.exposure, acting.keys.folder)) as store:  # or no reveal
        ticket = _taken(acting, token, now)
        capture, sha256 = CaptureId(ticket.capture_id), Sha256(ticket.sha256)
        facts = facts_of(acting, capture, sha256)
        png, width, height = drawn(acting, capture, sha256, ticket.size)
        store.keep(
            Exposure(
                PersonId(acting.person.id),
                CaseId(ticket.case_id),
                capture,
                sha256,
                ticket.size,
                now,
            )
        )
    return Revealed(png, width, height, facts, ticket.size, LOOK_S)


def _taken(acting: Acting, token: str, now: datetime) -> RevealTicket:
    """The ticket, used up in the same transaction as its ledger entry."""
    with acting.catalogue.writing() as session:
        ticket = session.get(RevealTicket, token_digest(token))
        why = _why_not(ticket, acting.person.id, now)
        if why is None and ticket is not None:
            used = session.execute(
                update(RevealTicket)
                .where(RevealTicket.token_sha256 == ticket.token_sha256)
                .where(RevealTicket.used_at.is_(None))
                .values(used_at=rfc3339(now))
            )
            if getattr(used, "rowcount", 0) == 1:
                texts = {"what": f"revealed, {ticket.size}", "picture": ticket.sha256}
                look = look_act(capture_view(session, CaptureId(ticket.capture_id)), texts)
                acting.ledger.record(session, [look])
                session.expunge(ticket)
                return ticket
            why = "it was used already"
        refusal = Act("access.refuse", None, (), {}, {"reason": f"reveal: {why}"})
        acting.ledger.record(session, [refusal])
    raise RevealRefused(
        f"This address of a reveal shows nothing: {why}. Order another from the picture's facts."
    )


def _why_not(ticket: RevealTicket | None, person: str, now: datetime) -> str | None:
    if ticket is None:
        return "there is none like it"
    if ticket.person != person:
        return "somebody else ordered it"
    if ticket.used_at is not None:
        return "it was used already"
    if from_rfc3339(ticket.expires_at) < now:
        return "its time is over"
    return None
