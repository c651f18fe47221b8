"""How a search was understood, word by word, within what the person may see."""

from __future__ import annotations

from contextlib import closing

from enrich import DerivedStore
from evidence.acting import Acting
from jobs.indexing import open_index
from jobs.sight import scope_of
from search import Explanation, explain, parse_query

__all__ = ["Explanation", "explain_query"]


def explain_query(acting: Acting, query: str, case: str | None) -> Explanation:
    """How `query` is read and how many pages hold each word of it.

    It stands beside a search of the same query, whose entry on the ledger is the record of both.
    Raises `QueryError`, `CaseUnknown`, and what opening the index raises.
    """
    tree = parse_query(query)
    scope = scope_of(acting, [case] if case else None)
    with (
        closing(DerivedStore(acting.vault.derived)) as store,
        closing(open_index(acting, store)) as engine,
    ):
        return explain(tree, engine, scope)
