"""Time: aware UTC inside, RFC 3339 outside, UTC first and UK local second for people (CAP-10)."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Protocol
from zoneinfo import ZoneInfo

from cases.errors import UsageError

UK = ZoneInfo("Europe/London")


class Clock(Protocol):
    """Where the time comes from: passed in at the edges, fixed in tests."""

    def __call__(self) -> datetime:
        """The present instant, aware, in UTC."""
        ...


def system_clock() -> datetime:
    """The machine's clock, in UTC."""
    return datetime.now(UTC)


def rfc3339(moment: datetime) -> str:
    """`2026-03-01T18:00:00.000000Z`: RFC 3339, UTC, always six decimals, so that texts sort as
    times do.
    """
    utc = moment.astimezone(UTC).replace(tzinfo=None)
    return utc.isoformat(timespec="microseconds") + "Z"


def for_people(moment: datetime) -> str:
    """`2026-07-01 17:00:00 UTC (18:00:00 BST)`: UTC first, UK local time second, with GMT or
    BST said.
    """
    local = moment.astimezone(UK)
    utc = moment.astimezone(UTC)
    day = "" if local.date() == utc.date() else f"{local:%Y-%m-%d} "
    return f"{utc:%Y-%m-%d %H:%M:%S} UTC ({day}{local:%H:%M:%S} {local.tzname()})"


def from_rfc3339(text: str) -> datetime:
    """The instant that `rfc3339` wrote. Raises `ValueError` where the text has no zone."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(f"{text!r} has no time zone")
    return moment.astimezone(UTC)


def entered(text: str) -> datetime:
    """An instant typed by a person: RFC 3339, or `2026-03-01 18:00` or `2026-03-01` in UK local
    time.

    A bare date means the end of that day (23:59:59). Raises `UsageError` for a text that is no
    time, for a local time that does not exist (spring) and for one that exists twice (autumn):
    the zone must then be written (CAP-10).
    """
    try:
        moment = datetime.fromisoformat(text.strip())
    except ValueError:
        raise UsageError(
            f"{text!r} is not a time. Write it as 2026-03-01T18:00:00Z, "
            "or as 2026-03-01 18:00 for UK local time."
        ) from None
    if moment.tzinfo is not None:
        return moment.astimezone(UTC)
    if len(text.strip()) == len("2026-03-01"):
        moment = moment.replace(hour=23, minute=59, second=59)
    early, late = (moment.replace(tzinfo=UK, fold=fold) for fold in (0, 1))
    if early.utcoffset() != late.utcoffset():
        back = early.astimezone(UTC).astimezone(UK).replace(tzinfo=None)
        why = "happens twice" if back == moment else "does not exist"
        raise UsageError(
            f"{text!r} {why} in UK local time (the clocks change). "
            f"Write the zone, for example {moment.isoformat()}Z."
        )
    return early.astimezone(UTC)
