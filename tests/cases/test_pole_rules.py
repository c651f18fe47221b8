"""What may stand in a POLE record: each rule of the standard's section 1.4, kept and broken."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from cases.entity_keys import candidate_digest, folded_name, mention_digest
from cases.grading import GradeRefused, parse_grade
from cases.identity import CaseId
from cases.pole import IDENTIFIERS, NAMES, SUBTYPES, Pole, becomes
from cases.pole_rules import (
    Draft,
    RecordRefused,
    Severity,
    broken_rules,
    checked,
    missing,
    uk_today,
)

TODAY = date(2026, 3, 1)
PERSON = {"name": "Ann Bell"}


def _broken(draft: Draft) -> set[tuple[str, str]]:
    return {(each.rule, str(each.severity)) for each in broken_rules(draft, today=TODAY)}


def _attribute(field: str, value: str, pole: Pole = Pole.PERSON) -> Draft:
    return Draft(pole, "Ann Bell", attributes={field: value})


@pytest.mark.standard("POL-2")
@pytest.mark.parametrize(
    ("draft", "rules"),
    [
        (_attribute("forename", "Dr Ann"), {("title", "error")}),
        (_attribute("forename", "REF-2231/24"), {("name-signs", "error")}),
        (_attribute("surname", "O'Neil-Smith"), set()),
        (_attribute("surname", "Žižka"), set()),
        (_attribute("surname", "Major"), set()),
        (_attribute("forename", "N/A"), {("placeholder", "error"), ("name-signs", "error")}),
        (_attribute("forename", "xxxx"), {("placeholder", "error")}),
        (_attribute("forename", "-"), {("placeholder", "error")}),
        (_attribute("forename", "An\u200bn"), {("unseen", "error"), ("name-signs", "error")}),
        (Draft(Pole.PERSON, "Quillfeather Boats Ltd"), {("business", "error")}),
        (Draft(Pole.PERSON, ""), {("nobody", "error")}),
        (Draft(Pole.PERSON, "", attributes={"hair": "grey, long"}), set()),
        (Draft(Pole.EVENT, ""), {("no-name", "error")}),
        (_attribute("date-of-birth", "29/02/2000"), set()),
        (_attribute("date-of-birth", "29/02/2001"), {("date", "error")}),
        (_attribute("date-of-birth", "2000-02-29"), {("date", "error")}),
        (_attribute("date-of-birth", "02/03/2026"), {("future", "error")}),
        (_attribute("date", "02/03/2026", Pole.EVENT), {("future", "error")}),
        (_attribute("date", "01/03/2026", Pole.EVENT), set()),
        (_attribute("phone", "123456"), {("dialling-code", "warning")}),
        (_attribute("phone", "07700 900123"), set()),
        (_attribute("phone", "+44 7700 900123"), set()),
        (_attribute("phone", "call me"), {("phone", "error")}),
        (_attribute("postcode", "SW1A 1AA"), set()),
        (_attribute("postcode", "SW1A 1AAA"), {("postcode", "error")}),
        (_attribute("postcode", "12345"), {("postcode", "error")}),
        (Draft(Pole.LOCATION, "ZZ99", "postcode"), {("postcode", "error")}),
        (Draft(Pole.OBJECT, "not an address", "ip_address"), {("ip", "error")}),
        (Draft(Pole.OBJECT, "2001:db8::1", "ip_address"), set()),
        (Draft(Pole.OBJECT, "x", "yacht"), {("subtype", "error")}),
        (Draft(Pole.PERSON, "Ann Bell", "telephone"), {("subtype", "error")}),
        (Draft(Pole.OBJECT, "a" * 301), {("too-long", "error")}),
        (_attribute("religious-belief", "any"), {("special-category", "error")}),
        (_attribute("ethnicity", "any"), {("special-category", "error")}),
    ],
)
def test_each_rule_of_the_standard_is_kept(draft: Draft, rules: set[tuple[str, str]]) -> None:
    assert _broken(draft) == rules


@pytest.mark.standard("POL-2")
def test_a_refusal_names_every_rule_and_says_what_to_write() -> None:
    with pytest.raises(RecordRefused) as refusal:
        checked(Draft(Pole.PERSON, "Dr Ann B3ll"), today=TODAY)
    assert refusal.value.facts == {"rules": "name-signs, title"}
    assert "Write 'Ann B3ll'." in refusal.value.says
    (warned,) = checked(_attribute("phone", "123456"), today=TODAY)
    assert warned.severity is Severity.WARNING


def test_today_is_the_day_in_the_united_kingdom() -> None:
    assert uk_today(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == date(2026, 7, 2)


def test_what_a_person_still_lacks_is_listed_and_refuses_nothing() -> None:
    draft = Draft(Pole.PERSON, "Ann Bell", attributes={"surname": "Bell", "phone": "01632 960001"})
    assert missing(draft) == ["forename", "date-of-birth", "gender"]
    assert missing(Draft(Pole.OBJECT, "a ladder")) == []


@pytest.mark.standard("POL-1")
def test_every_label_becomes_a_known_subtype_and_a_handle_never_a_person() -> None:
    for label, made in {**NAMES, **IDENTIFIERS}.items():
        pole, subtype = made
        assert subtype is None or subtype in SUBTYPES[pole], label
        assert (pole is Pole.PERSON) is (label == "PERSON")
    assert becomes("handle") == (Pole.OBJECT, "online_account")
    assert {"online_account", "url", "ip_address", "crypto_address"} <= set(SUBTYPES[Pole.OBJECT])


@pytest.mark.standard("DPA-6")
def test_a_group_s_name_becomes_nobody_s_record() -> None:
    assert becomes("NORP") is None


@pytest.mark.standard("GRD-1")
@pytest.mark.parametrize(
    ("text", "conditions", "grade"),
    [("1AP", None, "1AP"), ("2-d-c", "A1", "2DC"), (" 3 / e / p ", None, "3EP")],
)
def test_a_grade_has_one_form(text: str, conditions: str | None, grade: str) -> None:
    assert parse_grade(text, conditions) == grade


@pytest.mark.parametrize(
    ("text", "conditions", "says"),
    [
        ("4AP", None, "source"),
        ("1FP", None, "information"),
        ("1AX", None, "handling"),
        ("AP1", None, "source"),
        ("1APP", None, "more than three"),
        ("", None, "source"),
        ("1AC", None, "needs its conditions"),
        ("1AP", "A1", "takes none"),
    ],
)
def test_a_grade_that_is_none_is_refused_by_its_axis(
    text: str, conditions: str | None, says: str
) -> None:
    with pytest.raises(GradeRefused, match=says):
        parse_grade(text, conditions)


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        ("Oswin  Tarrant", "OSWIN\nTARRANT", True),
        ("O’Neil", "o'neil", True),
        ("Ann\u200b Bell", "Ann Bell", True),
        ("Zoë", "Zoe\u0308", True),
        ("Zoë", "Zoe", False),
        ("Ann Bell", "AnnBell", False),
    ],
)
def test_spellings_of_one_name_fold_alike(one: str, other: str, same: bool) -> None:
    assert (folded_name(one) == folded_name(other)) is same


@given(st.text(max_size=60))
def test_folding_twice_is_folding_once(text: str) -> None:
    assert folded_name(folded_name(text)) == folded_name(text)


@given(st.text(alphabet=st.characters(max_codepoint=0x7F), max_size=30))
def test_the_short_way_for_plain_names_folds_as_the_long_one_does(text: str) -> None:
    assert folded_name(text + "\u200b") == folded_name(
        text
    )  # the invisible sign takes the long way


def test_a_name_has_another_digest_in_another_case_and_under_another_label() -> None:
    one, two = CaseId("c-aaaaaaaaaaaaaaaa"), CaseId("c-bbbbbbbbbbbbbbbb")
    digests = {
        candidate_digest(one, "PERSON", "Ann Bell"),
        candidate_digest(two, "PERSON", "Ann Bell"),
        candidate_digest(one, "ORG", "Ann Bell"),
        candidate_digest(one, "PERSONA", "nn Bell"),
        mention_digest(one, "x-1", ("page", 1, 2), "Ann Bell"),
        mention_digest(one, "x-1", ("page", 12, 2), "Ann Bell"),
        mention_digest(one, "x-1", ("page", 1, 22), "Ann Bell"),
    }
    assert len(digests) == 7
    assert candidate_digest(one, "PERSON", "ANN  BELL") in digests
