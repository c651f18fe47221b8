"""What a search engine must do, whichever it is: the seam between the query and the index."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Protocol

from cases.identity import CaptureId, CaseId
from search.document import SearchDocument
from search.tree import Tree


@dataclass(frozen=True, slots=True)
class Scope:
    """What a searcher may see: it narrows every search, and nothing is seen without one.

    `restricted` lets restricted documents in. `up_to_seq` repeats an earlier search: documents
    indexed since are left out (DIS-6).
    """

    cases: frozenset[CaseId]
    restricted: bool = False
    up_to_seq: int | None = None


@dataclass(frozen=True, slots=True)
class Hit:
    """A capture that the query found."""

    capture: CaptureId
    score: float
    seq: int


@dataclass(frozen=True, slots=True)
class Results:
    """`total` counts every document found, exactly; `hits` are the best of them.

    Hits stand by score (four decimals), the highest first, then by `seq`, the newest first.
    """

    total: int
    hits: tuple[Hit, ...]


class TermList(Protocol):
    """Where wildcards find the terms that they stand for."""

    def terms(self, field: str, prefix: str) -> list[str]:
        """The terms of index field `field` that begin with `prefix`, sorted."""
        ...


class Engine(TermList, Protocol):
    """An index of documents. Writes are seen by searches after `commit`."""

    def index(self, documents: Iterable[SearchDocument]) -> int:
        """How many documents were taken; each replaces the one of the same capture."""
        ...

    def delete(self, captures: Iterable[CaptureId]) -> None:
        """Take these captures out of the index."""
        ...

    def commit(self) -> None:
        """Make every write since the last commit durable and visible, all or none."""
        ...

    def refresh(self) -> None:
        """See what other programs have committed."""
        ...

    def search(self, tree: Tree, scope: Scope, limit: int) -> Results:
        """The documents within `scope` that `tree` describes; at most `limit` hits.

        Raises `QueryError` where a word with wildcards stands for too many terms.
        """
        ...

    def count(self) -> int:
        """How many documents the index holds, whoever may see them."""
        ...

    def close(self) -> None:
        """Give back what is held open; writes not committed are dropped."""
        ...
