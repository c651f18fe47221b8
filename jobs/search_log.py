"""The searches that were run, as disclosure material (DIS-1, DIS-6): each is one ledger entry.

Its query, filters and scope are committed texts, so they can be erased and cannot be changed. What
was opened from it names it in the entry of that look. There is no other log: a row of one could be
edited.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from contextlib import closing
from dataclasses import dataclass, replace
from datetime import datetime

from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.access import closed_captures, hidden_captures, hidden_cases, viewer_of
from cases.canonical import Json
from cases.casebook import case_references, case_row
from cases.commitments import open_disclosure
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import CallerError
from cases.holdings import of_cases
from cases.identity import CaptureId, CaseId, EntryId
from cases.ledger import open_texts
from cases.ledger_tables import LedgerEntry, LedgerText
from cases.people import people
from cases.search_tables import Indexing
from cases.times import from_rfc3339, rfc3339
from enrich import DerivedStore
from evidence.acting import Acting
from jobs.indexing import open_index, version_searched
from jobs.ledgering import FILTERS, concerning
from search import Engine, Scope, Sort, Tree, parse_query

ACT, EXPORT_ACT = "search.run", "search.export"
OPENED = "search"  # the text of a look that names the search it came from
NAMED_AT_MOST = 2_000  # captures of which a digest is kept; past it the total alone is compared


class SearchErased(CallerError):
    """The search's text was erased."""

    kind = "search-erased"


class SearchUnknown(CallerError):
    """No search of that id is on record, or not for this person's eyes."""

    kind = "search-unknown"


@dataclass(frozen=True, slots=True)
class Asked:
    """A search as it was run: enough to run it again."""

    query: str
    cases: tuple[CaseId, ...]
    without: tuple[CaptureId, ...]
    up_to_seq: int
    index_version: str
    total: int
    found_sha256: str | None  # over the captures found, sorted; None of more than were named
    view: dict[str, Json]  # limit, sort, after, facets: what was shown of it


def digest_of(captures: Iterable[CaptureId]) -> str:
    """SHA-256 over capture ids, sorted, each with a newline."""
    return hashlib.sha256("".join(f"{each}\n" for each in sorted(captures)).encode()).hexdigest()


def found_digest(engine: Engine, tree: Tree, scope: Scope, total: int) -> str | None:
    """The digest of all that a search found, or None of too many."""
    if total > NAMED_AT_MOST:
        return None
    hits = engine.search(tree, scope, NAMED_AT_MOST, sort=Sort.INDEXED).hits
    return digest_of(hit.capture for hit in hits)


def act_of(asked: Asked, shown: int, act: str = ACT, refs: dict[str, str] | None = None) -> Act:
    """The one entry of a search."""
    filters: dict[str, Json] = {
        "cases": list(asked.cases),
        "without": list(asked.without),
        "found_sha256": asked.found_sha256,
        **asked.view,
    }
    return Act(
        act,
        S62.CONSULTATION if act == ACT else S62.DISCLOSURE,
        tuple(ObjectRef(ObjectKind.CASE, case) for case in asked.cases),
        {
            "hits": str(asked.total),
            "shown": str(shown),
            "newest_seq": str(asked.up_to_seq),
            "index_version": asked.index_version,
            **(refs or {}),
        },
        {"query": asked.query, FILTERS: json.dumps(filters, sort_keys=True)},
    )


@dataclass(frozen=True, slots=True)
class LoggedSearch:
    """A search on record. `query` is None where its text was erased; `opened` are the captures
    looked at from it, in order. `hits` and `shown` are None where it searched among captures that
    the person may not open.
    """

    id: EntryId
    at: datetime
    by: str
    query: str | None
    filters: dict[str, Json]
    cases: tuple[str, ...]
    hits: int | None
    shown: int | None
    newest_seq: int
    index_version: str
    exported: bool
    opened: tuple[CaptureId, ...]


def logged_searches(
    acting: Acting, case: str | None = None, limit: int = 100
) -> list[LoggedSearch]:
    """The newest searches and exports, newest first, of a case or of all that the person may see;
    one consultation. Raises `CaseUnknown`.
    """
    with acting.catalogue.writing() as session:
        found = searches_in(session, case, limit)
        refs = {"listed": str(len(found))}
        acting.ledger.record(session, [Act("search.list", S62.CONSULTATION, (), refs)])
    return found


def show_search(acting: Acting, named: str) -> LoggedSearch:
    """One search on record; one consultation. Raises `SearchUnknown`."""
    with acting.catalogue.writing() as session:
        found = logged_search(session, named)
        refs = {"listed": "1", "search": str(found.id)}
        acting.ledger.record(session, [Act("search.list", S62.CONSULTATION, (), refs)])
    return found


def logged_search(session: Session, named: str) -> LoggedSearch:
    """The search of that id. Raises `SearchUnknown`."""
    (found,) = _as_seen(session, [_recorded(session, named)])
    return found


def searches_in(session: Session, case: str | None, limit: int | None = None) -> list[LoggedSearch]:
    """The searches of a case, or of all that the session's person may see, newest first, as far as
    they may see what was found.
    """
    return _as_seen(session, _on_record(session, case, limit))


def _as_seen(session: Session, recorded: Iterable[tuple[LoggedSearch, str]]) -> list[LoggedSearch]:
    unseen, viewer = hidden_captures(session), viewer_of(session)
    return [
        _within_sight(session, logged, unseen, own=viewer is not None and actor == viewer.person)
        for logged, actor in recorded
    ]


def _recorded(session: Session, named: str) -> tuple[LoggedSearch, str]:
    """The search of that id with all that was recorded. Raises `SearchUnknown`."""
    for each in _on_record(session, None, 1, named):
        return each
    raise SearchUnknown(f"There is no search {named[:40]!r}. List them: lantern search-log list")


def _on_record(
    session: Session, case: str | None, limit: int | None = None, named: str | None = None
) -> list[tuple[LoggedSearch, str]]:
    """Searches with all that was recorded, each with the id of whoever searched."""
    query = select(LedgerEntry).where(LedgerEntry.act.in_((ACT, EXPORT_ACT)))
    hidden = hidden_cases(session)
    if hidden:
        query = query.where(LedgerEntry.id.not_in(concerning(hidden)))
    if named is not None:
        query = query.where(LedgerEntry.id == named)
    if case is not None:
        row = case_row(session, case)
        query = query.where(LedgerEntry.id.in_(concerning([CaseId(row.id)])))
    rows = list(session.scalars(query.order_by(LedgerEntry.seq.desc()).limit(limit)))
    codes = {str(person.id): person.code for person in people(session)}
    references = case_references(session)
    texts = open_texts(session, [EntryId(row.id) for row in rows])
    opened = _opened(session, rows)
    return [
        (_logged(row, texts[EntryId(row.id)], codes, references, opened.get(row.id, ())), row.actor)
        for row in rows
    ]


def _within_sight(
    session: Session, logged: LoggedSearch, unseen: frozenset[CaptureId], *, own: bool
) -> LoggedSearch:
    """The search without the captures that the session's person may not open; where somebody else
    searched among such, without how many were found: the difference from what they find themselves
    would tell of them.
    """
    if not unseen or not logged.filters:
        return logged
    without = _ids(logged.filters, "without")
    reached = of_cases(session, unseen, list(map(CaseId, _ids(logged.filters, "cases"))))
    filters = logged.filters | {"without": [x for x in without if x not in unseen]}
    opened = tuple(each for each in logged.opened if each not in unseen)
    if own or reached <= set(without):
        return replace(logged, filters=filters, opened=opened)
    filters["found_sha256"] = None
    return replace(logged, filters=filters, opened=opened, hits=None, shown=None)


def _opened(session: Session, rows: list[LedgerEntry]) -> dict[str, tuple[CaptureId, ...]]:
    """Of each search the captures that whoever ran it opened from it, in order."""
    if not rows:
        return {}
    looks = session.execute(
        select(LedgerEntry.entry, LedgerText.disclosure, LedgerEntry.actor)
        .join(LedgerText, LedgerText.entry_id == LedgerEntry.id)
        .where(LedgerText.name == OPENED)
        .where(LedgerEntry.seq > rows[-1].seq)
        .where(LedgerEntry.actor.in_({row.actor for row in rows}))
        .order_by(LedgerEntry.seq)
    )
    found: dict[str, tuple[CaptureId, ...]] = {}
    by = {row.id: row.actor for row in rows}
    for raw, disclosure, actor in looks:
        search = str(open_disclosure(disclosure).value)
        if actor != by.get(search):
            continue  # what somebody else opened from it is theirs to answer for
        capture = CaptureId(str(json.loads(raw)["refs"].get("capture", "")))
        found[search] = (*found.get(search, ()), capture)
    return found


def _logged(
    row: LedgerEntry,
    texts: dict[str, str],
    codes: dict[str, str],
    references: dict[str, str],
    opened: tuple[CaptureId, ...],
) -> LoggedSearch:
    refs = json.loads(row.entry)["refs"]
    filters: dict[str, Json] = json.loads(texts.get(FILTERS, "{}"))
    cases = filters.get("cases")
    return LoggedSearch(
        id=EntryId(row.id),
        at=from_rfc3339(row.time),
        by=codes.get(row.actor, row.actor),
        query=texts.get("query"),
        filters=filters,
        cases=tuple(references.get(str(c), str(c)) for c in cases)
        if isinstance(cases, list)
        else (),
        hits=int(refs["hits"]),
        shown=int(refs["shown"]),
        newest_seq=int(refs["newest_seq"]),
        index_version=str(refs["index_version"]),
        exported=row.act == EXPORT_ACT,
        opened=opened,
    )


@dataclass(frozen=True, slots=True)
class Rerun:
    """A logged search run again over the index as it stood then.

    `same` is None where it cannot be told: more was found than is named in the log, and the total
    differs; or the search saw what this person does not, so that an answer would tell of it.
    `version` is of what was searched now: where it is another, the index of then is gone.
    `replaced` are captures, of those that they may see, indexed anew since, whose documents of then
    are gone; those of them that the query still finds are counted in `total`.
    """

    search: LoggedSearch
    total: int
    same: bool | None
    version: str
    replaced: tuple[CaptureId, ...]
    hidden_since: bool

    @property
    def same_version(self) -> bool:
        """Whether the index is of the version that it was of then."""
        return self.version == self.search.index_version

    @property
    def version_says(self) -> str:
        """What is to be said of another version; empty of the same."""
        if self.same_version:
            return ""
        return (
            f"The index that was searched then ({self.search.index_version}) is gone. It is of "
            f"another version now ({self.version}), which may read the same captures otherwise."
        )


def rerun(acting: Acting, named: str) -> Rerun:
    """Run a logged search again (DIS-6), within what the person may see; one consultation.

    Raises `SearchUnknown`, `SearchErased`, and what a search raises.
    """
    with acting.catalogue.reading() as session:
        whole, actor = _recorded(session, named)
        (logged,) = _as_seen(session, [(whole, actor)])
        then = _scope_then(whole)
        without = then.without | of_cases(session, closed_captures(session), then.cases)
        cases = then.cases - hidden_cases(session)
        anew = _replaced_since(session, logged.newest_seq)
        replaced = of_cases(session, anew, cases) - without
        version = version_searched(session)
    if logged.query is None or not logged.filters:
        raise SearchErased(
            f"The text of search {named} was erased from the ledger, so it cannot be run again."
        )
    tree = parse_query(logged.query, now=logged.at)  # `yesterday` is as it was then
    scope = replace(then, cases=cases, without=without)
    with (
        closing(DerivedStore(acting.vault.derived)) as store,
        closing(open_index(acting, store)) as engine,
    ):
        as_then = engine.search(tree, scope, NAMED_AT_MOST, sort=Sort.INDEXED)
        later = replace(scope, up_to_seq=None, after_seq=logged.newest_seq)
        since = _all_of(engine, tree, later, replaced)
    found = {hit.capture for hit in as_then.hits} | since
    total = as_then.total + len(since)
    refs = {"search": logged.id, "hits": str(total)}
    with acting.act(Act("search.rerun", S62.CONSULTATION, _objects(scope.cases), refs)):
        pass
    return Rerun(
        logged,
        total,
        _same(whole, total, found) if logged.hits is not None else None,
        version,
        tuple(sorted(replaced)),
        hidden_since=scope != then,
    )


def _same(logged: LoggedSearch, total: int, found: set[CaptureId]) -> bool | None:
    kept = logged.filters.get("found_sha256")
    if kept is None:
        return True if total == logged.hits else None
    return kept == digest_of(found)


def _scope_then(logged: LoggedSearch) -> Scope:
    return Scope(
        frozenset(map(CaseId, _ids(logged.filters, "cases"))),
        restricted=True,
        up_to_seq=logged.newest_seq,
        without=frozenset(map(CaptureId, _ids(logged.filters, "without"))),
    )


def _ids(filters: Mapping[str, Json], name: str) -> list[str]:
    held = filters.get(name)
    return [str(each) for each in held] if isinstance(held, list) else []


def _all_of(
    engine: Engine, tree: Tree, scope: Scope, among: frozenset[CaptureId]
) -> set[CaptureId]:
    """Which of the captures `among` the query finds, page by page."""
    found: set[CaptureId] = set()
    after = None
    while among:
        hits = engine.search(tree, scope, NAMED_AT_MOST, sort=Sort.INDEXED, after=after).hits
        found.update(hit.capture for hit in hits if hit.capture in among)
        if len(hits) < NAMED_AT_MOST:
            break
        after = hits[-1].key
    return found


def _replaced_since(session: Session, seq: int) -> frozenset[CaptureId]:
    """The captures that stood in the index at `seq` and were indexed anew since."""
    before = select(Indexing.capture_id).where(Indexing.index_seq <= seq)
    since = select(Indexing.capture_id).where(Indexing.index_seq > seq)
    rows = session.scalars(since.where(Indexing.capture_id.in_(before)).distinct())
    return frozenset(map(CaptureId, rows))


def _objects(cases: Iterable[CaseId]) -> tuple[ObjectRef, ...]:
    return tuple(ObjectRef(ObjectKind.CASE, case) for case in sorted(cases))


def annex(searches: Iterable[LoggedSearch]) -> list[dict[str, Json]]:
    """The digital-material annex (DIS-6): each search with its query, filters, scope, index, time,
    person, hits and opened items, oldest first.
    """
    return [
        {
            "search": each.id,
            "at": rfc3339(each.at),
            "by": each.by,
            "query": each.query,
            "filters": each.filters,
            "cases": list(each.cases),
            "index_version": each.index_version,
            "newest_seq": each.newest_seq,
            "hits": each.hits,
            "shown": each.shown,
            "exported": each.exported,
            "opened": list(each.opened),
        }
        for each in sorted(searches, key=lambda each: each.at)
    ]
