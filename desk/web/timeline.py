"""Counts over time as bars to draw: places and heights in a fixed frame. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

WIDTH, HEIGHT = 600, 80  # of the frame, in its own units
LENGTHS: Final = {"day": 1, "week": 7, "month": 30, "year": 365}  # days, about
WRITTEN: Final = {"year": "%Y", "month": "%Y-%m"}  # as a query writes a whole one


@dataclass(frozen=True, slots=True)
class Bar:
    """One bar: where it stands, its count, and how a query and a person write its time."""

    x: float
    width: float
    height: float
    count: int
    label: str
    query: str


def bars_drawn(counted: Sequence[tuple[datetime, int]], unit: str, field: str) -> list[Bar]:
    """The bars in their places: time runs evenly, so that gaps are seen."""
    if not counted:
        return []
    length = timedelta(days=LENGTHS[unit])
    first, last = counted[0][0], counted[-1][0]
    spans = (last - first) / length + 1
    width = WIDTH / spans
    most = max(count for _, count in counted)
    return [
        Bar(
            x=round((start - first) / length * width, 1),
            width=round(max(width - 1, 1.5), 1),
            height=round(max(count / most * HEIGHT, 2), 1),
            count=count,
            label=_label(start, unit),
            query=f"{field}:{_during(start, unit)}",
        )
        for start, count in counted
    ]


def _label(start: datetime, unit: str) -> str:
    if unit == "week":
        return f"week of {start:%Y-%m-%d}"
    return f"{start:{WRITTEN.get(unit, '%Y-%m-%d')}}"


def _during(start: datetime, unit: str) -> str:
    if unit != "week":
        return _label(start, unit)
    end = start + timedelta(days=6)
    return f"{start:%Y-%m-%d}..{end:%Y-%m-%d}"
