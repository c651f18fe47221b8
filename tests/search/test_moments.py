"""What may stand after `captured:`."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from search.errors import QueryError
from search.moments import captured_within


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.standard("CAP-10")
@pytest.mark.parametrize(
    ("text", "since", "before"),
    [
        ("2026", "2026-01-01T00:00", "2027-01-01T00:00"),
        ("2026-12", "2026-12-01T00:00", "2027-01-01T00:00"),
        ("2026-01-15", "2026-01-15T00:00", "2026-01-16T00:00"),
        ("2026-07-01", "2026-06-30T23:00", "2026-07-01T23:00"),  # British Summer Time
        ("2026-03-29", "2026-03-29T00:00", "2026-03-29T23:00"),  # the day that has 23 hours
        ("2026-07-01T10:30", "2026-07-01T09:30", "2026-07-01T09:31"),
        ("2026-07-01T10:30Z", "2026-07-01T10:30", "2026-07-01T10:31"),
        ("2026-07-01T10:30:05+02:00", "2026-07-01T08:30:05", "2026-07-01T08:30:06"),
        ("2026-07-01 10:30z", "2026-07-01T10:30", "2026-07-01T10:31"),
        ("2026-01-01T00:00:00.5Z", "2026-01-01T00:00:00.500", "2026-01-01T00:00:00.500001"),
        ("2026-01-01..2026-02-01", "2026-01-01T00:00", "2026-02-02T00:00"),
        ("2026-01..2026-02", "2026-01-01T00:00", "2026-03-01T00:00"),
        ("2026-01-01..", "2026-01-01T00:00", None),
        ("..2026-01-01", None, "2026-01-02T00:00"),
        (">=2026-01-01", "2026-01-01T00:00", None),
        (">2026-01-01", "2026-01-02T00:00", None),
        ("<=2026-01-01", None, "2026-01-02T00:00"),
        ("<2026-01-01", None, "2026-01-01T00:00"),
    ],
)
def test_a_time_is_the_span_that_it_names(text: str, since: str | None, before: str | None) -> None:
    found = captured_within(text)
    assert (found.since, found.before) == (since and at(since), before and at(before))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("yesterday", "is no time"),
        ("2026-13", "is no time"),
        ("2026-02-30", "is no time"),
        ("2026-01-01T25:00", "is no time"),
        ("0000", "is no time"),
        ("9999", "is no time"),
        ("..", "has no end at all"),
        (">=", "is no time"),
        ("2026-01..x", "is no time"),
        ("2026-02-01..2026-01-01", "ends before it begins"),
        ("2026-03-29T01:30", "does not exist"),
        ("2026-10-25T01:30", "happens twice"),
    ],
)
def test_what_is_no_time_is_refused_with_an_example(text: str, says: str) -> None:
    with pytest.raises(QueryError, match=says) as refusal:
        captured_within(text, 10)
    assert refusal.value.column == 10
    assert "captured:2026-03-01" in refusal.value.fix
