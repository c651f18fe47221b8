"""`authority`."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from pathlib import Path

import click

from cases.authorities import AuthorityView
from cases.authority_types import TYPES
from cases.errors import UsageError
from cases.times import entered, for_people, rfc3339
from desk.options import Desk, case_option, desk_options
from desk.printing import Document, say, table
from desk.printing import note as remark
from jobs.casework import (
    AuthorityForm,
    Entered,
    cancel_authority,
    enter_authority,
    list_authorities,
    renew_authority,
)


@click.group()
def authority() -> None:
    """Authorities: what allows collection, of what, until when.

    \b
    Example:
      lantern authority add --case LINDEN --template research --scope example.test
    """


def authority_document(view: AuthorityView) -> Document:
    """An authority as `--json` gives it."""
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


def authority_table(held: list[AuthorityView]) -> None:
    """Authorities for people."""
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
        {"authority": {**authority_document(done.authority), "confirm_end": done.confirm_end}}, show
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
        {"authorities": [authority_document(view) for view in held]}, lambda: authority_table(held)
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
        {"authority": authority_document(gone)},
        lambda: say(f"Authority {gone.reference} is cancelled."),
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
