"""The real pages whose texts people have marked: main text and whole text against their marks."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

import pytest

from enrich import SourceDocument, Texts, decode
from enrich.readers import page_texts


def folded(text: str | None) -> str:
    return " ".join((text or "").split())


def runs(text: str) -> Counter[tuple[str, ...]]:
    words = text.split()
    return Counter(tuple(words[i : i + 4]) for i in range(len(words) - 3))


@pytest.fixture(scope="module")
def read_pages(shared: Path) -> list[tuple[dict[str, object], Texts]]:
    return list(_read_pages(shared / "corpora" / "pages"))


def _read_pages(folder: Path) -> Iterator[tuple[dict[str, object], Texts]]:
    with (folder / "gold.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            gold = json.loads(line)
            if gold["gold"] in ("segments", "full_text"):
                body = (folder / gold["file"]).read_bytes()
                document = SourceDocument(body, "text/html", None, gold.get("url"))
                yield gold, page_texts(decode(body).text, document)


def test_the_marked_segments_are_found_and_the_others_left_out(
    read_pages: list[tuple[dict[str, object], Texts]],
) -> None:
    found = wanted = left_out = unwanted = whole = 0
    for gold, texts in read_pages:
        if gold["gold"] == "segments":
            main = folded(texts.main)
            for segment in gold["with"]:  # type: ignore[attr-defined]
                wanted += 1
                found += folded(segment) in main
                whole += folded(segment) in folded(texts.whole)
            for segment in gold["without"]:  # type: ignore[attr-defined]
                unwanted += 1
                left_out += folded(segment) not in main

    assert wanted > 80
    assert found / wanted > 0.94  # measured 0.973
    assert left_out / unwanted > 0.88  # measured 0.923
    assert whole / wanted > 0.97  # measured 0.986


def test_whole_articles_are_read_as_people_marked_them(
    read_pages: list[tuple[dict[str, object], Texts]],
) -> None:
    precision, recall = [], []
    for gold, texts in read_pages:
        if gold["gold"] == "full_text":
            marked, read = runs(str(gold["text"])), runs(texts.main or "")
            shared_runs = sum((marked & read).values())
            precision.append(shared_runs / max(1, sum(read.values())))
            recall.append(shared_runs / max(1, sum(marked.values())))

    assert len(precision) == 26
    assert sum(precision) / 26 > 0.85  # measured 0.875
    assert sum(recall) / 26 > 0.94  # measured 0.97
