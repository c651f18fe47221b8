"""An engine without an index: every document is read for every query.

For a handful of documents, and to say what the right answer is: it evaluates the tree itself,
leaf by leaf, over the documents' tokens, and shares nothing with an index but the analysis.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from cases.identity import CaptureId
from search.document import (
    SearchDocument,
    Values,
    facet_values,
    index_tokens,
    microseconds,
    moments,
    numbers,
)
from search.engine import Facet, FacetAsk, Hit, Key, Results, Scope, Sort, TermList, Unit
from search.facets import Bars, bars, facet_fields, moment_field, ranked
from search.fields import Field, searched
from search.plan import plan
from search.spans import near_spans, spans
from search.tree import And, Beside, Boosted, During, Not, Number, Or, Tree, Words

Held = tuple[SearchDocument, dict[str, Values]]


class MemoryEngine:
    """An `Engine` over a dictionary. A hit's score is the number of leaves that hold in it."""

    def __init__(self) -> None:
        self._held: dict[CaptureId, Held] = {}
        self._waiting: dict[CaptureId, Held | None] = {}

    def index(self, documents: Iterable[SearchDocument]) -> int:
        """How many documents were taken; each replaces the one of the same capture."""
        taken = 0
        for document in documents:
            self._waiting[document.capture] = (document, index_tokens(document))
            taken += 1
        return taken

    def delete(self, captures: Iterable[CaptureId]) -> None:
        """Take these captures out."""
        self._waiting.update(dict.fromkeys(captures))

    def commit(self) -> None:
        """Make the writes visible."""
        for capture, held in self._waiting.items():
            self._held.pop(capture, None)
            if held is not None:
                self._held[capture] = held
        self._waiting.clear()

    def refresh(self) -> None:
        """Nothing: nobody else writes here."""

    def search(
        self,
        tree: Tree,
        scope: Scope,
        limit: int,
        *,
        sort: Sort = Sort.BEST,
        after: Key | None = None,
    ) -> Results:
        """The documents within `scope` in which `tree` holds."""
        found = [_hit(tree, held, sort) for held in self.found(tree, scope)]
        rising = sort in (Sort.OLDEST, Sort.INDEXED)
        found.sort(key=lambda hit: hit.key, reverse=not rising)
        if after is not None:
            behind = [hit for hit in found if (hit.key > after if rising else hit.key < after)]
        else:
            behind = found
        return Results(len(found), tuple(behind[: max(limit, 0)]))

    def found(self, tree: Tree, scope: Scope) -> list[Held]:
        """Every document that `tree` finds within `scope`, and its tokens."""
        plan(tree, self)  # refuses what every engine refuses
        return [
            (document, tokens)
            for document, tokens in self._held.values()
            if visible(document, scope) and _holds(tree, document, tokens)
        ]

    def facets(self, tree: Tree, scope: Scope, wanted: Sequence[FacetAsk]) -> tuple[Facet, ...]:
        """A facet for each that is wanted, in that order. Raises `QueryError`."""
        plan(tree, self)
        fields = facet_fields(wanted)
        held = [facet_values(document) for document, _ in self.found(tree, scope)]
        return tuple(
            ranked(
                ask,
                Counter(value for values in held for value in values[field]),
                sum(not values[field] for values in held),
            )
            for field, ask in zip(fields, wanted, strict=True)
        )

    def histogram(self, tree: Tree, scope: Scope, field: str, unit: Unit) -> Bars:
        """How many documents fall into each `unit` of `field`. Raises `QueryError`."""
        plan(tree, self)
        named = moment_field(field)
        held = [moments(document).get(named) for document, _ in self.found(tree, scope)]
        return bars([(moment, 1) for moment in held if moment is not None], unit)

    def terms(self, field: str, prefix: str) -> list[str]:
        """The terms of `field` that begin with `prefix`, sorted."""
        values = (value for _, tokens in self._held.values() for value in tokens[field])
        return sorted({term for value in values for term in value if term.startswith(prefix)})

    def terms_for(self, tree: Tree) -> TermList:  # noqa: ARG002 - every term is at hand
        """This engine's own list."""
        return self

    def count(self) -> int:
        """How many documents are held."""
        return len(self._held)

    def close(self) -> None:
        """Drop what was not committed."""
        self._waiting.clear()


def visible(document: SearchDocument, scope: Scope) -> bool:
    """Whether whoever has this scope may see the document."""
    return (
        document.case in scope.cases
        and (scope.restricted or not document.restricted)
        and (scope.up_to_seq is None or document.seq <= scope.up_to_seq)
        and (scope.after_seq is None or document.seq > scope.after_seq)
        and scope.withheld.issuperset(document.withheld)
        and document.capture not in scope.without
    )


def _hit(tree: Tree, held: Held, sort: Sort) -> Hit:
    document, tokens = held
    score = float(_leaves_held(tree, document, tokens)) if sort is Sort.BEST else 0.0
    captured, seq = microseconds(document.captured), document.seq
    match sort:
        case Sort.BEST:
            key: Key = (score, seq)
        case Sort.INDEXED:
            key = (seq,)
        case _:
            key = (captured, seq)
    return Hit(document.capture, score, seq, key)


def _holds(tree: Tree, document: SearchDocument, tokens: dict[str, Values]) -> bool:
    match tree:
        case And(parts):
            return all(_holds(part, document, tokens) for part in parts)
        case Or(parts):
            return any(_holds(part, document, tokens) for part in parts)
        case Not(part):
            return not _holds(part, document, tokens)
        case Boosted(part):
            return _holds(part, document, tokens)
        case During(_, since, before, field):
            moment = moments(document).get(field)
            return (
                moment is not None
                and (since is None or since <= moment)
                and (before is None or moment < before)
            )
        case Number(_, least, most, field):
            number = numbers(document).get(field)
            return (
                number is not None
                and (least is None or least <= number)
                and (most is None or number <= most)
            )
        case _:
            return any(
                _stands(tree, field, value)
                for field in searched(tree.field)
                for value in tokens[field.exact]
            )


def _stands(words: Words | Beside, field: Field, value: tuple[str, ...]) -> bool:
    if isinstance(words, Beside):
        return any(True for _ in near_spans(words, field, value))
    return any(True for _ in spans(words, field, value))


def _leaves_held(tree: Tree, document: SearchDocument, tokens: dict[str, Values]) -> float:
    match tree:
        case And(parts) | Or(parts):
            return sum(_leaves_held(part, document, tokens) for part in parts)
        case Not():
            return 0.0
        case Boosted(part, factor):
            return factor * _leaves_held(part, document, tokens)
        case _:
            return float(_holds(tree, document, tokens))
