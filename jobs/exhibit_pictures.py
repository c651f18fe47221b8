"""Whether an exhibit's capture holds covered material: asked of the gate, and never answered
"no" by an absence.
"""

from __future__ import annotations

from cases.captures import SealedCapture
from evidence.acting import Acting
from evidence.picture_signs import may_hold_pictures
from jobs.gating import is_screened, pictures_of


def covered_in(acting: Acting, capture: SealedCapture) -> int:
    """How many covered pictures the capture holds; one at least where it may hold some that the
    gate has not looked at. The caller's act is the record of the look.

    Where everything that the gate lists is uncovered, it may still hold what the gate does not
    list (beyond its limits, in a code of its own): then it counts as one.
    """
    if is_screened(acting, capture.capture):
        facts = pictures_of(acting, capture.capture, on_record=False)
        covered = sum(each.covered for each in facts)
        if covered:
            return covered
    return 1 if may_hold_pictures(acting.vault.evidence, capture) else 0
