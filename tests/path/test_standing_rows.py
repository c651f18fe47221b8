"""Rows of the gate and of the sign-in, changed with a database tool: each is found by verify."""

from __future__ import annotations

import hashlib
import io
import sqlite3
from pathlib import Path

import pytest
from lantern_rig import Lantern

from desk.cli import main

A_DIGEST = hashlib.sha256(b"a drawn shape").hexdigest()


@pytest.fixture
def standing(lantern: Lantern, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Lantern:
    """A vault with a list, a rule, a policy and a passphrase; all holds."""
    held = tmp_path / "list.txt"
    held.write_text(f"{A_DIGEST}\n{hashlib.md5(b'another').hexdigest()}\n", encoding="ascii")
    lantern.ok("gate", "import", str(held), "--source", "Partner unit", "--category", "drawn")
    lantern.ok("gate", "rule", "icons.example.test", "flagged", "--reason", "Drawn for a test")
    lantern.ok("gate", "policy", "everything", "--reason", "Drawn for a test")
    for name, value in lantern.env().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.stdin", io.StringIO("correct horse battery\n"))
    assert main(["desk", "--passphrase"]) == 0
    assert lantern.ok("verify")["ok"] is True
    return lantern


@pytest.mark.promise("P-1")
@pytest.mark.parametrize(
    ("change", "kind"),
    [
        (f"DELETE FROM gate_list_digest WHERE digest = '{A_DIGEST}'", "gate-list"),
        (
            f"UPDATE gate_list_digest SET digest = '{'0' * 64}' WHERE digest = '{A_DIGEST}'",
            "gate-list",
        ),
        ("UPDATE gate_list SET verdict = 'harmless'", "catalogue-gate_list"),
        ("UPDATE gate_rule SET host = 'other.example.test'", "catalogue-gate_rule"),
        ("UPDATE gate_rule SET withdrawn_at = at", "catalogue-gate_rule"),
        ("UPDATE gate_policy SET policy = 'flagged'", "catalogue-gate_policy"),
        ("DELETE FROM gate_policy", "catalogue-gate_policy"),
        ("UPDATE passphrase SET salt = x'00'", "planted-passphrase"),
    ],
    ids=["thinned", "swapped", "turned", "moved", "withdrawn", "relaxed", "gone", "passphrase"],
)
def test_a_row_changed_behind_the_ledger_is_found(
    standing: Lantern, change: str, kind: str
) -> None:
    with sqlite3.connect(standing.vault / "catalogue.db") as catalogue:
        catalogue.execute(change)
    catalogue.close()
    verdict = standing("verify", "--json")
    assert verdict.code == 1
    assert kind in {problem["kind"] for problem in verdict.json["problems"]}
