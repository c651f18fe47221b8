"""The manual of the query language says what is so: each example is tried."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from search import QueryError, parse_query
from search.lexer import MAX_QUERY_CHARACTERS
from search.parser import MAX_DEPTH, MAX_EXPANDED, MAX_LEAVES
from search.plan import MAX_EXPANSION

MANUAL = (Path(__file__).resolve().parents[2] / "docs" / "query-language.md").read_text("utf-8")
ACCEPTED, REFUSED = MANUAL.split("## When a query is refused")
EXAMPLE = re.compile(r"^\| `(.+?)` \|", re.MULTILINE)
ALSO = re.compile(r"`([a-z]+:[^` ]+)`")


@pytest.mark.parametrize("query", EXAMPLE.findall(ACCEPTED) + ALSO.findall(ACCEPTED))
def test_an_example_of_the_manual_is_a_query(query: str) -> None:
    parse_query(query)


@pytest.mark.parametrize("query", EXAMPLE.findall(REFUSED))
def test_an_example_of_what_is_refused_is_refused(query: str) -> None:
    with pytest.raises(QueryError):
        parse_query(query)


def test_the_manual_states_the_bounds_that_hold() -> None:
    assert (
        f"Bounds: {MAX_QUERY_CHARACTERS:,} characters, {MAX_LEAVES:,} words, {MAX_EXPANDED} words "
        f"with `*`, `?` or `~`, brackets {MAX_DEPTH} deep."
    ) in MANUAL
    assert f"more than {MAX_EXPANSION:,} different words" in MANUAL
