"""What every engine does, and that two engines give the same answer."""

from __future__ import annotations

import json
import tempfile
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from engine_rig import ENGINES, an_engine
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.identity import CaptureId, CaseId
from search import (
    Engine,
    Identifier,
    MemoryEngine,
    QueryError,
    Scope,
    SearchDocument,
    Tree,
    parse_query,
    rebuild_engine,
)
from search.document import WITHHELD_KINDS
from search.engine import Hit, Sort
from search.fields import QUERY_FIELDS, Kind
from search.moments import during
from search.numbers import number_within
from search.plan import MAX_EXPANSION
from search.tree import And, Beside, Boosted, Fuzzy, Not, Or, Phrase, Term, Wildcard

GOLDEN = json.loads((Path(__file__).parent / "golden" / "tokens.json").read_text("utf-8"))["texts"]
NEW_YEAR = datetime(2026, 1, 1, tzinfo=UTC)
LINDEN, ROWAN = CaseId("c-linden"), CaseId("c-rowan")
SCOPE = Scope(frozenset({LINDEN}))


def a_document(number: int, text: str = "", **fields: object) -> SearchDocument:
    """Document `number` of the case LINDEN, captured on the day of that number in January."""
    given_fields: dict[str, object] = {
        "capture": CaptureId(f"c-{number}"),
        "case": LINDEN,
        "seq": number,
        "captured": NEW_YEAR + timedelta(days=number),
        "url": f"https://www.example.test/page/{number}",
        "text": text,
    }
    return SearchDocument(**(given_fields | fields))  # type: ignore[arg-type]


def made(kind: str, folder: Path) -> Engine:
    """A new engine of `kind`, its index (if any) in `folder`."""
    return MemoryEngine() if kind == "memory" else rebuild_engine(folder)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    """An empty engine."""
    with an_engine(request, tmp_path) as engine:
        yield engine


def found(engine: Engine, query: str, scope: Scope = SCOPE) -> set[str]:
    """The captures that `query` finds; the total agrees."""
    results = engine.search(parse_query(query), scope, 100)
    captures = {hit.capture for hit in results.hits}
    assert results.total == len(results.hits) == len(captures)
    return captures


PAGE = a_document(
    1,
    "Jo Smith was running to Smithfield. Then O'Neil-Smith came: “late again”, 東京タワー 💊.",
    title="Owls of the night",
    url="https://forum.example.test/thread/night_owl?page=2",
    domain="forum.example.test",
    case_reference="LINDEN",
    language="en-GB",
    persons=("Jo Smith", "Siân O’Neil-Smith"),
    orgs=("Night Owls Ltd",),
    places=("Exeter St Davids",),
    identifiers=(
        Identifier("email", "Jo.Bloggs@Example.test"),
        Identifier("phone", "+447700900123"),
        Identifier("handle", "@night_owl"),
        Identifier("ip", "192.0.2.7"),
        Identifier("postcode", "EX1 1AA"),
        Identifier("wallet", "AbC123"),
    ),
    outcome="complete",
    status=200,
    body="Late again, said Smith.",
    image="INVOICE 4471, total due",
    author="Ada Tarrant",
    site="The Gazette",
    alts=("a barn owl", "night sky"),
    links=("https://other.test/inbox Write to us",),
    tables=("name\tcall sign\nJo\tOwl Nine",),
    meta=("jsonld.author.name Ada Tarrant",),
    published=datetime(2025, 11, 5, tzinfo=UTC),
    kind="html",
    collector="browser",
    pictures=("9f86d081884c7d65",),
    names=(("PERSON", "Jo Smith"), ("EVENT", "Harvest Fair")),
    text_sha256="ab12",
)
FINDS = [
    "smith", "SMITH", "run", "runs", '"running"', '"jo smith"', "“Jo Smith”", "o'neil",
    "O’NEIL-SMITH", "oneil", "smi*", "*field", "sm?th", "smth~", "simth~1", "snithfeild~2",
    "late AND again", "東京", "タワ", "💊", "owl", "title:owl", 'title:"owls of the night"',
    "forum", "thread/night_owl", "url:example.test/thread", "url:night_owl", "person:smith",
    'person:"jo smith"', "person:sian", "person:o'neil-smith", "org:owls", "place:exeter",
    'place:"st davids"', "domain:example.test", "domain:forum.example.test", "domain:test",
    "email:jo.bloggs@example.test", "email:JO.BLOGGS*", "email:*@example.test",
    "email:jo.blogs@example.test~1", "phone:07700900123", 'phone:"07700 900123"',
    "phone:+447700900123", "phone:07700*", "handle:night_owl", "handle:@Night_Owl",
    "ip:192.0.2.7", "ip:192.0.2.*", "postcode:ex11aa", 'postcode:"EX1 1AA"',
    "postcode:EX1*", "identifier:abc123", "identifier:night_owl", "lang:en", "lang:en-gb",
    "case:linden", "case:c-linden", "capture:c-1", "outcome:complete", "status:200",
    "captured:2026-01-02", "captured:2026", "captured:>2026-01-01", "captured:..2026-01-02",
    "captured:2026-01-02T00:00:00Z", "NOT smyth", "smyth OR smith", "smith NOT smyth",
    "NOT (smyth OR smithy)", "text:smith", "NOT NOT smith",
    "page:smith", "body:said", "invoice", "image:4471", "author:tarrant", "from:ada",
    "site:gazette", "alt:owls", 'alt:"barn owl"', "link:inbox", "link:other.test", "table:signs",
    'table:"owl nine"', "meta:jsonld.author", "entity:fair", "entity:sian", "kind:html",
    "collector:browser", "picture:9f86d081*", "digest:ab12", "status:2xx",
    "status:>=200", "status:[100 TO 299]", "status:..200", "published:2025-11",
    "published:<2026", "published:5/11/2025", "tel:07700900123", "user:night_owl",
    "smith && running", "smyth || smith", "smith -smyth", '=running', '"jo running"~2',
    '"jo running smithfield"~3', "running NEAR/2 jo", "jo NEAR/2 runs", "run NEAR/1 smith",
    '"o\'neil smith" NEAR/20 running', "(xyzzy OR runn*) NEAR/1 smith~1", "smith^3 run",
    "(smith OR smyth)^2", "person:(smith NEAR jo)", 'running NEAR/0 "jo smith was"',
    '"jo smith" NEAR/0 "smith was"',
]  # fmt: skip
MISSES = [
    "smyth", '"run"', '"smith jo"', '"smith again"', "京東", "text:owl", "title:smith",
    "person:owl", 'person:"smith sian"', "org:smith", "domain:other.test", "domain:le.test",
    "email:bloggs", "phone:07700900124", "ip:192.0.2.70", "lang:fr", "status:404",
    "captured:2026-01-03", "captured:<2026-01-02", "captured:>=2026-01-03", "NOT smith",
    "smith AND smyth", "smythe*", "smith NOT run", "outcome:partial", "xsmi*", "jmith~1",
    "body:running", "image:smith", "author:smith", "alt:night.owl", 'alt:"owl night"',
    'alt:"owl night"~99', "alt:(owl NEAR/99 night)", "status:4xx", "status:>200", "modified:2025",
    "published:>2025-11-05", "NOT modified:<2030 smyth", '"running jo"~9', '"jo running"~1',
    "running NEAR/1 jo", "=run", "smith -running", "site:smith", "entity:xyzzy", "table:runs",
    'running NEAR/0 "jo smith"', "title:(owls NEAR running)",
]  # fmt: skip


@pytest.fixture(scope="module", params=ENGINES)
def one_page(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Engine]:
    """An engine that holds PAGE."""
    with an_engine(request, tmp_path_factory.mktemp("page")) as engine:
        engine.index([PAGE])
        engine.commit()
        yield engine


@pytest.mark.parametrize("query", FINDS)
def test_a_page_is_found_by(one_page: Engine, query: str) -> None:
    assert found(one_page, query) == {"c-1"}


@pytest.mark.parametrize("query", MISSES)
def test_a_page_is_not_found_by(one_page: Engine, query: str) -> None:
    assert found(one_page, query) == set()


def test_an_engine_holds_the_tokens_of_the_golden_file(engine: Engine) -> None:
    engine.index(a_document(number, row["text"]) for number, row in enumerate(GOLDEN))
    engine.commit()
    tokens = [token for row in GOLDEN for token in row["tokens"]]
    assert engine.terms("text", "") == sorted({exact for exact, *_ in tokens})
    assert engine.terms("text_stem", "") == sorted({stem for _, stem, *_ in tokens})
    for number, row in enumerate(GOLDEN):
        if row["tokens"]:  # and at our positions: the whole text is one phrase
            hits = engine.search(Phrase(row["text"], "text"), SCOPE, 100).hits
            assert f"c-{number}" in {hit.capture for hit in hits}, row["name"]


def test_a_phrase_does_not_run_from_one_value_into_the_next(engine: Engine) -> None:
    engine.index([a_document(1, persons=("Jo Smith", "Al Jones"))])
    engine.commit()
    assert found(engine, 'person:"smith al"') == set()
    assert found(engine, 'person:"al jones"') == {"c-1"}


def test_indexing_a_capture_again_replaces_it(engine: Engine) -> None:
    engine.index([a_document(1, "first draft"), a_document(2, "bystander")])
    engine.commit()
    engine.index([a_document(1, "second draft", seq=3)])
    engine.commit()
    assert found(engine, "first") == set()
    assert found(engine, "draft") == {"c-1"}
    assert engine.count() == 2


def test_a_capture_indexed_twice_before_a_commit_is_there_once(engine: Engine) -> None:
    engine.index([a_document(1, "first"), a_document(1, "second")])
    engine.commit()
    assert (found(engine, "first"), found(engine, "second")) == (set(), {"c-1"})


@pytest.mark.standard("RRD-5")
def test_a_capture_taken_out_is_not_found_by_a_word_only_it_had(engine: Engine) -> None:
    engine.index([a_document(1, "xyzzy"), a_document(2, "plover")])
    engine.commit()
    engine.delete([CaptureId("c-1"), CaptureId("c-unknown")])
    engine.commit()
    assert found(engine, "xyzzy") == set()
    assert found(engine, "xyz*") == set()
    assert engine.count() == 1


def test_nothing_is_seen_before_the_commit(engine: Engine) -> None:
    engine.index([a_document(1, "early")])
    assert found(engine, "early") == set()


def test_writes_not_committed_are_dropped_at_close(engine: Engine) -> None:
    engine.index([a_document(1, "early")])
    engine.close()
    engine.commit()
    assert engine.count() == 0


def test_only_the_cases_of_the_scope_are_searched(engine: Engine) -> None:
    engine.index([a_document(1, "owl"), a_document(2, "owl", case=ROWAN)])
    engine.commit()
    assert found(engine, "owl") == {"c-1"}
    assert found(engine, "owl OR case:c-rowan OR NOT owl") == {"c-1"}
    assert found(engine, "owl", Scope(frozenset({LINDEN, ROWAN}))) == {"c-1", "c-2"}
    assert found(engine, "owl", Scope(frozenset())) == set()


@pytest.mark.standard("AUT-7")
def test_restricted_documents_are_found_by_those_who_may_see_them(engine: Engine) -> None:
    engine.index([a_document(1, "owl", restricted=True), a_document(2, "owl")])
    engine.commit()
    assert found(engine, "owl") == {"c-2"}
    assert found(engine, "owl", Scope(frozenset({LINDEN}), restricted=True)) == {"c-1", "c-2"}


@pytest.mark.standard("DIS-6")
def test_a_search_is_repeated_as_of_an_earlier_moment(engine: Engine) -> None:
    engine.index([a_document(1, "owl"), a_document(2, "owl")])
    engine.commit()
    assert found(engine, "owl", Scope(frozenset({LINDEN}), up_to_seq=1)) == {"c-1"}


def test_the_total_counts_what_the_limit_leaves_out(engine: Engine) -> None:
    engine.index(a_document(number, "owl") for number in range(30))
    engine.commit()
    for limit in (0, 1, 7, 30, 100):
        results = engine.search(parse_query("owl"), SCOPE, limit)
        assert (results.total, len(results.hits)) == (30, min(limit, 30))


@pytest.mark.parametrize("query", ["owl", "captured:2026", "NOT fox", "ow*"])
def test_equal_hits_stand_newest_first_whatever_order_they_were_written_in(
    engine: Engine, query: str
) -> None:
    for batch in ([5, 1, 9], [3, 8], [2, 7, 4, 6]):  # three segments
        engine.index(a_document(number, "owl") for number in batch)
        engine.commit()
    hits = engine.search(parse_query(query), SCOPE, 4).hits
    assert [hit.seq for hit in hits] == [9, 8, 7, 6]
    assert len({hit.score for hit in hits}) == 1


def test_a_better_hit_stands_first(engine: Engine) -> None:
    engine.index([a_document(1, "owl barn"), a_document(2, "owl " + "filler " * 50)])
    engine.commit()
    hits = engine.search(parse_query("owl OR barn"), SCOPE, 2).hits
    assert [hit.capture for hit in hits] == ["c-1", "c-2"]


def test_a_wildcard_that_stands_for_too_many_words_is_refused(engine: Engine) -> None:
    words = [f"owl{number}" for number in range(MAX_EXPANSION + 1)]
    engine.index([a_document(1, " ".join(words))])
    engine.commit()
    with pytest.raises(QueryError, match=r"owl\* stands for more than 1,000 different words"):
        engine.search(parse_query("owl*"), SCOPE, 1)
    assert found(engine, "owl1*") == {"c-1"}


def test_terms_are_listed_by_their_beginning(engine: Engine) -> None:
    engine.index([a_document(1, "owl owls fox Öwe")])
    engine.commit()
    for _ in range(2):  # before and after the whole list is kept
        assert engine.terms("text", "ow") == ["owe", "owl", "owls"]
        assert engine.terms("text", "owl") == ["owl", "owls"]
        assert engine.terms("text", "p") == []
        assert engine.terms("text", "") == ["fox", "owe", "owl", "owls"]
    engine.index([a_document(2, "owlet")])
    engine.commit()
    assert engine.terms("text", "owl") == ["owl", "owlet", "owls"]


# Two engines, one answer.

WORD = st.sampled_from(
    ["owl", "Owls", "owl's", "barn", "O'Neil-Smith", "smith", "Smyth", "night_owl", "東京", "京",
     "jo@example.test", "example", "test", "run", "running", "Zoë", "💊", "07700", "900123"]
)  # fmt: skip
NAMES = st.lists(st.lists(WORD, min_size=1, max_size=3).map(" ".join), max_size=3).map(tuple)
VALUES = st.sampled_from(
    ["jo@example.test", "@night_owl", "07700 900123", "+447700900123", "192.0.2.7"]
)


@st.composite
def documents(draw: st.DrawFn) -> list[SearchDocument]:
    """A few documents of few words, some of the same capture."""
    return [
        SearchDocument(
            capture=CaptureId(f"c-{draw(st.integers(0, 9))}"),
            case=draw(st.sampled_from([LINDEN, ROWAN])),
            seq=seq,
            captured=NEW_YEAR + timedelta(hours=draw(st.integers(-30, 2000))),
            url="https://" + draw(st.sampled_from(["example.test/owl", "www.owl.test/a_b"])),
            domain=draw(st.sampled_from(["example.test", "www.owl.test", ""])),
            text=" ".join(draw(st.lists(WORD, max_size=14))),
            title=" ".join(draw(st.lists(WORD, max_size=3))),
            restricted=draw(st.booleans()),
            withheld=tuple(draw(WITHHELD)),
            alts=draw(NAMES),
            status=draw(st.sampled_from([None, 200, 404, 500])),
            published=draw(st.sampled_from([None, NEW_YEAR, NEW_YEAR + timedelta(days=40)])),
            persons=draw(NAMES),
            identifiers=tuple(
                Identifier(kind, draw(VALUES))
                for kind in draw(
                    st.lists(st.sampled_from(["email", "phone", "handle"]), max_size=2)
                )
            ),
        )
        for seq in range(draw(st.integers(1, 12)))
    ]


FIELD = st.sampled_from(
    [None, None, None, "text", "title", "url", "person", "domain", "email", "phone"]
)
PHRASES = st.lists(WORD, min_size=1, max_size=3).map(" ".join)
PATTERNS = st.sampled_from(["ow*", "*wl*", "s?ith", "*京", "4477*", "*@*.test"])
NEARLY = st.sampled_from(["smith", "running", "barns"])
TEXTS = st.sampled_from([None, None, "page", "title", "url", "person", "alt"])
SPANS = st.sampled_from(["2026-01-01", "..2026-01-20", ">2026-02", "[2026-01-03 TO 2026-02-01}"])


@st.composite
def beside(draw: st.DrawFn) -> Beside:
    """Two sides of words of one field."""
    field = draw(TEXTS)
    words = st.one_of(
        st.builds(Term, WORD, st.just(field)),
        st.builds(Phrase, PHRASES, st.just(field)),
        st.builds(Wildcard, PATTERNS, st.just(field)),
        st.builds(Fuzzy, NEARLY, st.integers(1, 2), st.just(field)),
    )
    sides = st.lists(words, min_size=1, max_size=2).map(tuple)
    return Beside(draw(sides), draw(sides), draw(st.integers(0, 6)))


LEAF: st.SearchStrategy[Tree] = st.one_of(
    st.builds(Term, WORD, FIELD),
    st.builds(Phrase, PHRASES, FIELD),
    st.builds(Phrase, st.lists(WORD, min_size=2, max_size=4).map(" ".join), TEXTS,
              st.integers(1, 6)),
    st.builds(Wildcard, PATTERNS, FIELD),
    st.builds(Fuzzy, NEARLY, st.integers(1, 2), FIELD),
    beside(),
    st.builds(during, SPANS, st.sampled_from(["captured", "published", "modified"])),
    st.sampled_from(["200", "4xx", ">=404", "..404", "{200 TO 500}"]).map(
        lambda text: number_within(text, "status")
    ),
)  # fmt: skip
TREE = st.recursive(
    LEAF,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Boosted, inner, st.sampled_from([0.0, 0.5, 3.0])),
        st.builds(And, st.lists(inner, min_size=2, max_size=3).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=3).map(tuple)),
    ),
    max_leaves=6,
)
WITHHELD = st.sets(st.sampled_from(sorted(WITHHELD_KINDS)))
SCOPES = st.builds(
    Scope,
    st.sets(st.sampled_from([LINDEN, ROWAN]), min_size=1).map(frozenset),
    st.booleans(),
    st.one_of(st.none(), st.integers(0, 12)),
    st.one_of(st.none(), st.integers(0, 12)),
    WITHHELD.map(frozenset),
)


@contextmanager
def a_tantivy_engine() -> Iterator[Engine]:
    """An embedded engine in a folder of its own."""
    with tempfile.TemporaryDirectory() as folder, closing(rebuild_engine(Path(folder))) as engine:
        yield engine


@settings(max_examples=50, deadline=None)
@given(documents(), st.lists(TREE, min_size=40, max_size=40), SCOPES, st.integers(0, 12))
def test_the_embedded_engine_finds_what_reading_every_document_finds(
    written: list[SearchDocument], trees: list[Tree], scope: Scope, first_batch: int
) -> None:
    oracle = MemoryEngine()
    with a_tantivy_engine() as engine:
        for each in (oracle, engine):
            each.index(written[:first_batch])
            each.commit()
            each.index(written[first_batch:])
            each.commit()
        assert engine.count() == oracle.count()
        for number, tree in enumerate(trees):
            ours, theirs = engine.search(tree, scope, 50), oracle.search(tree, scope, 50)
            assert {hit.capture for hit in ours.hits} == {hit.capture for hit in theirs.hits}
            assert ours.total == theirs.total == len(ours.hits)
            for sort in (Sort.NEWEST, Sort.OLDEST, Sort.INDEXED) if number < 3 else ():
                assert _walked(engine, tree, scope, sort) == _walked(oracle, tree, scope, sort)


def _walked(engine: Engine, tree: Tree, scope: Scope, sort: Sort) -> list[Hit]:
    """Every hit, two at a time."""
    hits: list[Hit] = []
    after = None
    while page := engine.search(tree, scope, 2, sort=sort, after=after).hits:
        hits += page
        after = page[-1].key
    return hits


def test_the_best_hits_are_walked_page_by_page(engine: Engine) -> None:
    engine.index(a_document(number, "owl " * (number % 3)) for number in range(20))
    engine.commit()
    for query in ("owl OR url:page", "captured:2026"):  # with scores, and without
        tree = parse_query(query)
        whole = engine.search(tree, SCOPE, 20).hits
        assert _walked(engine, tree, SCOPE, Sort.BEST) == list(whole)
        assert len(whole) == 20


def test_what_counts_for_more_stands_first(engine: Engine) -> None:
    engine.index([a_document(1, "owl"), a_document(2, "fox")])
    engine.commit()
    for query, first in (("owl^5 OR fox", "c-1"), ("owl OR fox^5", "c-2"), ("owl OR fox^0", "c-1")):
        assert engine.search(parse_query(query), SCOPE, 1).hits[0].capture == first


def test_a_withheld_page_is_seen_by_those_who_may_see_every_reason(engine: Engine) -> None:
    engine.index(
        [
            a_document(1, "owl", withheld=("quarantine",)),
            a_document(2, "owl", withheld=("quarantine", "confidential")),
            a_document(3, "owl"),
        ]
    )
    engine.commit()
    for withheld, seen in (
        (set(), {"c-3"}),
        ({"quarantine"}, {"c-1", "c-3"}),
        ({"confidential"}, {"c-3"}),
        ({"quarantine", "confidential"}, {"c-1", "c-2", "c-3"}),
    ):
        assert (
            found(engine, "owl", Scope(frozenset({LINDEN}), withheld=frozenset(withheld))) == seen
        )


def test_every_field_can_be_searched_by_every_kind_of_word(one_page: Engine) -> None:
    for field in QUERY_FIELDS.values():
        match field.kind:
            case Kind.WORDS:
                asked = '{0}:xyzzy {0}:xyz* {0}:xyzzy~1 {0}:(xyzzy NEAR plugh) {0}:"xyzzy plugh"~3'
            case Kind.SELECTOR if field.values:
                asked = "{0}:failed {0}:fail* {0}:failed~1"
            case Kind.SELECTOR:
                asked = "{0}:123456789 {0}:1234* {0}:123456789~1 {0}:*6789"
            case Kind.MOMENT:
                asked = "{0}:1999"
            case Kind.NUMBER:
                asked = "{0}:999"
        for leaf in asked.format(field.name).split(" " + field.name):
            query = leaf if leaf.startswith(field.name) else field.name + leaf
            assert found(one_page, query) == set(), query
