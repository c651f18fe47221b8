"""Elasticsearch as an engine: the same tokens, plans and answers as the embedded one.

Nothing outside the modules named for it knows it. A write is durable when `commit` returns, and
seen from then on; up to `WAITING_BYTES` of writes are held back here until then.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any, Final

from cases.identity import CaptureId
from search.document import SearchDocument
from search.elastic_client import Connection, body
from search.elastic_mapping import row_of, time_of
from search.elastic_pages import Listing, page_of
from search.elastic_query import Query, scoped
from search.elastic_terms import TermsOf, beginning_with
from search.elastic_writing import Write, send, write_of
from search.engine import Facet, FacetAsk, Key, Results, Scope, Sort, TermList, Unit
from search.errors import DocumentsRefused
from search.facets import Bars, bars, facet_fields, moment_field
from search.plan import plan, scores
from search.tree import Tree

WAITING_BYTES: Final = 64 << 20
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class ElasticEngine:
    """An `Engine` over one index of a cluster, named or by its alias."""

    def __init__(self, connection: Connection, index: str, *, alias: bool) -> None:
        self._connection = connection
        self._index = index
        self._alias = alias
        self._waiting: list[Write] = []
        self._waiting_bytes = 0
        self._refused: dict[str, str] = {}

    def index(self, documents: Iterable[SearchDocument]) -> int:
        """How many documents were taken; each replaces the one of the same capture."""
        taken = 0
        for document in documents:
            self._wait(write_of(document.capture, row_of(document)))
            taken += 1
        return taken

    def delete(self, captures: Iterable[CaptureId]) -> None:
        """Take these captures out of the index."""
        for capture in captures:
            self._wait(Write(capture, None))

    def commit(self) -> None:
        """Make every write since the last commit durable and visible.

        Raises `DocumentsRefused` where some were not taken (all others are in), and an
        `EngineUnavailable` where the cluster is away: then none, some or all are in, and the same
        writes may be made again.
        """
        self._send()
        self._connection.ask(lambda client: client.indices.refresh(index=self._index))
        if self._refused:
            refused, self._refused = self._refused, {}
            raise DocumentsRefused(refused)

    def refresh(self) -> None:
        """Nothing: every search sees what others have committed."""

    def search(
        self,
        tree: Tree,
        scope: Scope,
        limit: int,
        *,
        sort: Sort = Sort.BEST,
        after: Key | None = None,
    ) -> Results:
        """The documents within `scope` that `tree` describes; at most `limit` hits."""
        asked = plan(tree, TermsOf(tree, self._connection, self._index))
        listing = Listing(sort, scores(asked))
        query = scoped(asked, scope)
        return page_of(self._connection, self._index, query, limit, listing, after)

    def facets(self, tree: Tree, scope: Scope, wanted: Sequence[FacetAsk]) -> tuple[Facet, ...]:
        """A facet for each that is wanted, in that order. Exact: the index is one shard."""
        asked: dict[str, Any] = {}
        for number, (ask, field) in enumerate(zip(wanted, facet_fields(wanted), strict=True)):
            order = [{"_count": "desc"}, {"_key": "asc"}]
            asked[f"{number}"] = {"terms": {"field": field, "size": ask.size + 1, "order": order}}
            asked[f"{number} missing"] = {"missing": {"field": field}}
        found = self._counted(tree, scope, asked) if asked else {}
        facets = []
        for number, ask in enumerate(wanted):
            buckets = found[f"{number}"]["buckets"]
            values = tuple((each["key"], each["doc_count"]) for each in buckets[: ask.size])
            missing = found[f"{number} missing"]["doc_count"]
            facets.append(Facet(ask.field, values, missing, more=len(buckets) > ask.size))
        return tuple(facets)

    def histogram(self, tree: Tree, scope: Scope, field: str, unit: Unit) -> Bars:
        """How many documents fall into each `unit` of `field`, rising, without empty ones."""
        column = time_of(moment_field(field))
        each = {"field": column, "calendar_interval": str(unit), "min_doc_count": 1}
        found = self._counted(tree, scope, {"bars": {"date_histogram": each}})
        counted = (
            (_EPOCH + timedelta(milliseconds=bar["key"]), bar["doc_count"])
            for bar in found["bars"]["buckets"]
        )
        return bars(counted, unit)

    def terms(self, field: str, prefix: str) -> list[str]:
        """The terms of `field` that begin with `prefix`, sorted."""
        return beginning_with(self._connection, self._index, field, prefix)

    def terms_for(self, tree: Tree) -> TermList:
        """What the words of `tree` stand for, asked for where the terms lie."""
        return TermsOf(tree, self._connection, self._index)

    def count(self) -> int:
        """How many documents the index holds."""
        answer = body(self._connection.ask(lambda client: client.count(index=self._index)))
        return int(answer["count"])

    def close(self) -> None:
        """Drop what was not committed."""
        self._waiting, self._waiting_bytes = [], 0
        self._connection.close()

    def _counted(self, tree: Tree, scope: Scope, asked: dict[str, Any]) -> dict[str, Any]:
        query: Query = scoped(plan(tree, TermsOf(tree, self._connection, self._index)), scope)
        answer = self._connection.ask(
            lambda client: client.search(
                index=self._index,
                query=query,
                size=0,
                aggs=asked,
                allow_partial_search_results=False,
            )
        )
        found: dict[str, Any] = body(answer)["aggregations"]
        return found

    def _wait(self, write: Write) -> None:
        self._waiting.append(write)
        self._waiting_bytes += write.size_bytes
        if self._waiting_bytes > WAITING_BYTES:
            self._send()

    def _send(self) -> None:
        writes, self._waiting, self._waiting_bytes = self._waiting, [], 0
        self._refused |= send(self._connection, self._index, writes, alias=self._alias)
