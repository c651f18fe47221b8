"""The main text of real pages against what people, and one tool, marked as such."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from lxml import html

from enrich.confined_reader import ConfinedReader
from enrich.documents import SourceDocument, Texts

PAGES = Path(__file__).parents[3] / "shared" / "corpora" / "pages"
_TOKEN = re.compile(r"\w+")
Gold = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Score:
    """Tokens of a page: as a multiset, how many of those read are marked, and the other way."""

    precision: float
    recall: float

    @property
    def f1(self) -> float:
        """The harmonic mean of both."""
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def section() -> str:
    """The section of docs/quality.md."""
    pages = list(_pages())
    parts = ["## Main text (`body:`) and whole text (`page:`)", _EXPLAINED]
    for gold, title in (
        ("full_text", "Articles that people copied out"),
        ("expected_html", "What Readability takes for the article"),
    ):
        scored = [
            (
                each,
                token_score(marked_text(each), texts.main or ""),
                token_score(marked_text(each), texts.whole),
            )
            for each, texts in pages
            if each["gold"] == gold
        ]
        parts += [f"### {title}", *_by(scored, "kind"), *_by(scored, "repo")]
    parts += ["### Segments that people marked", *_segments(pages), "### Title and date"]
    return "\n\n".join([*parts, _facts(pages)])


_EXPLAINED = """Tokens are runs of letters and digits in lower case, compared as a multiset; means
are over pages. Precision of the whole text is low by intent: it holds all that a reader could come
to see."""


def token_score(marked: str, read: str) -> Score:
    """Of two texts, the tokens in common."""
    want, got = (Counter(_TOKEN.findall(text.lower())) for text in (marked, read))
    common = sum((want & got).values())
    return Score(common / max(1, sum(got.values())), common / max(1, sum(want.values())))


def marked_text(gold: Gold) -> str:
    """What is marked as the article."""
    if gold["gold"] == "expected_html":
        return " ".join(html.fromstring(gold["expected_html"]).itertext())
    return str(gold["text"])


def _pages() -> Iterator[tuple[Gold, Texts]]:
    reader = ConfinedReader()
    with (PAGES / "gold.jsonl").open(encoding="utf-8") as lines:
        for line in lines:
            gold = json.loads(line)
            body = (PAGES / gold["file"]).read_bytes()
            yield gold, reader.read(SourceDocument(body, "text/html", None, gold.get("url"))).texts
    reader.close()


def _by(scored: list[tuple[Gold, Score, Score]], name: str) -> Iterator[str]:
    groups: dict[str, list[tuple[Score, Score]]] = defaultdict(list)
    for gold, main, whole in scored:
        groups[str(gold[name])].append((main, whole))
        if name == "kind":
            groups["all"].append((main, whole))
    rows = [
        (group, str(len(pairs)), *_means(main for main, _ in pairs), *_means(w for _, w in pairs))
        for group, pairs in sorted(groups.items())
    ]
    heads = ["body precision", "recall", "F1", "page precision", "recall", "F1"]
    yield _table(("source" if name == "repo" else name, "pages", *heads), rows)


def _means(scores: Iterable[Score]) -> tuple[str, ...]:
    held = list(scores)
    names = ("precision", "recall", "f1")
    return tuple(f"{_mean([getattr(each, name) for each in held]):.3f}" for name in names)


def _segments(pages: list[tuple[Gold, Texts]]) -> Iterator[str]:
    groups: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    for gold, texts in pages:
        if gold["gold"] == "segments":
            main, whole = _folded(texts.main or ""), _folded(texts.whole)
            found = _share(gold["with"], lambda part, main=main: part in main)
            kept = _share(gold["with"], lambda part, whole=whole: part in whole)
            left = _share(gold["without"], lambda part, main=main: part not in main)
            groups[gold["kind"]].append((found, left, kept))
            groups["all"].append((found, left, kept))
    yield _table(
        ("kind", "pages", "wanted, in body", "unwanted, not in body", "wanted, in page"),
        [
            (kind, str(len(rows)), *(f"{_mean([row[at] for row in rows]):.3f}" for at in range(3)))
            for kind, rows in sorted(groups.items())
        ],
    )


def _facts(pages: list[tuple[Gold, Texts]]) -> str:
    titles = [
        _folded(gold["title"]).lower() in _folded(texts.metadata.title or "").lower()
        for gold, texts in pages
        if gold.get("title")
    ]
    dated = [
        (str(gold["date"])[:10], texts.metadata.dated) for gold, texts in pages if gold.get("date")
    ]
    right = sum(want == got for want, got in dated)
    none = sum(got is None for _, got in dated)
    return (
        f"The marked title stands in the page's title on {sum(titles)} of {len(titles)} pages. Of "
        f"{len(dated)} marked days of publication {right} are found, {none} are not stated by the "
        f"page, {len(dated) - right - none} differ."
    )


def _share(parts: list[str], holds: Callable[[str], bool]) -> float:
    return sum(holds(_folded(part)) for part in parts) / len(parts) if parts else 1.0


def _mean(values: list[float]) -> float:
    return sum(values) / max(1, len(values))


def _folded(text: str) -> str:
    return " ".join(text.split())


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
