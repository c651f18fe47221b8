"""The gate as the desk and the command line meet it: facts, decisions, lists, reveals.

A verdict is worked out anew at each look, from what was measured and what has been said since: a
new list or decision closes an item everywhere at once. Every look at pictures, and every act on
them, is on the ledger.
"""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.access import hidden_captures
from cases.casebook import case_row, case_views_named
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import CallerError
from cases.gate_book import (
    Avoided,
    Decision,
    Policy,
    Verdict,
    avoided_in,
    decisions_on,
    list_hits,
    policy_of,
    rules_in_force,
)
from cases.holdings import CaptureView, capture_view, sealed_capture
from cases.identity import CaptureId, CaseId, Sha256
from cases.models import Capture
from evidence.acting import Acting
from evidence.reader import read_block
from gate.pictures import Place, pictures_in, safe_tiles
from gate.screener import shared_screener
from gate.shelf import Shelf, Shelved
from gate.text import fold_line
from gate.verdicts import Judgement, Known, covered, is_small, judge
from jobs.picture_facts import PictureRead, pictures_read

SIZES = {"small-grey": 240, "small": 240, "full": None}  # the longer side, in pixels


class PictureUnknown(CallerError):
    """The capture holds no such picture."""

    kind = "picture-unknown"


class PictureCovered(CallerError):
    """The case's policy covers it."""

    kind = "picture-covered"


class PictureUnshowable(CallerError):
    """It cannot be decoded safely, so it is shown to nobody."""

    kind = "picture-unshowable"


@dataclass(frozen=True, slots=True)
class PictureFacts:
    """A picture as facts: everything a person may know of it before any pixel."""

    sha256: Sha256
    capture: CaptureId
    url: str
    media_type: str
    kind: str
    format: str | None
    width: int | None
    height: int | None
    frames: int | None
    size_bytes: int | None
    place: Place | None
    alt: str
    verdict: Verdict
    covered: bool
    why: tuple[str, ...]
    copies: int
    decided: tuple[Decision, ...]
    version: int
    rendition: bool
    read: PictureRead | None = None  # its words and its camera's claims, once they were read


@dataclass(frozen=True, slots=True)
class CoveredLine:
    """A case's covered pictures, each once: how many, and a page of them."""

    total: int
    items: tuple[PictureFacts, ...]


def pictures_of(
    acting: Acting, capture: CaptureId, *, on_record: bool = True
) -> tuple[PictureFacts, ...]:
    """The pictures of a capture as facts; a consultation, unless the caller records its own.

    A capture that was not screened yet has none to show: see `screened`. Raises `CaptureUnknown`.
    """
    facts = _with_readings(acting, _of_capture(acting, capture))
    if on_record:
        with acting.act(look_act(view_of(acting, capture))):
            pass
    return facts


def _of_capture(
    acting: Acting, capture: CaptureId, wanted: str | None = None
) -> tuple[PictureFacts, ...]:
    with (
        closing(Shelf(acting.vault.renditions)) as shelf,
        acting.catalogue.reading() as session,
    ):
        case = capture_view(session, capture).case
        return _facts(session, shelf, case, shelf.of_capture(capture), wanted)


def is_screened(acting: Acting, capture: CaptureId) -> bool:
    """Whether the capture's pictures were looked for: until then it must be taken as covered."""
    with closing(Shelf(acting.vault.renditions)) as shelf:
        return shelf.holds(capture)


def covered_line(acting: Acting, case: str, *, limit: int = 50, offset: int = 0) -> CoveredLine:
    """The covered pictures of a case, a page of them; one consultation. Raises `CaseUnknown`."""
    with (
        closing(Shelf(acting.vault.renditions)) as shelf,
        acting.catalogue.reading() as session,
    ):
        row = case_row(session, case)
        of_case = shelf.of_case(CaseId(row.id), hidden_captures(session))
        held = _facts(session, shelf, CaseId(row.id), of_case)
    hidden = [facts for facts in held if facts.covered]
    objects = (ObjectRef(ObjectKind.CASE, row.id),)
    refs = {"covered": str(len(hidden))}
    with acting.act(Act("access", S62.CONSULTATION, objects, refs)):
        pass
    return CoveredLine(len(hidden), _with_readings(acting, hidden[offset : offset + limit]))


def _facts(
    session: Session,
    shelf: Shelf,
    case: CaseId,
    shelved: Sequence[Shelved],
    wanted: str | None = None,
) -> tuple[PictureFacts, ...]:
    small: dict[CaptureId, int] = {}
    for each in shelved:
        if each.measured is not None and is_small(each.measured):
            small[each.capture] = small.get(each.capture, 0) + 1
    if wanted is not None:
        shelved = [each for each in shelved if each.sha256 == wanted]
    digests = [each.sha256 for each in shelved]
    lists = list_hits(session, [*digests, *(each.md5 for each in shelved if each.md5)])
    decisions = decisions_on(session, digests)
    rules, policy = rules_in_force(session, case), policy_of(session, case)
    copies = shelf.copies(case, digests, hidden_captures(session))
    found = []
    for each in shelved:
        known = Known(
            case,
            each.kind,
            each.url,
            each.measured,
            small.get(each.capture, 0),
            [*lists.get(each.sha256, ()), *lists.get(each.md5 or "", ())],
            rules,
            decisions.get(each.sha256, ()),
        )
        own = tuple(d for d in known.decisions if d.case == case)
        found.append(_fact(each, judge(known), policy, own, copies.get(each.sha256, 1)))
    return tuple(found)


def _fact(
    each: Shelved, said: Judgement, policy: Policy, own: tuple[Decision, ...], copies: int
) -> PictureFacts:
    measured = each.measured
    return PictureFacts(
        sha256=each.sha256,
        capture=each.capture,
        url=fold_line(each.url),
        media_type=fold_line(each.media_type),
        kind=each.kind,
        format=each.format,
        width=measured.width if measured else None,
        height=measured.height if measured else None,
        frames=measured.frames if measured else None,
        size_bytes=measured.size_bytes if measured else None,
        place=each.place,
        alt=fold_line(each.alt),
        verdict=said.verdict,
        covered=covered(said.verdict, policy),
        why=tuple(fold_line(line) for line in said.why),
        copies=copies,
        decided=own,
        version=own[0].version if own else 0,
        rendition=measured is not None and measured.decoded,
    )


def facts_of(acting: Acting, capture: CaptureId, sha256: str) -> PictureFacts:
    """One picture's facts, not on record by itself. Raises `PictureUnknown`."""
    found = _of_capture(acting, capture, sha256)
    if not found:
        raise PictureUnknown(
            f"Capture {capture} holds no picture {sha256[:64]!r}. See what it holds: lantern show "
            f"{capture}. Where it was collected just now, run first: lantern work"
        )
    return _with_readings(acting, found[:1])[0]


def _with_readings(acting: Acting, facts: Sequence[PictureFacts]) -> tuple[PictureFacts, ...]:
    """The facts with what was read of each picture."""
    read = pictures_read(acting, {each.sha256 for each in facts})
    return tuple(replace(each, read=read.get(each.sha256)) for each in facts)


def rendition_of(acting: Acting, sha256: str) -> bytes | None:
    """The rendition: a PNG of at most 8 x 8 grey samples; None where there is none."""
    with closing(Shelf(acting.vault.renditions)) as shelf:
        return shelf.rendition(sha256)


@dataclass(frozen=True, slots=True)
class ClearPicture:
    """A picture that nothing covers, drawn anew as PNG in the screening process."""

    content: bytes
    width: int
    height: int


def clear_picture(acting: Acting, capture: CaptureId, sha256: str) -> ClearPicture:
    """An uncovered picture; a consultation. Raises `PictureCovered`, `PictureUnknown`,
    `PictureUnshowable`.
    """
    facts = facts_of(acting, capture, sha256)
    if facts.covered:
        raise PictureCovered(
            f"Picture {sha256[:12]}… of capture {capture} is covered ({facts.verdict}). Decide on "
            f"it by its facts: lantern gate decide {sha256} harmless --reason … , or leave it."
        )
    with acting.act(look_act(view_of(acting, capture), {"picture": facts.sha256})):
        pass
    png, width, height = drawn(acting, capture, facts.sha256, "full")
    return ClearPicture(png, width, height)


def safe_screenshot(acting: Acting, capture: CaptureId, part: int = 0) -> bytes | None:
    """A tile of the safe screenshot, from the top; None where there is no such tile."""
    with acting.catalogue.reading() as session:
        capture_view(session, capture)
        sealed = sealed_capture(session, capture)
    tiles = safe_tiles(sealed)
    if not 0 <= part < len(tiles):
        return None
    return read_block(acting.vault.evidence, tiles[part])


def safe_parts(acting: Acting, capture: CaptureId) -> int:
    """How many tiles the safe screenshot has; 0 where there is none."""
    with acting.catalogue.reading() as session:
        capture_view(session, capture)
        return len(safe_tiles(sealed_capture(session, capture)))


@dataclass(frozen=True, slots=True)
class GateStatus:
    """A case's pictures (or all cases'), counted by what is known of them, each bytes once."""

    policy: str
    pictures: int
    covered: int
    harmless: int
    flagged: int
    unrecognised: int
    unscreened: int
    avoided: int
    reversed: int


def gate_status(acting: Acting, case: str | None) -> GateStatus:
    """The gate's figures. Raises `CaseUnknown`."""
    with closing(Shelf(acting.vault.renditions)) as shelf:
        with acting.catalogue.reading() as session:
            views = case_views_named(session, [case] if case else None)
            hidden = hidden_captures(session)
            facts = [
                each
                for view in views
                for each in _facts(session, shelf, view.id, shelf.of_case(view.id, hidden))
            ]
            cases = [CaseId(view.id) for view in views]
            avoided: Avoided = avoided_in(session, cases)
            policies = {str(policy_of(session, each)) for each in cases}
            held = set(session.scalars(select(Capture.id).where(Capture.case_id.in_(cases))))
        waiting = len(held - hidden - set(shelf.captures()))
    count = {verdict: sum(f.verdict is verdict for f in facts) for verdict in Verdict}
    return GateStatus(
        policy=policies.pop() if len(policies) == 1 else "differs by case",
        pictures=len(facts),
        covered=sum(each.covered for each in facts),
        harmless=count[Verdict.HARMLESS],
        flagged=count[Verdict.FLAGGED],
        unrecognised=count[Verdict.UNRECOGNISED],
        unscreened=count[Verdict.UNSCREENED] + waiting,
        avoided=avoided.decided,
        reversed=avoided.reversed,
    )


def drawn(acting: Acting, capture: CaptureId, sha256: Sha256, size: str) -> tuple[bytes, int, int]:
    """A picture of a capture drawn anew as PNG, its width and height. Whoever asks has the right
    to: nothing is checked here. Raises `PictureUnknown`, `PictureUnshowable`.
    """
    with acting.catalogue.reading() as session:
        sealed = sealed_capture(session, capture)
    with closing(Shelf(acting.vault.renditions)) as shelf:
        place = next((p for p in shelf.of_capture(capture) if p.sha256 == sha256), None)
    found = (
        pictures_in(acting.vault.evidence, sealed, lying_in=place.url) if place is not None else ()
    )
    picture = next((p for p in found if p.sha256 == sha256), None)
    if picture is None:
        raise PictureUnknown(f"Capture {capture} holds no picture {sha256[:12]}….")
    with shared_screener() as screener:
        drawn = screener.show(picture.content, grey=size == "small-grey", side=SIZES[size])
    if isinstance(drawn, str):
        raise PictureUnshowable(f"Picture {sha256[:12]}… cannot be shown safely: {drawn}")
    return drawn


def look_act(view: CaptureView, texts: dict[str, str] | None = None) -> Act:
    """A look at a capture. A reveal's leaf is like any other's, in objects and refs alike (design,
    ledger): which picture, and that it was a reveal, stand in its committed texts alone.
    """
    objects = (
        ObjectRef(ObjectKind.CASE, view.case),
        ObjectRef(ObjectKind.CAPTURE, view.capture),
        ObjectRef.address(view.case, view.requested_url),
    )
    return Act("access", S62.CONSULTATION, objects, {"capture": view.capture}, texts or {})


def view_of(acting: Acting, capture: CaptureId) -> CaptureView:
    """A capture as lists show it: part of a look that its caller records. Raises
    `CaptureUnknown`.
    """
    with acting.catalogue.reading() as session:
        return capture_view(session, capture)
