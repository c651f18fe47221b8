"""Grades of the 3x5x2 scheme: source, information, handling (GRD-1, GRD-4). Pure."""

from __future__ import annotations

import re

from cases.errors import UsageError

SCHEME = "3x5x2"
SOURCE = {"1": "reliable", "2": "untested", "3": "not reliable"}
INFORMATION = {
    "A": "known directly to the source",
    "B": "known indirectly to the source but corroborated",
    "C": "known indirectly to the source",
    "D": "not known to the source",
    "E": "suspected to be false",
}
HANDLING = {"P": "lawful sharing permitted", "C": "lawful sharing permitted with conditions"}
_BETWEEN = re.compile(r"[\s/.-]+")


class GradeRefused(UsageError):
    """The grade is none of the scheme's, or its conditions do not go with it."""

    kind = "grade"


def parse_grade(text: str, conditions: str | None = None) -> str:
    """The canonical grade, as in `1AP`, of what a person typed (`2-d-c`).

    Raises `GradeRefused` naming the axis; for C without conditions, and for P with them.
    """
    signs = _BETWEEN.sub("", text).upper()
    axes = (("source", SOURCE), ("information", INFORMATION), ("handling", HANDLING))
    for place, (axis, known) in enumerate(axes):
        if signs[place : place + 1] not in known:
            raise GradeRefused(
                f"{text[:20]!r} is no grade: its {axis} is not one of {', '.join(known)}. "
                "Write source, information and handling, as in 2DP."
            )
    if len(signs) != len(axes):
        raise GradeRefused(f"{text[:20]!r} is no grade: it has more than three signs. Write 2DP.")
    if (signs[2] == "C") is not bool(conditions and conditions.strip()):
        needs = "needs its conditions: --conditions TEXT" if signs[2] == "C" else "takes none"
        raise GradeRefused(f"Handling {signs[2]} {needs} (GRD-4).")
    return signs
