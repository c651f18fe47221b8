"""What `lantern verify` says, and how it ends, after somebody was at the vault's files."""

from __future__ import annotations

import shutil
import sqlite3
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest
from lantern_rig import Lantern, Site


@pytest.fixture(scope="module")
def collected(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Lantern:
    """A vault with three captures and a checkpoint, made once; tests work on copies."""
    root = tmp_path_factory.mktemp("collected")
    lantern = Lantern(root / "vault", root / "keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    lantern.ok("init", str(lantern.vault), *name)
    lantern.ok("case", "open", "LINDEN", "--title", "A test", "--template", "research")
    lantern.ok("use", "LINDEN")
    lantern.ok("authority", "add", "--scope", site.address)
    pages = [site.url(f"/article/{number}") for number in (1, 2, 3)]
    lantern.ok("collect", *pages, "--delay", "0", "--allow-address", site.address, "--no-work")
    assert lantern.ok("verify")["ok"] is True
    return lantern


@pytest.fixture
def copy(collected: Lantern, tmp_path: Path) -> Lantern:
    shutil.copytree(collected.vault, tmp_path / "vault")
    return replace(collected, vault=tmp_path / "vault")


def warc(vault: Path) -> Path:
    (found,) = (vault / "evidence").rglob("*.warc.gz")
    return found


def flip(vault: Path) -> None:
    """A bit in the middle of the file, where a response lies."""
    raw = bytearray(warc(vault).read_bytes())
    raw[len(raw) // 2] ^= 0x10
    warc(vault).write_bytes(raw)


def flip_manifest(vault: Path) -> None:
    raw = bytearray(warc(vault).read_bytes())
    raw[-40] ^= 0x10  # the last member is the last capture's manifest
    warc(vault).write_bytes(raw)


def sql(*statements: str) -> Callable[[Path], None]:
    """As an attacker with the database in hand would: foreign keys are off unless asked for."""

    def run(vault: Path) -> None:
        with sqlite3.connect(vault / "catalogue.db") as connection:
            for statement in statements:
                assert connection.execute(statement).rowcount != 0
        connection.close()

    return run


LAST = "(SELECT max(leaf_index) FROM ledger_entry WHERE act != 'ledger.heads')"
TAMPERED: dict[str, tuple[Callable[[Path], None], str]] = {
    "a flipped bit in a WARC": (flip, "altered-record"),
    "a flipped bit in a manifest": (flip_manifest, "altered-manifest"),
    "a deleted file": (lambda vault: warc(vault).unlink(), "missing-file"),
    "an added file": (
        lambda vault: warc(vault).with_name("more.warc.gz").write_bytes(b"x") and None,
        "added-file",
    ),
    "a capture's row changed": (
        sql("UPDATE capture SET final_url = 'https://example.test/' WHERE seq = 1"),
        "catalogue-capture",
    ),
    "a record's row changed": (
        sql("UPDATE record SET block_bytes = block_bytes + 1 WHERE ordinal = 1"),
        "catalogue-record",
    ),
    "a ledger line changed": (
        sql(f"UPDATE ledger_entry SET act = 'access' WHERE leaf_index = {LAST}"),
        "ledger-entry-changed",
    ),
    "a ledger line removed": (
        sql(f"DELETE FROM ledger_entry WHERE leaf_index = {LAST} - 1"),
        "ledger-line-missing",
    ),
    "two ledger lines swapped": (
        sql(
            "UPDATE ledger_entry SET leaf_index = -1 WHERE leaf_index = 2",
            "UPDATE ledger_entry SET leaf_index = 2 WHERE leaf_index = 3",
            "UPDATE ledger_entry SET leaf_index = 3 WHERE leaf_index = -1",
        ),
        "ledger-reordered",
    ),
    "the checkpoint changed": (
        sql("UPDATE ledger_checkpoint SET note = replace(note, 'darklantern', 'Darklantern')"),
        "checkpoint-",
    ),
}


@pytest.mark.standard("CAP-3")
@pytest.mark.promise("P-1")
@pytest.mark.promise("P-2")
@pytest.mark.parametrize(("tamper", "kind"), TAMPERED.values(), ids=TAMPERED)
def test_verify_names_the_tampering_and_its_place_and_ends_with_one(
    copy: Lantern, tamper: Callable[[Path], None], kind: str
) -> None:
    tamper(copy.vault)
    done = copy("verify", "--json")
    assert done.code == 1
    assert done.json["ok"] is False
    problems = done.json["problems"]
    assert any(problem["kind"].startswith(kind) for problem in problems), problems
    assert all(problem["where"] and problem["says"] for problem in problems)


@pytest.mark.standard("CAP-3")
def test_each_tampering_is_told_in_words_of_its_own(collected: Lantern, tmp_path: Path) -> None:
    lines: dict[str, str] = {}
    for number, (name, (tamper, kind)) in enumerate(TAMPERED.items()):
        vault = Path(shutil.copytree(collected.vault, tmp_path / str(number)))
        tamper(vault)
        done = replace(collected, vault=vault)("verify")
        assert done.code == 1
        lines[name] = next(line for line in (done.out + done.err).splitlines() if kind in line)
    assert len(set(lines.values())) == len(TAMPERED)
