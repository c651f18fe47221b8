"""Near copies among the hits of a page, folded under the best, and where each text was seen first.

Which texts are near is `enrich.near_text`'s to say; it knows nothing of people. What is told here
of other captures keeps to the scope of the search, as the catalogue has it now: a first copy that
the person may not see is not told, nor counted.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from cases.holdings import CaptureView, capture_starts, capture_views_of
from cases.identity import CaptureId
from enrich import DerivedStore
from enrich.near_text import NEAR, alike
from evidence.acting import Acting
from gate.text import fold_line
from search import Scope


@dataclass(frozen=True, slots=True)
class FirstSeen:
    """The earliest capture of a near copy. The address is folded."""

    capture: CaptureId
    case: str
    url: str
    captured: datetime


@dataclass(frozen=True, slots=True)
class NearCopies:
    """A hit that is shown: the hits of its page that are near copies of it, best first, and where
    its text was seen first; None where that is here.
    """

    capture: CaptureId
    copies: tuple[CaptureId, ...]
    first: FirstSeen | None


def fold(
    acting: Acting, store: DerivedStore, hits: Sequence[CaptureId], scope: Scope
) -> tuple[NearCopies, ...]:
    """The hits that are shown, in their order; every other hit is a copy of one of them.

    A hit is folded under the best that is near it and is not folded itself. Raises
    `DerivedStoreBroken`.
    """
    signatures = store.near_texts.of(hits)
    folded = _folded(hits, signatures)
    near = store.near_texts.near({signatures[hit] for hit in folded if hit in signatures})
    known = {hit: near[signatures[hit]] for hit in folded if hit in signatures}
    first = _first_of(acting, known, scope)
    return tuple(NearCopies(hit, tuple(copies), first.get(hit)) for hit, copies in folded.items())


def _folded(
    hits: Sequence[CaptureId], signatures: dict[CaptureId, bytes]
) -> dict[CaptureId, list[CaptureId]]:
    folded: dict[CaptureId, list[CaptureId]] = {}
    leading: list[CaptureId] = []  # of those shown, which have a signature
    for hit in hits:
        signature = signatures.get(hit)
        shares = alike(signature, [signatures[each] for each in leading]) if signature else []
        best = next((at for at, share in enumerate(shares) if share >= NEAR), None)
        if best is not None:
            folded[leading[best]].append(hit)
            continue
        folded[hit] = []
        if signature:
            leading.append(hit)
    return folded


def _first_of(
    acting: Acting, near: dict[CaptureId, list[CaptureId]], scope: Scope
) -> dict[CaptureId, FirstSeen]:
    """Of each hit whose text was seen before: where, as far as the scope reaches."""
    copies = {copy for each in near.values() for copy in each} - scope.without
    with acting.catalogue.reading() as session:
        starts = {
            capture: when
            for capture, (case, when) in capture_starts(session, copies).items()
            if case in scope.cases
        }
        earliest = {hit: _earliest(captures, starts) for hit, captures in near.items()}
        before = {hit: first for hit, first in earliest.items() if first and first != hit}
        views = {
            view.capture: view for view in capture_views_of(session, sorted(set(before.values())))
        }
    return {hit: _told(views[first]) for hit, first in before.items() if first in views}


def _earliest(captures: Iterable[CaptureId], starts: dict[CaptureId, datetime]) -> CaptureId | None:
    return min(
        (each for each in captures if each in starts),
        key=lambda each: (starts[each], each),
        default=None,
    )


def _told(view: CaptureView) -> FirstSeen:
    return FirstSeen(view.capture, view.case_reference, fold_line(view.final_url), view.started_at)
