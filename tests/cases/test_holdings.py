from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy.exc import IntegrityError

from cases import holdings
from cases.holdings import (
    CaptureUnknown,
    StepDone,
    add_sealed,
    capture_view,
    capture_views,
    capture_views_of,
    due,
    forget_steps_of,
    indexed,
    newest_index_seq,
    record_steps,
    sealed_capture,
    sealed_captures,
    sealed_ends,
    steps_left,
    taken,
)
from cases.identity import CaptureId, JobId, Outcome


def step(capture: CaptureId, name: str = "extract", version: str = "1", **terms: Any) -> StepDone:
    return StepDone(
        capture, name, version, **{"state": "done", "says": None, "seconds": 0.5, **terms}
    )


def recorded(room: Any, *steps: StepDone) -> None:
    with room.catalogue.writing() as session:
        record_steps(session, steps, now=room.noon)


def what_is_due(
    room: Any, name: str = "extract", version: str = "1", after: str | None = None, limit: int = 99
) -> list[CaptureId]:
    with room.catalogue.reading() as session:
        return due(session, name, version, after=after, limit=limit)


@pytest.fixture
def three(room: Any) -> list[CaptureId]:
    job = room.job()
    return room.seal(*(room.capture(job) for _ in range(3)))


def test_sealed_captures_come_back_as_they_were_sealed(room: Any) -> None:
    job = room.job()
    whole = room.capture(job)
    failed = room.capture(
        job, status=None, outcome=Outcome.FAILED, reason="refused", final_url="http://192.0.2.1/"
    )
    room.seal(whole, failed)
    with room.catalogue.reading() as session:
        assert list(sealed_captures(session)) == [whole, failed]
        assert sealed_capture(session, failed.capture) == failed
        assert whole.manifest == whole.records[2]


def test_sealed_captures_stream_in_the_order_sealed_across_batches(
    room: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(holdings, "BATCH", 4)
    job, other = room.job(), room.job()
    captures = [room.capture((job, other)[number % 2]) for number in range(11)]
    # Ids are drawn at random and records stand in the table as they came: neither decides.
    room.seal(*captures[:6])
    room.seal(*captures[6:])
    with room.catalogue.reading() as session:
        assert list(sealed_captures(session)) == captures
        assert list(sealed_captures(session, job=job)) == captures[::2]
        assert list(sealed_captures(session, job=JobId("j-none"))) == []


def test_records_come_in_their_file_s_order_however_they_were_stored(room: Any) -> None:
    job = room.job()
    many = room.capture(job)
    many = replace(many, records=tuple(room._record("response", n) for n in range(12)))
    room.seal(many)
    with room.catalogue.writing() as session:
        session.connection().exec_driver_sql(
            "CREATE TABLE backwards AS SELECT * FROM record ORDER BY ordinal DESC"
        )
        session.connection().exec_driver_sql("DELETE FROM record")
        session.connection().exec_driver_sql("INSERT INTO record SELECT * FROM backwards")
    with room.catalogue.reading() as session:
        assert sealed_capture(session, many.capture).records == many.records


def test_a_capture_without_records_is_still_told(room: Any) -> None:
    [capture] = room.seal(room.capture(room.job()))
    with room.catalogue.writing() as session:
        session.connection().exec_driver_sql("DELETE FROM record")
    with room.catalogue.reading() as session:
        assert [held.records for held in sealed_captures(session)] == [()]
        assert sealed_capture(session, capture).records == ()


def test_a_group_that_cannot_be_stored_whole_is_not_stored_at_all(room: Any) -> None:
    job = room.job()
    good = room.capture(job)
    twice = replace(room.capture(job), records=good.records)
    with pytest.raises(IntegrityError, match=r"record\.id"), room.catalogue.writing() as session:
        add_sealed(session, [good, twice])
    with room.catalogue.reading() as session:
        assert list(sealed_captures(session)) == []


def test_a_capture_of_no_job_is_refused_by_the_database(room: Any) -> None:
    stray = room.capture(JobId("j-none"))
    with pytest.raises(IntegrityError, match="FOREIGN KEY"), room.catalogue.writing() as session:
        add_sealed(session, [stray])


def test_a_capture_that_does_not_exist_says_what_to_type(room: Any) -> None:
    for look in (sealed_capture, capture_view):
        with (
            pytest.raises(CaptureUnknown, match=r"no capture 'k-none'\. List them: lantern capt"),
            room.catalogue.reading() as session,
        ):
            look(session, CaptureId("k-none"))


@pytest.mark.standard("DIS-1")
def test_a_capture_is_undecided_until_a_person_decides_its_relevance(
    room: Any, three: list[CaptureId]
) -> None:
    with room.catalogue.reading() as session:
        assert {view.relevance for view in capture_views(session)} == {"undecided"}


def test_lists_show_a_case_s_or_a_job_s_captures_with_their_file(room: Any) -> None:
    job, other = room.job(), room.job()
    first, second = room.capture(job), room.capture(other, outcome=Outcome.WALLED, status=403)
    room.seal(first, second)
    with room.catalogue.reading() as session:
        views = capture_views(session)
        assert [view.capture for view in views] == [first.capture, second.capture]
        assert [view.seq for view in views] == [1, 2]
        assert (views[1].outcome, views[1].status) == (Outcome.WALLED, 403)
        assert {(view.case_reference, view.warc) for view in views} == {
            ("LINDEN", "c/j/0001.warc.gz")
        }
        assert capture_views(session, job=other) == [views[1]]
        assert capture_views(session, case=first.case) == views
        wanted = [second.capture, CaptureId("k-none"), first.capture]
        assert capture_views_of(session, wanted) == views
        assert capture_view(session, first.capture) == views[0]


def test_the_end_of_what_is_sealed_is_known_for_each_file(room: Any) -> None:
    job = room.job()
    captures = [room.capture(job) for _ in range(3)]
    moved = tuple(replace(record, file="c/j/0002.warc.gz") for record in captures[2].records)
    room.seal(*captures[:2], replace(captures[2], records=moved))
    with room.catalogue.reading() as session:
        assert sealed_ends(session, job) == {
            "c/j/0001.warc.gz": captures[1].records[-1].offset + 100,
            "c/j/0002.warc.gz": moved[-1].offset + 100,
        }
        assert sealed_ends(session, JobId("j-none")) == {}


def test_captures_that_lack_a_step_are_due_oldest_first(room: Any, three: list[CaptureId]) -> None:
    assert what_is_due(room) == three
    assert what_is_due(room, limit=2) == three[:2]
    recorded(room, step(three[1]))
    assert what_is_due(room) == [three[0], three[2]]


def test_a_new_version_makes_every_step_due_again(room: Any, three: list[CaptureId]) -> None:
    recorded(room, *map(step, three))
    assert what_is_due(room) == []
    assert what_is_due(room, version="2") == three


def test_a_step_waits_for_the_one_before_it(room: Any, three: list[CaptureId]) -> None:
    assert what_is_due(room, "index", after="extract") == []
    recorded(room, step(three[2]), step(three[0], state="failed", says="no text"))
    assert what_is_due(room, "index", after="extract") == [three[2]]


def test_what_failed_at_a_version_is_not_tried_again_at_it(
    room: Any, three: list[CaptureId]
) -> None:
    recorded(room, step(three[0], state="failed", says="a bomb"))
    assert what_is_due(room) == three[1:]
    assert what_is_due(room, version="2") == three
    with room.catalogue.reading() as session:
        assert taken(session, "extract") == []


def test_a_step_taken_again_replaces_what_came_before(room: Any, three: list[CaptureId]) -> None:
    recorded(room, step(three[0], state="failed", says="no text"))
    recorded(room, step(three[0], version="2"))
    with room.catalogue.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT version, state, says FROM step").all()
    assert [tuple(row) for row in rows] == [("2", "done", None)]
    with room.catalogue.reading() as session:
        assert taken(session, "extract") == [three[0]]


def test_what_is_left_counts_what_lacks_the_step(room: Any, three: list[CaptureId]) -> None:
    recorded(room, step(three[0]), step(three[1], state="failed", says="no text"))
    with room.catalogue.reading() as session:
        assert steps_left(session, "extract", "1") == 1
        assert steps_left(session, "extract", "2") == 3


def test_forgetting_makes_every_step_of_those_captures_due(
    room: Any, three: list[CaptureId]
) -> None:
    recorded(room, *map(step, three), *(step(c, "index", index_seq=7) for c in three))
    with room.catalogue.writing() as session:
        forget_steps_of(session, [three[1]])
        forget_steps_of(session, [])
    assert what_is_due(room) == [three[1]]
    assert what_is_due(room, "index", after="extract") == []
    recorded(room, step(three[1]))
    assert what_is_due(room, "index", after="extract") == [three[1]]


def test_numbers_of_indexing_are_kept_in_order(room: Any, three: list[CaptureId]) -> None:
    with room.catalogue.reading() as session:
        assert (newest_index_seq(session), indexed(session)) == (0, [])
    recorded(room, step(three[0], "index", index_seq=2), step(three[1], "index", index_seq=1))
    recorded(room, step(three[2]))
    with room.catalogue.reading() as session:
        assert newest_index_seq(session) == 2
        assert indexed(session) == [(three[1], 1), (three[0], 2)]


@settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(
    marks=st.lists(
        st.tuples(
            st.integers(0, 2), st.sampled_from(("extract", "index")), st.sampled_from("12"),
            st.sampled_from(("done", "failed")),
        ),
        max_size=12,
    )
)  # fmt: skip
def test_due_is_exactly_what_the_newest_marks_leave(
    room: Any, three: list[CaptureId], marks: list[tuple[int, str, str, str]]
) -> None:
    with room.catalogue.writing() as session:
        forget_steps_of(session, three)
    newest: dict[tuple[int, str], tuple[str, str]] = {}
    for number, name, version, state in marks:
        recorded(room, step(three[number], name, version, state=state))
        newest[number, name] = (version, state)
    lack = [n for n in range(3) if newest.get((n, "index"), ("", ""))[0] != "1"]
    ready = [n for n in lack if newest.get((n, "extract"), ("", ""))[1] == "done"]
    assert what_is_due(room, "index", after="extract") == [three[n] for n in ready]
    assert what_is_due(room, "index") == [three[n] for n in lack]
