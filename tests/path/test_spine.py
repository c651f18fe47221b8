"""From an empty folder to proof that nothing has changed."""

from __future__ import annotations

import hashlib
import json
import subprocess
import sys
from pathlib import Path

import pytest
from lantern_rig import Lantern, Site

CAPTURE_FIELDS = {
    *("capture", "url", "final_url", "status", "outcome", "reason", "warc", "sha256"),
}


@pytest.fixture
def allowed(site: Site) -> tuple[str, ...]:
    """The option that opens the test server and nothing else."""
    return ("--allow-address", site.address)


@pytest.mark.standard("CAP-1")
@pytest.mark.standard("CAP-6")
def test_a_crawl_becomes_sealed_evidence_that_is_read_found_and_verified(
    lantern: Lantern, site: Site, allowed: tuple[str, ...]
) -> None:
    authority = lantern.ok("authority", "add", "--scope", site.address)["authority"]
    assert authority["reference"] == "LINDEN/1"

    report = lantern.ok(
        *("collect", site.url("/article/2"), "--depth", "1", "--scope", "path"),
        *("--delay", "0", *allowed),
    )
    assert report["outcome"] == "complete"
    captures = {capture["url"]: capture for capture in report["captures"]}
    article = captures[site.url("/article/2")]
    assert set(article) >= CAPTURE_FIELDS
    assert (article["status"], article["outcome"]) == (200, "complete")
    assert site.url("/robots.txt") in captures

    found = lantern.ok("search", 'person:"Ilse Vandamme"')
    assert found["total"] >= 1
    assert article["capture"] in {hit["capture"] for hit in found["hits"]}
    by_phone = lantern.ok("search", "phone:+447700900461")
    assert article["capture"] in {hit["capture"] for hit in by_phone["hits"]}

    shown = lantern.ok("show", article["capture"])
    assert "Ilse Vandamme" in shown["text"]
    for mention in shown["entities"]:
        assert shown["text"][mention["start"] : mention["end"]] == mention["text"]
        assert mention["model"]
    assert shown["manifest"]["requested_url"] == site.url("/article/2")
    block = manifest_block(lantern.vault, article["warc"], shown["capture"])
    assert hashlib.sha256(block).hexdigest() == article["sha256"]

    verdict = lantern.ok("verify")
    assert verdict["ok"] is True
    assert verdict["captures"] == len(report["captures"])
    assert verdict["problems"] == []


def manifest_block(vault: Path, warc: str, capture: str) -> bytes:
    """The manifest's block as another program reads it."""
    from warcio.archiveiterator import ArchiveIterator

    with (vault / "evidence" / warc).open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type == "metadata":
                block: bytes = record.content_stream().read()
                if json.loads(block)["capture"] == capture:
                    return block
    raise AssertionError(f"no manifest of {capture}")


def test_every_warc_that_is_written_passes_warcio_check(
    lantern: Lantern, site: Site, allowed: tuple[str, ...]
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    for path in ("/chunked", "/gzip", "/badheaders/many", "/redirect/chain?n=3", "/drop"):
        lantern("collect", site.url(path), "--no-work", *allowed)
    files = sorted(lantern.vault.glob("evidence/*/*/*.warc.gz"))
    assert len(files) == 5
    done = subprocess.run(
        [sys.executable, "-m", "warcio.cli", "check", *map(str, files)],
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stdout


def test_the_response_record_is_byte_for_byte_what_the_server_sent(
    lantern: Lantern, site: Site, allowed: tuple[str, ...]
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    report = lantern.ok("collect", site.url("/badheaders"), "--no-work", *allowed)
    assert response_block(lantern.vault, report["captures"][0]["warc"]) == site.sent("/badheaders")


def response_block(vault: Path, warc: str) -> bytes:
    """The block of the last response, read with gzip and the record's own length alone."""
    import gzip

    whole = gzip.decompress((vault / "evidence" / warc).read_bytes())
    start = whole.rindex(b"WARC-Type: response")
    head, _, rest = whole[start:].partition(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if b"Content-Length" in line
    )
    return rest[:length]


@pytest.mark.standard("CAP-5")
def test_a_failed_visit_is_a_capture_too_and_the_exit_code_says_so(
    lantern: Lantern, site: Site, allowed: tuple[str, ...]
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    done = lantern("collect", site.url("/drop/empty"), "--json", *allowed)
    assert done.code == 1
    (capture,) = done.json["captures"]
    assert capture["outcome"] == "failed"
    assert capture["reason"]
    assert capture["reason"] in done.err
    assert lantern.ok("verify")["ok"] is True


@pytest.mark.standard("DPA-1")
@pytest.mark.promise("P-12")
def test_each_look_is_one_consultation_however_much_it_finds(
    lantern: Lantern, site: Site, allowed: tuple[str, ...]
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    capture = lantern.ok("collect", site.url("/article/3"), *allowed)["captures"][0]["capture"]

    def looks() -> int:
        entries = lantern.ok("ledger", "list", "--limit", "500")["entries"]
        looks = ("access", "search.run")
        return sum(e["s62"] == "consultation" and e["act"] in looks for e in entries)

    before = looks()
    for command in (
        ("search", "the"),
        ("search", "nothingatall"),
        ("show", capture),
        ("capture", "list"),
    ):
        lantern.ok(*command)
        assert looks() == before + 1, command
        before += 1


@pytest.mark.standard("CAP-2")
@pytest.mark.promise("P-10")
def test_nothing_restricted_stands_in_a_warc(
    lantern: Lantern, site: Site, allowed: tuple[str, ...]
) -> None:
    purpose = "To identify the seller of the blue bicycle"
    lantern.ok("authority", "add", "--scope", site.address, "--purpose", purpose)
    lantern.ok("collect", site.url("/article/1"), "--no-work", *allowed)
    import getpass
    import gzip

    (warc,) = lantern.vault.glob("evidence/*/*/*.warc.gz")
    inside = gzip.decompress(warc.read_bytes())
    for secret in ("Jo Smith", purpose, "LINDEN/1", f'"{getpass.getuser()}"', "investigator"):
        assert secret.encode() not in inside


def test_a_proof_of_a_captures_history_is_given_for_others_to_check(
    lantern: Lantern, site: Site, allowed: tuple[str, ...]
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    capture = lantern.ok("collect", site.url("/article/1"), *allowed)["captures"][0]["capture"]
    lantern.ok("show", capture)
    proof = lantern.ok("ledger", "prove", capture)["proof"]
    acts = [json.loads(leaf["leaf"])["entry"]["act"] for leaf in proof["leaves"]]
    assert acts[:2] == ["capture.seal", "access"]
    assert proof["head"]["count"] == len(acts)
