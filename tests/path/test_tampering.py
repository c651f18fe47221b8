"""What `lantern verify` says, and how it ends, after somebody was at the vault's files."""

from __future__ import annotations

import gzip
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


def members(vault: Path) -> list[bytes]:
    """The file's gzip members, by the catalogue's offsets, the `warcinfo` first."""
    with sqlite3.connect(vault / "catalogue.db") as connection:
        rows = connection.execute("SELECT member_offset FROM record ORDER BY 1")
        starts = [0, *(offset for (offset,) in rows)]
    connection.close()
    raw = warc(vault).read_bytes()
    return [raw[a:b] for a, b in zip(starts, [*starts[1:], len(raw)], strict=True)]


def rewritten(change: Callable[[list[bytes]], list[bytes]]) -> Callable[[Path], None]:
    def run(vault: Path) -> None:
        warc(vault).write_bytes(b"".join(change(members(vault))))

    return run


def in_clear(member: bytes, old: bytes, new: bytes) -> bytes:
    """The member packed again after an edit, its checksum in step, as a forger would."""
    clear = gzip.decompress(member)
    assert old in clear
    return gzip.compress(clear.replace(old, new, 1), mtime=0)


def header_bit(all_: list[bytes]) -> list[bytes]:
    first = all_[1]
    return [all_[0], first[:5] + bytes([first[5] ^ 1]) + first[6:], *all_[2:]]


def swapped(all_: list[bytes]) -> list[bytes]:
    """The first record of the first capture and the last capture's first, each in the other's
    place.
    """
    per = (len(all_) - 1) // 3
    last = len(all_) - per
    return [all_[0], all_[last], *all_[2:last], all_[1], *all_[last + 1 :]]


def renamed(vault: Path) -> None:
    warc(vault).rename(warc(vault).with_name("renamed.warc.gz"))


def cut(vault: Path) -> None:
    warc(vault).write_bytes(warc(vault).read_bytes()[:-30])


def inserted(vault: Path) -> None:
    """A line of the log once more, under another id, with a place of its own at the end."""
    with sqlite3.connect(vault / "catalogue.db") as connection:
        names = [row[1] for row in connection.execute("PRAGMA table_info(ledger_entry)")]
        told = {
            "seq": "(SELECT max(seq) + 1 FROM ledger_entry)",
            "id": "'x-aaaaaaaaaaaaaaaa'",
            "leaf_index": "(SELECT max(leaf_index) + 1 FROM ledger_entry)",
        }
        values = ", ".join(told.get(name, name) for name in names)
        connection.execute(
            f"INSERT INTO ledger_entry ({', '.join(names)}) SELECT {values} FROM ledger_entry "
            "WHERE leaf_index = 2"
        )
    connection.close()


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
    "a flipped bit in a gzip header": (rewritten(header_bit), "altered-record"),
    "an edited WARC header": (
        rewritten(lambda m: [m[0], in_clear(m[1], b"WARC-Date: 2", b"WARC-Date: 1"), *m[2:]]),
        "altered-record",
    ),
    "a record removed": (rewritten(lambda m: [m[0], *m[2:]]), "missing-record"),
    "a record added": (
        rewritten(lambda m: [*m[:2], in_clear(m[1], b"urn:uuid:", b"urn:uuid:0"), *m[2:]]),
        "added-record",
    ),
    "records of one capture reordered": (
        rewritten(lambda m: [m[0], m[2], m[1], *m[3:]]),
        "record-order",
    ),
    "records of two captures swapped": (rewritten(swapped), "record-order"),
    "a renamed file": (renamed, "missing-file"),
    "a file cut short": (cut, "cut-file"),
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
    "a ledger line inserted": (inserted, "ledger-reordered"),
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
    told: dict[str, frozenset[tuple[str, str, str]]] = {}
    for number, (name, (tamper, kind)) in enumerate(TAMPERED.items()):
        vault = Path(shutil.copytree(collected.vault, tmp_path / str(number)))
        tamper(vault)
        done = replace(collected, vault=vault)("verify", "--json")
        assert done.code == 1
        assert any(each["kind"].startswith(kind) for each in done.json["problems"])
        told[name] = frozenset(tuple(each.values()) for each in done.json["problems"])
    # What was sealed is the digest of the compressed member: nothing holds a digest of the head
    # alone, so a changed gzip header and a changed WARC header are told in the same words.
    alike = {"a flipped bit in a gzip header", "an edited WARC header"}
    others = [problems for name, problems in told.items() if name not in alike]
    assert len(set(others)) == len(others)
    assert not set(others) & {told[name] for name in alike}


@pytest.mark.standard("CAP-3")
@pytest.mark.promise("P-2")
def test_a_vault_rolled_back_shows_only_against_a_checkpoint_held_elsewhere(
    collected: Lantern, copy: Lantern, tmp_path: Path
) -> None:
    """Also with the key: the older vault goes on, signs its own checkpoints and is whole in
    itself.
    """
    now = replace(collected, vault=Path(shutil.copytree(copy.vault, tmp_path / "now")))
    now.ok("case", "open", "ROWAN", "--title", "Later", "--template", "research")
    held = tmp_path / "checkpoint.txt"
    held.write_text(now.ok("ledger", "checkpoint")["checkpoint"])
    assert now.ok("verify", "--checkpoint", str(held))["ok"] is True
    back = copy("verify", "--checkpoint", str(held), "--json")
    assert back.code == 1
    assert {problem["kind"] for problem in back.json["problems"]} == {"ledger-truncated"}
    for each in ("ALDER", "BIRCH"):
        copy.ok("case", "open", each, "--title", "Another past", "--template", "research")
        copy.ok("ledger", "checkpoint")
    assert copy.ok("verify")["ok"] is True
    forged = copy("verify", "--checkpoint", str(held), "--json")
    assert forged.code == 1
    assert {problem["kind"] for problem in forged.json["problems"]} == {"checkpoint-root"}


@pytest.mark.parametrize("content", [None, b"\xff\xfe", b"a" * 70_000], ids=["none", "odd", "long"])
def test_a_checkpoint_that_cannot_be_read_is_refused_in_one_sentence(
    collected: Lantern, tmp_path: Path, content: bytes | None
) -> None:
    if content is not None:
        (tmp_path / "held.txt").write_bytes(content)
    done = collected("verify", "--checkpoint", str(tmp_path / "held.txt"))
    assert done.code != 0
    assert "No checkpoint can be read from" in done.err
    assert "Traceback" not in done.err


def test_a_checkpoint_is_not_held_against_what_has_no_ledger(
    collected: Lantern, tmp_path: Path
) -> None:
    (tmp_path / "held.txt").write_text("not looked at")
    done = collected(
        "verify", str(warc(collected.vault)), "--checkpoint", str(tmp_path / "held.txt")
    )
    assert done.code != 0
    assert "has no ledger of its own" in done.err


def test_a_ledger_signed_anew_by_another_key_is_named(
    collected: Lantern, copy: Lantern, tmp_path: Path
) -> None:
    """A stranger's whole vault in the place of ours: sound in itself, and not signed by us."""
    other = Lantern(tmp_path / "other", tmp_path / "other-keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    other.ok("init", str(other.vault), *name)
    other.ok("ledger", "checkpoint")
    held = tmp_path / "checkpoint.txt"
    held.write_text(copy.ok("ledger", "checkpoint")["checkpoint"])
    done = other("verify", "--checkpoint", str(held), "--json")
    assert done.code == 1
    kinds = {problem["kind"] for problem in done.json["problems"]}
    assert "checkpoint-signature" in kinds
