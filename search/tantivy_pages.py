"""Hits in our order: tantivy's own breaks ties by where a document happens to lie."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import tantivy
from tantivy import DocAddress, Occur, Order, Query

from cases.identity import CaptureId
from search.engine import SCORE_DECIMALS, SCORE_STEP, Hit, Key, Results, Sort
from search.plan import Plan
from search.tantivy_queries import compiled, integer_within, seq_within, silent

BEYOND: Final = 40  # hits fetched past those asked for: most ties end among them
_RISING: Final = (Sort.OLDEST, Sort.INDEXED)


@dataclass(frozen=True, slots=True)
class Listing:
    """How hits are put in order. Where none is better than another (`scored` is false) the best
    are the newest indexed, which tantivy finds without a look at every hit; so are those of the
    same score where only a few `groups` of scores can be (`groups_of`).
    """

    sort: Sort
    scored: bool
    groups: tuple[tuple[float, Plan], ...] = ()

    @property
    def rising(self) -> bool:
        """Whether the least key comes first."""
        return self.sort in _RISING

    @property
    def column(self) -> str | None:
        """The column that tantivy orders by; None is the score."""
        if self.sort in (Sort.NEWEST, Sort.OLDEST):
            return "captured"
        return None if self.sort is Sort.BEST and self.scored else "seq"

    def is_behind(self, key: Key, after: Key) -> bool:
        """Whether a hit with `key` comes later than the one with key `after`."""
        return key > after if self.rising else key < after


def page_of(
    searcher: tantivy.Searcher,
    schema: tantivy.Schema,
    query: Query,
    limit: int,
    listing: Listing,
    after: Key | None,
) -> Results:
    """The `limit` hits of `query` behind `after`, and how many hits there are in all.

    More is fetched until nothing that ties with the last hit is left out.
    """
    limit = max(limit, 0)
    total = total_of(searcher, query)
    if limit and total and listing.column is None and listing.groups:
        keyed = _by_groups(searcher, schema, query, limit, listing, after)
        return Results(total, tuple(_hit(searcher, key, at, listing) for key, at in keyed))
    if after is not None and listing.column:
        query = _behind(schema, query, listing, after)
    asked, keyed = limit + BEYOND, []
    while limit and total:
        first = _first(searcher, query, asked, listing)
        keyed = [at for at in first if after is None or listing.is_behind(at[0], after)]
        if len(first) < asked or (len(keyed) > limit and keyed[limit - 1][0][0] != keyed[-1][0][0]):
            break
        asked *= 4
    keyed.sort(key=lambda each: each[0], reverse=not listing.rising)
    return Results(total, tuple(_hit(searcher, key, at, listing) for key, at in keyed[:limit]))


def _by_groups(
    searcher: tantivy.Searcher,
    schema: tantivy.Schema,
    query: Query,
    limit: int,
    listing: Listing,
    after: Key | None,
) -> list[tuple[Key, DocAddress]]:
    """The `limit` hits of `query` behind `after`, of one group after the other."""
    newest = Listing(Sort.BEST, scored=False)
    most = searcher.search(query, 1, count=False).hits[0][0] + SCORE_STEP
    most = most if after is None else min(most, float(after[0]))
    keyed: list[tuple[Key, DocAddress]] = []
    for score, group in listing.groups:
        if score > most or len(keyed) == limit:
            continue
        parts = [(Occur.Must, silent(query)), (Occur.Must, silent(compiled(schema, group)))]
        if after is not None and score == after[0]:
            parts.append((Occur.Must, silent(seq_within(schema, None, int(after[-1]) - 1))))
        found = _first(searcher, Query.boolean_query(parts), limit - len(keyed), newest)
        keyed += [((score, key[-1]), address) for key, address in found]
    return keyed


def _first(
    searcher: tantivy.Searcher, query: Query, asked: int, listing: Listing
) -> list[tuple[Key, DocAddress]]:
    """The first `asked` hits as tantivy orders them, each with its key."""
    order = Order.Asc if listing.rising else Order.Desc
    found = searcher.search(query, asked, count=False, order_by_field=listing.column, order=order)
    addresses = [address for _, address in found.hits]
    seqs = [int(seq or 0) for seq in searcher.fast_field_values("seq", addresses)]
    match listing.sort:
        case Sort.BEST:
            scores = [score if listing.scored else 0.0 for score, _ in found.hits]
            keys: list[Key] = [
                (round(score, SCORE_DECIMALS), seq) for score, seq in zip(scores, seqs, strict=True)
            ]
        case Sort.INDEXED:
            keys = [(seq,) for seq in seqs]
        case _:
            moments = searcher.fast_field_values("captured", addresses)
            keys = [(int(at or 0), seq) for at, seq in zip(moments, seqs, strict=True)]
    return list(zip(keys, addresses, strict=True))


def _behind(schema: tantivy.Schema, query: Query, listing: Listing, after: Key) -> Query:
    """`query` without what is not behind `after`."""
    if listing.sort is Sort.INDEXED:
        rest = seq_within(schema, int(after[0]) + 1, None)
    elif listing.sort is Sort.BEST:
        rest = seq_within(schema, None, int(after[1]) - 1)
    else:
        moment, seq = int(after[0]), int(after[1])
        at = integer_within(schema, "captured", moment, moment)
        if listing.rising:
            further = integer_within(schema, "captured", moment + 1, None)
            tied = seq_within(schema, seq + 1, None)
        else:
            further = integer_within(schema, "captured", None, moment - 1)
            tied = seq_within(schema, None, seq - 1)
        both = Query.boolean_query([(Occur.Must, at), (Occur.Must, tied)])
        rest = Query.boolean_query([(Occur.Should, further), (Occur.Should, both)])
    return Query.boolean_query([(Occur.Must, query), (Occur.Must, silent(rest))])


def _hit(searcher: tantivy.Searcher, key: Key, address: DocAddress, listing: Listing) -> Hit:
    capture = CaptureId(str(searcher.doc(address).get_first("capture")))
    score = float(key[0]) if listing.sort is Sort.BEST else 0.0
    return Hit(capture, score, int(key[-1]), key)


def total_of(searcher: tantivy.Searcher, query: Query) -> int:
    """How many documents `query` finds."""
    found = searcher.search(silent(query), 1, count=True)  # without a score, which costs most
    return int(found.count)  # type: ignore[attr-defined]  # there, but not in its stubs
