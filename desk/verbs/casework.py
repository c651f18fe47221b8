"""`person`, `case`, `use`, `note`."""

from __future__ import annotations

import click

from cases.casebook import CaseView, NewCase
from cases.errors import UsageError
from cases.people import ROLES, PersonView
from cases.times import for_people, rfc3339
from desk.options import Desk, case_option, desk_options
from desk.printing import Document, say, table
from desk.verbs.authority import authority_document, authority_table
from jobs.access import case_door, set_door, set_member
from jobs.casework import (
    add_colleague,
    all_cases,
    case_file,
    close_the_case,
    colleagues,
    keep_note,
    open_new_case,
    use_case,
)


@click.group()
def person() -> None:
    """The people who act.

    \b
    Example:
      lantern person add AB --name "Alex Brown" --role analyst
    """


def _person(view: PersonView) -> Document:
    return {"id": view.id, "code": view.code, "name": view.name, "role": view.role}


@person.command("add")
@click.argument("code")
@click.option("--name", required=True)
@click.option("--role", type=click.Choice(ROLES), default="investigator", show_default=True)
@desk_options
def person_add(desk: Desk, code: str, name: str, role: str) -> None:
    """Add a person, with a signing key of their own.

    \b
    Example:
      lantern person add AB --name "Alex Brown" --role analyst
    """
    with desk.work() as acting:
        added = add_colleague(acting, code, name, role)
    desk.answer({"person": _person(added)}, lambda: say(f"{added.code} {added.name}, {added.role}"))


@person.command("list")
@desk_options
def person_list(desk: Desk) -> None:
    """Everybody on record.

    \b
    Example:
      lantern person list
    """
    with desk.work() as acting:
        held = colleagues(acting)
    desk.answer(
        {"people": [_person(view) for view in held]},
        lambda: table(("code", "name", "role"), [(p.code, p.name, p.role) for p in held]),
    )


@click.group()
def case() -> None:
    """Cases: what collection is for.

    \b
    Example:
      lantern case open LINDEN --title "Online sale of counterfeit goods"
    """


def _case(view: CaseView) -> Document:
    return {
        "id": view.id,
        "reference": view.reference,
        "title": view.title,
        "urn": view.urn,
        "operation": view.operation,
        "template": view.template,
        "state": view.state,
        "opened": rfc3339(view.opened_at),
        "captures": view.captures,
    }


@case.command("open")
@click.argument("reference")
@click.option("--title", required=True)
@click.option("--urn", help="The police case reference.")
@click.option("--operation", help="The operation's name.")
@click.option(
    "--template", help="A template of lantern.toml whose words its authorities start from."
)
@desk_options
def case_open(
    desk: Desk,
    reference: str,
    title: str,
    urn: str | None,
    operation: str | None,
    template: str | None,
) -> None:
    """Open a case; you are in charge of it.

    \b
    Example:
      lantern case open LINDEN --title "Online sale of counterfeit goods" --template research
    """
    with desk.work() as acting:
        opened = open_new_case(acting, NewCase(reference, title, urn, operation, template))

    def show() -> None:
        say(f"Case {opened.reference}: {opened.title}")
        say(f"Next: lantern authority add --case {opened.reference} --scope HOST --until TIME")

    desk.answer({"case": _case(opened)}, show)


@case.command("list")
@desk_options
def case_list(desk: Desk) -> None:
    """Every case.

    \b
    Example:
      lantern case list
    """
    with desk.work() as acting:
        held = all_cases(acting)
    desk.answer(
        {"cases": [_case(view) for view in held]},
        lambda: table(
            ("case", "state", "captures", "opened", "title"),
            [(c.reference, c.state, c.captures, for_people(c.opened_at), c.title) for c in held],
        ),
    )


@case.command("show")
@click.argument("reference")
@desk_options
def case_show(desk: Desk, reference: str) -> None:
    """A case and its authorities.

    \b
    Example:
      lantern case show LINDEN
    """
    with desk.work() as acting:
        file = case_file(acting, reference)
    document = {
        "case": _case(file.case),
        "authorities": [authority_document(view) for view in file.authorities],
    }

    def show() -> None:
        say(f"Case {file.case.reference} ({file.case.state}): {file.case.title}")
        say(f"URN {file.case.urn or 'not recorded'}; captures {file.case.captures}")
        authority_table(file.authorities)

    desk.answer(document, show)


@case.command("close")
@click.argument("reference")
@click.option("--reason", required=True)
@desk_options
def case_close(desk: Desk, reference: str, reason: str) -> None:
    """Close a case: nothing more is collected in it.

    \b
    Example:
      lantern case close LINDEN --reason "Proceedings ended"
    """
    with desk.work() as acting:
        closed = close_the_case(acting, reference, reason)
    desk.answer({"case": _case(closed)}, lambda: say(f"Case {closed.reference} is closed."))


@case.command("members")
@click.argument("reference")
@click.option("--add", multiple=True, metavar="CODE", help="Make somebody a member.")
@click.option("--remove", multiple=True, metavar="CODE", help="No longer a member.")
@click.option("--closed/--open", default=None, help="Seen by members alone, or by everybody.")
@click.option("--reason", default="", help="Why; wanted for every change.")
@desk_options
def case_members(
    desk: Desk,
    reference: str,
    add: tuple[str, ...],
    remove: tuple[str, ...],
    closed: bool | None,
    reason: str,
) -> None:
    """Who may see a case: everybody, until it is closed to its members.

    \b
    Example:
      lantern case members LINDEN --add AB --closed --reason "Sensitive source"
    """
    if (add or remove or closed is not None) and not reason.strip():
        raise UsageError("Why? Who may see a case is changed with a --reason.")
    with desk.work() as acting:
        for code in add:
            set_member(acting, reference, code, member=True, reason=reason)
        for code in remove:
            set_member(acting, reference, code, member=False, reason=reason)
        if closed is not None:
            set_door(acting, reference, closed=closed, reason=reason)
        door = case_door(acting, reference)
    seen = "its members alone" if door.closed else "everybody of the vault"
    desk.answer(
        {"case": door.case, "closed": door.closed, "members": list(door.members)},
        lambda: say(f"Case {door.case} is seen by {seen}. Members: {', '.join(door.members)}."),
    )


@click.command()
@click.argument("reference", metavar="CASE")
@desk_options
def use(desk: Desk, reference: str) -> None:
    """Choose the case that is meant where no --case is given.

    \b
    Example:
      lantern use LINDEN
    """
    with desk.work() as acting:
        chosen = use_case(acting, reference)
    desk.answer({"case": chosen}, lambda: say(f"Case {chosen} is meant from now on."))


@click.command("note")
@click.argument("about", metavar="CASE|CAPTURE")
@click.argument("words")
@case_option
@desk_options
def note(desk: Desk, about: str, words: str, case: str | None) -> None:
    """Keep a note on a case or on one of its captures.

    \b
    Example:
      lantern note LINDEN "Seller uses two accounts"
    """
    with desk.work() as acting:
        of_capture = about.startswith("x-")
        reference = desk.case(acting, case) if of_capture else about
        kept = keep_note(acting, reference, about if of_capture else None, words)
    desk.answer({"note": kept, "case": reference}, lambda: say(f"Kept as {kept}."))
