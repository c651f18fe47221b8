"""`confidential`."""

from __future__ import annotations

import click

from cases.errors import UsageError
from desk.options import Desk, desk_options
from desk.printing import Document, say, table
from jobs.access import MARKS, Marked, mark_capture, marked_captures, release_capture


@click.command()
@click.argument("capture", metavar="[CAPTURE]", required=False)
@click.argument("kind", metavar="[KIND]", type=click.Choice(MARKS), required=False)
@click.option("--release", is_flag=True, help="Take the mark off: a supervisor's act.")
@click.option("--reason", default="", help="Why; wanted for a mark and for its release.")
@desk_options
def confidential(
    desk: Desk, capture: str | None, kind: str | None, release: bool, reason: str
) -> None:
    """Lock a capture as confidential material of a kind (AUT-7), or mark it restricted.

    What is locked is neither read by machines nor found by any search, and named roles alone open
    it, until one of them releases it. Without a capture: list what is marked.

    \b
    Example:
      lantern confidential x-abcdefghij234567 legal-privilege --reason "Letter to a solicitor"
    """
    with desk.work() as acting:
        if capture is None:
            held = marked_captures(acting)
            return desk.answer(
                {"marked": [_marked(each) for each in held]},
                lambda: table(
                    ("capture", "case", "marks"),
                    [(each.capture, each.case, ", ".join(each.marks)) for each in held],
                ),
            )
        if kind is None or not reason.strip():
            raise UsageError(
                f"Of what kind, and why? lantern confidential {capture} {'|'.join(MARKS)} "
                "--reason …"
            )
        act = release_capture if release else mark_capture
        marked = act(acting, capture, kind, reason)
    marks = ", ".join(marked.marks) or "no mark"
    return desk.answer(_marked(marked), lambda: say(f"Capture {marked.capture} has {marks}."))


def _marked(each: Marked) -> Document:
    return {"capture": each.capture, "case": each.case, "marks": list(each.marks)}
