"""What a hostile expert and a new user did to the command line, in their first half hour."""

from __future__ import annotations

import os
import sqlite3

import pytest
from lantern_rig import Lantern


@pytest.mark.promise("P-2")
def test_a_ledger_cut_at_its_end_is_named_by_verify_and_breaks_no_other_verb(
    lantern: Lantern,
) -> None:
    with sqlite3.connect(lantern.vault / "catalogue.db") as connection:
        connection.execute(
            "DELETE FROM ledger_entry WHERE leaf_index = (SELECT max(leaf_index) FROM ledger_entry)"
        )
    connection.close()
    done = lantern("verify", "--json")
    assert done.code == 1
    kinds = {problem["kind"] for problem in done.json["problems"]}
    assert kinds & {"ledger-node", "ledger-line-missing", "object-count"}, kinds
    looked = lantern("capture", "list")
    assert looked.code == 1
    assert "lantern verify" in looked.err
    assert len(looked.err.strip().splitlines()) == 1


def test_options_of_every_verb_may_stand_before_it(lantern: Lantern) -> None:
    done = lantern("--vault", str(lantern.vault), "--json", "case", "show", "LINDEN")
    assert (done.code, done.json["case"]["reference"]) == (0, "LINDEN")
    assert lantern("--vault").code == 2


def test_wrong_usage_with_json_is_one_document_too(lantern: Lantern) -> None:
    done = lantern("search", "--json")
    assert (done.code, done.json["error"]["kind"]) == (2, "usage")


def test_an_address_that_is_not_utf8_is_refused_on_record_before_a_job_is_opened(
    lantern: Lantern,
) -> None:
    lantern.ok("authority", "add", "--scope", "example.test")
    done = lantern("collect", os.fsdecode(b"http://example.test/\xff"))
    assert done.code in (1, 2)
    assert "not UTF-8" in done.err
    assert lantern.ok("job", "list")["jobs"] == []
    assert lantern.ok("ledger", "list")["entries"][-1]["act"] == "job.refuse"


@pytest.mark.promise("P-2")
@pytest.mark.parametrize(
    "change",
    [
        "UPDATE authority SET until = '2036-01-01T00:00:00.000000Z'",
        "UPDATE authority SET scope = '[\"*.example.test\"]'",
        "UPDATE authority SET purpose = 'Another purpose'",
        "UPDATE authority SET granted_by = 'Somebody else'",
        "DELETE FROM authority",
    ],
    ids=["end", "scope", "purpose", "granter", "row"],
)
def test_an_authority_changed_behind_the_ledger_is_named_by_verify(
    lantern: Lantern, change: str
) -> None:
    lantern.ok("authority", "add", "--scope", "example.test")
    assert lantern.ok("verify")["ok"] is True
    with sqlite3.connect(lantern.vault / "catalogue.db") as connection:
        assert connection.execute(change).rowcount == 1
    connection.close()
    done = lantern("verify", "--json")
    assert done.code == 1
    assert {problem["kind"] for problem in done.json["problems"]} == {"catalogue-authority"}


@pytest.mark.promise("P-2")
def test_a_key_planted_for_a_person_is_named_by_verify(lantern: Lantern) -> None:
    lantern.ok("person", "add", "AB", "--name", "Alex Brown")
    assert lantern.ok("verify")["ok"] is True
    with sqlite3.connect(lantern.vault / "catalogue.db") as connection:
        connection.execute(
            "INSERT INTO public_key SELECT ?, owner, ?, added_at FROM public_key LIMIT 1",
            ("ab" * 32, "cd" * 32),
        )
    connection.close()
    done = lantern("verify", "--json")
    assert done.code == 1
    assert [problem["kind"] for problem in done.json["problems"]] == ["planted-key"]
