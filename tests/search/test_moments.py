"""What may stand after `captured:`."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from search.errors import QueryError
from search.moments import during


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
        ("9999-12-31", "9999-12-31T00:00", "9999-12-31T23:59:59.999999"),
        ("9999-12", "9999-12-01T00:00", "9999-12-31T23:59:59.999999"),
        ("9999", "9999-01-01T00:00", "9999-12-31T23:59:59.999999"),
        ("<=31/12/9999", None, "9999-12-31T23:59:59.999999"),
        ("9999-12-31T23:59Z", "9999-12-31T23:59", "9999-12-31T23:59:59.999999"),
        (">9999-12-31", "9999-12-31T23:59:59.999999", None),
    ],
)
def test_a_time_is_the_span_that_it_names(text: str, since: str | None, before: str | None) -> None:
    found = during(text)
    assert (found.since, found.before) == (since and at(since), before and at(before))


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("soon", "is no time"),
        ("2026-13", "is no time"),
        ("2026-02-30", "is no time"),
        ("2026-01-01T25:00", "is no time"),
        ("0000", "is no time"),
        ("10000", "is no time"),
        ("9999-12-32", "is no time"),
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
        during(text, column=10)
    assert refusal.value.column == 10
    assert "captured:2026-03-01" in refusal.value.fix


NOW = datetime(2026, 3, 31, 23, 30, tzinfo=UTC)  # 1 April, half past midnight, in the UK


@pytest.mark.standard("CAP-10")
@pytest.mark.parametrize(
    ("text", "since", "before"),
    [
        ("today", "2026-03-31T23:00", "2026-04-01T23:00"),
        ("Yesterday", "2026-03-30T23:00", "2026-03-31T23:00"),
        (">yesterday", "2026-03-31T23:00", None),
        (">=yesterday", "2026-03-30T23:00", None),
        ("<today", None, "2026-03-31T23:00"),
        ("yesterday..today", "2026-03-30T23:00", "2026-04-01T23:00"),
        ("[yesterday TO today}", "2026-03-30T23:00", "2026-03-31T23:00"),
        ("{2026-01-01 TO *]", "2026-01-02T00:00", None),
        ("monday", "2026-03-29T23:00", "2026-03-30T23:00"),
        ("wednesday", "2026-03-31T23:00", "2026-04-01T23:00"),  # today
        ("this week", "2026-03-29T23:00", "2026-04-05T23:00"),
        ("last week", "2026-03-23T00:00", "2026-03-29T23:00"),
        ("last-week", "2026-03-23T00:00", "2026-03-29T23:00"),
        ("last month", "2026-03-01T00:00", "2026-03-31T23:00"),
        ("this year", "2026-01-01T00:00", "2027-01-01T00:00"),
        ("last year", "2025-01-01T00:00", "2026-01-01T00:00"),
        ("3 days ago", "2026-03-29T00:00", "2026-03-29T23:00"),
        ("a week ago", "2026-03-25T00:00", "2026-03-26T00:00"),
        ("3_months_ago", "2026-01-01T00:00", "2026-01-02T00:00"),
        ("2 hours ago", "2026-03-31T21:30", "2026-03-31T21:31"),
        ("last 7 days", "2026-03-25T00:30", None),
        ("past 1 month", "2026-03-01T00:30", None),
        ("last 90 minutes", "2026-03-31T22:00", None),
        ("01/03/2026", "2026-03-01T00:00", "2026-03-02T00:00"),  # day, month: not 3 January
        ("1.3.2026", "2026-03-01T00:00", "2026-03-02T00:00"),
        ("1-3-2026", "2026-03-01T00:00", "2026-03-02T00:00"),
        ("11/2026", "2026-11-01T00:00", "2026-12-01T00:00"),
        ("1 March 2026", "2026-03-01T00:00", "2026-03-02T00:00"),
        ("1st of mar 2026", "2026-03-01T00:00", "2026-03-02T00:00"),
        ("March 1, 2026", "2026-03-01T00:00", "2026-03-02T00:00"),
        ("nov 2026", "2026-11-01T00:00", "2026-12-01T00:00"),
    ],
)
def test_a_time_is_read_as_people_write_it(text: str, since: str, before: str | None) -> None:
    found = during(text, "published", now=NOW)
    assert (found.since, found.before) == (since and at(since), before and at(before))
    assert found.field == "published"


@pytest.mark.parametrize(
    "text", ["31/02/2026", "13/13/2026", "1 Foo 2026", "ma 2026", "9999 years ago",
             "1/3/26", "last 0000 fortnights", "[2026 TO", "٢٠٢٦", "-1 days ago", "0/0/0000"],
)  # fmt: skip
def test_a_date_that_there_is_not_is_refused(text: str) -> None:
    with pytest.raises(QueryError, match="is no time"):
        during(text, now=NOW)


def test_a_month_before_the_31st_ends_where_it_must() -> None:
    found = during("1 month ago", now=datetime(2026, 3, 31, 12, tzinfo=UTC))
    assert found.since == at("2026-02-28T00:00")
    assert during("now", now=NOW).before == NOW + timedelta(microseconds=1)
