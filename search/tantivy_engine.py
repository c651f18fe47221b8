"""The embedded engine, on tantivy, which nothing outside the modules named for it knows.

tantivy analyses nothing here: it gets our tokens, at our positions, over its whitespace and raw
tokenizers, and answers plans. Its errors are mapped once, in `tantivy_files.mapped`.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from datetime import datetime
from importlib.metadata import version
from pathlib import Path
from typing import Final

import tantivy
from tantivy import FieldType, Occur, Query

from cases.identity import CaptureId
from search.document import SearchDocument
from search.engine import Hit, Results, Scope
from search.errors import IndexBusy
from search.plan import All, Any, AnyToken, Between, Except, Has, Plan, Row, plan, scores
from search.tantivy_files import LockHeld, mapped, verify_checksums
from search.tantivy_rows import microseconds, row_of, schema
from search.tree import Tree

TANTIVY_VERSION: Final = version("tantivy")
WRITER_MEMORY_BYTES: Final = 64_000_000
VERIFIED_AT_OPENING_BYTES: Final = 64_000_000  # about 30 ms; a larger index waits for `verify`
LOCK_PAUSE_S: Final = 0.05
SCORE_DECIMALS: Final = 4  # sums of floats in another order differ below this


class TantivyEngine:
    """An `Engine` over a folder that holds a tantivy index and nothing else.

    The writer (and its lock) is held from the first write to the commit.
    """

    def __init__(self, folder: Path, *, lock_wait_s: float = 10.0) -> None:
        self._folder = folder
        self._lock_wait_s = lock_wait_s
        self._writer: tantivy.IndexWriter | None = None
        self._schema = schema()
        self._every_term: dict[str, list[str]] = {}
        with mapped(folder):
            verify_checksums(folder, VERIFIED_AT_OPENING_BYTES)
            self._index = tantivy.Index.open(str(folder))
            self._searcher = self._index.searcher()

    @classmethod
    def create(cls, folder: Path, *, lock_wait_s: float = 10.0) -> TantivyEngine:
        """An engine over a new, empty index in `folder`, which exists and is empty."""
        with mapped(folder):
            tantivy.Index(schema(), path=str(folder))
        return cls(folder, lock_wait_s=lock_wait_s)

    def index(self, documents: Iterable[SearchDocument]) -> int:
        """How many documents were taken; each replaces the one of the same capture."""
        taken = 0
        for document in documents:
            row = row_of(document)
            writer = self._writing()
            with mapped(self._folder):
                writer.delete_documents_by_term("capture", document.capture)
                writer.add_document(row)
            taken += 1
        return taken

    def delete(self, captures: Iterable[CaptureId]) -> None:
        """Take these captures out of the index."""
        for capture in captures:
            writer = self._writing()
            with mapped(self._folder):
                writer.delete_documents_by_term("capture", capture)

    def commit(self) -> None:
        """Make every write since the last commit durable and visible, and free the lock."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            with mapped(self._folder):
                writer.commit()
                writer.wait_merging_threads()
        self.refresh()

    def refresh(self) -> None:
        """See what other programs have committed."""
        with mapped(self._folder):
            self._index.reload()
            self._searcher = self._index.searcher()
        self._every_term.clear()

    def search(self, tree: Tree, scope: Scope, limit: int) -> Results:
        """The documents within `scope` that `tree` describes; at most `limit` hits."""
        if not scope.cases:
            return Results(0, ())
        with mapped(self._folder):
            asked = plan(tree, self)
            query = self._scoped(self._compiled(asked), scope)
            return self._best(query, limit) if scores(asked) else self._newest(query, limit)

    def terms(self, field: str, prefix: str) -> list[str]:
        """The terms of `field` that begin with `prefix`, sorted.

        A whole list (what `*abc` needs) is kept until the next refresh: it costs a microsecond a
        term, and shorter ones are cut from it.
        """
        if prefix and field not in self._every_term:
            return self._listed(field, prefix)
        if field not in self._every_term:
            self._every_term[field] = self._listed(field, "")
        every, length = self._every_term[field], len(prefix)
        first = bisect_left(every, prefix)
        return every[first : bisect_right(every, prefix, lo=first, key=lambda term: term[:length])]

    def _listed(self, field: str, prefix: str) -> list[str]:
        with mapped(self._folder):
            return sorted(term for term, _ in self._searcher.terms_with_prefix(field, prefix))

    def count(self) -> int:
        """How many documents the index holds."""
        return self._searcher.num_docs

    def verify(self) -> None:
        """Read the whole index against its checksums. Raises `IndexNeedsRebuild`."""
        with mapped(self._folder):
            verify_checksums(self._folder)

    def close(self) -> None:
        """Drop what was not committed and free the lock."""
        self._writer = None

    def _writing(self) -> tantivy.IndexWriter:
        """The writer, got within `lock_wait_s`. Raises `IndexBusy`."""
        if self._writer is None:
            give_up = time.monotonic() + self._lock_wait_s
            while self._writer is None:
                try:
                    with mapped(self._folder):
                        self._writer = self._index.writer(WRITER_MEMORY_BYTES, num_threads=1)
                except LockHeld:
                    if time.monotonic() >= give_up:
                        raise IndexBusy(self._folder, self._lock_wait_s) from None
                    time.sleep(LOCK_PAUSE_S)
        return self._writer

    def _newest(self, query: Query, limit: int) -> Results:
        """The first `limit` of hits that are all as good as one another."""
        found = self._searcher.search(query, max(limit, 1), count=True, order_by_field="seq")
        hits = tuple(
            Hit(self._capture(address), 0.0, int(seq))
            for seq, address in found.hits[: max(limit, 0)]
        )
        return Results(_total(found), hits)

    def _best(self, query: Query, limit: int) -> Results:
        """The first `limit` of all hits in our order, which tantivy's own breaks at ties by where
        a document happens to lie: so all that tie with the last one are fetched.
        """
        limit = max(limit, 0)
        asked = limit + 1
        while True:
            found = self._searcher.search(query, asked, count=True)
            scores = [round(score, SCORE_DECIMALS) for score, _ in found.hits]
            if len(scores) < asked or not limit or scores[limit - 1] > scores[-1]:
                break
            asked *= 4
        seqs = self._searcher.fast_field_values("seq", [address for _, address in found.hits])
        order = sorted(range(len(scores)), key=lambda at: (-scores[at], -int(seqs[at] or 0)))
        hits = tuple(
            Hit(self._capture(found.hits[at][1]), scores[at], int(seqs[at] or 0))
            for at in order[:limit]
        )
        return Results(_total(found), hits)

    def _capture(self, address: tantivy.DocAddress) -> CaptureId:
        return CaptureId(str(self._searcher.doc(address).get_first("capture")))

    def _scoped(self, query: Query, scope: Scope) -> Query:
        """`query` narrowed to what may be seen, without a change to any score."""
        parts = [
            (Occur.Must, query),
            (Occur.Must, _silent(self._set("case", sorted(scope.cases)))),
        ]
        if not scope.restricted:
            parts.append((Occur.MustNot, self._term("restricted", True)))
        if scope.up_to_seq is not None:
            upper = Query.range_query(
                self._schema, "seq", FieldType.Unsigned, None, scope.up_to_seq
            )
            parts.append((Occur.Must, _silent(upper)))
        return Query.boolean_query(parts)

    def _compiled(self, asked: Plan) -> Query:
        match asked:
            case Has(field, token, weight):
                return _weighed(self._term(field, token), weight)
            case Row(field, tokens, weight):
                return _weighed(Query.phrase_query(self._schema, field, list(tokens)), weight)
            case AnyToken(field, tokens, weight):
                return _weighed(self._set(field, tokens), weight)
            case Between(since, before):
                return _silent(self._between(since, before))
            case All(parts):
                return _all([(Occur.Must, self._compiled(part)) for part in parts])
            case Any(parts):
                if not parts:
                    return Query.empty_query()
                return Query.boolean_query([(Occur.Should, self._compiled(part)) for part in parts])
            case Except(part):
                return _all([(Occur.MustNot, self._compiled(part))])

    def _term(self, field: str, token: str | bool) -> Query:
        return Query.term_query(self._schema, field, token)

    def _set(self, field: str, tokens: Iterable[str]) -> Query:
        return Query.term_set_query(self._schema, field, list(tokens))

    def _between(self, since: datetime | None, before: datetime | None) -> Query:
        return Query.range_query(
            self._schema,
            "captured",
            FieldType.Integer,
            None if since is None else microseconds(since),
            None if before is None else microseconds(before) - 1,
        )


def _total(found: tantivy.SearchResult) -> int:
    return int(found.count)  # type: ignore[attr-defined]  # there, but not in its stubs


def _silent(query: Query) -> Query:
    """`query` as a condition that adds nothing to the score."""
    return Query.const_score_query(query, 0.0)


def _weighed(query: Query, weight: float) -> Query:
    return Query.boost_query(query, weight) if weight else _silent(query)


def _all(parts: list[tuple[Occur, Query]]) -> Query:
    """A conjunction; one that only leaves out is of all documents."""
    if all(occur == Occur.MustNot for occur, _ in parts):
        parts = [(Occur.Must, _silent(Query.all_query())), *parts]
    return Query.boolean_query(parts)
