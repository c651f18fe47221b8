"""Hits that tie: the right order, and few questions to the cluster."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest
from elastic_node import Cluster, forget

from search import Engine, parse_query
from search.elastic_client import Body, Connection, ElasticPlace
from search.elastic_indices import rebuild_elastic
from search.elastic_pages import _answer
from search.tree import Boosted, Or, Wildcard
from tests.search.test_engines import SCOPE, a_document

pytestmark = pytest.mark.xdist_group("elastic")
VAULT = "v-pages"


@pytest.fixture(scope="module")
def engine(elastic: Cluster) -> Iterator[Engine]:
    """A hundred owls and a hundred foxes by turns."""
    place = ElasticPlace(elastic.address, VAULT, "lantern", elastic.api_key, elastic.ca_file)
    documents = (a_document(n, "fox" if n % 2 else "owl") for n in range(200))
    with closing(rebuild_elastic(place, documents)) as made:
        yield made
    forget(elastic, VAULT)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[int]:
    """How many hits each request asked for."""
    sizes: list[int] = []

    def counted(connection: Connection, wanted: Body) -> Body:
        sizes.append(wanted["size"])
        return _answer(connection, dict(wanted))

    monkeypatch.setattr("search.elastic_pages._answer", counted)
    return sizes


def test_a_wildcard_whose_hits_all_tie_looks_past_them_once(
    engine: Engine, asked: list[int]
) -> None:
    found = engine.search(parse_query("ow*"), SCOPE, 10)
    assert found.total == 100
    assert [hit.seq for hit in found.hits] == list(range(198, 178, -2))
    assert asked == [11, 1]


def test_scores_that_differ_below_what_counts_are_in_the_order_of_ties(
    engine: Engine, asked: list[int]
) -> None:
    nearly_alike = Or((Boosted(Wildcard("ow*"), 1.00001), Wildcard("fo*")))
    found = engine.search(nearly_alike, SCOPE, 10)
    assert [hit.seq for hit in found.hits] == list(range(199, 189, -1))
    assert sum(asked) < 400
    assert len(asked) < 10


def test_tied_hits_are_walked_without_a_gap(engine: Engine) -> None:
    seqs, after = [], None
    while page := engine.search(parse_query("ow* OR fo*"), SCOPE, 30, after=after).hits:
        seqs += [hit.seq for hit in page]
        after = page[-1].key
    assert seqs == list(range(199, -1, -1))
