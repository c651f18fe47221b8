"""`collect --dry-run` and `--seeds`: what would be asked for; nothing is sent, no job opened."""

from __future__ import annotations

from pathlib import Path

from lantern_rig import Lantern, Site


def test_a_dry_run_says_what_it_would_ask_for_and_sends_nothing(
    lantern: Lantern, site: Site
) -> None:
    lantern.ok("authority", "add", "--scope", "127.0.0.1", "--scope", "169.254.169.254")
    before = len(site.requests())
    ran = lantern(
        *("collect", site.url("/article/1"), "http://169.254.169.254/latest/", "--dry-run"),
        *("--browser", "--allow-address", site.address, "--json"),
    )
    told = ran.json
    assert (told["dry_run"], told["job"], told["collector"]) == (True, None, "browser")
    assert told["way_out"].startswith("Way out: direct")
    first, second = told["seeds"]
    assert (first["fetched"], first["authority"], first["reason"]) == (True, "LINDEN/1", None)
    assert (second["fetched"], second["authority"]) == (False, None)
    assert "169.254.169.254" in second["reason"]
    assert len(site.requests()) == before
    assert lantern.ok("job", "list")["jobs"] == []
    assert lantern.ok("capture", "list")["captures"] == []
    entries = lantern.ok("ledger", "list")["entries"]
    looks = [each for each in entries if "seeds" in (each["texts"] or {})]
    assert [(each["act"], each["s62"]) for each in looks] == [("access", "consultation")]
    assert "http://169.254.169.254/latest/" in looks[0]["texts"]["seeds"]
    assert lantern.ok("verify")["ok"] is True


def test_a_dry_run_without_an_authority_says_that_the_job_would_not_begin(
    lantern: Lantern, site: Site
) -> None:
    ran = lantern("collect", site.url("/article/1"), "--dry-run", "--allow-address", site.address)
    assert ran.code == 1
    assert "Nothing was sent." in ran.out
    assert "The job would not begin" in ran.out


def test_a_file_of_seeds_is_read_with_its_comments_and_repeats_left_out(
    lantern: Lantern, site: Site, tmp_path: Path
) -> None:
    lantern.ok("authority", "add", "--scope", "127.0.0.1")
    seeds = tmp_path / "seeds.txt"
    one, two = site.url("/article/1"), site.url("/article/2")
    seeds.write_text(f"# of the case\n\n{one}\n  {two}  \n{one}\n", encoding="utf-8")
    told = lantern.ok(
        *("collect", "--seeds", str(seeds), "--dry-run", "--allow-address", site.address)
    )
    assert [each["url"] for each in told["seeds"]] == [one, two]


def test_each_bad_line_of_a_file_of_seeds_is_named_and_none_is_collected(
    lantern: Lantern, site: Site, tmp_path: Path
) -> None:
    lantern.ok("authority", "add", "--scope", "127.0.0.1")
    before = len(site.requests())
    seeds = tmp_path / "seeds.txt"
    lines = [site.url("/article/1"), "not an address", "", "ftp://example.test/", "http://"]
    seeds.write_text("\n".join(lines), encoding="utf-8")
    ran = lantern("collect", "--seeds", str(seeds), "--allow-address", site.address)
    assert ran.code == 2
    for number in (2, 4, 5):
        assert f"line {number}:" in ran.err
    assert "line 1:" not in ran.err
    assert len(site.requests()) == before


def test_a_file_of_seeds_that_is_no_text_is_one_clear_line(
    lantern: Lantern, tmp_path: Path
) -> None:
    seeds = tmp_path / "seeds.bin"
    seeds.write_bytes(b"\xff\xfe\x00\x80")
    ran = lantern("collect", "--seeds", str(seeds))
    assert ran.code == 2
    assert "cannot be read" in ran.err
    assert "Traceback" not in ran.err


def test_a_browser_takes_named_pages_alone(lantern: Lantern) -> None:
    ran = lantern("collect", "http://example.test/", "--browser", "--depth", "2")
    assert ran.code == 2
    assert "--browser takes the pages that are named" in ran.err
