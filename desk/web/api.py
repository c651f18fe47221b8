"""The HTTP API: the same acts as the pages, typed, for the same signed-in person.

A call that changes anything carries `X-CSRF-Token`, which `GET /api/v1/me` gives. Collected text
comes gated, pictures as facts alone: no call answers with a byte of one.
"""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, FastAPI, Query, Request
from fastapi.responses import JSONResponse
from pydantic import BaseModel, Field

from cases.casebook import CaseView, NewCase
from cases.exhibits import ExhibitView
from cases.gate_book import Decision
from cases.holdings import CaptureView
from cases.identity import CaptureId
from cases.times import rfc3339
from desk.printing import Document
from desk.verbs.pictures import read_document, same_document
from desk.web.api_models import (
    BarOut,
    CaptureOut,
    CaptureShown,
    CaseIn,
    CaseOut,
    CompanionOut,
    DecisionIn,
    DecisionOut,
    EntryOut,
    ExhibitIn,
    ExhibitOut,
    FacetOut,
    FirstSeenOut,
    Found,
    GateOut,
    HitOut,
    JobIn,
    JobOut,
    Me,
    Named,
    NoteIn,
    NoteOut,
    PictureOut,
    ValueOut,
)
from desk.web.running import running_of
from desk.web.visitor import OurCall, Place, Signed
from gate import GatedHit
from gate.text import fold_line
from jobs.casework import all_cases, keep_note, open_new_case
from jobs.collecting import Order, job_report
from jobs.deciding import decide, should_have_been_covered
from jobs.exhibiting import list_exhibits, make_exhibit
from jobs.finding import asked_for, list_captures, search, show
from jobs.gating import PictureFacts, gate_status, pictures_of, view_of
from jobs.ledgering import list_entries
from jobs.near_copies import NearCopies
from jobs.same_picture import same_picture

router = APIRouter(prefix="/api/v1")


@router.get("/me")
def me(visitor: Signed) -> Me:
    """Who is signed in."""
    return Me(person=visitor.code, name=visitor.name, role=visitor.role, csrf=visitor.csrf)


@router.get("/schema", include_in_schema=False)
def schema(request: Request, visitor: Signed) -> JSONResponse:  # noqa: ARG001 - signed in is all
    """What can be asked here, as OpenAPI."""
    app = request.app
    assert isinstance(app, FastAPI)  # noqa: S101 - it is ours
    return JSONResponse(app.openapi())


@router.get("/cases")
def cases(place: Place, visitor: Signed) -> list[CaseOut]:
    """Every case."""
    with place.acting(visitor.code) as acting:
        return [_case(view) for view in all_cases(acting)]


@router.post("/cases", status_code=201)
def new_case(place: Place, visitor: OurCall, case: CaseIn) -> CaseOut:
    """Open a case."""
    new = NewCase(case.reference, case.title, case.urn, case.operation, case.template)
    with place.acting(visitor.code) as acting:
        return _case(open_new_case(acting, new))


@router.get("/cases/{reference}/captures")
def captures(place: Place, visitor: Signed, reference: str) -> list[CaptureOut]:
    """The captures of a case."""
    with place.acting(visitor.code) as acting:
        return [_capture(view) for view in list_captures(acting, reference)]


@router.post("/cases/{reference}/notes", status_code=201)
def note(place: Place, visitor: OurCall, reference: str, note: NoteIn) -> NoteOut:
    """Keep a note."""
    with place.acting(visitor.code) as acting:
        return NoteOut(note=keep_note(acting, reference, note.capture, note.words))


@router.post("/cases/{reference}/jobs", status_code=202)
def collect(request: Request, place: Place, visitor: OurCall, reference: str, job: JobIn) -> JobOut:
    """Begin to collect pages; the answer comes when the job is on record."""
    asked = Order(
        case=reference,
        seeds=job.seeds,
        browser=job.browser,
        allow_addresses=job.allow_addresses,
        authority=job.authority,
    )
    return one_job(place, visitor, running_of(request).start(place, visitor.code, asked))


@router.get("/jobs/{job}")
def one_job(place: Place, visitor: Signed, job: str) -> JobOut:
    """A job as it stands."""
    with place.acting(visitor.code) as acting:
        report = job_report(acting, job)
    return JobOut(
        job=report.job.id,
        reference=report.job.reference,
        state=report.job.state,
        outcome=report.job.outcome,
        captures=tuple(_capture(view) for view in report.captures),
    )


class Wanted(BaseModel):
    """What a search is asked for: `facets` as person or person:20, `bars` as captured:month."""

    q: str
    case: str | None = None
    limit: Annotated[int, Field(ge=0, le=500)] = 20
    facets: tuple[str, ...] = ()
    sort: str = "best"
    after: str = ""
    bars: str = ""
    company: str = ""


@router.get("/search")
def find(place: Place, visitor: Signed, wanted: Annotated[Wanted, Query()]) -> Found:
    """What a search finds."""
    asking = asked_for(wanted.facets, wanted.sort, wanted.after, wanted.bars, wanted.company)
    with place.acting(visitor.code) as acting:
        found = search(acting, wanted.q, wanted.case, wanted.limit, asking)
    near = {each.capture: each for each in found.near}
    return Found(
        total=found.total,
        waiting=found.waiting,
        hits=tuple(_hit(hit, near.get(hit.capture)) for hit in found.hits),
        reading=fold_line(found.reading),
        facets=tuple(
            FacetOut(
                field=facet.field,
                values=tuple(ValueOut(value=value, count=n) for value, n in facet.values),
                missing=facet.missing,
                more=facet.more,
            )
            for facet in found.facets
        ),
        histogram=tuple(BarOut(start=rfc3339(at), count=n) for at, n in found.histogram),
        company=tuple(
            CompanionOut(
                name=each.name,
                together=each.together,
                everywhere=each.everywhere,
                lift=each.lift,
            )
            for each in found.companions
        ),
        unread_for_names=found.unread_for_names,
        index_version=found.index_version,
        search=found.log_id,
        after=found.after or None,
        did_you_mean=found.spellings,
    )


def _hit(hit: GatedHit, near: NearCopies | None) -> HitOut:
    first = near.first if near else None
    return HitOut(
        capture=hit.capture,
        case=hit.case,
        url=hit.url,
        title=hit.title,
        captured=rfc3339(hit.captured),
        score=hit.score,
        snippet=hit.snippet,
        highlights=hit.highlights,
        near=near.copies if near else (),
        folded=near is None,
        first_seen=FirstSeenOut(
            capture=first.capture,
            case=first.case,
            url=first.url,
            captured=rfc3339(first.captured),
        )
        if first
        else None,
    )


@router.get("/captures/{capture}")
def one_capture(place: Place, visitor: Signed, capture: str, search: str = "") -> CaptureShown:
    """A capture through the gate; `search` is the log's id of the search that it was found by."""
    with place.acting(visitor.code) as acting:
        shown = show(acting, capture, search)
    reading = shown.reading
    return CaptureShown(
        view=_capture(shown.view),
        title=reading.title if reading else "",
        text=reading.text if reading else "",
        entities=tuple(
            Named(text=m.text, kind=m.label, start=m.start, end=m.end) for m in reading.entities
        )
        if reading
        else (),
        identifiers=tuple(
            Named(text=i.value, kind=i.kind, start=i.start, end=i.end, source=i.source)
            for i in reading.identifiers
        )
        if reading
        else (),
        images=tuple(_picture(each) for each in shown.pictures),
    )


@router.get("/cases/{reference}/gate")
def gate(place: Place, visitor: Signed, reference: str) -> GateOut:
    """The gate's figures for a case."""
    with place.acting(visitor.code) as acting:
        s = gate_status(acting, reference)
    return GateOut(
        policy=s.policy,
        pictures=s.pictures,
        covered=s.covered,
        flagged=s.flagged,
        unrecognised=s.unrecognised,
        unscreened=s.unscreened,
        avoided=s.avoided,
        reversed=s.reversed,
    )


@router.get("/captures/{capture}/pictures")
def pictures(place: Place, visitor: Signed, capture: str) -> list[PictureOut]:
    """A capture's pictures as facts."""
    with place.acting(visitor.code) as acting:
        return [_picture(each) for each in pictures_of(acting, CaptureId(capture))]


@router.get("/pictures/{sha256}/same")
def same(place: Place, visitor: Signed, sha256: str) -> Document:
    """The captures that hold the picture or a near copy, those that the person may see."""
    with place.acting(visitor.code) as acting:
        return same_document(same_picture(acting, sha256))


@router.post("/captures/{capture}/pictures/{sha256}/decision", status_code=201)
def decision(
    place: Place, visitor: OurCall, capture: str, sha256: str, decision: DecisionIn
) -> DecisionOut:
    """Decide on a picture by its facts; 409 where somebody else did in the meantime."""
    with place.acting(visitor.code) as acting:
        case = view_of(acting, CaptureId(capture)).case_reference
        made = decide(
            acting, case, sha256, decision.verdict, decision.reason, version=decision.version
        )
    return _decision(made)


@router.post("/captures/{capture}/pictures/{sha256}/cover", status_code=201)
def cover(place: Place, visitor: OurCall, capture: str, sha256: str) -> DecisionOut:
    """This should have been covered."""
    with place.acting(visitor.code) as acting:
        return _decision(should_have_been_covered(acting, CaptureId(capture), sha256))


@router.get("/cases/{reference}/exhibits")
def exhibits(place: Place, visitor: Signed, reference: str) -> list[ExhibitOut]:
    """The exhibits of a case."""
    with place.acting(visitor.code) as acting:
        held = list_exhibits(acting, reference)
    return [_exhibit(view) for view in held.exhibits]


@router.post("/captures/{capture}/exhibit", status_code=201)
def exhibit(place: Place, visitor: OurCall, capture: str, exhibit: ExhibitIn) -> ExhibitOut:
    """Make a capture an exhibit."""
    with place.acting(visitor.code) as acting:
        return _exhibit(make_exhibit(acting, capture, exhibit.reference, exhibit.description))


@router.get("/ledger")
def ledger(
    place: Place,
    visitor: Signed,
    case: str | None = None,
    limit: Annotated[int, Query(ge=1, le=2000)] = 100,
) -> list[EntryOut]:
    """The newest ledger entries, without their texts."""
    with place.acting(visitor.code) as acting:
        return [
            EntryOut(
                entry=e.id,
                leaf=e.leaf,
                time=rfc3339(e.time),
                act=e.act,
                s62=e.s62,
                actor=e.actor,
                auth=e.auth,
            )
            for e in list_entries(acting, case, limit)
        ]


def _case(view: CaseView) -> CaseOut:
    return CaseOut(
        case=view.reference,
        title=view.title,
        state=view.state,
        opened=rfc3339(view.opened_at),
        captures=view.captures,
    )


def _decision(made: Decision) -> DecisionOut:
    return DecisionOut(
        sha256=made.sha256,
        verdict=str(made.verdict),
        version=made.version,
        by=made.by,
        at=made.at,
    )


def _exhibit(view: ExhibitView) -> ExhibitOut:
    return ExhibitOut(
        exhibit=view.reference,
        capture=view.capture,
        description=view.description,
        sha256=view.manifest_sha256,
    )


def _capture(view: CaptureView) -> CaptureOut:
    return CaptureOut(
        capture=view.capture,
        case=view.case_reference,
        job=view.job,
        url=fold_line(view.requested_url),
        final_url=fold_line(view.final_url),
        status=view.status,
        outcome=str(view.outcome),
        reason=fold_line(view.reason) if view.reason else None,
        captured=rfc3339(view.started_at),
        sha256=view.manifest_sha256,
    )


def _picture(each: PictureFacts) -> PictureOut:
    return PictureOut(
        sha256=each.sha256,
        kind=each.kind,
        url=each.url,
        media_type=each.media_type,
        width=each.width,
        height=each.height,
        bytes=each.size_bytes,
        alt=each.alt,
        verdict=str(each.verdict),
        covered=each.covered,
        why=each.why,
        copies=each.copies,
        version=each.version,
        read=read_document(each.read),
    )
