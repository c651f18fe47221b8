"""Reading pages, step by step, against the spaCy part alone on the same texts.

    python benchmarks/enrich_speed.py [--pages 120] [--rounds 3]

Pages are those of ../shared/corpora/pages, an even choice of every kind. `spaCy alone` is our
pipeline given each page's whole text at once, as somebody would who calls it in a script: no
process beside, nothing else found, nothing kept. One core; each round goes through all steps by
turns, and the median round counts.
"""

from __future__ import annotations

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from enrich.confined_reader import ConfinedReader
from enrich.documents import SourceDocument, Texts
from enrich.entities import open_model
from enrich.identifiers import identifiers_in
from enrich.language import language_of
from enrich.near_text import signature_of
from enrich.ruler import with_rules

PAGES = Path(__file__).resolve().parents[2] / "shared" / "corpora" / "pages"


def sources(count: int) -> list[SourceDocument]:
    """An even choice of the corpus, in its order."""
    with (PAGES / "gold.jsonl").open(encoding="utf-8") as lines:
        every = [json.loads(line) for line in lines]
    step = max(1, len(every) // count)
    return [
        SourceDocument((PAGES / each["file"]).read_bytes(), "text/html", None, each.get("url"))
        for each in every[::step][:count]
    ]


def timed(act: Callable[[], object]) -> float:
    """Seconds of the clock."""
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def steps(
    documents: Sequence[SourceDocument], texts: Sequence[Texts], reader: ConfinedReader
) -> dict[str, Callable[[], object]]:
    """What is measured, by name; each goes through all pages."""
    model = open_model()
    wholes = [each.whole for each in texts]
    named = [model.names(whole) for whole in wholes]  # loads the model too: not counted
    return {
        "parsing, main text, structured data": lambda: [reader.read(each) for each in documents],
        "language": lambda: [language_of(each.main or each.whole) for each in texts],
        "names": lambda: [model.names(whole) for whole in wholes],
        "rules (dates, sums, weapons)": lambda: [
            with_rules(whole, found) for whole, found in zip(wholes, named, strict=True)
        ],
        "identifiers": lambda: [identifiers_in(whole) for whole in wholes],
        "near copies (MinHash)": lambda: [signature_of(each) for each in texts],
        "spaCy alone": lambda: [model.pipeline(whole) for whole in wholes],
    }


def main() -> None:
    """Measure and print a table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--pages", type=int, default=120)
    parser.add_argument("--rounds", type=int, default=3)
    chosen = parser.parse_args()
    if not (PAGES / "gold.jsonl").is_file():
        raise SystemExit(f"There are no pages in {PAGES}")
    documents = sources(chosen.pages)
    with ConfinedReader() as reader:
        texts = [reader.read(each).texts for each in documents]
        asked = steps(documents, texts, reader)
        took: dict[str, list[float]] = {name: [] for name in asked}
        for _ in range(chosen.rounds):
            for name, act in asked.items():
                took[name].append(timed(act))
    middle = {name: statistics.median(times) for name, times in took.items()}
    alone = middle.pop("spaCy alone")
    words = sum(len(each.whole.split()) for each in texts)
    print(f"{len(texts)} pages, {words:,} words, {sum(len(d.body) for d in documents):,} bytes\n")
    print("| step | pages a second | share of spaCy alone |\n|---|---|---|")
    rows = [*middle.items(), ("all steps", sum(middle.values())), ("spaCy alone", alone)]
    for name, seconds in rows:
        print(f"| {name} | {len(texts) / seconds:,.1f} | {seconds / alone:.2f} |")
    print(f"\nspaCy alone reads {words / alone:,.0f} words a second.")


if __name__ == "__main__":
    main()
