"""Reveals, decisions and looks through the gate's own acts, on a vault with real captures."""

from __future__ import annotations

import io
import json
import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from lantern_rig import Lantern
from picture_site import PictureSite, picture_site
from PIL import Image
from sqlalchemy import select

from cases.gate_book import DecisionChanged, Verdict
from cases.identity import CaptureId, PersonId
from cases.ledger_tables import LedgerEntry
from cases.times import Clock, system_clock
from gate.exposure import KEY_FILE, ExposureKeyUnusable, ExposureStore
from jobs.deciding import decide, should_have_been_covered
from jobs.gating import PictureCovered, clear_picture, facts_of, pictures_of, rendition_of
from jobs.revealing import TICKET_S, RevealRefused, order_reveal, redeem_reveal
from jobs.workplace import Acting, Named, at_work

WHY = "decide whether it is relevant"


@pytest.fixture(scope="module")
def pictures() -> Iterator[PictureSite]:
    with picture_site() as site:
        yield site


@pytest.fixture(scope="module")
def collected(
    pictures: PictureSite, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Lantern, str]:
    root = tmp_path_factory.mktemp("gating")
    lantern = Lantern(root / "vault", root / "keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    lantern.ok("init", str(lantern.vault), *name)
    lantern.ok("person", "add", "AB", "--name", "Ann Bell")
    lantern.ok("case", "open", "LINDEN", "--title", "A test", "--template", "research")
    lantern.ok("use", "LINDEN")
    lantern.ok("authority", "add", "--scope", pictures.address)
    how = ("--delay", "0", "--allow-address", pictures.address)
    report = lantern.ok("collect", pictures.url("/plain.png"), *how)
    return lantern, report["captures"][-1]["capture"]


@pytest.fixture
def held(collected: tuple[Lantern, str], tmp_path: Path) -> tuple[Lantern, CaptureId]:
    lantern, capture = collected
    shutil.copytree(lantern.vault, tmp_path / "vault")
    shutil.copytree(lantern.keys, tmp_path / "keys")
    copied = replace(lantern, vault=tmp_path / "vault", keys=tmp_path / "keys")
    return copied, CaptureId(capture)


@contextmanager
def working(lantern: Lantern, who: str = "JS", clock: Clock = system_clock) -> Iterator[Acting]:
    with at_work(Named(lantern.env(), lantern.vault, operator=who), clock) as acting:
        yield acting


def _acts(lantern: Lantern) -> list[dict[str, object]]:
    entries = lantern.ok("ledger", "list", "--limit", "50")["entries"]
    return [dict(entry) for entry in entries]


def test_a_covered_picture_is_not_given_and_a_cleared_one_is_drawn_anew(
    held: tuple[Lantern, CaptureId], pictures: PictureSite
) -> None:
    lantern, capture = held
    digest = pictures.sha256("plain")
    with working(lantern) as acting:
        (facts,) = pictures_of(acting, capture)
        assert (facts.sha256, facts.width, facts.height) == (digest, 90, 70)
        assert (facts.verdict, facts.covered) == (Verdict.UNRECOGNISED, True)
        with pytest.raises(PictureCovered):
            clear_picture(acting, capture, digest)
        small = rendition_of(acting, digest)
        assert small is not None
        with Image.open(io.BytesIO(small)) as rendition:
            assert (rendition.size, rendition.mode) == ((8, 8), "L")
        decide(acting, "LINDEN", digest, "harmless", WHY, version=facts.version)
        clear = clear_picture(acting, capture, digest)
        assert (clear.width, clear.height) == (90, 70)
        assert clear.content != pictures.pictures["plain"]


def test_a_reveal_is_for_one_person_once_and_in_time(
    held: tuple[Lantern, CaptureId], pictures: PictureSite
) -> None:
    lantern, capture = held
    digest = pictures.sha256("plain")
    with working(lantern) as acting:
        ticket = order_reveal(acting, capture, digest, WHY)
        late = order_reveal(acting, capture, digest, WHY)
    with working(lantern, "AB") as other, pytest.raises(RevealRefused, match="somebody else"):
        redeem_reveal(other, ticket.token)
    with working(lantern) as acting:
        with pytest.raises(RevealRefused, match="none like it"):
            redeem_reveal(acting, ticket.token[:-1])
        seen = redeem_reveal(acting, ticket.token)  # that another tried it did not use it up
        with Image.open(io.BytesIO(seen.content)) as shown:
            assert (shown.mode, shown.format) == ("L", "PNG")
        with pytest.raises(RevealRefused, match="used already"):
            redeem_reveal(acting, ticket.token)
    later = datetime.now(UTC) + timedelta(seconds=TICKET_S + 1)
    with (
        working(lantern, clock=lambda: later) as acting,
        pytest.raises(RevealRefused, match="time is over"),
    ):
        redeem_reveal(acting, late.token)
    refused = [entry for entry in _acts(lantern) if entry["act"] == "access.refuse"]
    assert len(refused) == 4
    assert lantern.ok("verify")["ok"] is True


def test_of_eight_who_use_one_address_at_once_one_sees_it(
    held: tuple[Lantern, CaptureId], pictures: PictureSite
) -> None:
    lantern, capture = held
    with working(lantern) as acting:
        ticket = order_reveal(acting, capture, pictures.sha256("plain"), WHY)

        def use(_: int) -> bool:
            try:
                return bool(redeem_reveal(acting, ticket.token).content)
            except RevealRefused:
                return False

        with ThreadPoolExecutor(8) as pool:
            assert sum(pool.map(use, range(8))) == 1


def test_what_was_seen_is_kept_sealed_apart_and_without_its_key_nothing_is_shown(
    held: tuple[Lantern, CaptureId], pictures: PictureSite
) -> None:
    lantern, capture = held
    digest = pictures.sha256("plain")
    with working(lantern) as acting:
        redeem_reveal(acting, order_reveal(acting, capture, digest, WHY, size="full").token)
        should_have_been_covered(acting, capture, digest)
        store = ExposureStore(acting.vault.exposure, acting.keys.folder)
        mine = store.of(PersonId(acting.person.id))
        store.close()
        assert [(each.sha256, each.size) for each in mine] == [
            (digest, "unexpected"),
            (digest, "full"),
        ]
        assert facts_of(acting, capture, digest).verdict is Verdict.FLAGGED
        ticket = order_reveal(acting, capture, digest, WHY)
        (acting.keys.folder / KEY_FILE).write_bytes(b"not a key")
        with pytest.raises(ExposureKeyUnusable):
            redeem_reveal(acting, ticket.token)
    sealed = (lantern.vault / "exposure.db").read_bytes()
    assert digest.encode() not in sealed
    assert str(capture).encode() not in sealed


def test_the_leaf_of_a_reveal_is_an_access_like_any_other(
    held: tuple[Lantern, CaptureId], pictures: PictureSite
) -> None:
    lantern, capture = held
    with working(lantern) as acting:
        digest = pictures.sha256("plain")
        redeem_reveal(acting, order_reveal(acting, capture, digest, WHY).token)
    looks = [entry for entry in _acts(lantern) if entry["act"] == "access"]
    assert len(looks) >= 2
    for entry in looks:
        leaf = {key: value for key, value in entry.items() if key != "texts"}
        assert "reveal" not in json.dumps(leaf)


@pytest.mark.promise("P-12")
def test_what_a_bundle_shows_of_a_reveal_is_what_it_shows_of_any_look(
    held: tuple[Lantern, CaptureId], pictures: PictureSite
) -> None:
    lantern, capture = held
    lantern.ok("show", capture)
    with working(lantern) as acting:
        ticket = order_reveal(acting, capture, pictures.sha256("plain"), WHY)
        redeem_reveal(acting, ticket.token)
    with working(lantern) as acting, acting.catalogue.reading() as session:
        rows = session.scalars(select(LedgerEntry).order_by(LedgerEntry.seq.desc()).limit(20))
        looks = [json.loads(row.entry) for row in rows if row.act == "access"][:3]
    same = [{name: look[name] for name in ("act", "s62", "objects", "refs")} for look in looks]
    assert same[0] == same[1] == same[2]
    assert same[0]["refs"] == {"capture": capture}


def test_of_two_who_decide_on_one_version_the_second_is_told_what_changed(
    held: tuple[Lantern, CaptureId], pictures: PictureSite
) -> None:
    lantern, capture = held
    digest = pictures.sha256("plain")
    with working(lantern) as first:
        seen = facts_of(first, capture, digest).version
        decide(first, "LINDEN", digest, "flagged", WHY, version=seen)
    with working(lantern, "AB") as second:
        with pytest.raises(DecisionChanged, match="it is now flagged"):
            decide(second, "LINDEN", digest, "harmless", WHY, version=seen)
        assert facts_of(second, capture, digest).verdict is Verdict.FLAGGED
