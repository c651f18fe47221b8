"""What pages about exhibits say, and what they never say."""

from __future__ import annotations

import re
import shutil
import subprocess
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from products.exhibit_facts import Attendance, CollectionFacts, ExhibitFacts, exhibit_facts
from products.exhibit_pages import (
    AddressCapture,
    ExhibitLists,
    ListedExhibit,
    ListedGap,
    address_page,
    exhibit_list_csv,
    exhibit_list_page,
    label_page,
    witness_list_page,
)
from products.opinion_words import TERMS, opinion_words
from products.statement import statement_page

RECORD: dict[str, Any] = {
    "reference": "JS/1",
    "safe_name": "JS_1",
    "description": "The seller's page",
    "case_reference": "LINDEN",
    "urn": "12AB3456726",
    "operation": "not recorded",
    "producer": {"id": "p-joaaaaaaaaaaaaaa", "name": "Jo Smith"},
    "capture": "x-aaaaaaaaaaaaaaaa",
    "requested_url": "https://kites.example/",
    "final_url": "https://kites.example/home",
    "outcome": "complete",
    "status": 200,
    "started": "2025-10-26T00:30:00.000000Z",
    "ended": "2025-10-26T01:30:00.000000Z",
    "made": "2026-07-01T17:00:00.000000Z",
    "manifest_sha256": "ab" * 32,
    "continuity": [
        {
            "time": "2025-10-26T01:30:01.000000Z",
            "act": "capture.seal",
            "actor": "p-joaaaaaaaaaaaaaa",
        },
        {"time": "2025-10-27T09:00:00.000000Z", "act": "access", "actor": "p-abaaaaaaaaaaaaaa"},
    ],
}
MANIFEST: dict[str, Any] = {
    "collector": {"software": [{"name": "darklantern", "version": "0.1.0"}]},
    "method_note": "scrapy/1",
}
ORDERED = datetime(2025, 10, 26, 0, 29, tzinfo=UTC)


def facts(attendance: Attendance = Attendance.OWN_JOB, **changed: Any) -> ExhibitFacts:
    collection = CollectionFacts("LINDEN-J1", ORDERED, attendance)
    return exhibit_facts({**RECORD, **changed}, MANIFEST, collection)


def words(page: str) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", page.partition("<main>")[2]).split())


@pytest.mark.standard("EXH-3")
def test_a_label_has_every_field_and_the_continuity() -> None:
    said = words(label_page(facts()))
    for wanted in (
        *("JS/1", "The seller", "12AB3456726", "LINDEN", "Jo Smith", "x-aaaaaaaaaaaaaaaa"),
        *("https://kites.example/", "ab" * 32, "2026-07-01 17:00:00 UTC (18:00:00 BST)"),
        *("collected and sealed", "p-abaaaaaaaaaaaaaa accessed", "JS_1"),
        *("From", "To", "Purpose", "Signature"),
    ):
        assert wanted in said


@pytest.mark.standard("CAP-10")
def test_times_stand_in_utc_and_in_uk_time_with_its_name() -> None:
    said = words(statement_page([facts()]))
    assert "2025-10-26 00:30:00 UTC (01:30:00 BST)" in said
    assert "2025-10-26 01:30:00 UTC (01:30:00 GMT)" in said


SAID = {
    Attendance.ATTENDED: "I captured the page at",
    Attendance.OWN_JOB: "a job that I set up (job LINDEN-J1, ordered at",
    Attendance.OTHERS_JOB: "a job that another person set up",
}


@pytest.mark.standard("STM-2")
@pytest.mark.parametrize(("attendance", "said"), SAID.items())
def test_a_statement_says_i_did_only_of_what_was_attended(
    attendance: Attendance, said: str
) -> None:
    page = words(statement_page([facts(attendance)]))
    assert said in page
    assert all(other not in page for other in SAID.values() if other != said)
    assert ("unattended" in page) is (attendance is Attendance.OWN_JOB)


@pytest.mark.standard("STM-1")
def test_a_statement_is_a_draft_with_blanks_and_nothing_ticked_or_signed() -> None:
    page = statement_page([facts(), facts(reference="JS/2", safe_name="JS_2")])
    said = words(page)
    assert "DRAFT" in page.partition("<main>")[0]
    assert "<strong>JS/1</strong>" in page
    assert "<strong>JS/2</strong>" in page
    assert "☐" in said
    assert not re.search("[☑☒✓✔]|checked", page)
    assert "to the best of my knowledge and belief and I make it knowing that" in said
    assert "consisting of" not in said  # the page-count words are not settled: left to the maker
    assert said.count("I produce as") == 2
    assert re.search(r"Age if under 18 <span|Age if under 18 \(for", said) or "Age if" in said
    assert opinion_words(said) == []


def test_no_form_number_stands_on_any_page() -> None:
    for page in (label_page(facts()), statement_page([facts()]), exhibit_list_page(LISTS)):
        assert not re.search(r"\bMG ?\d", page)
        assert "not an official form" in page


LISTS = ExhibitLists(
    case_reference="LINDEN",
    urn="not recorded",
    scope="the whole case",
    exhibits=(
        ListedExhibit("AB/1", '=HYPERLINK("x")', "Alex Brown", "then", "00" * 32),
        ListedExhibit("JS/1", "Two", "Jo Smith", "then", "11" * 32),
        ListedExhibit("JS/3", "Three", "Jo Smith", "then", "22" * 32),
    ),
    gaps=(ListedGap("JS/2", "Label spoilt"), ListedGap("JS/4", None)),
)


@pytest.mark.standard("EXH-4")
@pytest.mark.standard("EXH-1")
def test_lists_stand_in_exhibit_order_with_the_gaps_and_their_reasons() -> None:
    said = words(exhibit_list_page(LISTS))
    assert said.index("AB/1") < said.index("JS/1") < said.index("JS/3") < said.index("JS/2")
    assert "JS/2 Label spoilt" in said
    assert "JS/4 no reason given yet" in said
    assert "1 Alex Brown AB/1 2 Jo Smith JS/1, JS/3" in words(witness_list_page(LISTS))


def test_a_cell_that_a_spreadsheet_would_run_is_kept_as_text() -> None:
    assert '"\'=HYPERLINK(""x"")"' in exhibit_list_csv(LISTS)


HOSTILE = (
    '</title></td><script>alert(1)</script><img src=x onerror=alert(1)>" onload="x\u202e\x1b[2J'
)


def test_hostile_texts_stay_text() -> None:
    e = facts(description=HOSTILE, requested_url=HOSTILE, final_url=HOSTILE, urn=HOSTILE)
    e = replace(e, producer="Jo <b>Smith</b>")
    row = AddressCapture(HOSTILE, "then", HOSTILE, 200, HOSTILE, HOSTILE)
    for page in (label_page(e), statement_page([e]), address_page(e, [row])):
        assert "<script" not in page
        assert "<img" not in page
        assert "<b>" not in page
        assert 'onload="' not in page
        assert "default-src 'none'" in page
    assert not re.search("[\u202e\x1b]", label_page(e))


@given(st.text(max_size=60))
def test_no_text_makes_a_tag(text: str) -> None:
    page = label_page(facts(description=text))
    assert page.count("<") == PLAIN.count("<")


PLAIN = label_page(facts(description="plain"))


@pytest.mark.standard("STM-2")
@pytest.mark.parametrize("term", TERMS)
def test_each_word_of_the_yardstick_is_found(term: str) -> None:
    assert opinion_words(f"It is {term.upper().replace(' ', '  ')} that") == [term]


def test_words_that_only_look_like_it_are_not() -> None:
    assert opinion_words("The likelihood of unlikeliness; a probability") == []


@pytest.mark.standard("STM-1")
@pytest.mark.xdist_group("chromium")
def test_draft_stands_on_every_printed_page(tmp_path: Path) -> None:
    browser = next(filter(None, map(shutil.which, ("chromium", "chromium-browser"))), None)
    reader = shutil.which("pdftotext")
    if browser is None or reader is None:
        pytest.skip("needs Chromium and pdftotext to print the page and read it again")
    many = [facts(reference=f"JS/{n}", safe_name=f"JS_{n}") for n in range(1, 25)]
    (tmp_path / "s.html").write_text(statement_page(many), encoding="utf-8")
    subprocess.run(
        [
            *(browser, "--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"),
            *(f"--user-data-dir={tmp_path / 'profile'}", f"--print-to-pdf={tmp_path / 's.pdf'}"),
            (tmp_path / "s.html").as_uri(),
        ],
        check=True,
        capture_output=True,
        timeout=120,
    )
    text = subprocess.run([reader, str(tmp_path / "s.pdf"), "-"], capture_output=True, check=True)
    pages = text.stdout.decode().split("\f")[:-1]
    assert len(pages) > 4
    for page in pages:
        assert "DRAFT · not a statement until" in page
        assert "Signature" in page
