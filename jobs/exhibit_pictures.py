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
    """
    if is_screened(acting, capture.capture):
        facts = pictures_of(acting, capture.capture, on_record=False)
        if facts:
            return sum(each.covered for each in facts)
    return 1 if may_hold_pictures(acting.vault.evidence, capture) else 0
