"""`exhibit`, `export`."""

from __future__ import annotations

from pathlib import Path

import click

from cases.exhibits import ExhibitView, GapView
from cases.times import for_people, rfc3339
from desk.options import Desk, case_option, desk_options
from desk.printing import Document, say, table
from jobs.exhibit_pages import case_lists, label_html, statement_html
from jobs.exhibiting import keep_gap, list_exhibits, make_exhibit
from jobs.exporting import export_bundle
from jobs.viewing_copies import export_viewing_copy
from products.exhibit_pages import (
    exhibit_list_csv,
    exhibit_list_page,
    witness_list_csv,
    witness_list_page,
)


@click.group()
def exhibit() -> None:
    """Captures made exhibits: references, gaps, lists.

    \b
    Example:
      lantern exhibit make x-abcdefghij234567 --as JS/1
    """


def exhibit_document(view: ExhibitView) -> Document:
    """An exhibit as `--json` gives it."""
    return {
        "exhibit": view.reference,
        "sha256": view.manifest_sha256,
        "id": view.id,
        "safe_name": view.safe_name,
        "capture": view.capture,
        "producer": view.producer_code,
        "description": view.description,
        "made": rfc3339(view.made_at),
    }


def _gap_document(gap: GapView) -> Document:
    return {"reference": gap.reference, "reason": gap.reason, "by": gap.by}


@exhibit.command("make")
@click.argument("capture")
@click.option("--as", "reference", metavar="JS/1", help="The reference (else the next free).")
@click.option("--description", metavar="TEXT", help="What it is, in a fact or two.")
@desk_options
def exhibit_make(desk: Desk, capture: str, reference: str | None, description: str | None) -> None:
    """Make a capture an exhibit of yours, frozen at this moment with its continuity.

    \b
    Example:
      lantern exhibit make x-abcdefghij234567 --as JS/1 --description "The seller's page"
    """
    with desk.work() as acting:
        made = make_exhibit(acting, capture, reference, description)

    def show() -> None:
        say(f"Exhibit {made.reference}: capture {made.capture}")
        say(f"SHA-256 {made.manifest_sha256} (of its manifest)")
        say(f"Next: lantern export CASE --exhibits {made.reference} --to DIR")

    desk.answer(exhibit_document(made), show)


@exhibit.command("list")
@case_option
@desk_options
def exhibit_list(desk: Desk, case: str | None) -> None:
    """The exhibits of a case in exhibit order, and the numbers left out with their reasons.

    \b
    Example:
      lantern exhibit list --case LINDEN
    """
    with desk.work() as acting:
        held = list_exhibits(acting, desk.case(acting, case))
    document = {
        "case": held.case_reference,
        "exhibits": [exhibit_document(view) for view in held.exhibits],
        "gaps": [_gap_document(gap) for gap in held.gaps],
    }

    def show() -> None:
        table(
            ("exhibit", "produced by", "made", "capture", "description"),
            [
                (e.reference, e.producer_code, for_people(e.made_at), e.capture, e.description)
                for e in held.exhibits
            ],
        )
        for gap in held.gaps:
            say(f"{gap.reference} is not used: {gap.reason or 'no reason given yet'}")

    desk.answer(document, show)


@exhibit.command("gap")
@click.argument("reference", metavar="JS/3")
@click.option("--reason", required=True)
@case_option
@desk_options
def exhibit_gap(desk: Desk, reference: str, reason: str, case: str | None) -> None:
    """Put on record why a number is not used. It is never given again.

    \b
    Example:
      lantern exhibit gap JS/3 --reason "Label spoilt" --case LINDEN
    """
    with desk.work() as acting:
        gap = keep_gap(acting, desk.case(acting, case), reference, reason)
    desk.answer(
        {"gap": _gap_document(gap)}, lambda: say(f"{gap.reference} is not used: {gap.reason}")
    )


PRINTS = ("label", "statement", "exhibit-list", "witness-list")


@exhibit.command("print")
@click.argument("what", type=click.Choice(PRINTS))
@click.argument("references", metavar="[JS/1]…", nargs=-1)
@click.option("--csv", "as_csv", is_flag=True, help="A list for a spreadsheet.")
@case_option
@desk_options
def exhibit_print(
    desk: Desk, what: str, references: tuple[str, ...], as_csv: bool, case: str | None
) -> None:
    """Print a label, a draft statement, or the case's list of exhibits or witnesses, as HTML.

    Layouts of our own, not official forms. A statement is a draft until its maker signs it.

    \b
    Example:
      lantern exhibit print label JS/1 > label.html
      lantern exhibit print exhibit-list --csv --case LINDEN > exhibits.csv
    """
    if (what in ("label", "statement")) is not bool(references):
        raise click.UsageError(f"Name the exhibit for a label or statement, none for a {what}.")
    with desk.work() as acting:
        reference = desk.case(acting, case)
        if what == "label":
            printed = label_html(acting, reference, references[0])
        elif what == "statement":
            printed = statement_html(acting, reference, *references)
        else:
            lists = case_lists(acting, reference)
            printed = LISTS[what, as_csv](lists)
    desk.answer({"printed": printed}, lambda: say(printed))


LISTS = {
    ("exhibit-list", False): exhibit_list_page,
    ("exhibit-list", True): exhibit_list_csv,
    ("witness-list", False): witness_list_page,
    ("witness-list", True): witness_list_csv,
}


@click.command()
@click.argument("case", metavar="CASE")
@click.option("--exhibits", required=True, metavar="JS/1,JS/2", help="Which, with commas between.")
@click.option(
    "--to",
    required=True,
    metavar="DIR",
    type=click.Path(path_type=Path),
    help="A folder that is absent or empty.",
)
@click.option(
    "--recipient",
    "recipients",
    multiple=True,
    metavar="KEY|FILE",
    help="Who may open it: age1…, an ssh public key, or a file of them.",
)
@click.option("--viewing-copy", is_flag=True, help="Renditions to look at; not the exhibit.")
@desk_options
def export(
    desk: Desk,
    case: str,
    exhibits: str,
    to: Path,
    recipients: tuple[str, ...],
    viewing_copy: bool,
) -> None:
    """Write exhibits as a bundle that verifies without this software: a disclosure, on record.

    What the gate covers leaves encrypted to its recipients, or not at all.

    \b
    Example:
      lantern export LINDEN --exhibits JS/1,JS/2 --to bundle
      lantern export LINDEN --exhibits JS/1 --to bundle --recipient counsel.pub
    """
    references = [text for text in exhibits.split(",") if text.strip()]
    if viewing_copy and recipients:
        raise click.UsageError("A viewing copy holds nothing covered and takes no --recipient.")
    with desk.work() as acting:
        if viewing_copy:
            left = export_viewing_copy(acting, case, references, to)
        else:
            left = export_bundle(acting, case, references, to, recipients)
    document = {
        "bundle": str(left.bundle),
        "sha256": left.sha256,
        "encrypted": left.encrypted,
        "covered": left.covered,
        "withheld": left.withheld,
        "exhibits": list(left.exhibits),
    }

    def show() -> None:
        if viewing_copy:
            say(f"VIEWING COPY, not the exhibit, of {', '.join(left.exhibits)}: {left.bundle}")
            say(f"Look at it: {left.bundle}/index.html")
            return
        say(f"Exhibit bundle of {', '.join(left.exhibits)}: {left.bundle}")
        what = "bundle.tar.age" if left.encrypted else "SHA256SUMS"
        say(f"SHA-256 of {what}: {left.sha256}")
        if left.withheld:
            say(f"{left.withheld} other captures of these addresses are listed and withheld.")
        if left.encrypted:
            say("Encrypted to its recipients; README.txt says how to open it.")
        else:
            say(f"Check it: python3 {left.bundle}/verify.py")

    desk.answer(document, show)
