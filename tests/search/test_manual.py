"""The manual of the query language says what is so: each example is tried."""

from __future__ import annotations

import re
from math import comb
from pathlib import Path

import pytest

from search import QueryError, parse_query
from search.fields import NAMES, QUERY_FIELDS
from search.manual import MARKS, NEAR, OPERATORS, PARTS, REFUSED, TIMES, WORDS, manual

EXAMPLES = [query for rows in (WORDS, OPERATORS, NEAR, PARTS, TIMES, MARKS) for query, _ in rows]
ALSO = re.compile(r"`([a-z]+:[^` ]+|[a-z]+ (?:-|&&|\|\|)[^`]*)`")
SAID = [found for rows in (OPERATORS, TIMES) for _, says in rows for found in ALSO.findall(says)]


def test_the_page_is_what_the_code_makes() -> None:
    page = Path(__file__).resolve().parents[2] / "docs" / "query.md"
    assert page.read_text("utf-8") == manual(), "python -m search.manual > docs/query.md"


@pytest.mark.parametrize("query", [*EXAMPLES, *SAID])
def test_an_example_of_the_manual_is_a_query(query: str) -> None:
    parse_query(query)


@pytest.mark.parametrize("query", [query for query, _ in REFUSED])
def test_an_example_of_what_is_refused_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        parse_query(query)


@pytest.mark.parametrize("field", QUERY_FIELDS.values(), ids=list(QUERY_FIELDS))
def test_a_field_has_an_example_and_is_found_by_each_of_its_names(field: object) -> None:
    assert field is QUERY_FIELDS[field.name]  # type: ignore[attr-defined]
    _, _, value = field.example.partition(":")  # type: ignore[attr-defined]
    as_named = parse_query(field.example)  # type: ignore[attr-defined]
    for alias in field.aliases:  # type: ignore[attr-defined]
        assert parse_query(f"{alias}:{value}") == as_named


def test_no_two_fields_share_a_name() -> None:
    names = [name for field in QUERY_FIELDS.values() for name in (field.name, *field.aliases)]
    assert len(names) == len(set(names)) == len(NAMES)


def test_the_ways_that_the_manual_counts_are_so() -> None:
    assert comb(9 + 4 - 1, 4 - 1) == 220
    assert "can in 220" in manual()
