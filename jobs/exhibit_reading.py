"""What exports and pages know of exhibits, read together: records, captures, jobs, addresses."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.access import TRUSTED_ROLES
from cases.captures import SealedCapture
from cases.commitments import SALT_BYTES
from cases.entries import ObjectKind, ObjectRef, object_id
from cases.errors import CallerError, EvidenceError
from cases.exhibits import ExhibitView
from cases.holdings import CaptureLocked, CaptureView, capture_views_of, sealed_capture
from cases.identity import CaptureId, Sha256
from cases.job_book import FINISHED, job_of
from cases.ledger_objects import BATCH, KnownObject, batches, known_objects
from cases.ledger_tables import ENTRIES, LINKS
from cases.models import Job, Record
from collectors.plan import ScopeKind
from products.exhibit_facts import Attendance, CollectionFacts


class NoExhibits(CallerError):
    """The case has no exhibits, so there is nothing to list or print."""

    kind = "no-exhibits"


class ExhibitDamaged(EvidenceError):
    """What the catalogue holds of an exhibit is not what its making put on the ledger."""

    kind = "exhibit-damaged"


@dataclass(frozen=True, slots=True)
class HeldExhibit:
    """An exhibit with its capture and how that was collected."""

    view: ExhibitView
    capture: SealedCapture
    collection: CollectionFacts

    @property
    def record(self) -> dict[str, object]:
        """The frozen record's members."""
        found: dict[str, object] = json.loads(self.view.document)
        return found

    @property
    def seal_leaf(self) -> int:
        """The place in the ledger of the capture's seal, the first line of the continuity."""
        lines = self.record["continuity"]
        return int(lines[0]["leaf"]) if isinstance(lines, list) and lines else -1

    @property
    def address(self) -> ObjectRef:
        """The capture's address within its case, as the ledger knows it."""
        return ObjectRef.address(self.capture.case, self.capture.requested_url)

    @property
    def objects(self) -> tuple[ObjectRef, ...]:
        """What an act on the exhibit concerns besides its case."""
        return (
            ObjectRef(ObjectKind.CAPTURE, self.view.capture),
            ObjectRef(ObjectKind.EXHIBIT, self.view.id),
            self.address,
        )


@dataclass(frozen=True, slots=True)
class AddressSeal:
    """One capture or attempt of an address, as sealed; `salt` opens its salted id."""

    capture: CaptureId
    salt: bytes
    sealed: str
    started: datetime
    outcome: str
    status: int | None
    manifest_sha256: Sha256


def held_exhibits(session: Session, views: Sequence[ExhibitView]) -> list[HeldExhibit]:
    """Each with its sealed capture and its job's facts.

    Raises `ExhibitDamaged` where a row is not as the exhibit was made: it is not shown as one.
    """
    held = []
    for view in views:
        capture = sealed_capture(session, view.capture)
        digest = sha256(view.document.encode()).hexdigest()
        if not capture.records or digest != _digest_on_record(session, view):
            raise damaged(f"Exhibit {view.reference}")
        held.append(HeldExhibit(view, capture, _collection(session, view, capture)))
    return held


def _digest_on_record(session: Session, view: ExhibitView) -> str | None:
    """The digest of the frozen record in the entry of its making."""
    ref = ObjectRef(ObjectKind.EXHIBIT, view.id)
    known = known_objects(session, [ref]).get(ref)
    entry = known and session.scalar(
        select(ENTRIES.c.entry)
        .join(LINKS, LINKS.c.entry_id == ENTRIES.c.id)
        .where(LINKS.c.object_seq == known.seq, ENTRIES.c.act == "exhibit.make")
    )
    try:
        return str(json.loads(entry)["refs"]["exhibit_sha256"]) if entry else None
    except (ValueError, KeyError, TypeError):
        return None


def damaged(what: str) -> ExhibitDamaged:
    """What to raise where the catalogue and the ledger tell two stories."""
    return ExhibitDamaged(
        f"{what} is not in the catalogue as the ledger has it, so it is not given out. See what "
        "was changed: lantern verify"
    )


def _collection(session: Session, view: ExhibitView, capture: SealedCapture) -> CollectionFacts:
    job = job_of(session, capture.job)
    by = session.get_one(Job, job.id).created_by
    seeds = job.plan.get("seeds")
    watched = (
        job.plan.get("attended") is True
        and isinstance(seeds, list)
        and len(seeds) == 1
        and job.plan.get("depth") == 0
        and job.plan.get("scope") == str(ScopeKind.PAGE)
        and job.state == FINISHED
    )
    if by != view.producer:
        attendance = Attendance.OTHERS_JOB
    else:
        attendance = Attendance.ATTENDED if watched else Attendance.OWN_JOB
    return CollectionFacts(job.reference, job.created_at, attendance)


def seals_at(session: Session, address: ObjectRef) -> list[AddressSeal]:
    """Every capture and attempt of an address within its case, in the order sealed.

    Raises `ExhibitDamaged` where the catalogue lacks one that the ledger holds.
    """
    known = known_objects(session, [address]).get(address)
    if known is None:
        return []
    rows = session.execute(
        select(ENTRIES.c.time, ENTRIES.c.entry)
        .join(LINKS, LINKS.c.entry_id == ENTRIES.c.id)
        .where(LINKS.c.object_seq == known.seq, ENTRIES.c.act == "capture.seal")
        .order_by(ENTRIES.c.leaf_index)
    ).all()
    records = [(time, _sealed_record(entry)) for time, entry in rows]
    captures: dict[str, str] = {}
    views: dict[CaptureId, CaptureView] = {}
    for batch in batches([record for _, record in records], BATCH):
        found = select(Record.id, Record.capture_id).where(Record.id.in_(batch))
        named = dict(session.execute(found).all())
        captures |= named
        held = [CaptureId(each) for each in named.values()]
        views |= {view.capture: view for view in capture_views_of(session, held)}
    if not all(record in captures for _, record in records):
        raise damaged("A capture of the exhibit's address")
    ids = [CaptureId(captures[record]) for _, record in records]
    salts = known_objects(session, [ObjectRef(ObjectKind.CAPTURE, each) for each in ids])
    if len(salts) != len(set(ids)) or not all(map(_opens, salts.values())):
        raise damaged("The salt of a capture")
    if not views.keys() >= set(ids):
        raise CaptureLocked(
            "The exhibit's address has a capture that is not for you to see, so its history cannot "
            f"be told whole. Let a {' or '.join(sorted(TRUSTED_ROLES))} of the case write it out."
        )
    return [
        AddressSeal(
            capture=each,
            salt=salts[ObjectRef(ObjectKind.CAPTURE, each)].salt,
            sealed=time,
            started=views[each].started_at,
            outcome=str(views[each].outcome),
            status=views[each].status,
            manifest_sha256=views[each].manifest_sha256,
        )
        for each, (time, _) in zip(ids, records, strict=True)
    ]


def _opens(known: KnownObject) -> bool:
    """Whether the salt opens the salted id: a row can be edited."""
    return len(known.salt) == SALT_BYTES and object_id(known.ref, known.salt) == known.salted


def _sealed_record(entry: bytes) -> str:
    try:
        return str(json.loads(entry)["refs"]["manifest_record"])
    except (ValueError, KeyError, TypeError):
        raise damaged("A capture of the exhibit's address") from None
