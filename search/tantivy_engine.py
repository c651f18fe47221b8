"""The embedded engine, on tantivy, which nothing outside the modules named for it knows.

tantivy analyses nothing here: it gets our tokens, at our positions, over its whitespace and raw
tokenizers, and answers plans. Its errors are mapped once, in `tantivy_files.mapped`.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from pathlib import Path
from typing import Final

import tantivy
from tantivy import Query

from cases.identity import CaptureId
from search.document import SearchDocument
from search.engine import Facet, FacetAsk, Key, Results, Scope, Sort, TermList, Unit
from search.errors import IndexBusy
from search.facets import Bars
from search.plan import Plan, plan, scores
from search.tantivy_facets import bars_of, facets_of
from search.tantivy_files import LockHeld, mapped, verify_checksums
from search.tantivy_pages import Listing, page_of
from search.tantivy_queries import compiled, scoped
from search.tantivy_rows import row_of, schema
from search.tantivy_ties import groups_of
from search.tree import Tree

TANTIVY_VERSION: Final = version("tantivy")
WRITER_MEMORY_BYTES: Final = 64_000_000
VERIFIED_AT_OPENING_BYTES: Final = 64_000_000  # about 30 ms; a larger index waits for `verify`
LOCK_PAUSE_S: Final = 0.05


class _View:
    """What one searcher sees, and the lists of terms read from it: never another's."""

    def __init__(self, folder: Path, searcher: tantivy.Searcher) -> None:
        self._folder = folder
        self.searcher = searcher
        self._every_term: dict[str, list[str]] = {}

    def terms(self, field: str, prefix: str) -> list[str]:
        """The terms of `field` that begin with `prefix`, sorted.

        A whole list (what `*abc` needs) is kept: it costs a microsecond a term, and shorter ones
        are cut from it.
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
            return sorted(term for term, _ in self.searcher.terms_with_prefix(field, prefix))


class TantivyEngine:
    """An `Engine` over a folder that holds a tantivy index and nothing else.

    The writer (and its lock) is held from the first write to the commit.
    """

    def __init__(self, folder: Path, *, lock_wait_s: float = 10.0) -> None:
        self._folder = folder
        self._lock_wait_s = lock_wait_s
        self._writer: tantivy.IndexWriter | None = None
        self._schema = schema()
        with mapped(folder):
            verify_checksums(folder, VERIFIED_AT_OPENING_BYTES)
            self._index = tantivy.Index.open(str(folder))
            self._view = _View(folder, self._index.searcher())

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
            self._view = _View(self._folder, self._index.searcher())

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
        with mapped(self._folder):
            view = self._view
            asked = plan(tree, view)
            listing = Listing(sort, scores(asked), groups_of(asked))
            query = self._query(view, asked, scope)
            return page_of(view.searcher, self._schema, query, limit, listing, after)

    def facets(self, tree: Tree, scope: Scope, wanted: Sequence[FacetAsk]) -> tuple[Facet, ...]:
        """A facet for each that is wanted, in that order. Raises `QueryError`."""
        with mapped(self._folder):
            view = self._view
            query = self._query(view, plan(tree, view), scope)
            return facets_of(view.searcher, query, wanted)

    def histogram(self, tree: Tree, scope: Scope, field: str, unit: Unit) -> Bars:
        """How many documents fall into each `unit` of `field`. Raises `QueryError`."""
        with mapped(self._folder):
            view = self._view
            query = self._query(view, plan(tree, view), scope)
            return bars_of(view.searcher, self._schema, query, field, unit)

    def _query(self, view: _View, asked: Plan, scope: Scope) -> Query:
        """The one query that finds what `asked` describes within `scope`, for hits and facets."""
        if not scope.cases:
            return Query.empty_query()
        cases = view.terms("case", "")
        return scoped(self._schema, compiled(self._schema, asked), scope, cases)

    def terms(self, field: str, prefix: str) -> list[str]:
        """The terms of `field` that begin with `prefix`, sorted."""
        return self._view.terms(field, prefix)

    def terms_for(self, tree: Tree) -> TermList:  # noqa: ARG002 - every term is at hand
        """This engine's own list."""
        return self

    def count(self) -> int:
        """How many documents the index holds."""
        return self._view.searcher.num_docs

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
