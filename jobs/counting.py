"""Who is named with whom, and how much of what was found no machine read for names."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gate import fold_line
from search import Engine, FacetAsk, Scope, Tree
from search.facets import MOST_VALUES
from search.tree import And, Or, Phrase

COMPANY: Final = 20  # names that are counted
READ_FOR_NAMES: Final = frozenset({"en", ""})  # languages; none found is tried as English
LANGUAGES: Final = FacetAsk("lang", MOST_VALUES)


@dataclass(frozen=True, slots=True)
class Companion:
    """A name in what was found: `together` documents found hold it, `everywhere` all that may be
    seen. `lift` is how many times more often it stands here than everywhere: 1 is chance. None
    where it could not be counted.
    """

    name: str
    together: int
    everywhere: int | None
    lift: float | None


def companions(
    engine: Engine, tree: Tree, scope: Scope, field: str, total: int
) -> tuple[Companion, ...]:
    """The names of `field` (person, org, place) in what `tree` finds, the most frequent first.

    Counted within the scope alone, so that nothing is told of what may not be seen. Raises
    `QueryError` for a field that has no facet.
    """
    (here,) = engine.facets(tree, scope, [FacetAsk(field, COMPANY)])
    names = [Phrase(name, field) for name, _ in here.values]
    if not names:
        return ()
    any_of_them: Tree = Or(tuple(names)) if len(names) > 1 else names[0]
    (there,) = engine.facets(any_of_them, scope, [FacetAsk(field, MOST_VALUES)])
    everywhere = dict(there.values)
    documents = engine.search(And(()), scope, 0).total
    return tuple(
        _companion(name, together, everywhere.get(name), total, documents)
        for name, together in here.values
    )


def _companion(
    name: str, together: int, everywhere: int | None, total: int, documents: int
) -> Companion:
    lift = None
    if everywhere:
        lift = round((together / total) / (everywhere / documents), 2)
    return Companion(fold_line(name), together, everywhere, lift)


def unread_for_names(engine: Engine, tree: Tree, scope: Scope) -> int:
    """How many of the documents found are in a language in which names are not sought."""
    (languages,) = engine.facets(tree, scope, [LANGUAGES])
    return sum(n for code, n in languages.values if code.split("-")[0] not in READ_FOR_NAMES)
