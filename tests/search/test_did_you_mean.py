"""Other spellings of what found nothing: from what the searcher may see, and nothing else."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from engine_rig import ENGINES, an_engine

from search import Engine, MemoryEngine, Scope, parse_query
from search.did_you_mean import MOST_SPELLINGS, did_you_mean
from tests.search.test_engines import LINDEN, ROWAN, SCOPE, a_document


@pytest.fixture(autouse=True)
def slow(monkeypatch: pytest.MonkeyPatch) -> None:
    """A machine that does much else has time for every question."""
    monkeypatch.setattr("search.did_you_mean.SECONDS", 60.0)


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with an_engine(request, tmp_path) as engine:
        yield engine


def filled(engine: Engine, *texts: str, **more: object) -> Engine:
    at = engine.count()
    engine.index(a_document(at + n, text, **more) for n, text in enumerate(texts, 1))
    engine.commit()
    return engine


def told(engine: Engine, query: str, scope: Scope = SCOPE) -> tuple[str, ...]:
    tree = parse_query(query)
    return did_you_mean(tree, engine, scope, engine.search(tree, scope, 0).total)


def test_a_word_that_nothing_holds_is_spelled_as_others_are(engine: Engine) -> None:
    filled(engine, "Oswin Tarrant sold a van", "Tarrant left", "a tarant ula", "the Tarrand case")
    filled(engine, "an owl", persons=("Marta Quillfeather",))
    cases = {
        "tarrrant": ("tarrant",),
        "tarrant": (),
        "Tarrnat": ("tarrant",),
        "tarranx": ("tarrant", "tarrand"),  # most frequent first
        "oswin tarrrant": ("oswin AND tarrant",),
        "oswyn tarrrant": ("oswin AND tarrant",),  # neither alone finds anything
        "person:quillfeathr": ("person:quillfeather",),
        "page:quillfeathr": (),
        "tarrrant^2 OR zebras": ("tarrant^2 OR zebras",),
        '"tarrrant"': (),
        "tarrr*": (),
        "NOT van AND NOT tarrrant": (),
        "email:tarrrant@example.test": (),
        "xarrant": (),  # begins otherwise
        "tarrrant captured:1999": (),
    }
    assert {query: told(engine, query) for query in cases} == cases


def test_a_rare_word_has_a_much_more_frequent_neighbour(engine: Engine) -> None:
    filled(engine, *["the harbour wall"] * 10, "harbor side", "the anchor", "anchos", "anchored")
    assert told(engine, "harbor") == ("harbour",)
    assert told(engine, "harbour") == ()
    assert told(engine, "anchos") == ()  # once each
    assert told(engine, "anchors") == ()  # found as another form


def test_what_the_searcher_may_not_see_is_never_told(engine: Engine) -> None:
    filled(engine, "a quiet harbour, and walking")
    filled(engine, "Tarrant was there", restricted=True)
    filled(engine, "Tarrant was there", case=ROWAN)
    filled(engine, "Tarrant was there", withheld=("confidential",))
    filled(engine, *["harbours, harbous, walkings"] * 20, restricted=True)
    hidden = a_document(engine.count() + 1, "Tarrant was there")
    engine.index([hidden])
    engine.commit()
    scope = Scope(frozenset({LINDEN}), without=frozenset({hidden.capture}))

    assert told(engine, "tarrrant", scope) == ()
    assert told(engine, "harbouz", scope) == ("harbour",)  # no form that stands elsewhere alone
    assert told(engine, "walkingz", scope) == ("walking",)
    assert told(engine, "tarrrant", Scope(frozenset({LINDEN}), restricted=True)) == ("tarrant",)
    assert told(engine, "tarrrant", Scope(frozenset({ROWAN}))) == ("tarrant",)
    assert told(engine, "tarrrant", Scope(frozenset())) == ()


def test_many_spellings_that_are_hidden_keep_no_visible_one_from_being_told(
    engine: Engine,
) -> None:
    letters = map(chr, range(0x430, 0x500))
    filled(engine, " ".join(f"lanter{each}x" for each in letters), restricted=True)
    filled(engine, "lanternx")
    assert told(engine, "lanterqx") == ("lanternx",)


def test_the_work_is_bounded() -> None:
    engine = MemoryEngine()
    plain = "abcdefghijklmnopqrstuvwxyz"
    for place in range(1, 8):
        filled(engine, " ".join(f"{'zzzzzzzz'[:place]}{a}{'zzzzzzzz'[place:]}" for a in plain))
    asked = 0
    plainly = engine.search

    def counted(*given: object, **more: object) -> object:
        nonlocal asked
        asked += 1
        return plainly(*given, **more)  # type: ignore[arg-type]

    engine.search = counted  # type: ignore[assignment,method-assign]
    query = " ".join(f"zzzz{a}zzza" for a in plain)
    assert len(told(engine, query)) <= 3
    assert 0 < asked < 5 * (2 + 12 * MOST_SPELLINGS)


def test_nothing_is_said_when_there_is_no_time(monkeypatch: pytest.MonkeyPatch) -> None:
    engine = filled(MemoryEngine(), "Tarrant")
    monkeypatch.setattr("search.did_you_mean.SECONDS", -1.0)
    assert told(engine, "tarrrant") == ()


@pytest.mark.parametrize(("neighbours", "said"), [(1_000, 3), (1_001, 0)])
def test_a_word_with_more_than_a_thousand_neighbours_gives_none(neighbours: int, said: int) -> None:
    engine = filled(
        MemoryEngine(), " ".join(f"lantern{chr(0xAC00 + n)}" for n in range(neighbours))
    )
    assert len(told(engine, "lanternz")) == said
