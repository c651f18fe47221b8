"""A committed row that was taken away with a database tool is found, and what then excuses it."""

from __future__ import annotations

import base64
import hashlib
import sqlite3

import pytest
from lantern_rig import Lantern

from gate.text import fold_line


@pytest.mark.promise("P-1")
def test_a_row_text_taken_away_excuses_no_edit(lantern: Lantern) -> None:
    lantern.ok("gate", "policy", "everything", "--reason", "Drawn for a test")
    assert lantern.ok("verify")["ok"] is True
    with sqlite3.connect(lantern.vault / "catalogue.db") as catalogue:
        catalogue.execute(
            "DELETE FROM ledger_text WHERE name = 'row' AND entry_id IN "
            "(SELECT id FROM ledger_entry WHERE act = 'gate.policy')"
        )
        catalogue.execute("UPDATE gate_policy SET policy = 'flagged'")
    catalogue.close()
    verdict = lantern("verify", "--json")
    assert verdict.code == 1
    found = {p["says"] for p in verdict.json["problems"] if p["kind"] == "catalogue-gate_policy"}
    assert any("no erasure on record" in says for says in found)


NOISE = b"\x89PNG\r\n\x1a\n" + b"".join(hashlib.sha256(bytes([n])).digest() for n in range(8))


@pytest.mark.promise("P-15")
@pytest.mark.parametrize(
    "written",
    [NOISE.hex(), NOISE.hex().upper(), base64.urlsafe_b64encode(NOISE).decode()],
    ids=["hex", "HEX", "base64url"],
)
def test_a_picture_written_out_in_an_address_is_hidden_on_every_line(written: str) -> None:
    address = f"http://127.0.0.1/y/{written}?a=1"
    line = fold_line(address)
    assert len(line) == len(address)
    assert not any(written[at : at + 40] in line for at in range(len(written) - 40))


@pytest.mark.parametrize(
    "address",
    [
        "https://news.example.test/uk/2026/11/24/a-long-title-of-an-article-about-the-market-at-"
        "lanternhill-and-what-the-council-said-about-it-on-saturday-morning-in-the-town-hall",
        "https://example.test/file?sha256=" + "0a1b" * 16,
    ],
    ids=["title", "digest"],
)
def test_an_ordinary_address_stays_readable(address: str) -> None:
    assert fold_line(address) == address
