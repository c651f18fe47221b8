from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.errors import UsageError
from cases.times import entered, for_people, from_rfc3339, rfc3339


@pytest.mark.standard("CAP-10")
def test_both_half_past_ones_of_the_autumn_change_are_told_apart() -> None:
    before = datetime(2025, 10, 26, 0, 30, tzinfo=UTC)
    after = datetime(2025, 10, 26, 1, 30, tzinfo=UTC)
    assert for_people(before) == "2025-10-26 00:30:00 UTC (01:30:00 BST)"
    assert for_people(after) == "2025-10-26 01:30:00 UTC (01:30:00 GMT)"


@pytest.mark.standard("CAP-10")
def test_a_local_time_that_does_not_exist_is_rejected() -> None:
    with pytest.raises(UsageError, match="does not exist in UK local time"):
        entered("2025-03-30 01:30")


@pytest.mark.standard("CAP-10")
def test_a_local_time_that_happens_twice_is_rejected_with_what_to_write() -> None:
    with pytest.raises(UsageError, match=r"happens twice .* 2025-10-26T01:30:00Z"):
        entered("2025-10-26 01:30")


def test_the_day_is_said_where_local_time_is_on_another_day() -> None:
    late = datetime(2026, 7, 1, 23, 30, tzinfo=UTC)
    assert for_people(late) == "2026-07-01 23:30:00 UTC (2026-07-02 00:30:00 BST)"


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("2026-03-01T18:00:00Z", "2026-03-01T18:00:00.000000Z"),
        ("2026-07-01 18:00", "2026-07-01T17:00:00.000000Z"),
        ("2026-01-01 18:00", "2026-01-01T18:00:00.000000Z"),
        ("2026-07-01", "2026-07-01T22:59:59.000000Z"),
        ("2026-07-01T18:00:00+02:00", "2026-07-01T16:00:00.000000Z"),
    ],
)
def test_a_typed_time_is_uk_local_unless_its_zone_is_written(typed: str, meant: str) -> None:
    assert rfc3339(entered(typed)) == meant


@pytest.mark.parametrize("typed", ["tomorrow", "", "2026-13-01", "01/03/2026", "2026-02-30"])
def test_what_is_no_time_is_refused_with_an_example(typed: str) -> None:
    with pytest.raises(UsageError, match="Write it as 2026-03-01T18:00:00Z"):
        entered(typed)


@given(st.datetimes(timezones=st.just(UTC)))
def test_every_instant_survives_its_text_and_texts_sort_as_times_do(moment: datetime) -> None:
    assert from_rfc3339(rfc3339(moment)) == moment
    assert len(rfc3339(moment)) == 27
