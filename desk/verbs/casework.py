"""`person`, `case`, `use`, `note`, `authority`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from cases.authorities import AuthorityView
from cases.authority_types import TYPES
from cases.casebook import CaseView, NewCase
from cases.errors import UsageError
from cases.people import ROLES, PersonView
from cases.times import entered, for_people, rfc3339
from desk.options import Desk, case_option, desk_options
from desk.printing import Document, say, table
from desk.printing import note as remark
from jobs.casework import (
    AuthorityForm,
    Entered,
    add_colleague,
    all_cases,
    cancel_authority,
    case_file,
    close_the_case,
    colleagues,
    enter_authority,
    keep_note,
    list_authorities,
    open_new_case,
    renew_authority,
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
        "authorities": [_authority(view) for view in file.authorities],
    }

    def show() -> None:
        say(f"Case {file.case.reference} ({file.case.state}): {file.case.title}")
        say(f"URN {file.case.urn or 'not recorded'}; captures {file.case.captures}")
        _authority_table(file.authorities)

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


@click.group()
def authority() -> None:
    """Authorities: what allows collection, of what, until when.

    \b
    Example:
      lantern authority add --case LINDEN --template research --scope example.test
    """


def _authority(view: AuthorityView) -> Document:
    return {
        "id": view.id,
        "reference": view.reference,
        "type": view.type,
        "purpose": view.purpose,
        "scope": list(view.scope),
        "granted_by": view.granted_by,
        "until": rfc3339(view.until),
        "cancelled": rfc3339(view.cancelled_at) if view.cancelled_at else None,
        "for_review": view.for_review,
        "approval": view.approval,
        "renews": view.renews,
    }


def _authority_table(held: list[AuthorityView]) -> None:
    table(
        ("authority", "type", "until", "scope", ""),
        [
            (
                a.reference,
                a.type,
                for_people(a.until),
                " ".join(a.scope),
                "cancelled" if a.cancelled_at else "for review" if a.for_review else "",
            )
            for a in held
        ],
    )


def _answer_entered(desk: Desk, done: Entered) -> None:
    if done.confirm_end:
        remark("lantern: two readings of the end exist; the earlier is taken. Confirm with the AO.")

    def show() -> None:
        view = done.authority
        end = for_people(view.until)
        say(f"Authority {view.reference} ({view.type}, {view.approval}) until {end}")
        say(f"Covers: {' '.join(view.scope)}")
        if view.for_review:
            say("Flagged for review.")

    desk.answer(
        {"authority": {**_authority(done.authority), "confirm_end": done.confirm_end}}, show
    )


def _times(until: str | None, at: str | None) -> tuple[datetime | None, datetime | None]:
    return entered(until) if until else None, entered(at) if at else None


@authority.command("add")
@case_option
@click.option("--type", "kind", type=click.Choice(sorted(TYPES)), help="Default: research.")
@click.option("--purpose")
@click.option("--necessity")
@click.option("--proportionality")
@click.option(
    "--scope", multiple=True, metavar="HOST", help="May be repeated; *.HOST for all below."
)
@click.argument("more_scope", nargs=-1, metavar="[HOST]...")
@click.option("--subject", "subjects", multiple=True)
@click.option("--account", "accounts", multiple=True)
@click.option("--conduct")
@click.option("--level")
@click.option("--granted-by", help="Who granted it (name, rank); not the one who enters it.")
@click.option("--granted-at", metavar="TIME", help="Default: now.")
@click.option(
    "--form", type=click.Path(path_type=Path), help="The signed form: its digest is kept."
)
@click.option("--template", help="A template of lantern.toml whose words to start from.")
@click.option("--approver", metavar="CODE", help="Whose key signs the approval.")
@click.option("--urgent-oral", is_flag=True, help="Urgent oral: --by WHOM --at TIME; 72 hours.")
@click.option("--by", metavar="WHOM")
@click.option("--at", metavar="TIME")
@click.option("--until", metavar="TIME", help="When it ends; the law's own limit at the latest.")
@desk_options
def authority_add(
    desk: Desk,
    case: str | None,
    kind: str | None,
    until: str | None,
    granted_at: str | None,
    urgent_oral: bool,
    by: str | None,
    at: str | None,
    scope: tuple[str, ...],
    more_scope: tuple[str, ...],
    **words: object,
) -> None:
    """Enter an authority that somebody granted. The words are yours; nothing is approved here.

    \b
    Example:
      lantern authority add --case LINDEN --purpose "Identify the seller" \\
        --necessity "No other source" --proportionality "Public pages, once each" \\
        --scope example.test --scope "*.shop.example" --until 2027-06-30
      lantern authority add --urgent-oral --by "Insp A Other" --at 2026-03-01T03:00Z \\
        --purpose "Threat to life" --necessity "…" --proportionality "…" --scope example.test
    """
    if urgent_oral and not (by and at):
        raise UsageError("--urgent-oral needs --by WHOM and --at TIME: who said it, and when.")
    if (by or at) and not urgent_oral:
        raise UsageError(
            "--by and --at go with --urgent-oral; otherwise: --granted-by, --granted-at."
        )
    hosts = tuple(part for text in (*scope, *more_scope) for part in text.split(",") if part)
    end, start = _times(until, at or granted_at)
    form = AuthorityForm(
        type="urgent-oral" if urgent_oral else kind,
        scope=hosts,
        until=end,
        granted_at=start,
        oral=urgent_oral,
        **words,  # type: ignore[arg-type] # click gives each option its own type
    )
    if by:
        form = replace(form, granted_by=by)
    with desk.work() as acting:
        done = enter_authority(acting, desk.case(acting, case), form)
    _answer_entered(desk, done)


@authority.command("list")
@case_option
@desk_options
def authority_list(desk: Desk, case: str | None) -> None:
    """The authorities of a case.

    \b
    Example:
      lantern authority list --case LINDEN
    """
    with desk.work() as acting:
        held = list_authorities(acting, desk.case(acting, case))
    desk.answer(
        {"authorities": [_authority(view) for view in held]}, lambda: _authority_table(held)
    )


@authority.command("cancel")
@click.argument("named", metavar="AUTHORITY")
@case_option
@click.option("--reason", required=True)
@desk_options
def authority_cancel(desk: Desk, named: str, case: str | None, reason: str) -> None:
    """Cancel an authority: running jobs under it stop at their next fetch.

    \b
    Example:
      lantern authority cancel LINDEN/2 --case LINDEN --reason "No longer necessary"
    """
    with desk.work() as acting:
        reference = case or (named.rpartition("/")[0] or None)
        gone = cancel_authority(acting, desk.case(acting, reference), named, reason)
    desk.answer(
        {"authority": _authority(gone)}, lambda: say(f"Authority {gone.reference} is cancelled.")
    )


@authority.command("renew")
@click.argument("named", metavar="AUTHORITY")
@case_option
@click.option("--until", required=True, metavar="TIME")
@click.option("--granted-by")
@click.option("--granted-at", metavar="TIME")
@click.option("--form", type=click.Path(path_type=Path))
@click.option("--approver", metavar="CODE")
@desk_options
def authority_renew(
    desk: Desk,
    named: str,
    case: str | None,
    until: str,
    granted_by: str | None,
    granted_at: str | None,
    form: Path | None,
    approver: str | None,
) -> None:
    """Enter a renewal, with the old authority's words; running jobs go on under it.

    \b
    Example:
      lantern authority renew LINDEN/1 --until 2026-09-30 --granted-by "Supt B Other"
    """
    end, start = _times(until, granted_at)
    renewal = AuthorityForm(
        None,
        None,
        None,
        None,
        (),
        granted_by,
        end,
        granted_at=start,
        form=form,
        approver=approver,
    )
    with desk.work() as acting:
        reference = case or (named.rpartition("/")[0] or None)
        done = renew_authority(acting, desk.case(acting, reference), named, renewal)
    _answer_entered(desk, done)
