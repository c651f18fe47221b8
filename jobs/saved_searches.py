"""Searches kept under a name: each kept, and each ended, on the ledger."""

from __future__ import annotations

from cases.casebook import case_row
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.identity import CaseId
from cases.row_texts import ROW, row_text
from cases.saved_searches import SavedView, add_saved, saved_row, saved_searches
from cases.search_tables import SavedSearch
from cases.times import rfc3339
from evidence.acting import Acting
from search import parse_query


def keep_search(
    acting: Acting, name: str, query: str, case: str | None, sort: str = "best"
) -> SavedView:
    """Keep a search. Raises `QueryError`, `UsageError` for a name that is taken, `CaseUnknown`."""
    parse_query(query)
    with acting.catalogue.writing() as session:
        of = CaseId(case_row(session, case).id) if case else None
        wanted = SavedView("", name, query, sort, case, acting.person.code, "")
        row = add_saved(session, wanted, of, by=acting.person.id, now=acting.clock())
        texts = {ROW: row_text(row)}
        acting.ledger.record(session, [_act("search.save", row, texts)])
        return next(each for each in saved_searches(session, of) if each.id == row.id)


def kept_searches(acting: Acting, case: str | None = None) -> list[SavedView]:
    """The searches kept in a case and the person's own over all; or all that they may see."""
    with acting.catalogue.reading() as session:
        of = CaseId(case_row(session, case).id) if case else None
        return saved_searches(session, of)


def kept_search(acting: Acting, named: str) -> SavedView:
    """The search kept under that name or id. Raises `SavedSearchUnknown`."""
    with acting.catalogue.reading() as session:
        row = saved_row(session, named, None)
        return next(each for each in saved_searches(session, None) if each.id == row.id)


def end_search(acting: Acting, named: str) -> str:
    """Keep a search no longer; its name. Raises `SavedSearchUnknown`."""
    with acting.catalogue.writing() as session:
        row = saved_row(session, named, None)
        row.ended_at = rfc3339(acting.clock())
        acting.ledger.record(session, [_act("search.unsave", row, {})])
        return row.name


def _act(act: str, row: SavedSearch, texts: dict[str, str]) -> Act:
    objects = (ObjectRef(ObjectKind.CASE, row.case_id),) if row.case_id else ()
    refs = {"search": row.id} | ({"ended_at": row.ended_at} if row.ended_at else {})
    return Act(act, S62.ALTERATION, objects, refs, texts)
