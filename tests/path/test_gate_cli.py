"""No verb of the command line shows a covered picture, and what the gate says holds on the way."""

from __future__ import annotations

import hashlib
import json
import shutil
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from lantern_rig import Lantern, Ran
from picture_site import PictureSite, picture_site

WHY = ("--reason", "Seen by its facts alone")


@pytest.fixture(scope="module")
def pictures() -> Iterator[PictureSite]:
    with picture_site() as site:
        yield site


@pytest.fixture(scope="module")
def collected(
    pictures: PictureSite, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Lantern, dict[str, str]]:
    """A vault that holds every page of the site, screened once; tests work on copies."""
    root = tmp_path_factory.mktemp("pictures")
    lantern = Lantern(root / "vault", root / "keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    lantern.ok("init", str(lantern.vault), *name)
    lantern.ok("person", "add", "AB", "--name", "Ann Bell")
    for case in ("OTHER", "LINDEN"):
        lantern.ok("case", "open", case, "--title", "A test", "--template", "research")
        lantern.ok("use", case)
        lantern.ok("authority", "add", "--scope", pictures.address)
    lantern.ok("collect", pictures.url("/plain.png"), "--case", "OTHER", *_how(pictures))
    urls = [pictures.url(path) for path in pictures.pages]
    report = lantern.ok("collect", *urls, *_how(pictures))
    return lantern, {
        capture["url"].removeprefix(f"http://{pictures.address}"): capture["capture"]
        for capture in report["captures"]
    }


def _how(site: PictureSite) -> tuple[str, ...]:
    return ("--delay", "0", "--allow-address", site.address)


@pytest.fixture
def held(
    collected: tuple[Lantern, dict[str, str]], tmp_path: Path
) -> tuple[Lantern, dict[str, str]]:
    lantern, captures = collected
    shutil.copytree(lantern.vault, tmp_path / "vault")
    shutil.copytree(lantern.keys, tmp_path / "keys")
    return replace(lantern, vault=tmp_path / "vault", keys=tmp_path / "keys"), captures


def _verdicts(lantern: Lantern, case: str = "LINDEN") -> dict[str, str]:
    listed = lantern.ok("gate", "list", "--case", case, "--limit", "500")
    return {item["sha256"]: item["verdict"] for item in listed["items"]}


@pytest.mark.promise("P-14")
def test_no_verb_prints_or_writes_a_byte_of_any_covered_picture(
    held: tuple[Lantern, dict[str, str]], pictures: PictureSite, tmp_path: Path
) -> None:
    lantern, captures = held
    lantern.ok("gate", "policy", "everything", *WHY)
    ran: list[tuple[tuple[str, ...], Ran]] = []
    verbs = [
        *(("show", capture) for capture in captures.values()),
        *(("search", query) for query in ("harbour", "image", "png", "*", '"Copy of the harbour"')),
        *(("gate", "list"), ("gate", "status"), ("capture", "list"), ("case", "list")),
        *(
            ("ledger", "list"),
            ("status",),
            ("verify",),
            ("work",),
            ("doctor",),
            ("exhibit", "list"),
        ),
        ("reveal", captures["/plain.png"], pictures.sha256("plain"), *WHY),
        ("gate", "decide", pictures.sha256("plain"), "flagged", *WHY),
        ("exhibit", "make", captures["/plain.png"]),
        ("exhibit", "label", "JS/1"),
        ("exhibit", "statement", "JS/1"),
        ("read", str(_saved(tmp_path, pictures))),
    ]
    for verb in verbs:
        for form in ((), ("--json",)):
            ran.append((verb, lantern(*verb, *form)))
    assert {verb[0] for verb, done in ran if done.code not in (0, 1, 2, 3)} == set()
    assert sum(done.code == 0 for _, done in ran) > len(verbs)
    for verb, done in ran:
        printed = (done.out + done.err).replace("\\/", "/").encode("utf-8", "surrogateescape")
        assert pictures.leaks(printed) == [], verb
    for path in lantern.vault.rglob("*"):
        if path.is_file() and "evidence" not in path.relative_to(lantern.vault).parts:
            leaked = [
                way
                for way in pictures.leaks(path.read_bytes())
                # the text store holds a page's own words, unseen: the gate stands behind it
                if not (_stores_text(path) and way.endswith("base64"))
            ]
            assert leaked == [], path


def _stores_text(path: Path) -> bool:
    return path.name.startswith("derived.db") or "index" in path.parts


def _saved(folder: Path, pictures: PictureSite) -> Path:
    page = folder / "page.html"
    page.write_bytes(pictures.pages["/"][1])
    return page


def test_every_picture_is_found_wherever_it_lies_and_covered(
    held: tuple[Lantern, dict[str, str]], pictures: PictureSite
) -> None:
    lantern, captures = held
    listed: dict[str, str] = {}
    for capture in captures.values():
        shown = lantern.ok("show", capture)
        listed |= {image["sha256"]: image["verdict"] for image in shown["images"]}
    assert {name for name in pictures.pictures if pictures.sha256(name) not in listed} == set()
    verdicts = {name: listed[pictures.sha256(name)] for name in pictures.pictures}
    assert verdicts.pop("icon") == "harmless"  # tiny, and the only tiny one of its capture
    assert verdicts.pop("truncated") == "unscreened"
    assert set(verdicts.values()) == {"unrecognised"}
    broken = [
        hashlib.sha256(pictures.pages[p][1]).hexdigest() for p in ("/acting.svg", "/bomb.png")
    ]
    assert [listed[digest] for digest in broken] == ["unscreened", "unscreened"]


def test_a_capture_without_pictures_is_not_screened_twice(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held
    assert "0 steps done" in lantern("work").out
    shutil.rmtree(lantern.vault / "renditions")
    again = lantern("work")
    assert "0 failed" in again.out
    assert "0 steps done" not in again.out  # disposable: made anew from the evidence
    assert lantern.ok("gate", "status", "--case", "LINDEN")["unrecognised"] >= 10


def test_a_new_list_covers_what_is_stored_at_once_and_in_every_case(
    held: tuple[Lantern, dict[str, str]], pictures: PictureSite, tmp_path: Path
) -> None:
    lantern, _ = held
    digest = pictures.sha256("plain")
    lantern.ok("gate", "decide", digest, "harmless", *WHY)
    assert digest not in _verdicts(lantern)
    assert _verdicts(lantern, "OTHER")[digest] == "unrecognised"  # clearing spreads to no case
    md5 = hashlib.md5(pictures.pictures["plain"], usedforsecurity=False).hexdigest()
    hashes = tmp_path / "hashes.csv"
    hashes.write_text(f"md5,note\n{md5.upper()},one\nnonsense,two\n")
    done = lantern(
        *("gate", "import", str(hashes), "--source", "Partner", "--category", "test", "--json")
    )
    assert (done.code, done.json["imported"]) == (3, 1)
    assert [row["line"] for row in done.json["refused"]] == [3]
    assert _verdicts(lantern)[digest] == "flagged"
    assert _verdicts(lantern, "OTHER")[digest] == "flagged"


def test_a_decision_of_a_version_that_has_changed_is_refused(
    held: tuple[Lantern, dict[str, str]], pictures: PictureSite
) -> None:
    lantern, _ = held
    digest = pictures.sha256("plain")
    first = lantern.ok("gate", "decide", digest, "flagged", "--version", "0", *WHY)
    assert first["version"] == 1
    late = lantern(
        *("gate", "decide", digest, "harmless", "--version", "0", "--operator", "AB", *WHY)
    )
    assert late.code == 1
    assert "it is now flagged (version 1)" in late.err
    assert _verdicts(lantern)[digest] == "flagged"


def test_exposures_avoided_count_decisions_without_a_look_and_those_turned_round(
    held: tuple[Lantern, dict[str, str]], pictures: PictureSite
) -> None:
    lantern, captures = held
    for name in ("plain", "photo"):
        lantern.ok("gate", "decide", pictures.sha256(name), "flagged", *WHY)
    lantern.ok("gate", "decide", pictures.sha256("plain"), "harmless", *WHY)
    status = lantern.ok("gate", "status", "--case", "LINDEN")
    assert (status["avoided"], status["reversed"]) == (2, 1)
    lantern.ok("reveal", captures["/deep.tif"], pictures.sha256("deep"), *WHY)
    assert lantern.ok("gate", "status", "--case", "LINDEN")["avoided"] == 2


def test_covering_less_is_refused_without_the_approvers_own_registered_key(
    held: tuple[Lantern, dict[str, str]],
) -> None:
    lantern, _ = held
    bare = lantern("gate", "policy", "flagged", *WHY)
    assert bare.code != 0
    assert "--approver" in bare.err
    signed = ("gate", "policy", "flagged", "--approver", "AB", *WHY)
    keys = {path.name: path for path in lantern.keys.rglob("*") if path.is_file()}
    people = {row["code"]: row["id"] for row in lantern.ok("person", "list")["people"]}
    mine, theirs = (next(p for n, p in keys.items() if people[c] in n) for c in ("JS", "AB"))
    real = theirs.read_bytes()
    theirs.write_bytes(mine.read_bytes())  # a key of somebody else's under their name
    assert lantern(*signed).code != 0
    theirs.unlink()
    assert lantern(*signed).code != 0
    assert lantern.ok("gate", "status", "--case", "LINDEN")["policy"] == "all-but-harmless"
    theirs.write_bytes(real)
    theirs.chmod(0o600)
    assert lantern.ok(*signed)["policy"] == "flagged"
    assert lantern.ok("verify")["ok"] is True


def test_a_reveal_gives_an_address_and_no_file_and_none_for_what_cannot_be_decoded(
    held: tuple[Lantern, dict[str, str]], pictures: PictureSite
) -> None:
    lantern, captures = held
    before = {path for path in lantern.vault.rglob("*") if path.is_file()}
    given = lantern.ok("reveal", captures["/plain.png"], pictures.sha256("plain"), *WHY)
    assert set(given) == {"address", "expires"}
    token = given["address"].rpartition("/")[2]
    assert len(token) >= 43
    new = {path for path in lantern.vault.rglob("*") if path.is_file()} - before
    assert {path.suffix for path in new} <= {".db-wal", ".db-shm", ".db", ""}
    for path in lantern.vault.rglob("*"):
        if path.is_file():
            assert token.encode() not in path.read_bytes(), path
    bomb = hashlib.sha256(pictures.pages["/bomb.png"][1]).hexdigest()
    refused = lantern("reveal", captures["/bomb.png"], bomb, *WHY)
    assert refused.code == 1
    assert "cannot be shown safely" in refused.err


def test_every_act_of_the_gate_is_on_the_ledger_and_an_edited_row_is_found(
    held: tuple[Lantern, dict[str, str]], pictures: PictureSite
) -> None:
    lantern, _ = held
    lantern.ok("gate", "rule", "icons.example.test", "harmless", "--case", "LINDEN", *WHY)
    lantern.ok("gate", "decide", pictures.sha256("plain"), "flagged", *WHY)
    lantern.ok("gate", "policy", "everything", *WHY)
    listed = json.dumps(lantern.ok("ledger", "list", "--limit", "50"))
    assert [act for act in ("gate.rule", "gate.decide", "gate.policy") if act not in listed] == []
    assert lantern.ok("verify")["ok"] is True
