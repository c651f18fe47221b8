from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.identity import CaseId, Outcome
from cases.job_book import (
    FINISHED,
    INTERRUPTED,
    RUNNING,
    STOPPED,
    JobEnded,
    JobUnknown,
    JobView,
    ask_to_stop,
    end_job,
    job_of,
    jobs_of,
    open_job,
    outcome_of,
)


def seen(room: Any, named: str) -> JobView:
    with room.catalogue.reading() as session:
        return job_of(session, named)


def test_a_job_comes_back_as_it_was_ordered(room: Any) -> None:
    authority = room.authority()
    plan = {"seeds": ["https://example.test/"], "depth": 2, "delay_s": 1.5}
    with room.catalogue.writing() as session:
        job = open_job(session, authority, "site", plan, by=room.jo.id, now=room.noon)
    room.seal(
        room.capture(job), room.capture(job), room.capture(job, outcome=Outcome.WALLED, status=403)
    )
    assert seen(room, job) == JobView(
        id=job,
        reference="LINDEN-J1",
        case=CaseId(room.case.id),
        case_reference="LINDEN",
        authority=authority.id,
        collector="site",
        plan=plan,
        state=RUNNING,
        outcome=None,
        created_at=room.noon,
        ended_at=None,
        stop_asked=False,
        outcomes={"complete": 2, "walled": 1},
    )


@pytest.mark.parametrize("named", ["LINDEN-J2", "linden-j2", "LINDEN-J02"])
def test_a_job_is_found_by_its_reference(room: Any, named: str) -> None:
    room.job()
    second = room.job()
    assert seen(room, named).id == second


@pytest.mark.parametrize(
    "named",
    [
        *("", "LINDEN", "LINDEN-J9", "ELM-J1", "LINDEN-J", "LINDEN-Jx", "j-unknown", "LINDEN-J²"),
        "LINDEN-J" + "9" * 30,
        "LINDEN-J" + "9" * 5000,
    ],
    ids=lambda named: named[:20],
)
def test_a_job_that_does_not_exist_is_one_clear_line(room: Any, named: str) -> None:
    room.job()
    with pytest.raises(JobUnknown, match=r"There is no job .*\. List them: lantern job list"):
        seen(room, named)


def test_jobs_are_listed_oldest_first_by_case_and_state(room: Any) -> None:
    first, second, third = room.job(), room.job(), room.job()
    with room.catalogue.writing() as session:
        end_job(session, second, FINISHED, "complete", now=room.noon)
    with room.catalogue.reading() as session:
        assert [job.id for job in jobs_of(session, None)] == [first, second, third]
        assert [job.id for job in jobs_of(session, None, state=RUNNING)] == [first, third]
        assert [job.id for job in jobs_of(session, CaseId("c-elsewhere"))] == []


@pytest.mark.standard("AUT-8")
def test_a_running_job_can_be_asked_to_stop(room: Any) -> None:
    job = room.job()
    with room.catalogue.writing() as session:
        ask_to_stop(session, job_of(session, job), now=room.noon)
    stopping = seen(room, job)
    assert (stopping.stop_asked, stopping.state) == (True, RUNNING)


@pytest.mark.parametrize("state", [FINISHED, STOPPED, INTERRUPTED])
def test_a_job_that_ended_cannot_be_stopped(room: Any, state: str) -> None:
    job = room.job()
    with room.catalogue.writing() as session:
        end_job(session, job, state, "partial", now=room.noon)
    with (
        pytest.raises(JobEnded, match=f"Job LINDEN-J1 is {state}: there is nothing to stop"),
        room.catalogue.writing() as session,
    ):
        ask_to_stop(session, job_of(session, job), now=room.noon)


def test_a_job_keeps_its_first_ending(room: Any) -> None:
    job = room.job()
    with room.catalogue.writing() as session:
        end_job(session, job, FINISHED, "complete", now=room.noon)
        end_job(session, job, INTERRUPTED, "failed", now=room.noon + timedelta(hours=1))
    ended = seen(room, job)
    assert (ended.state, ended.outcome, ended.ended_at) == (FINISHED, "complete", room.noon)


def test_threads_that_open_jobs_at_once_get_a_number_each(room: Any) -> None:
    authority = room.authority()
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda _: room.job(authority), range(24)))
    with room.catalogue.reading() as session:
        numbers = sorted(
            int(job.reference.removeprefix("LINDEN-J")) for job in jobs_of(session, None)
        )
    assert numbers == list(range(1, 25))


OUTCOMES = [
    ({}, Outcome.FAILED),
    ({"complete": 3}, Outcome.COMPLETE),
    ({"complete": 3, "refused": 9}, Outcome.COMPLETE),
    ({"refused": 2}, Outcome.FAILED),
    ({"complete": 1, "failed": 1}, Outcome.PARTIAL),
    ({"complete": 1, "walled": 1}, Outcome.PARTIAL),
    ({"partial": 1}, Outcome.PARTIAL),
    ({"walled": 2}, Outcome.FAILED),
    ({"failed": 2, "walled": 1}, Outcome.FAILED),
]


@pytest.mark.parametrize(("counted", "outcome"), OUTCOMES, ids=lambda case: str(case))
def test_a_job_comes_to_what_its_captures_came_to(
    counted: dict[str, int], outcome: Outcome
) -> None:
    assert outcome_of(counted) is outcome


@given(st.dictionaries(st.sampled_from([str(outcome) for outcome in Outcome]), st.integers(0, 5)))
def test_a_job_is_complete_only_where_all_that_was_allowed_is(counted: dict[str, int]) -> None:
    others = sum(counted.get(name, 0) for name in ("partial", "walled", "failed"))
    complete = counted.get("complete", 0)
    assert (outcome_of(counted) is Outcome.COMPLETE) == (complete > 0 and others == 0)
    usable = complete + counted.get("partial", 0)
    assert (outcome_of(counted) is Outcome.FAILED) == (usable == 0)
