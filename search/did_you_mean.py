"""Did you mean: other spellings of a query's words, of those that find something.

Spellings come from the index's own terms, so each is counted as it stands, within the searcher's
scope, before anything is made of it: one that stands only in what they may not see is as if it did
not exist, and where counting ends depends on what they may see alone.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from time import monotonic
from typing import Final

from search.analysis import analyse, stem_of
from search.engine import Engine, Scope
from search.errors import QueryError
from search.fields import Kind, field_named, searched
from search.plan import expansion
from search.tree import And, Boosted, Fuzzy, Or, Phrase, Term, Tree, query_text, wanted_words

RARE: Final = 3  # hits of a word or a query, at most, for another spelling to be looked for
MUCH: Final = 10  # times as many hits, to speak of a spelling where there were some
SHORTEST: Final = 4  # letters: shorter words are near too many others
MOST_WORDS: Final = 5  # of a query
MOST_SPELLINGS: Final = 30  # of a word that are seen by the searcher, in the order of the alphabet
MOST_TRIED: Final = 12  # queries
MOST_TOLD: Final = 3
SECONDS: Final = 2.0
_AT_ONCE: Final = 50  # spellings in one question, whether any of them stands anywhere


class _LateError(Exception):
    """There is no time for another question: what was found until then is told."""


@dataclass(frozen=True, slots=True)
class _Counter:
    """Asks an engine how many documents of a scope a tree finds, until the time is over."""

    engine: Engine
    scope: Scope
    until: float

    def __call__(self, tree: Tree) -> int:
        if monotonic() > self.until:
            raise _LateError
        return self.engine.search(tree, self.scope, 0).total


def did_you_mean(tree: Tree, engine: Engine, scope: Scope, total: int) -> tuple[str, ...]:
    """Up to three queries like `tree`, which finds `total`, with words spelled another way: each
    finds something in `scope` and, where `tree` does too, ten times as much. Those with the most
    frequent spellings come first.

    Words in the fields of words are looked at, bare and of four letters or more; spellings are one
    edit away, begin alike, and are no other form of the same word.
    """
    if total > RARE:
        return ()
    count = _Counter(engine, scope, monotonic() + SECONDS)
    told: list[str] = []
    try:
        for other in _tries(tree, count):
            if count(other) >= max(1, MUCH * total):
                told.append(query_text(other))
            if len(told) == MOST_TOLD:
                break
    except _LateError:
        pass
    return tuple(told)


def _tries(tree: Tree, count: _Counter) -> Iterator[Tree]:
    """The queries to try, all that have one word changed and first that with every word changed
    that nothing holds, where there are several.
    """
    changes: list[tuple[int, Term, Term]] = []
    unknown: dict[Term, Term] = {}
    bare = (leaf for leaf in wanted_words(tree) if isinstance(leaf, Term) and _is_looked_at(leaf))
    for word in list(dict.fromkeys(bare))[:MOST_WORDS]:
        held = count(word)
        found = _spellings(word, held, count) if held <= RARE else []
        changes += [(-hits, word, replace(word, word=spelling)) for hits, spelling in found]
        if found and not held:
            unknown[word] = replace(word, word=found[0][1])
    changes.sort(key=lambda each: (each[0], each[2].word))
    together = [unknown] if len(unknown) > 1 else []
    alone: list[Mapping[Term, Term]] = [{word: other} for _, word, other in changes]
    for change in [*together, *alone][:MOST_TRIED]:
        yield _changed(tree, change)


def _is_looked_at(word: Term) -> bool:
    """Whether it is one bare word of four letters or more, in a field of words."""
    if word.field is not None and field_named(word.field).kind is not Kind.WORDS:
        return False
    tokens = analyse(word.word).exact
    return len(tokens) == 1 and len(tokens[0]) >= SHORTEST and tokens[0].isalpha()


def _spellings(word: Term, held: int, count: _Counter) -> list[tuple[int, str]]:
    """Spellings of a word that `held` documents hold, with how many hold them, most first."""
    (typed,) = analyse(word.word).exact
    own = stem_of(typed)
    near = [each for each in _near(word, count) if each.isalpha() and stem_of(each) != own]
    of_stem: dict[str, tuple[int, str]] = {}
    for hits, spelling in _seen(near, word.field, count):
        most = of_stem.setdefault(stem_of(spelling), (hits, spelling))
        if hits > most[0]:
            of_stem[stem_of(spelling)] = (hits, spelling)
    enough = [each for each in of_stem.values() if each[0] >= max(1, MUCH * held)]
    return sorted(enough, key=lambda each: (-each[0], each[1]))


def _near(word: Term, count: _Counter) -> list[str]:
    """Every term of the index that is one edit away, whoever may see it, sorted."""
    fuzzy = Fuzzy(word.word, 1, word.field)
    try:
        terms = count.engine.terms_for(fuzzy)
        fields = searched(word.field)
        return sorted({each for field in fields for each in expansion(fuzzy, field, terms)})
    except QueryError:  # it stands for too many
        return []


def _seen(terms: Sequence[str], field: str | None, count: _Counter) -> list[tuple[int, str]]:
    """Those of `terms` that stand in documents of the scope, and in how many; as spelled, for
    another form of one may stand where it does not.
    """
    found: list[tuple[int, str]] = []
    waiting = [terms[at : at + _AT_ONCE] for at in range(0, len(terms), _AT_ONCE)][::-1]
    while waiting and len(found) < MOST_SPELLINGS:
        some = waiting.pop()
        leaves = tuple(Phrase(term, field) for term in some)
        hits = count(Or(leaves) if len(leaves) > 1 else leaves[0])
        if hits and len(some) == 1:
            found.append((hits, some[0]))
        elif hits:
            middle = len(some) // 2
            waiting += [some[middle:], some[:middle]]
    return found


def _changed(tree: Tree, change: Mapping[Term, Term]) -> Tree:
    match tree:
        case And(parts):
            return And(tuple(_changed(part, change) for part in parts))
        case Or(parts):
            return Or(tuple(_changed(part, change) for part in parts))
        case Boosted(part, factor):
            return Boosted(_changed(part, change), factor)
        case Term():
            return change.get(tree, tree)
        case _:
            return tree
