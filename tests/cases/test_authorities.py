from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy import text
from sqlalchemy.exc import IntegrityError

from cases.authorities import (
    AuthorityCancelled,
    AuthorityExpired,
    AuthorityMissing,
    AuthorityNotBegun,
    AuthorityTooLong,
    AuthorityView,
    OutsideAuthority,
    authorities_of,
    cancel,
    covering,
    named_authority,
    renewals_of,
)
from cases.errors import AuthorityError, CallerError, UsageError
from cases.identity import AuthorityId, CaseId
from cases.times import UK

PAGE = "https://example.test/page"
MOMENT = timedelta(microseconds=1)


def found(room: Any, at: datetime, url: str = PAGE) -> AuthorityView:
    return covering(room.held(), url, at, case_reference="LINDEN")


def cancelled(room: Any, authority: AuthorityView, at: datetime) -> None:
    with room.catalogue.writing() as session:
        cancel(session, authority, now=at)


@pytest.mark.standard("AUT-1")
def test_an_authority_comes_back_as_it_was_entered(room: Any) -> None:
    until = room.noon + timedelta(days=2)
    entered = room.authority("example.test", "*.shop.test", until=until, for_review=True)
    assert room.held() == [entered]
    assert entered == AuthorityView(
        id=entered.id,
        case=CaseId(room.case.id),
        reference="LINDEN/1",
        type="research",
        purpose="to find LINDEN",
        scope=("example.test", "*.shop.test"),
        granted_by="Insp. Ada Bell",
        granted_at=room.noon,
        until=until,
        cancelled_at=None,
        for_review=True,
        approval="asserted",
        renews=None,
    )


@pytest.mark.standard("AUT-1")
def test_who_granted_it_is_kept_apart_from_who_entered_it(room: Any) -> None:
    room.authority(
        granted_at=room.noon - timedelta(hours=3), mode="oral", subjects=("A. Nother",), level="L2"
    )
    with room.catalogue.engine.connect() as connection:
        row = connection.exec_driver_sql(
            "SELECT granted_by, granted_at, entered_by, entered_at, mode, subjects, level"
            " FROM authority"
        ).one()
    assert tuple(row) == (
        "Insp. Ada Bell",
        "2026-03-01T09:00:00.000000Z",
        room.jo.id,
        "2026-03-01T12:00:00.000000Z",
        "oral",
        '["A. Nother"]',
        "L2",
    )


EMPTY_TEXTS = ["purpose", "necessity", "proportionality", "granted_by"]


@pytest.mark.standard("AUT-1")
@pytest.mark.parametrize("field", EMPTY_TEXTS)
def test_an_authority_with_an_empty_text_is_refused(room: Any, field: str) -> None:
    with pytest.raises(UsageError, match=f"--{field.replace('_', '-')}, in your own words"):
        room.authority(**{field: " \n"})
    assert room.held() == []


def test_an_authority_of_no_address_is_refused(room: Any) -> None:
    with pytest.raises(UsageError, match="at least one --scope HOST"):
        room.authority(scope=())


def test_a_type_without_a_limit_in_law_needs_an_end(room: Any) -> None:
    with pytest.raises(UsageError, match="type consent needs an end: --until TIME"):
        room.authority(type="consent", until=None)


def test_a_level_longer_than_its_column_is_refused(room: Any) -> None:
    with pytest.raises(UsageError, match="--level has room for 40 letters"):
        room.authority(level="L" * 41)


@pytest.mark.standard("AUT-2")
def test_an_end_left_out_is_the_last_instant_that_the_law_allows(room: Any) -> None:
    granted = datetime(2025, 1, 10, 15, 0, tzinfo=UK)
    entered = room.authority(type="directed-surveillance", until=None, now=granted)
    assert entered.until == datetime(2025, 4, 9, 22, 59, 59, tzinfo=UTC)


@pytest.mark.standard("AUT-2")
@pytest.mark.parametrize(
    ("kind", "limit"),
    [
        ("directed-surveillance", datetime(2025, 4, 9, 22, 59, 59, tzinfo=UTC)),
        ("urgent-oral", datetime(2025, 1, 13, 15, 0, tzinfo=UTC)),
        ("comms-data", datetime(2025, 2, 9, 23, 59, 59, tzinfo=UTC)),
        ("comms-data-urgent", datetime(2025, 1, 12, 23, 59, 59, tzinfo=UTC)),
        ("chis", datetime(2026, 1, 9, 23, 59, 59, tzinfo=UTC)),
        ("immediate", datetime(2025, 1, 10, 16, 0, tzinfo=UTC)),
    ],
)
def test_an_end_later_than_the_law_allows_is_refused(room: Any, kind: str, limit: datetime) -> None:
    granted = datetime(2025, 1, 10, 15, 0, tzinfo=UK)
    with pytest.raises(AuthorityTooLong, match="Enter that or an earlier time"):
        room.authority(type=kind, now=granted, until=limit + timedelta(seconds=1))
    assert room.authority(type=kind, now=granted, until=limit).until == limit


def test_an_authority_that_has_already_ended_is_refused(room: Any) -> None:
    with pytest.raises(UsageError, match="is already past"):
        room.authority(until=room.noon)


def test_an_authority_that_is_yet_to_be_granted_is_refused(room: Any) -> None:
    with pytest.raises(UsageError, match="is not granted yet"):
        room.authority(granted_at=room.noon + timedelta(minutes=1))
    assert room.held() == []


@pytest.mark.promise("P-4")
def test_a_case_without_an_authority_covers_nothing(room: Any) -> None:
    with pytest.raises(AuthorityMissing, match=r"lantern authority add --case LINDEN --scope HOST"):
        found(room, room.noon)


@pytest.mark.standard("AUT-8")
@pytest.mark.promise("P-4")
def test_an_authority_is_live_to_its_last_instant_and_not_after(room: Any) -> None:
    entered = room.authority(until=room.noon + timedelta(hours=1))
    assert found(room, entered.until) == entered
    with pytest.raises(AuthorityExpired, match=r"LINDEN/1 ended at 2026-03-01 13:00:00 UTC"):
        found(room, entered.until + MOMENT)


@pytest.mark.standard("AUT-8")
@pytest.mark.promise("P-4")
def test_an_authority_is_dead_from_the_instant_of_its_cancellation(room: Any) -> None:
    entered = room.authority()
    end = room.noon + timedelta(hours=1)
    cancelled(room, entered, end)
    assert found(room, end - MOMENT).id == entered.id
    with pytest.raises(AuthorityCancelled, match=r"LINDEN/1 was cancelled at 2026-03-01 13:00:00"):
        found(room, end)


def test_an_authority_is_cancelled_once(room: Any) -> None:
    entered = room.authority()
    cancelled(room, entered, room.noon)
    with pytest.raises(CallerError, match="LINDEN/1 is already cancelled"):
        cancelled(room, entered, room.noon + timedelta(hours=1))
    assert room.held()[0].cancelled_at == room.noon


@pytest.mark.promise("P-4")
def test_an_authority_covers_nothing_before_it_was_granted(room: Any) -> None:
    room.authority(granted_at=room.noon - timedelta(hours=1))
    with pytest.raises(AuthorityNotBegun, match=r"begins at 2026-03-01 11:00:00 UTC"):
        found(room, room.noon - timedelta(hours=1) - MOMENT)


@pytest.mark.standard("AUT-5")
@pytest.mark.promise("P-4")
def test_an_address_outside_every_live_scope_is_refused(room: Any) -> None:
    room.authority("example.test")
    with pytest.raises(OutsideAuthority, match=r"No authority of case LINDEN covers https://other"):
        found(room, room.noon, "https://other.test/")


@pytest.mark.standard("AUT-5")
def test_an_address_outside_dead_scopes_is_told_both_faults(room: Any) -> None:
    room.authority("example.test", until=room.noon + timedelta(hours=1))
    with pytest.raises(OutsideAuthority, match=r"is live or covers https://other"):
        found(room, room.noon + timedelta(hours=2), "https://other.test/")


def test_the_newest_covering_authority_is_chosen(room: Any) -> None:
    room.authority("example.test")
    second = room.authority("*.example.test")
    room.authority("other.test")
    assert found(room, room.noon) == second


def test_an_older_authority_serves_where_the_newest_is_over(room: Any) -> None:
    first = room.authority()
    second = room.authority()
    cancelled(room, second, room.noon)
    assert found(room, room.noon).id == first.id


@pytest.mark.parametrize(
    ("spoil", "error", "next_line"),
    [
        ("nothing", AuthorityMissing, "lantern authority add --case LINDEN --scope HOST"),
        ("elsewhere", OutsideAuthority, "lantern authority add --case LINDEN --scope HOST"),
        ("cancelled", AuthorityCancelled, "lantern authority add --case LINDEN --scope HOST"),
        ("ended", AuthorityExpired, "lantern authority renew LINDEN/2 --until TIME"),
    ],
)
def test_the_refusal_is_the_one_nearest_to_being_lawful_and_says_what_to_type(
    room: Any, spoil: str, error: type[AuthorityError], next_line: str
) -> None:
    later = room.noon + timedelta(days=1)
    if spoil != "nothing":
        room.authority("elsewhere.test")
    if spoil in ("cancelled", "ended"):
        entered = room.authority(until=room.noon + timedelta(hours=1))
        if spoil == "cancelled":
            cancelled(room, entered, room.noon)
    with pytest.raises(error) as refusal:
        found(room, later)
    assert next_line in refusal.value.says
    assert PAGE in refusal.value.says
    assert refusal.value.exit_code == 1


def test_an_authority_is_named_by_id_reference_or_number(room: Any) -> None:
    first, second = room.authority(), room.authority()
    held = room.held()
    assert named_authority(held, "1") == first
    assert named_authority(held, "LINDEN/2") == second
    assert named_authority(held, second.id) == second
    with pytest.raises(AuthorityMissing, match=r"no authority '3'\. List them"):
        named_authority(held, "3")


def test_a_job_follows_its_authority_through_every_renewal(room: Any) -> None:
    first = room.authority()
    room.authority("other.test")
    second = room.authority(renews=first.id)
    third = room.authority(renews=second.id)
    held = room.held()
    assert renewals_of(held, first.id) == [first, second, third]
    assert renewals_of(held, second.id) == [second, third]
    assert renewals_of(held, AuthorityId("a-nobody")) == []


@pytest.mark.standard("AUT-8")
def test_a_renewal_takes_over_when_the_first_has_ended(room: Any) -> None:
    first = room.authority(until=room.noon + timedelta(hours=1))
    renewal = room.authority(
        renews=first.id, now=room.noon + timedelta(minutes=50), until=room.noon + timedelta(hours=3)
    )
    held = renewals_of(room.held(), first.id)
    at = room.noon + timedelta(hours=2)
    assert covering(held, PAGE, at, case_reference="LINDEN") == renewal


def test_authorities_of_another_case_are_not_seen(room: Any) -> None:
    room.authority()
    with room.catalogue.reading() as session:
        assert authorities_of(session, CaseId("c-elsewhere")) == []


@given(
    spans=st.lists(st.tuples(st.integers(0, 20), st.integers(1, 20), st.booleans()), max_size=6),
    hour=st.integers(0, 45),
)
def test_what_covers_is_live_and_newest_whatever_is_held(
    spans: list[tuple[int, int, bool]], hour: int
) -> None:
    start = datetime(2026, 3, 1, tzinfo=UTC)
    held = [
        _view(number, start + timedelta(hours=begin), length, "example.test" if ours else "x.test")
        for number, (begin, length, ours) in enumerate(spans, start=1)
    ]
    at = start + timedelta(hours=hour)
    lawful = [
        authority
        for authority, (begin, length, ours) in zip(held, spans, strict=True)
        if ours and begin <= hour <= begin + length
    ]
    try:
        assert covering(held, PAGE, at, case_reference="LINDEN") is lawful[-1]
    except AuthorityError:
        assert lawful == []


def _view(number: int, granted: datetime, hours: int, scope: str) -> AuthorityView:
    return AuthorityView(
        id=AuthorityId(f"a-{number}"),
        case=CaseId("c-1"),
        reference=f"LINDEN/{number}",
        type="research",
        purpose="p",
        scope=(scope,),
        granted_by="g",
        granted_at=granted,
        until=granted + timedelta(hours=hours),
        cancelled_at=None,
        for_review=False,
        approval="asserted",
        renews=None,
    )


def test_threads_that_enter_at_once_get_a_number_each(room: Any) -> None:
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: room.authority(), range(24)))
    assert [authority.reference for authority in room.held()] == [
        f"LINDEN/{number}" for number in range(1, 25)
    ]


ENTER = """
import sys
from datetime import datetime, UTC, timedelta
from pathlib import Path
from cases.authorities import NewAuthority, add_authority
from cases.casebook import case_row
from cases.catalogue import open_catalogue, sqlite_url
from cases.identity import PersonId
catalogue = open_catalogue(sqlite_url(Path(sys.argv[1])))
now = datetime(2026, 3, 1, 12, tzinfo=UTC)
new = NewAuthority("research", "p", "n", "p", ("example.test",), "g", now, until=now + timedelta(1))
sys.stdin.readline()
for _ in range(10):
    with catalogue.writing() as session:
        case = case_row(session, "LINDEN")
        add_authority(session, case, new, by=PersonId(sys.argv[2]), now=now)
"""


def test_processes_that_enter_at_once_get_a_number_each(room: Any) -> None:
    writers = [
        subprocess.Popen(
            [sys.executable, "-c", ENTER, str(room.path), room.jo.id],
            stdin=subprocess.PIPE,
            text=True,
        )
        for _ in range(3)
    ]
    for writer in writers:
        assert writer.stdin is not None
        writer.stdin.write("go\n")
        writer.stdin.close()
    assert [writer.wait() for writer in writers] == [0, 0, 0]
    assert [authority.reference for authority in room.held()] == [
        f"LINDEN/{number}" for number in range(1, 31)
    ]


def test_a_number_given_twice_is_refused_by_the_database_itself(room: Any) -> None:
    room.authority()
    with room.catalogue.engine.connect() as connection:
        columns = connection.exec_driver_sql("SELECT * FROM authority").mappings().one()
        names = ", ".join(columns)
        marks = ", ".join(f":{name}" for name in columns)
    again = text(f"INSERT INTO authority ({names}) VALUES ({marks})")
    with (
        pytest.raises(IntegrityError, match=r"authority.case_id, authority.number"),
        room.catalogue.writing() as session,
    ):
        session.execute(again, {**columns, "id": "a-second"})
