"""Hits in our order, a page at a time: from one point in time where they are more than a page."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

from cases.identity import CaptureId
from search.elastic_client import Body, Connection, body
from search.elastic_query import Query
from search.engine import SCORE_DECIMALS, SCORE_STEP, Hit, Key, Results, Sort

PAGE: Final = 5_000  # hits in one answer: index.max_result_window is 10,000
KEPT: Final = "2m"  # how long a point in time is kept between two pages
_GROWTH: Final = 4  # each further request of one page of hits asks for so many times as many


@dataclass(frozen=True, slots=True)
class Listing:
    """How hits are put in order. Where none is better than another (`scored` is false) the best
    are the newest indexed.
    """

    sort: Sort
    scored: bool

    @property
    def rising(self) -> bool:
        """Whether the least key comes first."""
        return self.sort in (Sort.OLDEST, Sort.INDEXED)

    @property
    def by_score(self) -> bool:
        """Whether the score comes first."""
        return self.sort is Sort.BEST and self.scored

    @property
    def columns(self) -> list[str]:
        """What the cluster sorts by."""
        if self.by_score:
            return ["_score", "seq"]
        return ["captured", "seq"] if self.sort in (Sort.NEWEST, Sort.OLDEST) else ["seq"]

    def key(self, values: list[Any]) -> Key:
        """The key of a hit with these sort values."""
        if self.by_score:
            return (round(float(values[0]), SCORE_DECIMALS), int(values[1]))
        whole = tuple(map(int, values[: len(self.columns)]))
        return (0.0, *whole) if self.sort is Sort.BEST else whole

    def start(self, after: Key) -> list[float | int]:
        """Sort values from which on the hits behind `after` stand, and few others."""
        if self.by_score:
            return [after[0] + SCORE_STEP, 0]  # a key's score is rounded
        return list(after[-len(self.columns) :])

    def is_behind(self, key: Key, after: Key) -> bool:
        """Whether a hit with `key` comes later than the one with key `after`."""
        return key > after if self.rising else key < after


def page_of(
    connection: Connection,
    index: str,
    query: Query,
    limit: int,
    listing: Listing,
    after: Key | None,
) -> Results:
    """The `limit` hits of `query` behind `after`, and how many hits there are in all.

    More is fetched until nothing that ties with the last hit by its rounded score is left out;
    where all that tie have one score, as a wildcard's hits have, the cluster's order is ours, and
    one look past them is enough.
    """
    limit = max(limit, 0)
    order = "asc" if listing.rising else "desc"
    asked: dict[str, Any] = {
        "query": query,
        "size": min(limit + listing.by_score, PAGE) if limit else 0,
        "sort": [{column: order} for column in listing.columns],
        "track_total_hits": True,
        "track_scores": False,
        "allow_partial_search_results": False,
    }
    if after is not None:
        asked["search_after"] = listing.start(after)
    hits: list[Hit] = []
    scores: list[float] = []  # as the cluster has them, one for each of `hits`
    total = 0
    with _searched(connection, index, several=limit >= PAGE) as place:
        while True:
            found = _answer(connection, asked | place)["hits"]
            total = total or int(found["total"]["value"])
            rows = found["hits"]
            for hit, row in ((_hit(row, listing), row) for row in rows):
                if after is None or listing.is_behind(hit.key, after):
                    hits.append(hit)
                    scores.append(row["sort"][0])
            if len(rows) < asked["size"] or not limit or _enough(hits, limit, listing):
                break
            if listing.by_score and _alike(hits, scores, limit):
                asked["search_after"] = [scores[-1], -1]  # past all that have the same score
                following = _answer(connection, asked | place | {"size": 1})["hits"]["hits"]
                if not following or _hit(following[0], listing).key[0] != hits[-1].key[0]:
                    break
            asked["search_after"] = rows[-1]["sort"][: len(listing.columns)]
            asked["size"] = min(asked["size"] * _GROWTH, PAGE)
    hits.sort(key=lambda hit: hit.key, reverse=not listing.rising)
    return Results(total, tuple(hits[:limit]))


def _enough(hits: list[Hit], limit: int, listing: Listing) -> bool:
    if not listing.by_score:
        return len(hits) >= limit
    return len(hits) > limit and hits[limit - 1].key[0] != hits[-1].key[0]


def _alike(hits: list[Hit], scores: list[float], limit: int) -> bool:
    """Whether `limit` hits are there and those that tie by rounded score have the very same one."""
    if len(hits) < limit:
        return False
    tied = (score for hit, score in zip(hits, scores, strict=True) if hit.key[0] == hits[-1].key[0])
    return len(set(tied)) == 1


def _hit(row: Body, listing: Listing) -> Hit:
    key = listing.key(row["sort"])
    score = float(key[0]) if listing.sort is Sort.BEST else 0.0
    return Hit(CaptureId(row["_id"]), score, int(key[-1]), key)


def _answer(connection: Connection, asked: dict[str, Any]) -> Body:
    return body(connection.ask(lambda client: client.search(**asked)))


@contextmanager
def _searched(connection: Connection, index: str, *, several: bool) -> Iterator[dict[str, Any]]:
    """Where to search: the index, or for several pages one point in time of it."""
    if not several:
        yield {"index": index}
        return
    opened = body(
        connection.ask(lambda client: client.open_point_in_time(index=index, keep_alive=KEPT))
    )
    pit: str = opened["id"]
    try:
        yield {"pit": {"id": pit, "keep_alive": KEPT}}
    finally:
        connection.ask(lambda client: client.close_point_in_time(id=pit))
