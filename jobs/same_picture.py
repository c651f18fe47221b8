"""The same picture anywhere: in which captures it lies, as the same bytes or as a near copy.

Near is by PDQ (`search.near_pictures`): scaled, recoded, darkened, turned or mirrored copies. The
figure says how alike two pictures look to an algorithm, not that they are the same.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.holdings import CaptureView, capture_views_of
from cases.identity import CaptureId, CaseId, Sha256
from enrich import DerivedStore
from evidence.acting import Acting
from gate.text import fold_line
from jobs.gating import PictureUnknown
from jobs.sight import scope_of
from search import Scope
from search.near_pictures import Near, NearPictures

SHOWN = 200  # captures; all are counted


@dataclass(frozen=True, slots=True)
class SameIn:
    """A capture that holds the picture or a near copy. `bits` of 256 differ, 0 for the same bytes;
    `turned` where it is nearest to a rotated or mirrored form. The address is folded.
    """

    capture: CaptureId
    case: str
    url: str
    captured: datetime
    sha256: Sha256
    bits: int
    turned: bool


@dataclass(frozen=True, slots=True)
class SamePicture:
    """Where a picture lies: how many captures and different pictures, and the captures, the nearest
    first. `compared` says whether near copies could be looked for.
    """

    sha256: Sha256
    captures: int
    pictures: int
    compared: bool
    found: tuple[SameIn, ...]


def same_picture(
    acting: Acting, sha256: str, *, cases: Sequence[str] | None = None, on_record: bool = True
) -> SamePicture:
    """The captures that the acting person may see and that hold the picture or a near copy; one
    consultation, unless the caller records its own.

    Raises `CaseUnknown`; `PictureUnknown` where they may see no capture that holds it.
    """
    wanted = sha256.strip().lower()
    found, compared = _found(acting, wanted, cases)
    answer = SamePicture(
        Sha256(wanted),
        len({each.capture for each in found}),
        len({each.sha256 for each in found}),
        compared,
        tuple(found[:SHOWN]),
    )
    if on_record:
        _record(acting, answer)
    return answer


def near_copies(store: DerivedStore, sha256: str) -> list[Near] | None:
    """The pictures of the whole vault that are near a picture, itself among them; None where it has
    no hash that tells enough.

    Kept to no scope: for the gate, whose covering spreads to every case, not for anybody's eyes.
    """
    reading = store.pictures.get(sha256)
    digests, hashes = store.pictures.hashes()
    if reading is None or reading.pdq is None or reading.sha256 not in digests:
        return None
    return NearPictures(digests, hashes).near([reading.pdq, *reading.turned])


def _found(acting: Acting, sha256: str, cases: Sequence[str] | None) -> tuple[list[SameIn], bool]:
    scope = scope_of(acting, cases)
    with DerivedStore(acting.vault.derived) as store:
        # Before anything is compared: how long a refusal takes must not tell who holds the picture.
        if not _seen(acting, scope, store.pictures.captures_with([sha256])):
            raise PictureUnknown(
                f"No capture that you may see holds a picture {fold_line(sha256[:64])!r} that was "
                "read. See what a capture holds: lantern show CAPTURE. Read what waits: lantern "
                "work"
            )
        near = near_copies(store, sha256)
        alike = {each.sha256: each for each in near or ()}
        alike.setdefault(sha256, Near(sha256, 0, 0))
        held = store.pictures.captures_with(alike)
    views = _seen(acting, scope, held)
    found = [
        SameIn(
            capture,
            views[capture].case_reference,
            fold_line(views[capture].final_url),
            views[capture].started_at,
            digest,
            alike[digest].bits,
            alike[digest].form > 0,
        )
        for digest, holders in held.items()
        for capture in holders
        if capture in views
    ]
    found.sort(key=lambda each: (each.bits, each.sha256 != sha256, each.captured, each.capture))
    return found, near is not None


def _seen(
    acting: Acting, scope: Scope, held: Mapping[Sha256, Sequence[CaptureId]]
) -> dict[CaptureId, CaptureView]:
    """Those of the captures that lie in the scope."""
    captures = {capture for each in held.values() for capture in each}
    with acting.catalogue.reading() as session:
        return {
            view.capture: view
            for view in capture_views_of(session, sorted(captures))
            if view.case in scope.cases and view.capture not in scope.without
        }


def _record(acting: Acting, answer: SamePicture) -> None:
    with acting.catalogue.reading() as session:
        seen = capture_views_of(session, [each.capture for each in answer.found])
        cases: list[CaseId] = sorted({view.case for view in seen})
    refs = {"captures": str(answer.captures), "pictures": str(answer.pictures)}
    objects = tuple(ObjectRef(ObjectKind.CASE, case) for case in cases)
    with acting.act(Act("access", S62.CONSULTATION, objects, refs, {"picture": answer.sha256})):
        pass
