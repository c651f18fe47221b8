"""`watch`, `alerts`."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cases.errors import UsageError
from cases.times import for_people as spoken
from cases.times import from_rfc3339, rfc3339
from cases.watchlists import AlertView, WatchView
from desk.options import Desk, desk_options
from desk.printing import note, say, table
from gate.text import fold_line
from jobs.watching import (
    acknowledge_alert,
    list_alerts,
    list_watches,
    show_watch,
    stop_watch,
    watch_for,
)

SHOWN_ROWS = 20  # refused rows that are printed; --json has all


@click.group()
def watch() -> None:
    """Watches: told when a query or a list's values turn up in what is collected from now on.

    \b
    Example:
      lantern watch add owls --query 'person:"Oswin Tarrant"' --case LINDEN
    """


@watch.command("add")
@click.argument("name")
@click.option("--query", default="", metavar="Q", help="A query, as search takes it.")
@click.option(
    "--list",
    "file",
    type=click.Path(path_type=Path),
    help="A list of identifiers and terms, text or CSV; - reads standard input.",
)
@click.option("--case", metavar="CASE", help="In one case (else in all that you may see).")
@click.option("--from-start", is_flag=True, help="Match what is indexed already, too.")
@desk_options
def watch_add(
    desk: Desk, name: str, query: str, file: Path | None, case: str | None, from_start: bool
) -> int:
    """Watch for a query or a list. Exit code 3: some rows of the list were refused.

    A list has one item a line: an identifier however it is written, field:value, or words. CSV
    names its columns: value, and field or kind.

    \b
    Example:
      lantern watch add handles --list handles.csv
    """
    if file is not None and str(file) == "-":
        file = Path("/dev/stdin")  # read as a file is: bounded, and in any encoding
    with desk.work() as acting:
        added = watch_for(acting, name, case=case, query=query, file=file, from_start=from_start)
    refused = [{"row": row.number, "why": row.why} for row in added.refused]
    document = {**_watch(added.watch), "duplicates": added.duplicates, "refused": refused}

    def for_people() -> None:
        what = f"{added.watch.items} values" if added.watch.items else f"{added.watch.query}"
        say(f"Watching for {what}: {added.watch.name} ({added.watch.id}).")
        if added.duplicates:
            say(f"{added.duplicates} rows say what another says.")

    desk.answer(document, for_people)
    for row in added.refused[:SHOWN_ROWS]:
        note(f"lantern: row {row.number} was not taken: {row.why}")
    if len(added.refused) > SHOWN_ROWS:
        note(f"lantern: and {len(added.refused) - SHOWN_ROWS} rows more: see --json")
    return 3 if added.refused else 0


@watch.command("list")
@desk_options
def watch_list(desk: Desk) -> None:
    """The watches that you may see.

    \b
    Example:
      lantern watch list
    """
    with desk.work() as acting:
        held = list_watches(acting)
    desk.answer(
        {"watches": [_watch(view) for view in held]},
        lambda: table(
            ("name", "case", "for", "by", "alerts", "unseen", "state"),
            [
                (
                    view.name,
                    view.case_reference or "all",
                    f"{view.items} values" if view.items else view.query,
                    view.by,
                    view.alerts,
                    view.unseen,
                    "stopped" if view.stopped_at else view.fault or "running",
                )
                for view in held
            ],
        ),
    )


@watch.command("show")
@click.argument("name")
@desk_options
def watch_show(desk: Desk, name: str) -> None:
    """A watch, by name or id, and the first of its list's values.

    \b
    Example:
      lantern watch show handles
    """
    with desk.work() as acting:
        shown = show_watch(acting, name)
    items = [{"row": i.number, "field": i.field, "value": i.value} for i in shown.items]

    def for_people() -> None:
        view = shown.watch
        state = f"stopped {spoken(view.stopped_at)}" if view.stopped_at else "running"
        say(f"{view.name} ({view.id}), {view.case_reference or 'all cases'}, by {view.by}, {state}")
        say(f"{view.alerts} alerts, {view.unseen} unseen. {view.fault}".rstrip())
        if view.query:
            say(fold_line(view.query))
        if shown.items:
            rows = [(i.number, i.field or "words", i.value) for i in shown.items]
            table(("row", "field", "value"), rows)
        if view.items > len(shown.items):
            say(f"and {view.items - len(shown.items)} values more.")

    desk.answer({**_watch(shown.watch), "list": items}, for_people)


@watch.command("stop")
@click.argument("name")
@desk_options
def watch_stop(desk: Desk, name: str) -> None:
    """Match it no more. Its alerts stay.

    \b
    Example:
      lantern watch stop handles
    """
    with desk.work() as acting:
        view = stop_watch(acting, name)
    desk.answer(_watch(view), lambda: say(f"Stopped: {view.name}."))


@click.command()
@click.option("--since", metavar="WHEN", help="Raised at or after this day or RFC 3339 instant.")
@click.option("--unseen", is_flag=True, help="Those alone that nobody acknowledged.")
@click.option("--ack", metavar="ID", multiple=True, help="Note that you have seen to this alert.")
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, show_default=True)
@desk_options
def alerts(desk: Desk, since: str | None, unseen: bool, ack: tuple[str, ...], limit: int) -> None:
    """What the watches found, newest first.

    \b
    Example:
      lantern alerts --unseen
      lantern alerts --ack q-abcdefghij234567
    """
    when = _instant(since) if since else None
    with desk.work() as acting:
        for alert in ack:
            acknowledge_alert(acting, alert)
        if ack:
            done = {"acknowledged": list(ack)}
            return desk.answer(done, lambda: say(f"Acknowledged: {len(ack)}."))
        page = list_alerts(acting, since=when, unseen_only=unseen, limit=limit)

    def for_people() -> None:
        table(
            ("alert", "watch", "case", "capture", "rows", "raised", "seen by", "address"),
            [
                (
                    alert.id,
                    alert.watch_name,
                    alert.capture.case_reference,
                    alert.capture.capture,
                    " ".join(map(str, alert.rows[:10])),
                    spoken(alert.at),
                    alert.acknowledged_by or "",
                    alert.capture.final_url,
                )
                for alert in page.alerts
            ],
        )
        say(f"{page.total} alerts. Seen to one: lantern alerts --ack ID")

    desk.answer({"total": page.total, "alerts": [_alert(a) for a in page.alerts]}, for_people)
    return None


def _instant(text: str) -> datetime:
    try:
        return from_rfc3339(text if "T" in text else f"{text}T00:00:00.000000Z")
    except ValueError:
        raise UsageError(
            f"{text[:40]!r} is no day. Write --since 2026-03-01 or 2026-03-01T09:00:00Z."
        ) from None


def _watch(view: WatchView) -> dict[str, Any]:
    return {
        "id": view.id,
        "name": view.name,
        "case": view.case_reference,
        "query": view.query,
        "items": view.items,
        "by": view.by,
        "at": rfc3339(view.at),
        "fault": view.fault,
        "stopped_at": rfc3339(view.stopped_at) if view.stopped_at else None,
        "alerts": view.alerts,
        "unseen": view.unseen,
    }


def _alert(alert: AlertView) -> dict[str, Any]:
    seen = alert.acknowledged_at
    return {
        "id": alert.id,
        "watch": alert.watch,
        "name": alert.watch_name,
        "case": alert.capture.case_reference,
        "capture": alert.capture.capture,
        "url": fold_line(alert.capture.final_url),
        "rows": list(alert.rows),
        "at": rfc3339(alert.at),
        "acknowledged_at": rfc3339(seen) if seen else None,
        "acknowledged_by": alert.acknowledged_by,
    }
