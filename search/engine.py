"""What a search engine must do, whichever it is: the seam between the query and the index."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Final, Protocol

from cases.identity import CaptureId, CaseId
from search.document import SearchDocument
from search.tree import Tree


@dataclass(frozen=True, slots=True)
class Scope:
    """What a searcher may see: it narrows every search, and nothing is seen without one.

    `restricted` lets restricted documents in. `up_to_seq` repeats an earlier search: documents
    indexed since are left out (DIS-6); `after_seq` leaves out those indexed up to then. A document
    that is withheld is seen by those who may see every reason for which it is (`withheld`).
    Captures `without` are left out whatever their documents say: what was locked a moment ago.
    """

    cases: frozenset[CaseId]
    restricted: bool = False
    up_to_seq: int | None = None
    after_seq: int | None = None
    withheld: frozenset[str] = frozenset()
    without: frozenset[CaptureId] = frozenset()


class Sort(StrEnum):
    """The order of hits. Those that tie stand by `seq`: the oldest first in `OLDEST` and `INDEXED`,
    else the newest.
    """

    BEST = "best"  # by score, four decimals
    NEWEST = "newest"  # by when they were captured
    OLDEST = "oldest"
    INDEXED = "indexed"  # by `seq` rising: for watches and exports


Key = tuple[float | int, ...]  # a hit's place in its order
SCORE_DECIMALS: Final = 4  # of a key's score: sums of floats in another order differ below this
SCORE_STEP: Final = 10.0**-SCORE_DECIMALS


@dataclass(frozen=True, slots=True)
class Hit:
    """A capture that the query found. `key` is what `after` takes to go on behind it; the score
    is 0 where the order is not by score.
    """

    capture: CaptureId
    score: float
    seq: int
    key: Key = ()


@dataclass(frozen=True, slots=True)
class Results:
    """`total` counts every document found, exactly, whatever `after`; `hits` are the first of
    them.
    """

    total: int
    hits: tuple[Hit, ...]


class Unit(StrEnum):
    """How wide a histogram's bars are: days, months and years of UTC, weeks from Monday."""

    DAY = "day"
    WEEK = "week"
    MONTH = "month"
    YEAR = "year"


@dataclass(frozen=True, slots=True)
class FacetAsk:
    """The `size` most frequent values of `field` (a query field that has a facet) are wanted."""

    field: str
    size: int = 10


@dataclass(frozen=True, slots=True)
class Facet:
    """Values and how many documents found hold each, by count falling, then by value rising (code
    points). `missing` documents hold none; `more` says that there are other values.
    """

    field: str
    values: tuple[tuple[str, int], ...]
    missing: int
    more: bool


class TermList(Protocol):
    """Where wildcards find the terms that they stand for."""

    def terms(self, field: str, prefix: str) -> list[str]:
        """The terms of index field `field` that begin with `prefix`, sorted."""
        ...


class Faceting(Protocol):
    """What an engine says of all that a query finds, within the same scope."""

    def facets(self, tree: Tree, scope: Scope, wanted: Sequence[FacetAsk]) -> tuple[Facet, ...]:
        """A facet for each that is wanted, in that order; the same on every engine."""
        ...

    def histogram(
        self, tree: Tree, scope: Scope, field: str, unit: Unit
    ) -> tuple[tuple[datetime, int], ...]:
        """How many documents fall into each `unit` of `field` (captured, published, modified):
        (start in UTC, count), rising, without empty ones.
        """
        ...


class Engine(TermList, Faceting, Protocol):
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

    def search(
        self,
        tree: Tree,
        scope: Scope,
        limit: int,
        *,
        sort: Sort = Sort.BEST,
        after: Key | None = None,
    ) -> Results:
        """The documents within `scope` that `tree` describes; at most `limit` hits, those behind
        the one whose key is `after`.

        Raises `QueryError` where a word with wildcards stands for too many terms.
        """
        ...

    def terms_for(self, tree: Tree) -> TermList:
        """Where the words of `tree` with wildcards or nearly spelled find their terms: a list of no
        other words, where the engine asks for those alone. Raises `QueryError` as a search does.
        """
        ...

    def count(self) -> int:
        """How many documents the index holds, whoever may see them."""
        ...

    def close(self) -> None:
        """Give back what is held open; writes not committed are dropped."""
        ...
