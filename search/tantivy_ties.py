"""Hits whose scores are sums of a few constants: words with wildcards, near spellings.

All hits of `smi*` score alike, so the order among them is our own (the newest indexed first), and
tantivy would have to hand over every one before the first ten are known. But what each scores is
known from which of the query's words it holds: so those that score the same are one query, which
tantivy puts in our order by itself.
"""

from __future__ import annotations

from dataclasses import replace
from itertools import product
from typing import Final

from search.engine import SCORE_DECIMALS
from search.plan import All, Any, AnyToken, Except, Has, Near, Plan, Row, scores

MOST_CONSTANTS: Final = 4  # which are 16 groups: beyond, ties are looked through hit by hit


def groups_of(asked: Plan) -> tuple[tuple[float, Plan], ...]:
    """The scores that hits of `asked` may have, the best first, each with what such hits hold.

    Empty where scores are not sums of few constants.
    """
    constants = _constants(asked, inside=False)
    if not constants or len(constants) > MOST_CONSTANTS:
        return ()
    found: dict[float, list[Plan]] = {}
    for held in product((True, False), repeat=len(constants)):
        score, parts = 0.0, list[Plan]()
        for each, holds in zip(constants, held, strict=True):
            score += each.weight if holds else 0.0
            mute = replace(each, weight=0.0)
            parts.append(mute if holds else Except(mute))
        found.setdefault(round(score, SCORE_DECIMALS), []).append(
            All(tuple(parts))
        )  # of 0 too: `OR NOT …`
    return tuple((score, Any(tuple(found[score]))) for score in sorted(found, reverse=True))


def _constants(asked: Plan, *, inside: bool) -> list[AnyToken] | None:
    """The parts whose constants make up a hit's score, None where there is anything else.

    `inside` an alternative a conjunction counts whole or not at all, so it is no such sum.
    """
    match asked:
        case AnyToken():
            return [asked] if asked.weight else []
        case All(parts) if inside and scores(asked):
            return None
        case All(parts) | Any(parts):
            each = [_constants(part, inside=inside or isinstance(asked, Any)) for part in parts]
            known = [part for part in each if part is not None]
            return [one for part in known for one in part] if len(known) == len(each) else None
        case Has() | Row() | Near():
            return None if asked.weight else []
        case _:
            return []
