from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.casebook import (
    NTFS_DEVICES,
    REFERENCE,
    CaseClosed,
    CaseUnknown,
    CaseView,
    NewCase,
    add_note,
    case_references,
    case_row,
    case_views_named,
    cases,
    close_case,
    open_case,
    open_case_row,
)
from cases.errors import CallerError, UsageError
from cases.identity import CaseId


def opened(room: Any, *references: str) -> None:
    with room.catalogue.writing() as session:
        for reference in references:
            open_case(session, NewCase(reference, "T"), in_charge=room.jo.id, now=room.noon)


@pytest.mark.standard("CAP-8")
def test_a_case_names_who_is_in_charge_of_it(room: Any) -> None:
    with room.catalogue.reading() as session:
        row = case_row(session, "LINDEN")
        assert (row.in_charge, row.state, row.closed_at) == (room.jo.id, "open", None)


def test_a_case_comes_back_as_it_was_opened(room: Any) -> None:
    new = NewCase("ELM-2", " A ring of sellers ", urn="01AB0123456", operation="Elm", template="r")
    with room.catalogue.writing() as session:
        open_case(session, new, in_charge=room.jo.id, now=room.noon)
    job = room.job()
    room.seal(room.capture(job), room.capture(job))
    with room.catalogue.reading() as session:
        elm, linden = cases(session)
    assert elm == CaseView(
        id=elm.id,
        reference="ELM-2",
        title="A ring of sellers",
        urn="01AB0123456",
        operation="Elm",
        template="r",
        state="open",
        opened_at=room.noon,
        captures=0,
    )
    assert (linden.reference, linden.captures) == ("LINDEN", 2)


REFUSED = [
    "",
    "A",
    "linden",
    "-LINDEN",
    "LIN DEN",
    "LINDEN/1",
    "../LINDEN",
    "LINDEN\n",
    "LINDÉN",
    "L" * 41,
    "CON",
    "NUL",
    "COM1",
    "LPT9",
]


@pytest.mark.parametrize("reference", REFUSED, ids=repr)
def test_a_reference_that_could_not_name_a_folder_is_refused(room: Any, reference: str) -> None:
    with (
        pytest.raises(UsageError, match=r"cannot be a case's reference\. Use 2 to 40 capitals"),
        room.catalogue.writing() as session,
    ):
        open_case(session, NewCase(reference, "T"), in_charge=room.jo.id, now=room.noon)


@given(st.from_regex(REFERENCE, fullmatch=True))
def test_a_reference_that_passes_is_a_safe_name_everywhere(reference: str) -> None:
    assert reference.isascii()
    assert not set(reference) & set('/\\:*?"<>|. \n')
    assert reference.upper() == reference


def test_the_names_that_windows_keeps_are_known() -> None:
    assert {"CON", "PRN", "AUX", "NUL", "COM9", "LPT1"} <= NTFS_DEVICES


def test_a_case_without_a_title_is_refused(room: Any) -> None:
    with (
        pytest.raises(UsageError, match="Case ELM needs a --title"),
        room.catalogue.writing() as session,
    ):
        open_case(session, NewCase("ELM", "\t"), in_charge=room.jo.id, now=room.noon)


def test_a_reference_is_given_once_even_after_the_case_is_closed(room: Any) -> None:
    with room.catalogue.writing() as session:
        close_case(session, "LINDEN", now=room.noon)
    with pytest.raises(CallerError, match="LINDEN is already open or closed"):
        opened(room, "LINDEN")


def test_of_threads_that_open_one_case_at_once_one_does(room: Any) -> None:
    def open_elm(_: int) -> bool:
        try:
            opened(room, "ELM")
        except CallerError:
            return False
        return True

    with ThreadPoolExecutor(6) as pool:
        assert sorted(pool.map(open_elm, range(6))) == [False] * 5 + [True]


def test_a_case_is_found_in_any_letter_case(room: Any) -> None:
    with room.catalogue.reading() as session:
        assert case_row(session, " linden ").id == room.case.id


def test_a_case_that_does_not_exist_is_told_with_those_that_do(room: Any) -> None:
    opened(room, *(f"CASE-{number}" for number in range(10)))
    with (
        pytest.raises(CaseUnknown) as refusal,
        room.catalogue.reading() as session,
    ):
        case_row(session, "oak")
    assert refusal.value.says == (
        "There is no case 'oak'. There are: "
        + ", ".join(f"CASE-{number}" for number in range(8))
        + ". Open one: lantern case open OAK --title …"
    )


def test_nothing_more_is_collected_in_a_closed_case(room: Any) -> None:
    end = room.noon + timedelta(days=1)
    with room.catalogue.writing() as session:
        row = close_case(session, "LINDEN", now=end)
        assert (row.state, row.closed_at) == ("closed", "2026-03-02T12:00:00.000000Z")
    with (
        pytest.raises(CaseClosed, match="Case LINDEN is closed, so nothing more is collected"),
        room.catalogue.reading() as session,
    ):
        open_case_row(session, "LINDEN")
    with pytest.raises(CaseClosed), room.catalogue.writing() as session:
        close_case(session, "LINDEN", now=end)


def test_a_note_keeps_the_words_as_they_were_written(room: Any) -> None:
    [capture] = room.seal(room.capture(room.job()))
    with room.catalogue.writing() as session:
        case = CaseId(room.case.id)
        note = add_note(session, case, capture, " spoke to AB\n", room.jo.id, room.noon)
        with pytest.raises(UsageError, match="A note needs words"):
            add_note(session, case, None, " \n", room.jo.id, room.noon)
    with room.catalogue.engine.connect() as connection:
        rows = connection.exec_driver_sql("SELECT id, capture_id, words, by FROM note").all()
    assert [tuple(row) for row in rows] == [(note, capture, " spoke to AB\n", room.jo.id)]


def test_the_cases_meant_are_those_named_or_all(room: Any) -> None:
    opened(room, "ELM", "OAK")
    with room.catalogue.reading() as session:
        named = case_views_named(session, ["oak", "ELM"])
        assert [case.reference for case in named] == ["OAK", "ELM"]
        assert [c.reference for c in case_views_named(session, None)] == ["ELM", "LINDEN", "OAK"]
        assert case_views_named(session, []) == []
        assert sorted(case_references(session).values()) == ["ELM", "LINDEN", "OAK"]
        with pytest.raises(CaseUnknown):
            case_views_named(session, ["ELM", "ASH"])
