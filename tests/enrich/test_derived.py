from __future__ import annotations

import sqlite3
from pathlib import Path

import pytest

from enrich import DerivedStore, DerivedStoreBroken, Enrichment, SourceDocument, enrich
from enrich.documents import Mention


@pytest.fixture(scope="module")
def enrichment() -> Enrichment:
    page = b"<html lang=en><title>A van</title><p>Ring 07700 900123 or jo@example.test"
    read = enrich(SourceDocument(page, "text/html", None, "https://example.test/"), model=None)
    mention = Mention("A van", "ORG", 0, 5, "en_test 1")
    return Enrichment(
        read.version, read.kind, read.encoding, read.encoding_why, read.texts, read.language,
        (mention,), read.identifiers,
    )  # fmt: skip


def test_what_was_put_comes_back_the_same(tmp_path: Path, enrichment: Enrichment) -> None:
    with DerivedStore(tmp_path / "derived.db") as store:
        store.put("c-1", enrichment)
        assert store.get("c-1") == enrichment
        assert store.get("c-2") is None

    with DerivedStore(tmp_path / "derived.db") as store:
        assert store.get("c-1") == enrichment
        assert list(store) == [("c-1", enrichment)]
        assert store.count() == 1


def test_putting_again_replaces(tmp_path: Path, enrichment: Enrichment) -> None:
    with DerivedStore(tmp_path / "derived.db") as store:
        store.put("c-1", enrichment)
        store.commit()
        store.put("c-1", enrichment)
        store.commit()

    rows = sqlite3.connect(tmp_path / "derived.db")
    assert rows.execute("select count(*) from identifiers").fetchone() == (2,)
    assert rows.execute("select label, text from mentions").fetchall() == [("ORG", "A van")]
    rows.close()


def test_another_process_sees_what_was_committed_and_no_more(
    tmp_path: Path, enrichment: Enrichment
) -> None:
    with DerivedStore(tmp_path / "derived.db") as one, DerivedStore(tmp_path / "derived.db") as two:
        one.put("c-1", enrichment)
        assert two.get("c-1") is None
        one.commit()
        assert two.get("c-1") == enrichment


def test_captures_without_a_version_are_named_in_their_order(
    tmp_path: Path, enrichment: Enrichment
) -> None:
    with DerivedStore(tmp_path / "derived.db") as store:
        store.put("c-2", enrichment)
        store.commit()
        store.put("c-4", enrichment)

        assert store.captures_without(enrichment.version, ["c-3", "c-2", "c-1", "c-4"]) == [
            "c-3",
            "c-1",
        ]
        assert store.captures_without("later", ["c-2"]) == ["c-2"]


def test_a_dropped_capture_leaves_no_row(tmp_path: Path, enrichment: Enrichment) -> None:
    with DerivedStore(tmp_path / "derived.db") as store:
        store.put("c-1", enrichment)
        store.commit()

        assert store.drop("c-1") is True
        assert store.drop("c-1") is False

    rows = sqlite3.connect(tmp_path / "derived.db")
    for table in ("enrichments", "mentions", "identifiers"):
        assert rows.execute(f"select count(*) from {table}").fetchone() == (0,)
    rows.close()


@pytest.mark.parametrize("damage", ["not a database", "another layout", "cut short"])
def test_a_damaged_or_older_file_is_emptied_and_usable(
    tmp_path: Path, enrichment: Enrichment, damage: str
) -> None:
    path = tmp_path / "derived.db"
    with DerivedStore(path) as store:
        store.put("c-1", enrichment)
    if damage == "not a database":
        path.write_bytes(b"garbage" * 1000)
    elif damage == "cut short":
        path.write_bytes(path.read_bytes()[:5000])
    else:
        rows = sqlite3.connect(path)
        rows.execute("pragma user_version = 99")
        rows.commit()
        rows.close()

    with DerivedStore(path) as store:
        assert store.get("c-1") is None
        store.put("c-1", enrichment)
        assert store.count() == 1


def test_a_place_that_cannot_be_written_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(DerivedStoreBroken) as caught:
        DerivedStore(tmp_path / "nowhere" / "derived.db")

    assert "derived.db cannot be used" in caught.value.says
    assert "lantern work" in caught.value.says
    assert "\n" not in caught.value.says
