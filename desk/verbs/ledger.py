"""`ledger`."""

from __future__ import annotations

import click

from cases.times import for_people as spoken
from cases.times import rfc3339
from desk.options import Desk, desk_options
from desk.printing import print_json, say, table
from gate.text import fold_line
from jobs.ledgering import list_entries, make_checkpoint, prove


@click.group()
def ledger() -> None:
    """The record of everything done.

    \b
    Example:
      lantern ledger list --case LINDEN
    """


@ledger.command("list")
@click.option("--case", metavar="CASE", help="Of one case (else of all).")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True)
@desk_options
def ledger_list(desk: Desk, case: str | None, limit: int) -> None:
    """The newest entries, with the texts that are not erased. This look is one of them.

    \b
    Example:
      lantern ledger list --case LINDEN --limit 100
    """
    with desk.work() as acting:
        entries = list_entries(acting, case, limit)
    document = {
        "entries": [
            {
                "id": e.id,
                "leaf": e.leaf,
                "time": rfc3339(e.time),
                "act": e.act,
                "s62": e.s62,
                "actor": e.actor,
                "auth": e.auth,
                "texts": {name: fold_line(text) for name, text in e.texts.items()},
            }
            for e in entries
        ]
    }
    desk.answer(
        document,
        lambda: table(
            ("leaf", "time", "who", "", "act", "s.62", "text"),
            [
                (
                    "waiting" if e.leaf is None else e.leaf,
                    spoken(e.time),
                    e.actor,
                    e.auth,
                    e.act,
                    e.s62 or "",
                    e.texts.get("reason") or e.texts.get("query") or "",
                )
                for e in entries
            ],
        ),
    )


@ledger.command("checkpoint")
@desk_options
def ledger_checkpoint(desk: Desk) -> None:
    """Sign a checkpoint over everything recorded. Give it to somebody else to hold.

    \b
    Example:
      lantern ledger checkpoint > checkpoint.txt
    """
    with desk.work() as acting:
        made = make_checkpoint(acting)
    document = {"checkpoint": made.note, "size": made.size, "time": made.time}
    desk.answer(document, lambda: say(made.note.rstrip("\n")))


@ledger.command("prove")
@click.argument("named", metavar="ENTRY|CAPTURE|JOB|CASE")
@desk_options
def ledger_prove(desk: Desk, named: str) -> None:
    """The proof that an entry is in the ledger, or the whole history of a capture, job or case.

    Always a JSON document: it is for programs, and for whoever must check it without ours.

    \b
    Example:
      lantern ledger prove x-abcdefghij234567 > history.json
    """
    with desk.work() as acting:
        proof = prove(acting, named)
    print_json({"proof": proof} if desk.as_json else proof)
