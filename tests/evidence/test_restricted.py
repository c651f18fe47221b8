"""Openings are kept apart, whole groups at a time, and can be erased without a trace."""

from __future__ import annotations

import stat
from pathlib import Path

import pytest

from cases.commitments import disclose
from cases.identity import CaptureId, JobId
from evidence import CaptureOpenings, OpeningsStore
from evidence.errors import OpeningsUnusable

JOB = JobId("j-one")


@pytest.fixture
def store(tmp_path: Path) -> OpeningsStore:
    return OpeningsStore(tmp_path / "restricted.db")


def openings(capture: str, **values: str) -> CaptureOpenings:
    made = tuple(disclose(name, value, bytes(16)) for name, value in values.items())
    return CaptureOpenings(JOB, CaptureId(capture), made)


def test_what_is_kept_is_read_back_by_another_store(store: OpeningsStore) -> None:
    kept = openings("c-one", persona="Rowan Vale", machine="desk-07")
    store.keep([kept, openings("c-two", persona="Rowan Vale")])
    again = OpeningsStore(store.path)
    assert again.of(CaptureId("c-one")) == {each.name: each.text for each in kept.disclosures}
    assert set(again.of_job(JOB)) == {"c-one", "c-two"}
    assert again.of(CaptureId("c-none")) == {}
    assert stat.S_IMODE(store.path.stat().st_mode) == 0o600


def test_an_erased_opening_leaves_its_row_and_not_its_value(store: OpeningsStore) -> None:
    kept = openings("c-one", persona="Rowan Vale", machine="desk-07")
    store.keep([kept])
    assert store.erase(CaptureId("c-one"), ["persona"]) == 1
    assert store.erase(CaptureId("c-one"), ["persona"]) == 0
    assert store.of(CaptureId("c-one"))["persona"] is None
    assert store.of(CaptureId("c-one"))["machine"] is not None
    store.close()
    (persona,) = (each.text for each in kept.disclosures if each.name == "persona")
    for file in store.path.parent.iterdir():
        assert persona.encode() not in file.read_bytes()


def test_openings_of_captures_that_were_never_sealed_are_swept(store: OpeningsStore) -> None:
    store.keep([openings("c-one", persona="a"), openings("c-two", persona="b", machine="c")])
    assert store.forget_unsealed(JOB, [CaptureId("c-one")]) == 2
    assert store.of(CaptureId("c-two")) == {}
    assert store.of(CaptureId("c-one")) != {}


def test_openings_are_kept_all_or_none(store: OpeningsStore) -> None:
    store.keep([openings("c-one", persona="a")])
    with pytest.raises(OpeningsUnusable, match="restricted openings"):
        store.keep([openings("c-two", persona="b"), openings("c-one", persona="again")])
    assert store.of(CaptureId("c-two")) == {}


def test_a_store_that_is_no_database_is_one_clear_error(tmp_path: Path) -> None:
    path = tmp_path / "restricted.db"
    path.write_bytes(b"this is not a database" * 100)
    with pytest.raises(OpeningsUnusable, match="restore it from a backup"):
        OpeningsStore(path)


def test_a_folder_that_is_not_there_is_one_clear_error(tmp_path: Path) -> None:
    with pytest.raises(OpeningsUnusable):
        OpeningsStore(tmp_path / "none" / "restricted.db")
