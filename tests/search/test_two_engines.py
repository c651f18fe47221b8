"""Whatever is asked of the embedded engine can be asked of Elasticsearch, with the same answer."""

from __future__ import annotations

import random
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from elastic_node import Cluster, forget

from search import (
    Engine,
    MemoryEngine,
    QueryError,
    Scope,
    SearchDocument,
    Tree,
    parse_query,
    rebuild_engine,
)
from search.document import WITHHELD_KINDS, Identifier
from search.elastic_client import ElasticPlace
from search.elastic_indices import rebuild_elastic
from search.engine import FacetAsk, Sort, Unit
from search.fields import QUERY_FIELDS, Kind
from search.moments import during
from search.numbers import number_within
from search.plan import plan, scores
from search.tree import And, Beside, Boosted, Fuzzy, Not, Or, Phrase, Term, Wildcard, query_text
from tests.search.test_engines import LINDEN, NEW_YEAR, ROWAN, a_document

pytestmark = pytest.mark.xdist_group("elastic")
QUERIES = 2_000
ALIKE = 0.95  # mean rank-biased overlap of the first ten
VAULT = "v-two-engines"

WORDS = (
    "owl", "owls", "owl's", "barn", "O'Neil", "O’Neil-Smith", "smith", "Smyth",
    "smithy", "night_owl", "run", "running", "runs", "Zoë", "zoe", "naïve", "Straße",
    "strasse", "ﬁn", "İstanbul", "東京", "京", "東京タワー", "東京都庁", "ｶﾞｷﾞ", "한국어", "ไทย",
    "مرحبا", "العربية", "السَّلام", "שלום", "дом", "Дома", "💊", "👍🏽",
    '\U0001f469\u200d\U0001f469\u200d\U0001f467', "🇬🇧", "1", "12", "123", "1,234.56",
    "07700", "900123", "+447700900123", "AB12CDE", "£50", "50%",
    "https://forum.example.test/a_b/c?d=é&x=1#top", "example.test", "www.owl.test",
    "jo@example.test", "x=y", "a-b-c", "a_b", "__init__", "C++", "C#", ".NET", "don't",
    "rock'n'roll", "l'hôtel", '\u200bzero\u200dwidth', "ﷺ", "Å", "Å", "é", "the",
    "and", "or", "not", "to", "near*", "?", "\\", "\"", "(", ")", ":", "~", "^2", "[",
    "]", "{", "}", "<b>",
)  # fmt: skip
NAMES = ("Jo Smith", "Siân O’Neil-Smith", "Zoë", "東京 太郎", "محمد علي", "Night Owls Ltd", "Å")
IDENTIFIERS = (
    Identifier("email", "Jo.Bloggs@Example.test"),
    Identifier("phone", "+447700900123"),
    Identifier("phone", "07700 900461"),
    Identifier("handle", "@night_owl"),
    Identifier("ip", "192.0.2.7"),
    Identifier("postcode", "EX1 1AA"),
    Identifier("url", "https://example.test/a b?c=(d)"),
    Identifier("wallet", "AbC 123 identifier:x"),
)
FACETS = tuple(FacetAsk(name, 4) for name, field in QUERY_FIELDS.items() if field.facet)[:60]
TEXTS = (None, None, None, "page", "body", "title", "url", "person", "alt", "link", "entity")
FIELDS = (*TEXTS, "domain", "email", "phone", "identifier", "handle", "lang", "found_url", "case")


class Asked:
    """Random documents and queries, the same every time."""

    def __init__(self, seed: int) -> None:
        self.any = random.Random(seed)

    def some(self, values: Sequence[str], most: int) -> str:
        return " ".join(self.any.choices(values, k=self.any.randint(0, most)))

    def names(self) -> tuple[str, ...]:
        return tuple(self.any.sample(NAMES, self.any.randint(0, 3)))

    def document(self, number: int) -> SearchDocument:
        choose = self.any.choice
        return a_document(
            number,
            self.some(WORDS, 60),
            case=choose((LINDEN, LINDEN, ROWAN)),
            captured=NEW_YEAR + timedelta(microseconds=self.any.randint(-(10**13), 10**14)),
            url=choose(("https://example.test/", "https://www.owl.test/Zoë/")) + str(number % 7),
            domain=choose(("example.test", "www.owl.test", "")),
            title=self.some(WORDS, 4),
            body=self.some(WORDS, 20),
            image=self.some(WORDS, 3),
            language=choose(("en", "en-GB", "ja", "ar", "")),
            persons=self.names(),
            orgs=self.names(),
            alts=tuple(self.some(WORDS, 3) for _ in range(self.any.randint(0, 3))),
            links=tuple(self.some(WORDS, 3) for _ in range(self.any.randint(0, 3))),
            identifiers=tuple(self.any.sample(IDENTIFIERS, self.any.randint(0, 4))),
            status=choose((None, 200, 404)),
            published=choose((None, NEW_YEAR, NEW_YEAR.replace(year=1), NEW_YEAR.replace(1960))),
            restricted=self.any.random() < 0.1,
            withheld=tuple(kind for kind in sorted(WITHHELD_KINDS) if self.any.random() < 0.1),
            outcome=choose(("complete", "partial")),
        )

    def words(self, field: str | None) -> Term | Phrase | Wildcard | Fuzzy:
        word = self.any.choice(WORDS)
        match self.any.randint(0, 5):
            case 0 | 1:
                return Term(word, field)
            case 2:
                return Phrase(" ".join(self.any.choices(WORDS, k=self.any.randint(1, 3))), field)
            case 3:
                cut = self.any.randint(0, len(word))
                before, after = (part.replace("\\", "") for part in (word[:cut], word[cut + 1 :]))
                return Wildcard(before + self.any.choice("*?*") + after, field)
            case 4:
                return Fuzzy(word, self.any.randint(1, 2), field)
            case _:
                return Phrase(" ".join(self.any.choices(WORDS, k=2)), field)

    def leaf(self) -> Tree:
        kind = self.any.randint(0, 11)
        if kind == 0:
            spans = ("2026", "..2026-01-20", ">2026-02", "[2026-01-03 TO 2026-02-01}", "1960", "1")
            return during(self.any.choice(spans[:-1]), self.any.choice(("captured", "published")))
        if kind == 1:
            return number_within(self.any.choice(("200", "4xx", ">=404", "..404")), "status")
        text = self.any.choice(TEXTS)
        if kind == 2:
            left, right = (self.words(text) for _ in range(2))
            return Beside((left,), (right, self.words(text)), self.any.randint(0, 8))
        if kind == 3:
            words = self.any.choices(WORDS, k=self.any.randint(2, 3))
            return Phrase(" ".join(words), text, self.any.randint(1, 6))
        return self.words(self.any.choice(FIELDS))

    def tree(self, depth: int = 3) -> Tree:
        kind = self.any.randint(0, 7)
        if not depth or kind > 5:
            return self.leaf()
        parts = tuple(self.tree(depth - 1) for _ in range(self.any.randint(2, 3)))
        match kind:
            case 0 | 1:
                return And(parts)
            case 2 | 3:
                return Or(parts)
            case 4:
                return Not(parts[0])
            case _:
                return Boosted(parts[0], self.any.choice((0.0, 0.5, 3.0)))

    def question(self, depth: int = 3) -> Tree:
        """A tree that a person's query can be: many here have a word without a letter."""
        while True:
            try:
                return parse_query(query_text(self.tree(depth)))
            except QueryError:
                continue

    def scope(self) -> Scope:
        cases = self.any.choice(([LINDEN], [ROWAN], [LINDEN, ROWAN], [LINDEN, ROWAN]))
        kinds = frozenset(kind for kind in WITHHELD_KINDS if self.any.random() < 0.5)
        upper = self.any.choice((None, None, 100))
        without = frozenset({a_document(3).capture}) if self.any.random() < 0.3 else frozenset()
        return Scope(
            frozenset(cases), self.any.random() < 0.5, upper, withheld=kinds, without=without
        )


@pytest.fixture(scope="module")
def engines(
    elastic: Cluster, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Engine, Engine, Engine]]:
    """The same 160 documents in the embedded engine, on Elasticsearch and in memory, some
    written twice and some taken out again.
    """
    place = ElasticPlace(elastic.address, VAULT, "lantern", elastic.api_key, elastic.ca_file)
    made = (
        rebuild_engine(tmp_path_factory.mktemp("index")),
        rebuild_elastic(place),
        MemoryEngine(),
    )
    asked = Asked(1)
    documents = [asked.document(number) for number in range(160)]
    again = [asked.document(number) for number in range(0, 160, 9)]
    for engine in made:
        for batch in (documents[:50], documents[50:], again):
            engine.index(batch)
            engine.commit()
        engine.delete(document.capture for document in documents[20:24])
        engine.commit()
    yield made
    for engine in made:
        engine.close()
    forget(elastic, VAULT)


def test_random_queries_find_the_same_with_the_same_counts(
    engines: tuple[Engine, Engine, Engine],
) -> None:
    asked = Asked(2)
    queries = [(asked.question(), asked.scope()) for _ in range(QUERIES)]
    some = {engines[0].count(), engines[1].count(), engines[2].count()}
    assert some == {156}
    with ThreadPoolExecutor(4) as at_once:  # their waiting overlaps
        there = at_once.map(lambda each: _answer(engines[1], *each), queries)
        found = nothing = 0
        likeness: list[float] = []
        for query, theirs in zip(queries, there, strict=True):
            ours = _answer(engines[0], *query)
            right = _answer(engines[2], *query)
            assert ours[:2] == theirs[:2] == right[:2], query_text(query[0])
            found, nothing = found + bool(ours[0]), nothing + (not ours[0])
            if scores(plan(query[0], engines[2])) and ours[0]:
                likeness.append(overlap(ours[2], theirs[2]))
    assert found > QUERIES / 3, (found, nothing)
    assert nothing > QUERIES / 20, (found, nothing)
    assert sum(likeness) / len(likeness) > ALIKE, sum(likeness) / len(likeness)


def _answer(engine: Engine, tree: Tree, scope: Scope) -> tuple[int, frozenset[str], list[str]]:
    """How many are found, which, and the first ten; a refusal is an answer too."""
    try:
        results = engine.search(tree, scope, 200)
    except QueryError:
        return -1, frozenset(), []
    captures = [str(hit.capture) for hit in results.hits]
    return results.total, frozenset(captures), captures[:10]


def overlap(ours: list[str], theirs: list[str], persistence: float = 0.9) -> float:
    """The rank-biased overlap of two lists as long as one another (Webber and others, 2010)."""
    shares = [
        len(set(ours[:depth]) & set(theirs[:depth])) / depth for depth in range(1, len(ours) + 1)
    ]
    weights = [persistence**depth for depth in range(len(shares))]
    return sum(share * weight for share, weight in zip(shares, weights, strict=True)) / sum(weights)


def test_random_queries_have_the_same_facets_bars_and_orders(
    engines: tuple[Engine, Engine, Engine],
) -> None:
    asked = Asked(3)
    for _ in range(60):
        tree, scope = asked.question(2), asked.scope()
        wanted = asked.any.sample(FACETS, 5)
        unit, sort = asked.any.choice(list(Unit)), asked.any.choice(list(Sort)[1:])
        field = asked.any.choice(("captured", "published"))
        answers = [
            (
                engine.facets(tree, scope, wanted),
                engine.histogram(tree, scope, field, unit),
                walked(engine, tree, scope, sort),
            )
            for engine in engines
        ]
        assert answers[0] == answers[1] == answers[2], query_text(tree)


def walked(engine: Engine, tree: Tree, scope: Scope, sort: Sort) -> list[object]:
    """Every hit, thirty at a time."""
    hits: list[object] = []
    after = None
    while page := engine.search(tree, scope, 30, sort=sort, after=after).hits:
        hits += page
        after = page[-1].key
    return hits


def test_the_best_hits_are_walked_page_by_page_without_a_gap(
    engines: tuple[Engine, Engine, Engine],
) -> None:
    scope = Scope(frozenset({LINDEN, ROWAN}), restricted=True, withheld=WITHHELD_KINDS)
    for query in (Term("owl"), Or((Term("smith"), Term("京"))), And(())):
        whole = engines[1].search(query, scope, 500).hits
        assert walked(engines[1], query, scope, Sort.BEST) == list(whole)
        assert len({hit.capture for hit in whole}) == len(whole) > 60


def test_all_terms_are_listed_alike(engines: tuple[Engine, Engine, Engine]) -> None:
    for name, field in QUERY_FIELDS.items():
        if field.kind in (Kind.WORDS, Kind.SELECTOR):
            for prefix in ("", "o", "東", "ع"):
                there = engines[1].terms(field.exact, prefix)
                # The words of documents taken out stay until segments are merged.
                assert set(engines[2].terms(field.exact, prefix)) <= set(there), name
                assert there == sorted(there)
