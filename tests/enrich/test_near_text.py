"""Near copies of texts: which are near, that it never changes, that looking them up is quick."""

from __future__ import annotations

import hashlib
import os
import random
import sqlite3
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
from sqlalchemy import Connection, insert

from cases.identity import CaptureId
from enrich import DerivedStore, Enrichment, SourceDocument, Texts, enrich, near_text
from enrich.near_text import LEAST_WORDS, NEAR, NearTexts, alike, keep, signature_of

PINNED = "1cc788d78db3bb622fa4a5703fb01840b2a47f069f19d253ae65f2ce616c0a4c"
WORDS = [f"{a}{b}{c}" for a in "bdfgklm" for b in "aeiou" for c in ("rt", "nd", "ll", "st", "ck")]


def article(seed: int, sentences: int = 30) -> list[str]:
    drawn = random.Random(seed)
    return [" ".join(drawn.choices(WORDS, k=14)).capitalize() + "." for _ in range(sentences)]


def signed(text: str) -> bytes:
    signature = signature_of(Texts(text))
    assert signature is not None
    return signature


def share(one: str, other: str) -> float:
    return alike(signed(one), [signed(other)])[0]


@pytest.fixture(scope="module")
def blank() -> Enrichment:
    return enrich(
        SourceDocument(b"<p>A van", "text/html", None, "https://example.test/"), model=None
    )


def read(blank: Enrichment, text: str, main: str | None = None) -> Enrichment:
    return Enrichment(
        blank.version, blank.kind, blank.encoding, blank.encoding_why, Texts(text, main),
        blank.language, (), (),
    )  # fmt: skip


def test_a_changed_sentence_leaves_a_text_near_and_another_article_is_not() -> None:
    told = article(1)
    changed = [*told[:12], "A sentence that nobody wrote before stands here now.", *told[13:]]
    assert NEAR <= share(" ".join(told), " ".join(changed)) < 1
    assert share(" ".join(told), " ".join(article(2))) < 0.2
    assert share(" ".join(told), " ".join(told[:10] + article(2)[10:])) < NEAR


def test_case_spacing_compatibility_forms_and_unseen_characters_make_no_difference() -> None:
    told = " ".join(article(3))
    dressed = told.upper().replace(" ", " \u200b\n ").replace("A", "A\u00ad").replace("R", "\uff32")
    assert signed(told) == signed(dressed)


def test_a_script_without_spaces_has_words_too() -> None:
    told = "".join(chr(0x4E00 + (at * 7919) % 4000) for at in range(200))
    assert share(told, told[:100] + "\u4e00" + told[100:]) >= NEAR


def test_short_texts_have_no_signature_and_the_article_counts_before_the_whole() -> None:
    words = " ".join(article(4)).split()
    assert signature_of(Texts(" ".join(words[: LEAST_WORDS - 1]))) is None
    assert signature_of(Texts(" ".join(words[:LEAST_WORDS]))) is not None
    assert signature_of(Texts("")) is None
    main = " ".join(article(5))
    assert signature_of(Texts("menu " * 500 + main, main)) == signed(main)


@pytest.mark.parametrize(
    "text", ["a " * 400_000, "x" * 3_000_000, "\ufdfa" * 900_000, "\ud800 " * 99]
)
def test_hostile_texts_take_bounded_time(text: str) -> None:
    began = time.process_time()
    signature_of(Texts(text))
    assert time.process_time() - began < 8


def test_another_process_makes_the_same_signature() -> None:
    text = " ".join(article(6))
    code = (
        "import sys; from enrich import Texts; from enrich.near_text import signature_of;"
        "sys.stdout.write(signature_of(Texts(sys.argv[1])).hex())"
    )
    run = subprocess.run(
        [sys.executable, "-c", code, text],
        capture_output=True,
        text=True,
        check=True,
        env={**os.environ, "PYTHONHASHSEED": "4711"},
    )
    assert run.stdout == signed(text).hex()
    # and the same for good: what lies in a store was made by an earlier program
    known = hashlib.sha256(signed("one two three four five six seven eight nine ten " * 4))
    assert known.hexdigest() == PINNED


def test_the_store_finds_near_copies_and_keeps_one_signature_of_the_same_text(
    tmp_path: Path, blank: Enrichment
) -> None:
    told = article(7)
    changed = " ".join([*told[:-1], "Another end."])
    with DerivedStore(tmp_path / "derived.db") as store:
        for name in ("c-2", "c-1", "c-5"):
            store.put(name, read(blank, " ".join(told)))
        store.put("c-3", read(blank, changed))
        store.put("c-4", read(blank, " ".join(article(8))))
        store.put("c-6", read(blank, "short"))
        store.commit()
        everything = [CaptureId(f"c-{number}") for number in range(1, 8)]
        signatures = store.near_texts.of(everything)
        assert sorted(signatures) == everything[:5]
        found = store.near_texts.near(set(signatures.values()))
        assert found[signatures[CaptureId("c-2")]] == ["c-1", "c-2", "c-3", "c-5"]
        assert found[signatures[CaptureId("c-4")]] == ["c-4"]
    rows = sqlite3.connect(tmp_path / "derived.db")
    assert rows.execute("select count(*) from near_signatures").fetchone() == (3,)
    rows.close()


def test_what_is_dropped_or_read_anew_leaves_no_signature_or_band(
    tmp_path: Path, blank: Enrichment
) -> None:
    with DerivedStore(tmp_path / "derived.db") as store:
        for name in ("c-1", "c-2"):
            store.put(name, read(blank, " ".join(article(9))))
            store.commit()
        store.drop("c-1")
        (held,) = store.near_texts.of([CaptureId("c-1"), CaptureId("c-2")]).items()
        assert held[0] == "c-2"
        assert store.near_texts.near([held[1]]) == {held[1]: ["c-2"]}
        store.put("c-2", read(blank, "short now"))
        store.commit()
    rows = sqlite3.connect(tmp_path / "derived.db")
    for table in ("near_signatures", "near_bands", "near_texts"):
        assert rows.execute(f"select count(*) from {table}").fetchone() == (0,), table
    rows.close()


def fill(connection: Connection, kept: list[bytes]) -> None:
    """What `keep` writes, by the table: one row at a time takes a minute."""
    numbered = list(enumerate(kept, start=2))
    connection.execute(
        insert(near_text.signatures),
        [{"id": n, "digest": n.to_bytes(16), "signature": each} for n, each in numbered],
    )
    connection.execute(
        insert(near_text.texts), [{"capture": f"c-{n - 2:05}", "signature": n} for n, _ in numbered]
    )
    connection.exec_driver_sql(
        "insert into near_bands values (?, ?, ?)",
        [(band, value, n) for n, each in numbered for band, value in near_text._bands(each)],
    )


def test_one_in_50_000_is_found_without_comparing_all(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn = np.random.default_rng(5).integers(0, 1 << 32, (50_000, 128), dtype=np.uint32)
    near = drawn[123].copy()
    near[::9] += 1  # 15 of 128 places: 0.88
    with DerivedStore(tmp_path / "derived.db") as store:
        with store._writing() as connection:
            keep(connection, "c-50000", near.astype("<u4").tobytes())
            fill(connection, [row.astype("<u4").tobytes() for row in drawn])
        compared = []

        def counted(signature: bytes, others: list[bytes]) -> list[float]:
            compared.extend(others)
            return alike(signature, others)

        monkeypatch.setattr("enrich.near_text.alike", counted)
        wanted = [row.astype("<u4").tobytes() for row in drawn[100:150]]
        began = time.process_time()
        found = NearTexts(store.reading).near(wanted)
        took = time.process_time() - began
    assert found[wanted[23]] == ["c-00123", "c-50000"]
    assert all(len(captures) == 1 for at, captures in enumerate(found.values()) if at != 23)
    assert len(compared) == 51
    assert took < 1
