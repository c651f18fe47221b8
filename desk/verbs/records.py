"""`entity merge`, `link`, `add`, `edit`, `special`: records that people keep."""

from __future__ import annotations

from typing import Any

import click

from cases.entities import Attribute, EntityRecord
from cases.entity_links import Direction, LinkBasis, NewLink
from cases.identity import CaptureId
from cases.pole import CATEGORIES, SPECIAL_FIELDS, Basis, Pole
from desk.entity_documents import entity_document
from desk.options import Desk, case_option, desk_options
from desk.printing import note, say
from gate.text import fold_line
from jobs.deeds import Saved
from jobs.records import Adding, Editing, set_special
from jobs.records import add as add_record
from jobs.records import edit as edit_record
from jobs.records import link as link_entities
from jobs.records import merge as merge_entities

BASES = click.Choice([str(each) for each in Basis])
LINK_BASES = click.Choice([str(each) for each in LinkBasis])
seen_option = click.option(
    "--version", "seen", type=click.IntRange(0), help="The version you saw: refused if changed."
)
reason_option = click.option("--reason", default="", metavar="TEXT", help="Why.")


def answer_saved(desk: Desk, saved: Saved) -> None:
    """Answer with a record as it is kept, and the warnings of the rules."""
    view = saved.entity
    document = {**entity_document(view), "warnings": [each.says for each in saved.warnings]}
    if saved.link:
        document["link"] = saved.link
    desk.answer(document, lambda: say(f"{view.reference} {fold_line(view.record.name)} is kept."))
    for each in saved.warnings:
        note(f"lantern: {fold_line(each.says)}")


@click.command("merge")
@click.argument("kept", metavar="P_001")
@click.argument("others", metavar="P_002…", nargs=-1, required=True)
@case_option
@reason_option
@desk_options
def entity_merge(
    desk: Desk, kept: str, others: tuple[str, ...], case: str | None, reason: str
) -> None:
    """Say that records are one: a combination on the ledger. No record changes; undo splits them.

    P_002@3 merges version 3 alone: it is refused where somebody saved another since.

    \b
    Example:
      lantern entity merge P_001 P_002 --reason "Same date of birth" --case LINDEN
    """
    with desk.work() as acting:
        made = merge_entities(acting, desk.case(acting, case), kept, others, reason)
    desk.answer(
        {"merge": made, "kept": kept, "merged": list(others)},
        lambda: say(f"Merged under {kept}. Take it back: lantern entity undo {made}"),
    )


@click.command("link")
@click.argument("one", metavar="P_001")
@click.argument("other", metavar="O_001")
@click.option("--type", "kind", required=True, metavar="TYPE", help="uses, knows, seen-with, …")
@click.option("--basis", type=LINK_BASES, default="fact", show_default=True)
@click.option("--both-ways", is_flag=True, help="It reads the same from either end.")
@click.option("--from", "from_date", metavar="DAY", help="Since: 2026-03-01.")
@click.option("--to", "to_date", metavar="DAY", help="Until: 2026-03-31.")
@click.option("--grade", metavar="2DP", help="3x5x2: source, information, handling.")
@click.option("--conditions", metavar="TEXT", help="Of handling C.")
@click.option("--capture", "captures", multiple=True, metavar="x-…", help="What shows it.")
@case_option
@desk_options
def entity_link(
    desk: Desk, one: str, other: str, kind: str, basis: str, case: str | None, **how: Any
) -> None:
    """Tie two records: with a basis, and a grade where a handle or number is said to be a person's.

    \b
    Example:
      lantern entity link P_001 O_001 --type uses --grade 2DP --capture x-… --case LINDEN
    """
    direction = Direction.BOTH if how.pop("both_ways") else Direction.TO
    captures = tuple(CaptureId(each) for each in how.pop("captures"))
    new = NewLink(kind, LinkBasis(basis), direction, captures=captures, **how)
    with desk.work() as acting:
        made = link_entities(acting, desk.case(acting, case), (one, other), new)
    desk.answer({"link": made}, lambda: say(f"{one} {kind} {other}: {made}"))


def _attributes(facts: tuple[str, ...], assessed: tuple[str, ...]) -> tuple[Attribute, ...]:
    found = []
    for basis, texts in ((Basis.FACT, facts), (Basis.ASSESSMENT, assessed)):
        for text in texts:
            name, equals, value = text.partition("=")
            if not equals:
                raise click.UsageError(f"{text!r} is no attribute: write NAME=VALUE.")
            found.append(Attribute(name.strip(), value.strip(), basis))
    return tuple(found)


@click.command("add")
@click.argument("pole", metavar="CLASS", type=click.Choice([each.says for each in Pole]))
@click.argument("name", default="")
@click.option("--subtype", metavar="S", help="Its POLE subtype.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="An attribute.")
@click.option("--assessed", multiple=True, metavar="NAME=VALUE", help="One that you assess.")
@click.option("--category", "categories", multiple=True, type=click.Choice(CATEGORIES))
@click.option("--capture", "captures", multiple=True, metavar="x-…", help="Where it was seen.")
@click.option("--to", metavar="P_001", help="The record that it is tied to.")
@click.option("--link-type", metavar="TYPE", help="How: uses, knows, …")
@click.option("--grade", metavar="2DP", help="Of the link.")
@case_option
@desk_options
def entity_add(desk: Desk, pole: str, name: str, case: str | None, **given: Any) -> None:
    """Enter a record by hand, tied to a capture or to another record.

    \b
    Example:
      lantern entity add person "Perran Vole" --capture x-abcdefghij234567 --case LINDEN
    """
    record = EntityRecord(
        " ".join(name.split()),
        given["subtype"],
        attributes=_attributes(given["facts"], given["assessed"]),
        categories=given["categories"],
    )
    tie = None
    if given["link_type"]:
        tie = NewLink(given["link_type"], LinkBasis.OPINION, grade=given["grade"])
    new = Adding(Pole[pole.upper()], record, given["captures"], given["to"], tie)
    with desk.work() as acting:
        saved = add_record(acting, desk.case(acting, case), new)
    answer_saved(desk, saved)


@click.command("edit")
@click.argument("named", metavar="P_001")
@click.option("--name", metavar="NAME")
@click.option("--subtype", metavar="S", help="Empty: not known.")
@click.option("--fact", "facts", multiple=True, metavar="NAME=VALUE", help="Empty: ends it.")
@click.option("--assessed", multiple=True, metavar="NAME=VALUE")
@click.option("--category", "categories", multiple=True, type=click.Choice(CATEGORIES))
@click.option("--capture", "captures", multiple=True, metavar="x-…")
@case_option
@seen_option
@desk_options
def entity_edit(desk: Desk, named: str, case: str | None, **given: Any) -> None:
    """Save a next version of a record; those before it stay.

    \b
    Example:
      lantern entity edit P_001 --fact date-of-birth=01/02/1980 --category suspect --case LINDEN
    """
    change = Editing(
        given["name"],
        given["subtype"],
        _attributes(given["facts"], given["assessed"]),
        given["categories"] or None,
        given["captures"],
        given["seen"],
    )
    with desk.work() as acting:
        saved = edit_record(acting, desk.case(acting, case), named, change)
    answer_saved(desk, saved)


@click.command("special")
@click.argument("named", metavar="P_001")
@click.argument("field", type=click.Choice(SPECIAL_FIELDS))
@click.argument("value", default="")
@click.option("--strictly-necessary", "necessity", required=True, metavar="WHY")
@click.option("--basis", type=BASES, default="fact", show_default=True)
@case_option
@desk_options
def entity_special(
    desk: Desk, named: str, field: str, value: str, necessity: str, basis: str, case: str | None
) -> None:
    """Keep a special-category attribute, apart from all others; without a value, take it back.

    \b
    Example:
      lantern entity special P_001 health "Diabetic" --strictly-necessary "Medicine in custody"
    """
    with desk.work() as acting:
        reference = desk.case(acting, case)
        set_special(acting, reference, named, (field, value or None, Basis(basis)), necessity)
    desk.answer(
        {"entity": named, "field": field, "kept": bool(value)},
        lambda: say(f"{field} of {named} is {'kept' if value else 'taken back'}."),
    )
