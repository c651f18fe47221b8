"""No authority, no collection; no way out by accident; and what was refused is on record."""

from __future__ import annotations

import time
from datetime import UTC, datetime, timedelta

import pytest
from lantern_rig import Lantern, Site

ADDRESSES = [
    "localhost",
    "v6",
    "v6-mapped",
    "decimal",
    "octal",
    "hex",
    "short",
    "zero",
    "ten",
    "userinfo",
    "enclosed",
    "file",
    "gopher",
    "ftp",
    "data",
    "javascript",
]


def soon(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


def refusals(lantern: Lantern) -> list[str]:
    """The reasons of every refusal on the ledger."""
    entries = lantern.ok("ledger", "list", "--limit", "500")["entries"]
    return [entry["texts"]["reason"] for entry in entries if entry["act"] == "job.refuse"]


@pytest.mark.standard("AUT-5")
@pytest.mark.promise("P-4")
def test_without_an_authority_nothing_is_sent_and_the_refusal_is_on_the_ledger(
    lantern: Lantern, site: Site
) -> None:
    done = lantern("collect", site.url("/article/1"), "--allow-address", site.address, "--json")
    assert done.code == 1
    assert "has no authority" in done.err
    assert "lantern authority add --case LINDEN" in done.err
    assert done.json["error"]["kind"] == "authority-missing"
    assert site.asked_for("/article/1") == 0
    assert [reason for reason in refusals(lantern) if "has no authority" in reason]


@pytest.mark.standard("AUT-5")
def test_an_address_outside_every_authority_is_refused_with_nothing_sent(
    lantern: Lantern, site: Site
) -> None:
    lantern.ok("authority", "add", "--scope", "example.test")
    done = lantern("collect", site.url("/article/7"), "--allow-address", site.address)
    assert done.code == 1
    assert "No authority of case LINDEN covers" in done.err
    assert site.asked_for("/article/7") == 0
    assert len(refusals(lantern)) == 1


@pytest.mark.standard("AUT-8")
def test_an_expired_authority_is_refused_with_how_to_renew_it(lantern: Lantern, site: Site) -> None:
    lantern.ok("authority", "add", "--scope", site.address, "--until", soon(1.5))
    time.sleep(1.6)
    done = lantern("collect", site.url("/article/8"), "--allow-address", site.address)
    assert done.code == 1
    assert "Authority LINDEN/1 ended at" in done.err
    assert "lantern authority renew LINDEN/1" in done.err
    assert site.asked_for("/article/8") == 0


@pytest.mark.standard("AUT-8")
def test_a_cancelled_authority_is_refused(lantern: Lantern, site: Site) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    lantern.ok("authority", "cancel", "LINDEN/1", "--reason", "No longer necessary")
    done = lantern("collect", site.url("/article/9"), "--allow-address", site.address)
    assert done.code == 1
    assert "Authority LINDEN/1 was cancelled at" in done.err
    assert site.asked_for("/article/9") == 0


@pytest.mark.standard("AUT-8")
@pytest.mark.promise("P-4")
def test_a_job_stops_in_mid_crawl_when_its_authority_ends(lantern: Lantern, site: Site) -> None:
    until = datetime.now(UTC) + timedelta(seconds=6)
    lantern.ok("authority", "add", "--scope", site.address, "--until", until.isoformat())
    lantern(
        *("collect", site.url("/spider-trap"), "--depth", "50", "--delay", "0.5"),
        *("--allow-address", site.address, "--no-work"),
    )
    times = [
        datetime.fromisoformat(line["time"])
        for line in site.requests()
        if line["target"].startswith("/spider-trap")
    ]
    assert len(times) >= 2
    assert max(times) <= until
    job = lantern.ok("job", "list")["jobs"][-1]
    assert job["state"] == "stopped"
    assert lantern.ok("verify")["ok"] is True


@pytest.mark.standard("AUT-8")
def test_a_cancellation_by_somebody_else_stops_a_running_job_within_a_tick(
    lantern: Lantern, site: Site
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    job = lantern.start(
        *("collect", site.url("/spider-trap/calendar"), "--depth", "50", "--delay", "0.3"),
        *("--allow-address", site.address, "--no-work"),
    )
    wait_for(lambda: site.asked_for("/spider-trap/calendar") > 0)
    lantern.ok("authority", "cancel", "LINDEN/1", "--reason", "Wrong site")
    cancelled = datetime.now(UTC)
    job.communicate(timeout=60)
    after = [
        line
        for line in site.requests()
        if line["target"].startswith("/spider-trap/calendar")
        and datetime.fromisoformat(line["time"]) > cancelled + timedelta(seconds=0.3)
    ]
    assert after == []
    assert lantern.ok("job", "list")["jobs"][-1]["state"] == "stopped"


def wait_for(ready: object, seconds: float = 60) -> None:
    end = time.monotonic() + seconds
    while not ready():  # type: ignore[operator] # a callable
        assert time.monotonic() < end, "waited in vain"
        time.sleep(0.05)


def test_a_renewal_carries_a_running_job_on(lantern: Lantern, site: Site) -> None:
    lantern.ok("authority", "add", "--scope", site.address, "--until", soon(15))
    job = lantern.start(
        *("collect", site.url("/spider-trap/deep"), "--depth", "50", "--delay", "0.5"),
        *("--max-pages", "40", "--allow-address", site.address, "--no-work"),
    )
    wait_for(lambda: site.asked_for("/spider-trap/deep") > 0)
    lantern.ok("authority", "renew", "LINDEN/1", "--until", soon(3600))
    job.communicate(timeout=90)
    assert lantern.ok("job", "list")["jobs"][-1]["state"] == "finished"


@pytest.mark.promise("P-6")
def test_without_a_way_out_nothing_is_collected(lantern: Lantern, site: Site) -> None:
    settings = lantern.vault / "lantern.toml"
    settings.write_text(settings.read_text().replace('way_out = "direct"', 'way_out = ""'))
    lantern.ok("authority", "add", "--scope", site.address)
    done = lantern("collect", site.url("/article/11"), "--allow-address", site.address)
    assert done.code == 1
    assert "No way out is set" in done.err
    assert site.asked_for("/article/11") == 0


@pytest.mark.promise("P-6")
def test_the_way_out_is_said_aloud_before_the_first_request(lantern: Lantern, site: Site) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    done = lantern("collect", site.url("/article/12"), "--allow-address", site.address, "--no-work")
    assert done.err.startswith("Way out: direct, from this machine's own address.")


@pytest.mark.promise("P-5")
@pytest.mark.parametrize("spelling", ADDRESSES)
def test_a_redirect_to_a_private_address_is_recorded_and_refused_in_every_spelling(
    lantern: Lantern, site: Site, spelling: str
) -> None:
    lantern.ok("authority", "add", "--scope", site.address)
    path = f"/redirect-private/{spelling}"
    done = lantern(
        "collect", site.url(path), "--allow-address", site.address, "--json", "--no-work"
    )
    assert done.code == 1
    (capture,) = done.json["captures"]
    assert capture["outcome"] == "refused"
    assert capture["reason"]
    assert site.asked_for(path) == 1


@pytest.mark.parametrize(
    ("url", "says"),
    [
        ("ftp://example.test/", "http"),
        ("javascript:alert(1)", "http"),
        ("http://user:secret@example.test/", "password"),
        ("http://10.0.0.1/", "10.0.0.1"),
        ("http://0x7f.1/", "127.0.0.1"),
        ("http://[::ffff:169.254.169.254]/", "169.254.169.254"),
        ("http://example.test:25/", "25"),
        ("http://nowhere.invalid/", "nowhere.invalid"),
    ],
)
def test_an_address_that_cannot_be_fetched_is_one_clear_line(
    lantern: Lantern, url: str, says: str
) -> None:
    hosts = ("example.test", "example.test:25", "10.0.0.1", "0x7f.1", "nowhere.invalid")
    for host in (*hosts, "[::ffff:169.254.169.254]"):
        lantern("authority", "add", "--scope", host)
    done = lantern("collect", url, "--no-work")
    assert done.code == 1
    last = done.err.strip().splitlines()[-1]
    assert last.startswith("lantern: ")
    assert says in last
    assert "secret" not in done.err


def test_immediate_response_writes_an_authority_that_is_flagged_for_review(
    lantern: Lantern, site: Site
) -> None:
    done = lantern.ok(
        *("collect", site.url("/article/13"), "--immediate", "Threat to life, 03:10"),
        *("--allow-address", site.address, "--no-work"),
    )
    assert done["outcome"] == "complete"
    (authority,) = lantern.ok("authority", "list")["authorities"]
    assert (authority["type"], authority["for_review"]) == ("immediate", True)
    wider = lantern("collect", site.url("/"), "--depth", "1", "--immediate", "No")
    assert wider.code == 2


def test_urgent_oral_lasts_seventy_two_hours_and_is_flagged_for_review(lantern: Lantern) -> None:
    at = datetime.now(UTC) - timedelta(hours=1)
    added = lantern.ok(
        *("authority", "add", "--urgent-oral", "--by", "Insp A Other", "--at", at.isoformat()),
        *("--purpose", "Threat to life", "--necessity", "Minutes matter"),
        *("--proportionality", "One site", "--scope", "example.test"),
    )["authority"]
    assert (added["type"], added["for_review"]) == ("urgent-oral", True)
    assert datetime.fromisoformat(added["until"]) == at + timedelta(hours=72)


@pytest.mark.promise("P-13")
def test_without_the_key_at_hand_an_act_is_asserted_and_said_to_be(
    lantern: Lantern, site: Site
) -> None:
    lantern.ok("person", "add", "AB", "--name", "Alex Brown")
    for key in lantern.keys.glob("*/*.pem"):
        if key.name != "vault.pem":
            key.unlink()
    done = lantern("note", "LINDEN", "A remark", "--operator", "AB")
    assert done.code == 0
    assert "recorded as asserted, not signed" in done.err
    entry = [e for e in lantern.ok("ledger", "list")["entries"] if e["act"] == "note.add"][-1]
    assert (entry["actor"], entry["auth"]) == ("AB", "asserted")
    assert lantern.ok("verify")["ok"] is True


@pytest.mark.parametrize(
    ("words", "code", "says"),
    [
        (("capture", "list", "--case", "OAK"), 1, "There is no case 'OAK'. There are: LINDEN."),
        (("show", "x-nothing"), 1, "There is no capture 'x-nothing'"),
        (("job", "show", "LINDEN-J9"), 1, "There is no job 'LINDEN-J9'"),
        (("search", '"open'), 1, "never closes"),
        (("search",), 2, "What is sought?"),
        (("collect",), 2, "Collect what?"),
        (("verify", "no/such/file"), 2, "There is nothing at"),
        (("frobnicate",), 2, "No such command"),
        (("case", "open", "con", "--title", "x"), 2, "cannot be a case's reference"),
        (("case", "open", "LINDEN", "--title", "x"), 1, "already"),
        (("person", "add", "js", "--name", "x"), 2, "is not a person's code"),
        (("status", "--operator", "ZZ"), 1, "Nobody here has the code 'ZZ'"),
        (("read", "no-such-file.html"), 1, "no-such-file.html"),
    ],
)
def test_a_mistake_is_one_clear_line_and_the_right_exit_code(
    lantern: Lantern, words: tuple[str, ...], code: int, says: str
) -> None:
    done = lantern(*words)
    assert done.code == code
    assert says in done.err
    assert done.err.startswith("lantern: ")


def test_with_json_a_refusal_is_one_document_with_its_kind(lantern: Lantern) -> None:
    done = lantern("show", "x-nothing", "--json")
    assert done.code == 1
    assert done.json["error"]["kind"] == "capture-unknown"
