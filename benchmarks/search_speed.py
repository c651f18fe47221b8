"""How fast documents are indexed and queries answered, against tantivy on raw text.

    python benchmarks/search_speed.py [--documents 20000] [--words 300]

Documents are of invented words, drawn as words of a language are (Zipf). Batches are indexed by
turns: ours (our analysis, two forms, all fields) and tantivy given the same text with its own
default tokenizer, in one field. Then a mixed set of queries runs over all documents. Figures and
ratios are printed; ratios carry from one machine to the next, figures do not.
"""

from __future__ import annotations

import argparse
import random
import statistics
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from itertools import accumulate
from pathlib import Path

import tantivy

from cases.identity import CaptureId, CaseId
from search import (
    Engine,
    Identifier,
    Scope,
    SearchDocument,
    parse_query,
    rebuild_engine,
    snippet,
)
from search.document import index_tokens
from search.tantivy_engine import WRITER_MEMORY_BYTES

SEED = 20260301
VOCABULARY = 40_000
ONSETS = ["b", "br", "d", "f", "g", "l", "m", "n", "p", "r", "s", "st", "t", "th", "v"]
SYLLABLES = [onset + vowel for onset in ONSETS for vowel in ("a", "ay", "e", "er", "i", "o", "u")]
ENDINGS = ["", "", "", "s", "ing", "ed", "ation", "er"]
CASES = [CaseId("c-linden"), CaseId("c-rowan")]
SCOPE = Scope(frozenset(CASES))
BATCHES = 4


def vocabulary(dice: random.Random) -> list[str]:
    """Invented words, the likeliest (and shortest) first."""
    words: dict[str, None] = {}
    while len(words) < VOCABULARY:
        length = 1 + min(len(words) // 400, 3)
        stem = "".join(dice.choices(SYLLABLES, k=dice.randint(length, length + 1)))
        words[stem + dice.choice(ENDINGS)] = None
    return list(words)


def corpus(
    dice: random.Random, words: list[str], documents: int, length: int
) -> list[SearchDocument]:
    """Documents of about `length` words each."""
    weights = list(accumulate(1 / (rank + 2) for rank in range(len(words))))
    made = []
    for number in range(documents):
        drawn = dice.choices(words, cum_weights=weights, k=int(length * dice.uniform(0.3, 1.7)))
        text = ". ".join(
            " ".join(drawn[at : at + 12]).capitalize() for at in range(0, len(drawn), 12)
        )
        name = f"{dice.choice(words).title()} {dice.choice(words).title()}"
        made.append(
            SearchDocument(
                capture=CaptureId(f"c-{number}"),
                case=CASES[number % 2],
                seq=number,
                captured=datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
                url=f"https://www.{drawn[0]}.example.test/{drawn[-1]}/{number}",
                domain=f"www.{drawn[0]}.example.test",
                title=" ".join(drawn[:6]),
                text=f"{text}. {name} wrote.",
                language="en",
                persons=(name,),
                identifiers=(Identifier("email", f"{drawn[0]}@example.test"),),
                outcome="complete",
                status=200,
            )
        )
    return made


def queries(dice: random.Random, words: list[str]) -> dict[str, list[str]]:
    """Forty queries of each kind, of words common and rare."""

    def some(count: int = 1) -> list[str]:
        return [words[int(VOCABULARY ** dice.random()) - 1] for _ in range(count)]

    forms: dict[str, Callable[[], str]] = {
        "a word": lambda: some()[0],
        "two words": lambda: " ".join(some(2)),
        "one or another": lambda: " OR ".join(some(3)),
        "a phrase": lambda: '"{} {}"'.format(*some(2)),
        "a person": lambda: f"person:{dice.choice(words)}",
        "a word in a month": lambda: f"{some()[0]} captured:2026-01",
        "one without another": lambda: "{} NOT {}".format(*some(2)),
        "a beginning (abc*)": lambda: f"{dice.choice(words)[:5]}*",
        "an ending (*abc)": lambda: f"*{dice.choice(words)[-6:]}",
        "nearly spelled (~1)": lambda: (
            f"{dice.choice([w for w in some(20) if len(w) > 3] or ['barn'])}~1"
        ),
        "an address": lambda: f"email:{some()[0]}@example.test",
        "everything in a span": lambda: "captured:2026-01-02..2026-01-09",
    }
    return {kind: [form() for _ in range(40)] for kind, form in forms.items()}


def raw_index(folder: Path) -> tantivy.Index:
    """An index as somebody would make it who lets tantivy do it all: one field, its tokenizer."""
    builder = tantivy.SchemaBuilder()
    builder.add_text_field("body", tokenizer_name="default")
    builder.add_text_field("capture", tokenizer_name="raw", stored=True)
    return tantivy.Index(builder.build(), path=str(folder))


class Stopwatch:
    """Seconds by the wall and of all cores since it was made: on a busy machine only the second
    says what the work cost.
    """

    def __init__(self) -> None:
        self.began = time.perf_counter(), time.process_time()

    def read(self, documents: int) -> tuple[float, float]:
        """Seconds a document, by the wall and of the cores."""
        wall, cores = time.perf_counter() - self.began[0], time.process_time() - self.began[1]
        return wall / documents, cores / documents


def index_raw(index: tantivy.Index, documents: list[SearchDocument]) -> tuple[float, float]:
    """What a document takes tantivy alone."""
    watch = Stopwatch()
    writer = index.writer(WRITER_MEMORY_BYTES, num_threads=1)
    for each in documents:
        writer.add_document(
            tantivy.Document(body=[each.title, each.text, each.url], capture=each.capture)
        )
    writer.commit()
    writer.wait_merging_threads()
    return watch.read(len(documents))


def index_ours(engine: Engine, documents: list[SearchDocument]) -> tuple[float, float]:
    """What a document takes our engine."""
    watch = Stopwatch()
    engine.index(documents)
    engine.commit()
    return watch.read(len(documents))


def analyse_only(documents: list[SearchDocument]) -> tuple[float, float]:
    """What of it goes into our analysis, its words met before."""
    watch = Stopwatch()
    for each in documents:
        index_tokens(each)
    return watch.read(len(documents))


def timed_ms(act: Callable[[], object]) -> float:
    """Milliseconds that `act` takes."""
    began = time.perf_counter()
    act()
    return (time.perf_counter() - began) * 1000


def p95(figures: list[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(figures, n=20)[-1]


def size_mb(folder: Path) -> float:
    """What `folder` takes on disk."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file()) / 1e6


def report_indexing(engine: Engine, raw: tantivy.Index, documents: list[SearchDocument]) -> None:
    """Index by turns, print the rates."""
    step = -(-len(documents) // BATCHES)
    ours, theirs, analysis = [], [], []
    for start in range(0, len(documents), step):
        batch = documents[start : start + step]
        ours.append(index_ours(engine, batch))
        theirs.append(index_raw(raw, batch))
        analysis.append(analyse_only(batch))
    for name, by in (("by the wall", 0), ("of the cores", 1)):
        mine, other = (statistics.median(each[by] for each in side) for side in (ours, theirs))
        ratios = sorted(
            raw_cost[by] / cost[by] for cost, raw_cost in zip(ours, theirs, strict=True)
        )
        print(
            f"indexing, seconds {name}: ours {1 / mine:,.0f} documents/s, tantivy on raw text "
            f"{1 / other:,.0f}; ratio {statistics.median(ratios):.2f} "
            f"({ratios[0]:.2f} to {ratios[-1]:.2f})"
        )
    share = statistics.median(each[1] for each in analysis) / statistics.median(
        each[1] for each in ours
    )
    print(f"of our cores' seconds in analysis: {share:.0%}; the first batch met every word anew")


def report_queries(
    engine: Engine, kinds: dict[str, list[str]], documents: list[SearchDocument]
) -> None:
    """Run every query once to warm, once to time; print p50 and p95."""
    texts = {each.capture: each.text for each in documents}
    everything: list[float] = []
    snippets: list[float] = []
    print(f"\n{'queries':<24}{'p50 ms':>8}{'p95 ms':>8}{'hits':>9}")
    for kind, typed in kinds.items():
        trees = [parse_query(query) for query in typed]
        found = [engine.search(tree, SCOPE, 20) for tree in trees]
        times = [timed_ms(lambda tree=tree: engine.search(tree, SCOPE, 20)) for tree in trees]
        snippets += [
            timed_ms(lambda tree=tree, hit=hit: snippet(texts[hit.capture], tree))
            for tree, results in zip(trees, found, strict=True)
            for hit in results.hits[:2]
        ]
        hits = statistics.median(results.total for results in found)
        print(f"{kind:<24}{statistics.median(times):8.2f}{p95(times):8.2f}{hits:9,.0f}")
        everything += times
    print(f"{'all, mixed':<24}{statistics.median(everything):8.2f}{p95(everything):8.2f}")
    print(f"{'one snippet':<24}{statistics.median(snippets):8.2f}{p95(snippets):8.2f}")


def main() -> None:
    """Run and print."""
    options = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    options.add_argument("--documents", type=int, default=20_000)
    options.add_argument("--words", type=int, default=300, help="words a document, about")
    chosen = options.parse_args()
    dice = random.Random(SEED)
    words = vocabulary(dice)
    documents = corpus(dice, words, chosen.documents, chosen.words)
    characters = sum(len(each.text) for each in documents)
    print(
        f"{len(documents):,} documents, {characters / 1e6:.0f} MB of text, {VOCABULARY:,} words\n"
    )
    with tempfile.TemporaryDirectory() as folder:
        engine = rebuild_engine(Path(folder) / "ours")
        (Path(folder) / "raw").mkdir()
        report_indexing(engine, raw_index(Path(folder) / "raw"), documents)
        print(
            f"on disk: ours {size_mb(Path(folder) / 'ours'):.0f} MB, "
            f"raw {size_mb(Path(folder) / 'raw'):.0f} MB"
        )
        report_queries(engine, queries(dice, words), documents)
        engine.close()


if __name__ == "__main__":
    main()
