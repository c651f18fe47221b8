"""How finding grows, from 1,000 to 300,000 documents: both engines beside SQLite's FTS5.

    python benchmarks/find_speed.py [--sizes 1000,300000] [--engines embedded,fts5,elasticsearch]

Documents are sentences of `../shared/corpora`, recombined by a seeded dice, with a name, an address
and a day each. Every engine gets the same documents and is asked the same questions; what counts
are the ratios, for all stand in one run. Elasticsearch is a node that is named by
ELASTICSEARCH_URL, or the one that the tests start. Times of a query include its facets where the
kind says so: FTS5 counts them by a join and a group.
"""

from __future__ import annotations

import argparse
import random
import re
import sqlite3
import statistics
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import AbstractContextManager, ExitStack, contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import islice
from pathlib import Path
from typing import Protocol

import lxml.html
from elastic_transport.client_utils import DEFAULT
from elasticsearch import Elasticsearch

from cases.identity import CaptureId, CaseId
from search import Identifier, Scope, SearchDocument, parse_query, rebuild_engine
from search.elastic_client import ElasticPlace
from search.elastic_indices import rebuild_elastic
from search.engine import FacetAsk

SEED = 20261124
SHARED = Path(__file__).resolve().parents[2] / "shared" / "corpora"
CASES = [CaseId("c-linden"), CaseId("c-rowan")]
SCOPE = Scope(frozenset(CASES))
FACETS = (FacetAsk("domain", 10), FacetAsk("person", 10), FacetAsk("lang", 10))
SENTENCES = 6  # of a document: some 120 words
QUERIES = 40  # of each kind
BATCH = 2_000
_SENTENCE = re.compile(r"[^.!?]{30,300}[.!?]")


def sentences(shared: Path) -> list[str]:
    """Every sentence of the pages and books there, in a fixed order."""
    found: dict[str, None] = {}
    for page in sorted([*shared.glob("sites/aosabook/**/*.html"), *shared.glob("pages/**/*.html")]):
        try:
            text = lxml.html.fromstring(page.read_bytes()).text_content()
        except (ValueError, lxml.etree.LxmlError):
            continue
        found.update(dict.fromkeys(" ".join(s.split()) for s in _SENTENCE.findall(text)))
    return list(found)


def documents(pool: Sequence[str], count: int) -> Iterator[SearchDocument]:
    """`count` documents, the same ones at every run."""
    dice = random.Random(SEED)
    names = [f"{first} Example{last}" for first in ("Ann", "Bob", "Cy", "Di") for last in range(99)]
    for number in range(count):
        chosen = dice.choices(pool, k=SENTENCES)
        name, site = dice.choice(names), f"s{int(400 * dice.random() ** 3)}.example.test"
        text = f"{' '.join(chosen)} {name} wrote from x{number % 977}@{site}."
        yield SearchDocument(
            capture=CaptureId(f"c-{number}"),
            case=CASES[number % 2],
            seq=number,
            captured=datetime(2025, 1, 1, tzinfo=UTC) + timedelta(minutes=number),
            url=f"https://{site}/{number}",
            domain=site,
            title=chosen[0][:60],
            text=text,
            language="en",
            persons=(name,),
            names=(("PERSON", name),),
            identifiers=(Identifier("email", f"x{number % 977}@{site}"),),
            outcome="complete",
            status=200,
        )


@dataclass(frozen=True, slots=True)
class Question:
    """One question in our language and in FTS5's."""

    ours: str
    fts: str
    faceted: bool


def questions(pool: Sequence[str]) -> dict[str, list[Question]]:
    """Questions of each kind: words as often as they stand in the texts, and half of the single
    terms from all words alike, most of which are rare.
    """
    dice = random.Random(SEED + 1)
    words = sorted({w for s in pool for w in re.findall(r"\b[a-z]{4,12}\b", s)})
    pairs = [m.group() for s in pool if (m := re.search(r"\b[a-z]{4,9} [a-z]{4,9}\b", s))]
    common = [w for s in dice.sample(pool, 2000) for w in re.findall(r"\b[a-z]{5,9}\b", s)]

    def asked(form: Callable[[], tuple[str, str]], faceted: bool) -> list[Question]:
        return [Question(*form(), faceted) for _ in range(QUERIES)]

    def term() -> tuple[str, str]:
        word = dice.choice(common if dice.random() < 0.5 else words)
        return f'page:"{word}"', f'"{word}"'

    def phrase() -> tuple[str, str]:
        pair = dice.choice(pairs)
        return f'page:"{pair}"', f'"{pair}"'

    def prefix() -> tuple[str, str]:
        stem = dice.choice(common)[:4]
        return f"page:{stem}*", f"{stem}*"

    def both() -> tuple[str, str]:
        a, b, c = (dice.choice(common) for _ in range(3))
        return f'page:"{a}" (page:"{b}" OR page:"{c}")', f'"{a}" AND ("{b}" OR "{c}")'

    return {
        "term": asked(term, False),
        "phrase": asked(phrase, False),
        "wildcard": asked(prefix, False),
        "term, facets": asked(term, True),
        "boolean, facets": asked(both, True),
    }


class Contestant(Protocol):
    """An engine under the clock."""

    def index(self, found: Sequence[SearchDocument]) -> None:
        """Take the documents."""

    def commit(self) -> None:
        """Make them searchable."""

    def ask(self, question: Question) -> int:
        """The total, after the first ten hits and the facets where they are asked for."""
        ...

    def size(self) -> int:
        """Bytes on disk."""
        ...


class Ours:
    """An engine of ours, whichever."""

    def __init__(self, engine, size: Callable[[], int]) -> None:  # type: ignore[no-untyped-def]
        self.engine, self._size = engine, size

    def index(self, found: Sequence[SearchDocument]) -> None:
        """Take the documents."""
        self.engine.index(found)

    def commit(self) -> None:
        """Make them searchable."""
        self.engine.commit()

    def ask(self, question: Question) -> int:
        """The total, after the first ten hits and the facets where asked for."""
        tree = parse_query(question.ours)
        total = int(self.engine.search(tree, SCOPE, 10).total)
        if question.faceted:
            self.engine.facets(tree, SCOPE, FACETS)
        return total

    def size(self) -> int:
        """Bytes on disk."""
        return self._size()


class Fts5:
    """SQLite's full-text search as somebody would use it: one table of texts, one of facts."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.db = sqlite3.connect(path)
        self.db.executescript(
            "create virtual table t using fts5(title, body, url, tokenize='unicode61');"
            "create table f(id integer primary key, domain text, person text, lang text);"
        )

    def index(self, found: Sequence[SearchDocument]) -> None:
        """Take the documents."""
        rows = [(d.seq + 1, d.title, d.text, d.url) for d in found]
        self.db.executemany("insert into t(rowid, title, body, url) values (?, ?, ?, ?)", rows)
        facts = [(d.seq + 1, d.domain, d.persons[0], d.language) for d in found]
        self.db.executemany("insert into f values (?, ?, ?, ?)", facts)

    def commit(self) -> None:
        """Make them searchable."""
        self.db.commit()

    def ask(self, question: Question) -> int:
        """The total, after the first ten hits and the facets where asked for."""
        wanted = f"body : ({question.fts})"
        total = self.db.execute("select count(*) from t where t match ?", (wanted,)).fetchone()[0]
        self.db.execute(
            "select rowid from t where t match ? order by rank limit 10", (wanted,)
        ).fetchall()
        if question.faceted:
            for field in ("domain", "person", "lang"):
                self.db.execute(
                    f"select {field}, count(*) as n from t join f on f.id = t.rowid "
                    f"where t match ? group by {field} order by n desc, {field} limit 10",
                    (wanted,),
                ).fetchall()
        return int(total)

    def size(self) -> int:
        """Bytes on disk."""
        return self.path.stat().st_size


def folder_bytes(folder: Path) -> int:
    """The bytes of all files below."""
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


@contextmanager
def embedded() -> Iterator[Contestant]:
    """Our embedded engine."""
    with tempfile.TemporaryDirectory() as folder:
        engine = rebuild_engine(Path(folder))
        yield Ours(engine, lambda: folder_bytes(Path(folder)))
        engine.close()


@contextmanager
def fts5() -> Iterator[Contestant]:
    """SQLite FTS5."""
    with tempfile.TemporaryDirectory() as folder:
        yield Fts5(Path(folder) / "fts.db")


@contextmanager
def elasticsearch() -> Iterator[Contestant]:
    """Our Elasticsearch engine over a real node: the tests' own, or that of ELASTICSEARCH_URL."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "tests" / "rig"))
    from elastic_node import a_cluster  # type: ignore[import-not-found]  # of the rig

    with tempfile.TemporaryDirectory() as folder, a_cluster(Path(folder)) as cluster:
        place = ElasticPlace(
            cluster.address, "bench", api_key=cluster.api_key, ca_file=cluster.ca_file
        )
        engine = rebuild_elastic(place)
        client = Elasticsearch(
            cluster.address, api_key=cluster.api_key or None, ca_certs=cluster.ca_file or DEFAULT
        )

        def size() -> int:
            found = client.indices.stats(index=place.alias, metric="store")
            return int(found["_all"]["total"]["store"]["size_in_bytes"])

        yield Ours(engine, size)
        engine.close()
        client.indices.delete(index=list(client.indices.get(index=place.alias)))
        client.close()


CONTESTANTS: dict[str, Callable[[], AbstractContextManager[Contestant]]] = {
    "embedded": embedded,
    "elasticsearch": elasticsearch,
    "fts5": fts5,
}


def batches(found: Iterator[SearchDocument]) -> Iterator[list[SearchDocument]]:
    """The documents in groups."""
    while batch := list(islice(found, BATCH)):
        yield batch


def measure(size: int, pool: Sequence[str], names: Sequence[str]) -> None:
    """One table: documents a second, index bytes a text byte, p50 and p95 of each kind."""
    kinds = questions(pool)
    with ExitStack() as stack:
        running = {name: stack.enter_context(CONTESTANTS[name]()) for name in names}
        took, text_bytes = dict.fromkeys(running, 0.0), 0
        for batch in batches(documents(pool, size)):
            text_bytes += sum(len(each.text.encode()) for each in batch)
            for name, engine in running.items():  # by turns: what slows one slows the others
                began = time.perf_counter()
                engine.index(batch)
                took[name] += time.perf_counter() - began
        for name, engine in running.items():
            began = time.perf_counter()
            engine.commit()
            took[name] += time.perf_counter() - began
        print(f"\n## {size:,} documents\n")
        print("| | " + " | ".join(running) + " |\n|---|" + "---|" * len(running))
        row("documents a second", [f"{size / took[name]:,.0f}" for name in running])
        row("index bytes a text byte", [f"{e.size() / text_bytes:.2f}" for e in running.values()])
        for kind, asked in kinds.items():
            row(f"{kind}: p50, p95, all ms", [timing(e, asked) for e in running.values()])
        agree(kinds, running)


def row(title: str, cells: Sequence[str]) -> None:
    """A line of the table."""
    print(f"| {title} | {' | '.join(cells)} |", flush=True)


def timing(engine: Contestant, asked: Sequence[Question]) -> str:
    """Median, 95th percentile and sum, each question asked twice and the second taken."""
    times = []
    for question in asked:
        engine.ask(question)
        began = time.perf_counter()
        engine.ask(question)
        times.append(1000 * (time.perf_counter() - began))
    ninety_five = statistics.quantiles(times, n=20)[-1]
    return f"{statistics.median(times):.1f}, {ninety_five:.1f}, {sum(times):.0f}"


def agree(kinds: dict[str, list[Question]], running: dict[str, Contestant]) -> None:
    """Engines of ours must find the same; FTS5 splits words in another way and need not."""
    ours = [engine for engine in running.values() if isinstance(engine, Ours)]
    for asked in kinds.values():
        for question in asked:
            totals = {engine.ask(question) for engine in ours}
            if len(totals) > 1:
                raise SystemExit(f"the engines disagree on {question.ours}: {totals}")


def main() -> None:
    """Measure each size."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,20000")
    parser.add_argument("--engines", default="embedded,fts5")
    chosen = parser.parse_args()
    pool = sentences(SHARED)
    if not pool:
        raise SystemExit(f"There are no texts in {SHARED}")
    print(f"{len(pool):,} sentences")
    for size in map(int, chosen.sizes.split(",")):
        measure(size, pool, chosen.engines.split(","))


if __name__ == "__main__":
    main()
