"""Hits of wildcards and near spellings score sums of constants: put in order group by group, they
stand as they do where every hit is looked at.
"""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from itertools import product
from pathlib import Path

import pytest

from cases.identity import CaptureId, CaseId
from search import Engine, Hit, Scope, SearchDocument, parse_query, rebuild_engine
from search.plan import plan
from search.tantivy_ties import groups_of

CASE = CaseId("k-linden")
SCOPE = Scope(frozenset({CASE}))
DOCUMENTS = [
    SearchDocument(
        capture=CaptureId(f"c-{number}"),
        case=CASE if number % 5 else CaseId("k-rowan"),
        seq=number,
        captured=datetime(2026, 3, 1, tzinfo=UTC) + timedelta(hours=number * 7 % 50),
        url=f"https://{'owlery' if in_url else 'site'}.example.test/{number}",
        title="The owls" if in_title else "A page",
        text=f"owner {number}" if in_text else "fox",
        image="owlet" if in_image else "",
    )
    for number, (in_title, in_url, in_text, in_image) in enumerate(
        list(product((True, False), repeat=4)) * 6
    )
]


def walked(engine: Engine, query: str, step: int) -> list[tuple[str, float]]:
    """Every hit, page by page."""
    tree, hits, after = parse_query(query), list[Hit](), None
    while page := engine.search(tree, SCOPE, step, after=after).hits:
        hits += page
        after = page[-1].key
    return [(hit.capture, hit.score) for hit in hits]


@pytest.mark.parametrize(
    "query",
    [
        "ow*",
        "page:ow*",
        "ow* NOT title:owls",
        "title:ow* page:own*",
        "title:ow*^3 OR page:own*^3 OR image:owl*",
        "owls~1",
        "ow* captured:>2026-03-01T12:00",
        "ow* AND (own* OR fo*)",
        "(title:ow* page:own*) OR url:owl*",
        "ow* OR page:fox",
        "page:own* OR NOT title:owls",
    ],
)
def test_ties_stand_as_looking_at_every_hit_puts_them(
    tmp_path: Path, query: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    with closing(rebuild_engine(tmp_path, DOCUMENTS)) as engine:
        with monkeypatch.context() as patched:
            patched.setattr("search.tantivy_engine.groups_of", lambda _: ())
            wanted = walked(engine, query, 1000)
        assert len(wanted) > 7
        for step in (1, 7, 1000):
            assert walked(engine, query, step) == wanted


def test_a_sum_is_grouped_only_where_its_parts_are_few_and_constant(tmp_path: Path) -> None:
    with closing(rebuild_engine(tmp_path, DOCUMENTS)) as engine:
        grouped = {
            query: [score for score, _ in groups_of(plan(parse_query(query), engine))]
            for query in (
                "page:ow*",
                "title:ow*^3 page:own*",
                "page:fox page:ow*",
                "(title:ow* page:own*) OR url:owl*",
                "ow* AND (own* OR fo*)",
                "NOT page:ow*",
            )
        }
    assert [len(scores) for scores in grouped.values()] == [2, 4, 0, 0, 0, 0]
    assert grouped["title:ow*^3 page:own*"] == sorted(
        grouped["title:ow*^3 page:own*"], reverse=True
    )
