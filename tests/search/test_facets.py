"""Facets and bars: exact, in one order, the same on every engine."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from engine_rig import ENGINES, an_engine

from search import (
    Engine,
    Facet,
    FacetAsk,
    Identifier,
    QueryError,
    Scope,
    SearchDocument,
    Unit,
    parse_query,
    rebuild_engine,
)
from search.facets import MOST_FACETS, MOST_VALUES, bar_of
from tests.search.test_engines import LINDEN, ROWAN, SCOPE, a_document

OWL = parse_query("owl")


@pytest.fixture(params=ENGINES)
def engine(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Engine]:
    with an_engine(request, tmp_path) as engine:
        yield engine


def given(engine: Engine, *documents: SearchDocument) -> None:
    engine.index(documents)
    engine.commit()


def facet(engine: Engine, field: str, size: int = 10, scope: Scope = SCOPE) -> Facet:
    (found,) = engine.facets(OWL, scope, [FacetAsk(field, size)])
    return found


def test_a_facet_counts_documents_by_value_as_people_read_it(engine: Engine) -> None:
    given(
        engine,
        a_document(1, "owl", persons=("Zoë O'Neil", "Oswin  Tarrant", "Zoë O'Neil")),
        a_document(2, "owls", persons=("Zoë O'Neil",)),
        a_document(3, "owl"),
        a_document(4, "fox", persons=("Nobody Here",)),
    )
    assert facet(engine, "person") == Facet(
        "person", (("Zoë O'Neil", 2), ("Oswin Tarrant", 1)), missing=1, more=False
    )


def test_each_kind_of_identifier_has_a_facet_of_its_own_values(engine: Engine) -> None:
    found = (Identifier("phone", "+447700900123"), Identifier("email", "jo@example.test"))
    given(
        engine,
        a_document(1, "owl", identifiers=found),
        a_document(2, "owl", identifiers=(*found[:1], Identifier("cve", "CVE-2026-1234"))),
    )
    assert facet(engine, "phone").values == (("+447700900123", 2),)
    assert facet(engine, "email").values == (("jo@example.test", 1),)
    assert facet(engine, "cve").values == (("CVE-2026-1234", 1),)
    assert facet(engine, "handle") == Facet("handle", (), missing=2, more=False)


def test_values_that_tie_stand_by_code_point_and_the_least_of_them_are_shown(
    engine: Engine,
) -> None:
    names = [f"Name {number:03}" for number in range(200)]
    for batch in range(4):  # several segments, in which the values lie mixed
        given(
            engine,
            *(
                a_document(number, "owl", persons=(names[(number * 37) % 200],))
                for number in range(batch * 50, batch * 50 + 50)
            ),
        )
    given(engine, a_document(500, "owl", persons=("Name 150", "名前", "zed")))
    found = facet(engine, "person", 4)
    assert found.values == (("Name 150", 2), ("Name 000", 1), ("Name 001", 1), ("Name 002", 1))
    assert found.more
    assert [value for value, _ in facet(engine, "person", 1000).values][-2:] == ["zed", "名前"]
    assert not facet(engine, "person", 1000).more


def test_ties_are_by_code_point_however_many_values_there_are(engine: Engine) -> None:
    given(
        engine,
        *(a_document(n, "owl", persons=(f"Ann {n * 37 % 120:03}",)) for n in range(120)),
        a_document(120, "owl", persons=("Ann 077",)),
        a_document(121, "owl"),
    )
    names = ["Ann 077", *(f"Ann {n:03}" for n in range(120) if n != 77)]
    for size in (1, 2, 69, 70, 71, 119, 120):  # round where the engine counts a second time
        found = facet(engine, "person", size)
        assert [name for name, _ in found.values] == names[:size]
        assert (found.missing, found.more) == (1, size < 120)


def test_a_facet_says_when_exactly_all_values_are_shown(engine: Engine) -> None:
    given(engine, a_document(1, "owl", persons=("A", "B")))
    assert not facet(engine, "person", 2).more
    assert facet(engine, "person", 1).more


def test_a_facet_by_number_and_by_case(engine: Engine) -> None:
    given(
        engine,
        a_document(1, "owl", status=404, case_reference="LINDEN"),
        a_document(2, "owl", status=200, case_reference="LINDEN"),
        replace(a_document(3, "owl", status=200, case_reference="ROWAN"), case=ROWAN),
    )
    both = Scope(frozenset({LINDEN, ROWAN}))
    assert facet(engine, "status", scope=both).values == (("200", 2), ("404", 1))
    assert facet(engine, "case", scope=both).values == (("LINDEN", 2), ("ROWAN", 1))
    assert facet(engine, "case").values == (("LINDEN", 2),)


def test_no_case_no_facet(engine: Engine) -> None:
    given(engine, a_document(1, "owl", persons=("A",)))
    assert facet(engine, "person", scope=Scope(frozenset())) == Facet("person", (), 0, more=False)
    assert engine.histogram(OWL, Scope(frozenset()), "captured", Unit.DAY) == ()


@pytest.mark.parametrize(
    ("wanted", "says"),
    [
        ([FacetAsk("page")], "no facet"),
        ([FacetAsk("persom")], "no field"),
        ([FacetAsk("person", 0)], "Ask for 1 to"),
        ([FacetAsk("person", MOST_VALUES + 1)], "Ask for 1 to"),
        ([FacetAsk("person")] * (MOST_FACETS + 1), "at once"),
    ],
)
def test_what_has_no_facet_is_one_clear_error(
    engine: Engine, wanted: list[FacetAsk], says: str
) -> None:
    with pytest.raises(QueryError, match=says):
        engine.facets(OWL, SCOPE, wanted)


def test_bars_begin_in_utc_and_empty_ones_are_left_out(engine: Engine) -> None:
    moments = [
        datetime(2026, 3, 1, 23, 59, 59, 999999, tzinfo=UTC),
        datetime(2026, 3, 2, tzinfo=UTC),
        datetime(2026, 3, 8, 12, tzinfo=UTC),
        datetime(2027, 1, 1, tzinfo=UTC),
    ]
    given(engine, *(a_document(n, "owl", captured=moment) for n, moment in enumerate(moments)))

    def bars(unit: Unit) -> list[tuple[str, int]]:
        found = engine.histogram(OWL, SCOPE, "captured", unit)
        return [(f"{start:%Y-%m-%d}", count) for start, count in found]

    assert bars(Unit.DAY) == [
        ("2026-03-01", 1), ("2026-03-02", 1), ("2026-03-08", 1), ("2027-01-01", 1)
    ]  # fmt: skip
    assert bars(Unit.WEEK) == [("2026-02-23", 1), ("2026-03-02", 2), ("2026-12-28", 1)]
    assert bars(Unit.MONTH) == [("2026-03-01", 3), ("2027-01-01", 1)]
    assert bars(Unit.YEAR) == [("2026-01-01", 3), ("2027-01-01", 1)]


def test_pages_may_claim_any_year(engine: Engine) -> None:
    years = [datetime(year, 1, 1, tzinfo=UTC) for year in (1, 2, 1969, 1970, 9999)]
    given(engine, *(a_document(n, "owl", published=moment) for n, moment in enumerate(years)))
    given(engine, a_document(9, "owl"))
    assert engine.histogram(OWL, SCOPE, "published", Unit.YEAR) == tuple(
        (moment, 1) for moment in years
    )
    assert engine.histogram(OWL, SCOPE, "published", Unit.WEEK)[0] == (years[0], 1)


def test_bars_are_of_times_alone(engine: Engine) -> None:
    with pytest.raises(QueryError, match="no time"):
        engine.histogram(OWL, SCOPE, "person", Unit.DAY)


def test_more_values_than_tantivy_has_buckets_are_counted_exactly(tmp_path: Path) -> None:
    with closing(rebuild_engine(tmp_path)) as engine:
        given(
            engine,
            *(
                a_document(n, "owl", pictures=tuple(f"{n:03}-{i:03}" for i in range(350)))
                for n in range(200)
            ),
        )
        found = facet(engine, "picture", 2)
    assert found.values == (("000-000", 1), ("000-001", 1))
    assert found.more


def test_a_bar_of_a_summer_evening_in_london_is_that_of_its_day_in_utc() -> None:
    moment = datetime.fromisoformat("2026-07-01T00:30:00+01:00")
    assert bar_of(moment, Unit.DAY) == datetime(2026, 6, 30, tzinfo=UTC)
    assert bar_of(moment + timedelta(days=1), Unit.MONTH) == datetime(2026, 7, 1, tzinfo=UTC)
