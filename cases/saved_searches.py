"""Searches that people keep under a name, in one case or over all that they may see.

One of a case is seen by whoever may see the case, one over all cases by its maker alone: its words
may be about a case that others do not see.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.access import hidden_cases, viewer_of
from cases.errors import CallerError, UsageError
from cases.identity import CaseId, PersonId, new_id
from cases.models import Case, Person
from cases.search_tables import SavedSearch
from cases.times import rfc3339

LONGEST_NAME = 80
LONGEST_QUERY = 20_000  # characters


class SavedSearchUnknown(CallerError):
    """Nobody keeps a search of that name here."""

    kind = "saved-search-unknown"


@dataclass(frozen=True, slots=True)
class SavedView:
    """A kept search. `case` is None where it is asked of every case."""

    id: str
    name: str
    query: str
    sort: str
    case: str | None
    by: str
    at: str


def add_saved(
    session: Session, new: SavedView, case: CaseId | None, *, by: PersonId, now: datetime
) -> SavedSearch:
    """The row of a kept search. Raises `UsageError` for a bad name or one that is taken."""
    name = new.name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"Name the search in 1 to {LONGEST_NAME} printable signs.")
    if not 0 < len(new.query) <= LONGEST_QUERY:
        raise UsageError(f"A search that is kept has 1 to {LONGEST_QUERY:,} signs.")
    if any(each.name == name for each in saved_searches(session, case)):
        raise UsageError(f"There is a search named {name!r} already. Choose another name.")
    row = SavedSearch(
        id=new_id("q"),
        case_id=case,
        name=name,
        query=new.query,
        sort=new.sort,
        by=by,
        at=rfc3339(now),
        ended_at=None,
    )
    session.add(row)
    session.flush()
    return row


def saved_searches(session: Session, case: CaseId | None) -> list[SavedView]:
    """The kept searches of a case and the person's own over all cases, by name; for None those of
    every case that the session's person may see.
    """
    query = (
        select(SavedSearch, Person.code, Case.reference)
        .join(Person, Person.id == SavedSearch.by)
        .outerjoin(Case, Case.id == SavedSearch.case_id)
        .where(SavedSearch.ended_at.is_(None))
        .order_by(SavedSearch.name, SavedSearch.id)
    )
    if case is not None:
        query = query.where(SavedSearch.case_id.is_(None) | (SavedSearch.case_id == case))
    viewer, hidden = viewer_of(session), hidden_cases(session)
    return [
        SavedView(row.id, row.name, row.query, row.sort, reference, code, row.at)
        for row, code, reference in session.execute(query)
        if viewer is None or (row.case_id not in hidden if row.case_id else row.by == viewer.person)
    ]


def saved_row(session: Session, named: str, case: CaseId | None) -> SavedSearch:
    """The kept search of that id or name. Raises `SavedSearchUnknown`."""
    for view in saved_searches(session, case):
        if named in (view.id, view.name):
            return session.get_one(SavedSearch, view.id)
    raise SavedSearchUnknown(f"No search is kept as {named[:80]!r}. List them: lantern saved list")
