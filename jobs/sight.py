"""What a person may see of the index: the one way to a scope."""

from __future__ import annotations

from collections.abc import Sequence

from cases.access import closed_captures
from cases.casebook import case_views_named
from cases.holdings import of_cases
from evidence.acting import Acting
from search import Scope


def scope_of(acting: Acting, cases: Sequence[str] | None) -> Scope:
    """What the acting person may see of the cases of those references, or of every case for None.

    Whoever asks an engine for people's eyes asks within it: it holds the cases that are open to
    them, and leaves out what is locked or restricted as the catalogue has it now, whatever the
    index says. Raises `CaseUnknown`, also for a case that they may not see.
    """
    with acting.catalogue.reading() as session:
        views = case_views_named(session, None if cases is None else list(cases))
        ids = frozenset(view.id for view in views)
        return Scope(
            ids,
            restricted=True,  # what of it is not for these eyes is among `without`
            # Of no other case: what is left out stands in the search's entry, for others to read.
            without=of_cases(session, closed_captures(session), ids),
        )
