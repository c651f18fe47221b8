"""`history`: one address over time."""

from __future__ import annotations

import click

from cases.holdings import CaptureView
from cases.times import for_people as spoken
from desk.options import Desk, case_option, desk_options
from desk.printing import Document, say, table
from gate import fold_line
from jobs.over_time import History, history_of

TOLD = 20  # sentences of a kind, for people; --json has all that is kept


@click.command()
@click.argument("url")
@case_option
@desk_options
def history(desk: Desk, url: str, case: str | None) -> None:
    """Every capture of an address, what changed from one to the next, and what vanished when.

    Without --case it looks in every case that you may see. The look is entered in the ledger.

    \b
    Example:
      lantern history https://example.test/ --case LINDEN
    """
    with desk.work() as acting:
        found = history_of(acting, url, case)
    desk.answer(history_document(found), lambda: _say(found))


def history_document(found: History) -> Document:
    """An address over time as `--json` and the API give it."""
    return {
        "address": found.address,
        "captures": [_capture(view) for view in found.captures],
        "unread": [view.capture for view in found.unread],
        "left_out": found.left_out,
        "differences": [
            {
                "capture": each.capture.capture,
                "since": each.since.capture,
                "added": list(each.added),
                "vanished": list(each.vanished),
                "changed": [{"before": old, "after": new} for old, new in each.changed],
                "more": each.more,
            }
            for each in found.differences
        ],
        "vanished": [
            {
                "sentence": each.sentence,
                "first": each.first.capture,
                "last": each.last.capture,
                "missing": each.missing.capture,
            }
            for each in found.vanished
        ],
    }


def _capture(view: CaptureView) -> Document:
    return {
        "capture": view.capture,
        "case": view.case_reference,
        "captured": spoken(view.started_at),
        "url": fold_line(view.requested_url),
        "final_url": fold_line(view.final_url),
        "status": view.status,
        "outcome": str(view.outcome),
    }


def _say(found: History) -> None:
    table(
        ("captured", "capture", "case", "status", "outcome"),
        [
            (
                spoken(view.started_at),
                view.capture,
                view.case_reference,
                str(view.status or "none"),
                str(view.outcome),
            )
            for view in found.captures
        ],
    )
    if found.left_out:
        say(f"{found.left_out} older captures are left out.")
    if found.unread:
        say(f"{len(found.unread)} of them have no text to compare. Read what is due: lantern work")
    for each in found.differences:
        say()
        say(
            f"{spoken(each.capture.started_at)}  {each.capture.capture}, since {each.since.capture}"
        )
        for old, new in each.changed[:TOLD]:
            say(f"  ~ {old}")
            say(f"    {new}")
        for sign, told in (("-", each.vanished), ("+", each.added)):
            for sentence in told[:TOLD]:
                say(f"  {sign} {sentence}")
        hidden = each.more + sum(
            max(0, len(told) - TOLD) for told in (each.changed, each.vanished, each.added)
        )
        if hidden:
            say(f"  … {hidden} more: --json")
    if not found.differences and len(found.captures) > len(found.unread) + 1:
        say("No sentence changed.")
