"""Watches: what somebody wants to be told of when it turns up, matched after each commit of the
index, and the alerts that come of it.

A watch is an ordinary query over the documents past the last one that it has seen, within what its
owner may see at that moment. A capture raises one alert a watch, however often it is indexed anew.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from sqlalchemy.orm import Session

from cases.access import Viewer
from cases.casebook import CaseUnknown, case_row
from cases.catalogue import Catalogue
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import LanternError, UsageError
from cases.holdings import newest_index_seq
from cases.identity import CaptureId, CaseId, PersonId
from cases.models import Person
from cases.people import person_of
from cases.row_texts import ROW, row_text, rows_text
from cases.times import rfc3339
from cases.watch_tables import Alert, Watch
from cases.watchlists import (
    AlertView,
    NewAlert,
    NewWatch,
    WatchedValue,
    WatchUnknown,
    WatchView,
    acknowledge,
    add_alerts,
    add_watch,
    alerts,
    items_of,
    running_watches,
    untold,
    watch_named,
    watches,
)
from enrich import DerivedStore
from evidence.acting import Acting
from jobs.sight import scope_of
from jobs.watch_lists import RefusedItem, WatchList, list_tree, read_watchlist, rows_held, watchlist
from jobs.webhooks import add_notice, deliver
from search import Engine, EngineUnavailable, Hit, Scope, Sort, Tree, parse_query

PAGE: Final = 500  # hits at a time; also the alerts that one entry of the ledger holds
MOST_AT_ONCE: Final = 10_000  # alerts of one watch, so that a wide one does not hold up the work
SHOWN_ITEMS: Final = 200


@dataclass(frozen=True, slots=True)
class Added:
    """A watch as it was made, and what of its list was not taken."""

    watch: WatchView
    duplicates: int
    refused: tuple[RefusedItem, ...]


@dataclass(frozen=True, slots=True)
class ShownWatch:
    """A watch and the first of its list's items."""

    watch: WatchView
    items: tuple[WatchedValue, ...]


@dataclass(frozen=True, slots=True)
class AlertsPage:
    """How many alerts there are, and the newest of them."""

    total: int
    alerts: tuple[AlertView, ...]


def watch_for(
    acting: Acting,
    name: str,
    *,
    case: str | None,
    query: str = "",
    pasted: str = "",
    file: Path | None = None,
    from_start: bool = False,
) -> Added:
    """Watch for a query, or for a list, pasted or in a file; in one case, or in all.

    What is indexed already is matched only `from_start`. Raises `QueryError`, `ListUnreadable`,
    `CaseUnknown`, `UsageError` for a name that is taken or where not one thing is to be watched.
    """
    if sum((bool(query.strip()), bool(pasted.strip()), file is not None)) != 1:
        raise UsageError("Say what to watch for, one of: --query Q, --list FILE.")
    if query.strip():
        parse_query(query)
        held = WatchList((), 0, ())
    else:
        held = read_watchlist(file) if file is not None else watchlist(pasted)
    now, person = acting.clock(), PersonId(acting.person.id)
    with acting.catalogue.writing() as session:
        of_case = CaseId(case_row(session, case).id) if case else None
        new = NewWatch(name, of_case, query.strip(), held.items)
        row = add_watch(session, new, from_start=from_start, by=person, now=now)
        act = Act(
            "watch.add",
            S62.COLLECTION,
            _cases(of_case),
            {"watch": row.id, "items": str(row.items), "items_sha256": row.items_sha256},
            {ROW: row_text(row)},
        )
        acting.ledger.record(session, [act])
        view = watch_named(session, row.id)
    return Added(view, held.duplicates, held.refused)


def list_watches(acting: Acting) -> list[WatchView]:
    """The watches that the person may see, the newest first."""
    with acting.catalogue.reading() as session:
        return watches(session)


def show_watch(acting: Acting, named: str) -> ShownWatch:
    """A watch and the first of what its list holds. Raises `WatchUnknown`."""
    with acting.catalogue.reading() as session:
        view = watch_named(session, named)
        return ShownWatch(view, tuple(items_of(session, view.id)[:SHOWN_ITEMS]))


def stop_watch(acting: Acting, named: str) -> WatchView:
    """Match it no more; its alerts stay. Raises `WatchUnknown`, `UsageError` for a stopped one."""
    now = acting.clock()
    with acting.catalogue.writing() as session:
        view = watch_named(session, named)
        if view.stopped_at is not None:
            raise UsageError(f"The watch {view.name!r} was stopped already.")
        row = session.get_one(Watch, view.id)
        row.stopped_at = rfc3339(now)
        refs = {"watch": view.id, "stopped_at": row.stopped_at}
        acting.ledger.record(session, [Act("watch.stop", S62.ALTERATION, _cases(view.case), refs)])
        return watch_named(session, view.id)


def list_alerts(
    acting: Acting, *, since: datetime | None = None, unseen_only: bool = False, limit: int = 100
) -> AlertsPage:
    """The newest alerts that the person may see; one consultation entry, however many."""
    with acting.catalogue.writing() as session:
        total, found = alerts(session, since=since, unseen_only=unseen_only, limit=limit)
        cases = {view.capture.case for view in found}
        acting.ledger.record(
            session,
            [Act("access", S62.CONSULTATION, _cases(*sorted(cases)), {"alerts": str(len(found))})],
        )
    return AlertsPage(total, tuple(found))


def acknowledge_alert(acting: Acting, alert: str) -> None:
    """Note that the person has seen to it. Raises `AlertUnknown`, `UsageError`."""
    now = acting.clock()
    with acting.catalogue.writing() as session:
        row, view = acknowledge(session, alert, by=PersonId(acting.person.id), now=now)
        objects = (*_cases(view.case), ObjectRef(ObjectKind.CAPTURE, view.capture))
        refs = {"alert": row.id, "watch": row.watch_id, "at": rfc3339(now)}
        acting.ledger.record(session, [Act("alert.acknowledge", S62.ALTERATION, objects, refs)])


def after_index(acting: Acting, engine: Engine, store: DerivedStore) -> int:
    """Match every running watch on what was indexed since it last was; how many alerts were raised.

    Called after each commit of the index, with that engine. A watch that cannot be matched says so
    in its list and is tried again; it stops neither the others nor the work.
    """
    with acting.catalogue.reading() as session:
        newest = newest_index_seq(session)
        due = [
            (row.id, PersonId(row.by)) for row in running_watches(session) if row.seen_seq < newest
        ]
    raised = 0
    for watch, owner in due:
        try:
            raised += _match(_for_eyes_of(acting, owner), engine, store, watch, newest)
        except EngineUnavailable:
            raise  # nothing else can be matched either: the next commit catches up
        except (CaseUnknown, WatchUnknown):  # which cases they may see is nobody else's to be told
            _note_fault(acting, watch, "Whoever made it may no longer see the case. Make it anew.")
        except LanternError as fault:
            _note_fault(acting, watch, fault.says)
    if acting.vault.settings.watch.webhook:
        deliver(acting)  # what did not arrive earlier, too
    return raised


def _note_fault(acting: Acting, watch: str, says: str) -> None:
    with acting.catalogue.writing() as session:
        session.get_one(Watch, watch).fault = says


def _for_eyes_of(acting: Acting, person: PersonId) -> Acting:
    """The same work, with nothing looked up that this person may not see."""
    with acting.catalogue.reading() as session:
        view = person_of(session, session.get_one(Person, person).code)
    catalogue = Catalogue(acting.catalogue.engine, acting.catalogue.where)
    catalogue.viewer = Viewer(person, view.role)
    return replace(acting, catalogue=catalogue, person=view)


def _match(owner: Acting, engine: Engine, store: DerivedStore, watch: str, newest: int) -> int:
    with owner.catalogue.reading() as session:
        row = session.get_one(Watch, watch)
        case = row.case_id
        items = items_of(session, watch)
        case_named = [watch_named(session, watch).case_reference] if case else None
    tree = list_tree(items) if items else parse_query(row.query)
    scope = scope_of(owner, [name for name in case_named if name] if case_named else None)
    scope = replace(scope, after_seq=row.seen_seq, up_to_seq=newest)
    raised, seen = 0, newest
    for hits in _pages(engine, tree, scope):
        raised += _raise(owner, store, watch, items, hits)
        if raised >= MOST_AT_ONCE:
            seen = hits[-1].seq  # the rest is matched after the next commit
            break
    with owner.catalogue.writing() as session:
        kept = session.get_one(Watch, watch)
        kept.seen_seq, kept.fault = seen, ""
    return raised


def _pages(engine: Engine, tree: Tree, scope: Scope) -> Iterator[Sequence[Hit]]:
    after = None
    while True:
        found = engine.search(tree, scope, PAGE, sort=Sort.INDEXED, after=after)
        if found.hits:
            yield found.hits
        if len(found.hits) < PAGE:
            return
        after = found.hits[-1].key


def _raise(
    owner: Acting,
    store: DerivedStore,
    watch: str,
    items: Sequence[WatchedValue],
    hits: Sequence[Hit],
) -> int:
    """Keep alerts for the hits of which the watch has not told; they, their entry and the notice
    are one transaction.
    """
    now = owner.clock()
    captures = [hit.capture for hit in hits]
    with owner.catalogue.reading() as session:
        wanted = untold(session, session.get_one(Watch, watch), captures)
    new = [
        NewAlert(watch, hit.capture, hit.seq, _rows(store, items, hit.capture))
        for hit in hits
        if hit.capture in wanted
    ]
    with owner.catalogue.writing() as session:
        # another run may have been as quick
        wanted = untold(session, session.get_one(Watch, watch), captures)
        new = [each for each in new if each.capture in wanted]
        if not new:
            return 0
        rows = add_alerts(session, new, now=now)
        owner.ledger.record(session, [_alert_act(session, rows)])
        if owner.vault.settings.watch.webhook:
            add_notice(session, owner.vault.id, rows, now=now)
    return len(new)


def _rows(
    store: DerivedStore, items: Sequence[WatchedValue], capture: CaptureId
) -> tuple[int, ...]:
    enrichment = store.get(capture) if items else None
    return rows_held(items, enrichment) if enrichment is not None else ()


def _alert_act(session: Session, rows: Sequence[Alert]) -> Act:
    watch = session.get_one(Watch, rows[0].watch_id)
    captures = tuple(ObjectRef(ObjectKind.CAPTURE, row.capture_id) for row in rows)
    return Act(
        "watch.alert",
        S62.CONSULTATION,
        (*_cases(CaseId(watch.case_id) if watch.case_id else None), *captures),
        {"watch": watch.id, "alerts": str(len(rows))},
        {ROW: rows_text(rows)},
    )


def _cases(*cases: CaseId | None) -> tuple[ObjectRef, ...]:
    return tuple(ObjectRef(ObjectKind.CASE, case) for case in cases if case)
