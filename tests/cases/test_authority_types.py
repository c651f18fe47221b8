from __future__ import annotations

from datetime import datetime

import pytest

from cases.authority_types import TYPES, authority_type, limit_of
from cases.errors import UsageError
from cases.times import UK, rfc3339

# Type, granted (UK local), the last instant it can be live, and whether the end should be
# confirmed.
ENDS = [
    ("directed-surveillance", "2025-01-10 15:00", "2025-04-09T22:59:59.000000Z", False),
    ("urgent-oral", "2025-03-29 10:00", "2025-04-01T10:00:00.000000Z", False),
    ("comms-data", "2025-03-10 09:00", "2025-04-09T22:59:59.000000Z", False),
    ("comms-data-urgent", "2025-03-10 23:00", "2025-03-12T23:59:59.000000Z", False),
    ("chis", "2025-01-10 12:00", "2026-01-09T23:59:59.000000Z", False),
    ("directed-surveillance", "2025-11-30 12:00", "2026-02-27T23:59:59.000000Z", True),
    ("chis", "2024-02-29 12:00", "2025-02-27T23:59:59.000000Z", True),
]


@pytest.mark.standard("AUT-2")
@pytest.mark.parametrize(("kind", "granted", "until", "confirm"), ENDS)
def test_an_authority_ends_by_the_arithmetic_of_its_statute(
    kind: str, granted: str, until: str, confirm: bool
) -> None:
    local = datetime.fromisoformat(granted).replace(tzinfo=UK)
    limit = limit_of(TYPES[kind], local)
    assert limit is not None
    assert (rfc3339(limit.until), limit.confirm) == (until, confirm)


@pytest.mark.standard("AUT-2")
def test_seventy_two_hours_are_elapsed_hours_across_a_clock_change() -> None:
    limit = limit_of(TYPES["urgent-oral"], datetime(2025, 3, 29, 10, 0, tzinfo=UK))
    assert limit is not None
    assert limit.until.astimezone(UK).isoformat() == "2025-04-01T11:00:00+01:00"


def test_research_and_consent_have_no_limit_in_law() -> None:
    granted = datetime(2025, 1, 1, tzinfo=UK)
    assert limit_of(TYPES["research"], granted) is None
    assert limit_of(TYPES["consent"], granted) is None


def test_an_unknown_type_is_refused_with_the_list() -> None:
    with pytest.raises(UsageError, match="directed-surveillance"):
        authority_type("dsa")
