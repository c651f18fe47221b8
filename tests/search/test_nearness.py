"""Words near one another are the same on every engine, in texts full of the same few words."""

from __future__ import annotations

import random
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest
from elastic_node import Cluster, forget

from search import Engine, MemoryEngine, QueryError, SearchDocument, parse_query, rebuild_engine
from search.elastic_client import ElasticPlace
from search.elastic_indices import rebuild_elastic
from tests.search.test_engines import SCOPE, a_document

WORDS = ["owl", "owls", "fox", "run", "running", "x1"]
QUERIES = 250


class Asked:
    """Texts of few words and queries of their nearness, the same every time."""

    def __init__(self, seed: int, others: int) -> None:
        self.any = random.Random(seed)
        self.words = WORDS + [f"f{number}" for number in range(others)]

    def text(self, most: int) -> str:
        return " ".join(self.any.choices(self.words, k=self.any.randint(1, most)))

    def documents(self) -> list[SearchDocument]:
        return [
            a_document(number, self.text(60), alts=tuple(self.text(4) for _ in range(3)))
            for number in range(40)
        ]

    def side(self) -> str:
        word = self.any.choice(self.words)
        kinds: list[Callable[[], str]] = [
            lambda: word,
            lambda: f'"{self.text(3)}"',
            lambda: f"{word[:2]}*",
            lambda: f"={word}",
            lambda: f'({word} OR "{self.text(3)}" OR {self.any.choice(self.words)})',
        ]
        return self.any.choice(kinds)()

    def query(self) -> str:
        slop = self.any.choice([0, 1, 2, 3, 5, 9, 40, 99])
        asked = self.any.choice(
            [f"{self.side()} NEAR/{slop} {self.side()}", f'"{self.text(4)}"~{slop}']
        )
        return f"{self.any.choice(['page', 'alt'])}:({asked})"


def assert_alike(engine: Engine, asked: Asked, documents: list[SearchDocument]) -> None:
    """Both find the same for all queries that are not refused: most of them."""
    oracle = MemoryEngine()
    oracle.index(documents)
    oracle.commit()
    answered = 0
    for query in (asked.query() for _ in range(QUERIES)):
        try:
            tree = parse_query(query)
        except QueryError:  # the same word on both sides, too many ways
            continue
        ours, right = engine.search(tree, SCOPE, 50), oracle.search(tree, SCOPE, 50)
        assert {hit.capture for hit in ours.hits} == {hit.capture for hit in right.hits}, query
        assert ours.total == right.total, query
        answered += 1
    assert answered > QUERIES / 2


@pytest.mark.parametrize("others", [0, 25])
def test_on_the_embedded_engine(others: int, tmp_path: Path) -> None:
    asked = Asked(others + 1, others)
    documents = asked.documents()
    with closing(rebuild_engine(tmp_path, documents)) as engine:
        assert_alike(engine, asked, documents)


@pytest.mark.xdist_group("elastic")
def test_on_elasticsearch(elastic: Cluster) -> None:
    asked = Asked(3, 3)
    documents = asked.documents()
    place = ElasticPlace(elastic.address, "v-nearness", "lantern", elastic.api_key, elastic.ca_file)
    with closing(rebuild_elastic(place, documents)) as engine:
        assert_alike(engine, asked, documents)
    forget(elastic, "v-nearness")


def test_two_sides_that_stand_for_the_same_words_are_found_in_one(tmp_path: Path) -> None:
    with closing(rebuild_engine(tmp_path, [a_document(1, "one owl alone")])) as engine:
        for query in ("owl NEAR owls", "page:(owl NEAR ow*)"):
            assert engine.search(parse_query(query), SCOPE, 1).total == 1
    with pytest.raises(QueryError, match="the same word stands on both sides"):
        parse_query('=owl NEAR "owl"')
