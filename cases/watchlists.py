"""Watches and alerts on record. Part of the caller's transaction; who records the act writes its
ledger entry in the same one.

A watch of one case is seen by whoever may see the case, one over all cases by its owner alone; an
alert by whoever sees its watch and may open its capture.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, func, insert, select
from sqlalchemy.orm import Session

from cases.access import hidden_captures, hidden_cases, viewer_of
from cases.errors import CallerError, UsageError
from cases.holdings import CaptureView, capture_views_of, newest_index_seq
from cases.identity import CaptureId, CaseId, PersonId, Sha256, new_id
from cases.models import Capture, Case, Person
from cases.search_tables import Indexing
from cases.times import from_rfc3339, rfc3339
from cases.watch_tables import Alert, Watch, WatchItem

LONGEST_NAME = 80
CHUNK = 500  # ids asked about in one query


class WatchUnknown(CallerError):
    """There is no such watch, or none that this person may see."""

    kind = "watch-unknown"


class AlertUnknown(CallerError):
    """There is no such alert, or none that this person may see."""

    kind = "alert-unknown"


@dataclass(frozen=True, slots=True)
class WatchedValue:
    """An item of a list: its row in the file, the query field (empty: words of the page), and the
    value in that field's form.
    """

    number: int
    field: str
    value: str


@dataclass(frozen=True, slots=True)
class NewWatch:
    """A watch to be: a query, or the items of a list."""

    name: str
    case: CaseId | None
    query: str
    items: tuple[WatchedValue, ...] = ()


@dataclass(frozen=True, slots=True)
class WatchView:
    """A watch as lists show it; `alerts` counts those that the person may see, `unseen` those of
    them that nobody acknowledged.
    """

    id: str
    name: str
    case: CaseId | None
    case_reference: str | None
    query: str
    items: int
    by: str  # the person's code
    at: datetime
    seen_seq: int
    fault: str
    stopped_at: datetime | None
    alerts: int
    unseen: int


@dataclass(frozen=True, slots=True)
class AlertView:
    """An alert with its capture as lists show it; `rows` are the list's rows that it holds."""

    id: str
    watch: str
    watch_name: str
    capture: CaptureView
    rows: tuple[int, ...]
    at: datetime
    acknowledged_at: datetime | None
    acknowledged_by: str | None


@dataclass(frozen=True, slots=True)
class NewAlert:
    """A capture that a watch found."""

    watch: str
    capture: CaptureId
    seq: int
    rows: tuple[int, ...]


def items_digest(items: Sequence[WatchedValue]) -> Sha256:
    """SHA-256 of the items as JSON lines in order of their rows."""
    lines = (
        json.dumps([item.number, item.field, item.value]) + "\n"
        for item in sorted(items, key=lambda item: item.number)
    )
    return Sha256(hashlib.sha256("".join(lines).encode("ascii")).hexdigest())


def add_watch(
    session: Session, new: NewWatch, *, from_start: bool, by: PersonId, now: datetime
) -> Watch:
    """The row of a watch and its list. Raises `UsageError` for a name that is none or is taken."""
    name = new.name.strip()
    if not name or len(name) > LONGEST_NAME or not name.isprintable():
        raise UsageError(f"Give the watch a name of at most {LONGEST_NAME} characters, on a line.")
    if any(view.name == name and view.stopped_at is None for view in watches(session)):
        raise UsageError(f"A watch {name!r} is running. Choose another name, or stop that one.")
    begin = 0 if from_start else newest_index_seq(session)
    row = Watch(
        id=new_id("b"),
        name=name,
        case_id=new.case,
        query=new.query,
        items=len(new.items),
        items_sha256=items_digest(new.items),
        by=by,
        at=rfc3339(now),
        from_seq=begin,
        seen_seq=begin,
        fault="",
    )
    session.add(row)
    session.flush()
    held = [
        {"watch_id": row.id, "number": item.number, "field": item.field, "value": item.value}
        for item in new.items
    ]
    if held:
        session.execute(insert(WatchItem), held)
    return row


def watches(session: Session) -> list[WatchView]:
    """The watches that the session's person may see, the newest first."""
    viewer, hidden = viewer_of(session), hidden_cases(session)
    told = select(Alert.watch_id, func.count()).where(_within_sight(session))
    told = told.group_by(Alert.watch_id)
    counted = dict(session.execute(told).all())
    unseen = dict(session.execute(told.where(Alert.acknowledged_at.is_(None))).all())
    rows = session.execute(
        select(Watch, Person.code, Case.reference)
        .join(Person, Person.id == Watch.by)
        .outerjoin(Case, Case.id == Watch.case_id)
        .order_by(Watch.at.desc(), Watch.id)
    )
    return [
        WatchView(
            row.id,
            row.name,
            CaseId(row.case_id) if row.case_id else None,
            reference,
            row.query,
            row.items,
            code,
            from_rfc3339(row.at),
            row.seen_seq,
            row.fault,
            from_rfc3339(row.stopped_at) if row.stopped_at else None,
            counted.get(row.id, 0),
            unseen.get(row.id, 0),
        )
        for row, code, reference in rows
        if viewer is None or (row.case_id not in hidden if row.case_id else row.by == viewer.person)
    ]


def _within_sight(session: Session) -> ColumnElement[bool]:
    """Of alerts, those whose capture the session's person may open: more are neither told nor
    counted.
    """
    elsewhere = select(Capture.id).where(Capture.case_id.in_(list(hidden_cases(session))))
    hidden = list(hidden_captures(session))
    return Alert.capture_id.not_in(elsewhere) & Alert.capture_id.not_in(hidden)


def watch_named(session: Session, named: str) -> WatchView:
    """The watch of that id or name; of one name, the running one. Raises `WatchUnknown`."""
    found = [view for view in watches(session) if named in (view.id, view.name)]
    if not found:
        raise WatchUnknown(f"There is no watch {named[:80]!r}. List them: lantern watch list")
    return next((view for view in found if view.stopped_at is None), found[0])


def running_watches(session: Session) -> list[Watch]:
    """The rows of all that are matched, whoever's they are."""
    query = select(Watch).where(Watch.stopped_at.is_(None)).order_by(Watch.at, Watch.id)
    return list(session.scalars(query))


def items_of(session: Session, watch: str) -> list[WatchedValue]:
    """The items of a watch's list, in order of their rows."""
    rows = session.scalars(
        select(WatchItem).where(WatchItem.watch_id == watch).order_by(WatchItem.number)
    )
    return [WatchedValue(row.number, row.field, row.value) for row in rows]


def changed_watchlists(session: Session) -> list[str]:
    """The watches whose items are not those that were given: somebody was at the rows."""
    return [
        row.id
        for row in session.scalars(select(Watch))
        if items_digest(items_of(session, row.id)) != row.items_sha256
    ]


def untold(session: Session, watch: Watch, captures: Sequence[CaptureId]) -> set[CaptureId]:
    """Those of the captures that the watch is to tell of: first indexed since it began, and not
    told of yet. What is indexed anew, by a newer version say, is no news.
    """
    found = set(captures)
    for start in range(0, len(captures), CHUNK):
        some = captures[start : start + CHUNK]
        told = select(Alert.capture_id).where(
            Alert.watch_id == watch.id, Alert.capture_id.in_(some)
        )
        old = (
            select(Indexing.capture_id)
            .where(Indexing.capture_id.in_(some), Indexing.index_seq <= watch.from_seq)
            .distinct()
        )
        found.difference_update(map(CaptureId, session.scalars(told)))
        found.difference_update(map(CaptureId, session.scalars(old)))
    return found


def add_alerts(session: Session, new: Sequence[NewAlert], *, now: datetime) -> list[Alert]:
    """The rows of alerts, each of a watch and a capture that have none yet."""
    rows = [
        Alert(
            id=new_id("q"),
            watch_id=each.watch,
            capture_id=each.capture,
            index_seq=each.seq,
            rows=list(each.rows),
            at=rfc3339(now),
        )
        for each in new
    ]
    session.add_all(rows)
    session.flush()
    return rows


def alerts(
    session: Session, *, since: datetime | None, unseen_only: bool, limit: int
) -> tuple[int, list[AlertView]]:
    """How many alerts the session's person may see, and the newest of them."""
    seen = {view.id: view for view in watches(session)}
    query = select(Alert).where(Alert.watch_id.in_(list(seen)), _within_sight(session))
    if since is not None:
        query = query.where(Alert.at >= rfc3339(since))
    if unseen_only:
        query = query.where(Alert.acknowledged_at.is_(None))
    total = session.scalar(query.with_only_columns(func.count())) or 0
    newest = query.order_by(Alert.at.desc(), Alert.id).limit(limit)
    rows = list(session.scalars(newest)) if limit else []
    open_to = _openable(session, [CaptureId(row.capture_id) for row in rows])
    codes = {person.id: person.code for person in session.scalars(select(Person))}
    return total, [
        AlertView(
            row.id,
            row.watch_id,
            seen[row.watch_id].name,
            open_to[CaptureId(row.capture_id)],
            tuple(row.rows),
            from_rfc3339(row.at),
            from_rfc3339(row.acknowledged_at) if row.acknowledged_at else None,
            codes.get(row.acknowledged_by or ""),
        )
        for row in rows
        if row.capture_id in open_to
    ]


def _openable(session: Session, captures: Sequence[CaptureId]) -> dict[CaptureId, CaptureView]:
    found: dict[CaptureId, CaptureView] = {}
    wanted = list(dict.fromkeys(captures))
    for start in range(0, len(wanted), CHUNK):
        views = capture_views_of(session, wanted[start : start + CHUNK])
        found.update((view.capture, view) for view in views)
    return found


def acknowledge(
    session: Session, alert: str, *, by: PersonId, now: datetime
) -> tuple[Alert, CaptureView]:
    """Note that somebody has seen to it: its row and its capture.

    Raises `AlertUnknown`, and `UsageError` for one that is acknowledged already.
    """
    row = session.get(Alert, alert)
    views = _openable(session, [CaptureId(row.capture_id)]) if row is not None else {}
    if row is None or not views or row.watch_id not in {view.id for view in watches(session)}:
        raise AlertUnknown(f"There is no alert {alert[:40]!r}. List them: lantern alerts")
    if row.acknowledged_at is not None:
        raise UsageError(f"Alert {alert} was acknowledged at {row.acknowledged_at} already.")
    row.acknowledged_at, row.acknowledged_by = rfc3339(now), by
    session.flush()
    return row, views[CaptureId(row.capture_id)]
