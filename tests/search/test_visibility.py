"""What a searcher may not see makes no difference to anything that they are told.

For random people, cases and queries: a whole index asked within a scope answers as an index would
that never held the rest. `ENGINES` are the ways to make an engine that are held to it.
"""

from __future__ import annotations

import secrets
import tempfile
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, closing, contextmanager
from datetime import timedelta
from pathlib import Path

import pytest
from elastic_node import Cluster, forget
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from cases.identity import CaptureId, CaseId
from search import (
    Engine,
    FacetAsk,
    MemoryEngine,
    Scope,
    SearchDocument,
    Sort,
    Unit,
    parse_query,
    rebuild_engine,
)
from search.did_you_mean import did_you_mean
from search.elastic_client import ElasticPlace
from search.elastic_indices import rebuild_elastic
from tests.search.test_engines import NEW_YEAR

CASES = [CaseId(f"c-{name}") for name in ("linden", "rowan", "oak")]
NAMES = ["Oswin Tarrant", "Zoë O'Neil", "Ann Lee", "東京 花子"]
QUERIES = [
    "owl", "fox", "owl OR fox", "NOT owl", "owl AND NOT fox", '"owl fox"', "ow*", "person:tarrant",
    "captured:2026", "domain:example.test", "owl~1", "hen OR NOT fox", "owlz",
    "hen OR foxx OR owlz", "person:tarrand",
]  # fmt: skip
WANTED = [FacetAsk("person", 2), FacetAsk("domain", 5), FacetAsk("lang", 3), FacetAsk("case", 5)]


@pytest.fixture(autouse=True, scope="module")
def unhurried() -> Iterator[None]:
    """A machine that does much else has time for every question."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr("search.did_you_mean.SECONDS", 60.0)
        yield


@contextmanager
def _embedded() -> Iterator[Engine]:
    with tempfile.TemporaryDirectory() as folder, closing(rebuild_engine(Path(folder))) as engine:
        yield engine


@contextmanager
def _memory() -> Iterator[Engine]:
    yield MemoryEngine()


EngineMaker = Callable[[], AbstractContextManager[Engine]]
ENGINES: dict[str, EngineMaker] = {"memory": _memory, "tantivy": _embedded}


@st.composite
def worlds(draw: st.DrawFn) -> list[SearchDocument]:
    """A few captures of a few cases, some restricted, some withheld."""
    few = st.lists(st.sampled_from(NAMES), max_size=3, unique=True).map(tuple)
    return [
        SearchDocument(
            capture=CaptureId(f"x-{seq}"),
            case=draw(st.sampled_from(CASES)),
            seq=seq,
            captured=NEW_YEAR + timedelta(hours=draw(st.integers(0, 9000))),
            url=f"https://example.test/{seq}",
            text=" ".join(draw(st.lists(st.sampled_from(["owl", "fox", "owls", "hen"])))),
            domain=draw(st.sampled_from(["example.test", "www.owl.test"])),
            language=draw(st.sampled_from(["en", "fr", ""])),
            persons=draw(few),
            restricted=draw(st.booleans()),
            withheld=draw(st.sampled_from([(), (), ("confidential",), ("quarantine",)])),
        )
        for seq in range(1, draw(st.integers(2, 14)))
    ]


SCOPES = st.builds(
    Scope,
    st.sets(st.sampled_from(CASES)).map(frozenset),
    st.booleans(),
    st.none() | st.integers(0, 12),
    st.none() | st.integers(0, 6),
    st.sets(st.sampled_from(["quarantine", "confidential"])).map(frozenset),
    st.sets(st.integers(1, 12).map(lambda n: CaptureId(f"x-{n}")), max_size=4).map(frozenset),
)


def seen(document: SearchDocument, scope: Scope) -> bool:
    """Whether the document may be seen, said once more in other words than the engines'."""
    return not (
        document.case not in scope.cases
        or (document.restricted and not scope.restricted)
        or set(document.withheld) - scope.withheld
        or document.capture in scope.without
        or (scope.up_to_seq is not None and document.seq > scope.up_to_seq)
        or (scope.after_seq is not None and document.seq <= scope.after_seq)
    )


def told(engine: Engine, query: str, scope: Scope) -> object:
    """All that a searcher is told, but for scores."""
    tree = parse_query(query)
    newest = engine.search(tree, scope, 5, sort=Sort.NEWEST)
    last = newest.hits[-1].key if newest.hits else None
    return (
        newest.total,
        [(hit.capture, hit.key) for hit in newest.hits],
        [hit.capture for hit in engine.search(tree, scope, 5, sort=Sort.NEWEST, after=last).hits],
        {hit.capture for hit in engine.search(tree, scope, 50).hits},
        engine.facets(tree, scope, WANTED),
        engine.histogram(tree, scope, "captured", Unit.MONTH),
        did_you_mean(tree, engine, scope, newest.total),
    )


def held_to_it(whole: Engine, world: list[SearchDocument], scopes: list[Scope]) -> None:
    """Fill `whole` and ask it all, beside an index of what each scope may see."""
    whole.index(world)
    whole.commit()
    for scope in scopes:
        visible = MemoryEngine()
        visible.index([document for document in world if seen(document, scope)])
        visible.commit()
        for query in QUERIES:
            everything = Scope(frozenset(CASES), True, None, None, scope_of_all())
            assert told(whole, query, scope) == told(visible, query, everything), query


@pytest.mark.parametrize("kind", ENGINES)
@settings(max_examples=10, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(world=worlds(), scopes=st.lists(SCOPES, min_size=4, max_size=4))
def test_what_may_not_be_seen_makes_no_difference(
    kind: str, world: list[SearchDocument], scopes: list[Scope]
) -> None:
    with ENGINES[kind]() as whole:
        held_to_it(whole, world, scopes)


@pytest.mark.xdist_group("elastic")
@settings(
    max_examples=5,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture],
)
@given(world=worlds(), scopes=st.lists(SCOPES, min_size=3, max_size=3))
def test_what_may_not_be_seen_makes_no_difference_on_elasticsearch(
    elastic: Cluster, world: list[SearchDocument], scopes: list[Scope]
) -> None:
    vault = f"v-{secrets.token_hex(8)}"
    place = ElasticPlace(elastic.address, vault, "lantern", elastic.api_key, elastic.ca_file)
    try:
        with closing(rebuild_elastic(place)) as whole:
            held_to_it(whole, world, scopes)
    finally:
        forget(elastic, vault)


def scope_of_all() -> frozenset[str]:
    """Every kind of withheld document."""
    return frozenset({"quarantine", "confidential"})
