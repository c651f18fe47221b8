"""How a query was understood, told to the one who typed it and of what they may see alone."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import pytest

from search import Scope, parse_query
from search.explaining import MAX_READING, MAX_WORDS_COUNTED, explain, read_as
from tests.search.test_engines import LINDEN, ROWAN, SCOPE, a_document, made

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
ANYWHERE = "in title or page or url or image"


@pytest.mark.parametrize(
    ("query", "reading"),
    [
        ("running", f'"running" in any form {ANYWHERE}'),
        ("o'neil-smith", f'"oneil smith" as spelled {ANYWHERE}'),
        ('title:"Jo Smith"', '"jo smith" as spelled in title'),
        ('page:"a b"~3', '"a b" in this order with at most 3 other words in page'),
        ("person:smith", '"smith" as spelled in person'),
        ('tel:"07700 900123"', '"447700900123" in phone'),
        ("smi* sm?th", f"words like smi* {ANYWHERE} and words like sm?th {ANYWHERE}"),
        ("page:smith~1", "words within 1 letter of smith in page"),
        ('page:(a NEAR/3 (b OR "c d"))',
         '"a" in any form within 3 words of ("b" in any form or "c d" as spelled) in page'),
        ("status:4xx", "status at least 400 and at most 499"),
        ("status:404", "status is 404"),
        ("captured:>yesterday", "captured from 2026-03-04 00:00:00 UTC (00:00:00 GMT)"),
        ("published:<2026", "published before 2026-01-01 00:00:00 UTC (00:00:00 GMT)"),
        ("case:x (lang:en OR lang:fr) -outcome:failed^2",
         '"x" in case and ("en" in lang or "fr" in lang) and not "failed" in outcome '
         "(counting 2 times)"),
    ],
)  # fmt: skip
def test_a_query_is_told_in_plain_words(query: str, reading: str) -> None:
    assert read_as(parse_query(query, now=NOW)) == reading


def test_a_long_query_is_told_in_bounds_and_without_controls() -> None:
    assert len(read_as(parse_query("lang:en " * 900))) == MAX_READING + 1
    assert read_as(parse_query("email:ab\x1b[31m*")).isprintable()


@pytest.mark.parametrize("kind", ["memory", "tantivy"])
def test_each_word_tells_where_it_was_looked_for_and_what_it_finds(
    kind: str, tmp_path: Path
) -> None:
    with closing(made(kind, tmp_path)) as engine:
        engine.index([a_document(1, "owl owlet running"), a_document(2, "owls run")])
        engine.commit()
        told = explain(parse_query("(ow* OR run) -title:(run NEAR owl)"), engine, SCOPE)
    assert told.query == "(ow* OR run) AND NOT title:run NEAR/10 title:owl"
    assert told.outline == (
        "all of",
        "  any of",
        f"    words like ow* {ANYWHERE}",
        f'    "run" in any form {ANYWHERE}',
        "  none of",
        '    "run" in any form within 10 words of "owl" in any form in title',
    )
    rows = [(leaf.query, leaf.words, leaf.or_more, leaf.hits) for leaf in told.leaves]
    assert rows == [
        ("ow*", 3, False, 2),
        ("run", None, False, 2),
        ("title:run NEAR/10 title:owl", 0, False, 0),
    ]
    assert told.leaves[1].fields[:2] == ("title_stem", "title")


@pytest.mark.standard("AUT-7")
@pytest.mark.parametrize("kind", ["memory", "tantivy"])
def test_what_a_pattern_stands_for_is_counted_in_what_may_be_seen(
    kind: str, tmp_path: Path
) -> None:
    with closing(made(kind, tmp_path)) as engine:
        engine.index(
            [
                a_document(1, "owl"),
                a_document(2, "owlet", case=ROWAN),
                a_document(3, "owlish", restricted=True),
                a_document(4, "owlery", withheld=("quarantine",)),
                a_document(5, "owls", seq=50),
            ]
        )
        engine.commit()
        scope = Scope(frozenset({LINDEN}), up_to_seq=10)
        (leaf,) = explain(parse_query("owl*"), engine, scope).leaves
    assert (leaf.words, leaf.hits) == (1, 1)


@pytest.mark.parametrize("kind", ["memory", "tantivy"])
def test_many_words_are_counted_up_to_a_bound(kind: str, tmp_path: Path) -> None:
    with closing(made(kind, tmp_path)) as engine:
        engine.index([a_document(1, " ".join(f"owl{n}" for n in range(200)))])
        engine.commit()
        (leaf,) = explain(parse_query("page:owl*"), engine, SCOPE).leaves
    assert (leaf.words, leaf.or_more) == (MAX_WORDS_COUNTED, True)
