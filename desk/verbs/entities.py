"""`entity`: who and what is in a case, candidates and records."""

from __future__ import annotations

from typing import Any

import click

from cases.pole import Basis
from desk.entity_documents import candidate_document, entity_document, file_document
from desk.options import Desk, case_option, desk_options
from desk.printing import say, table
from desk.verbs.records import (
    answer_saved,
    entity_add,
    entity_edit,
    entity_link,
    entity_merge,
    entity_special,
    reason_option,
    seen_option,
)
from gate.text import fold_line
from jobs.candidates import STATES, Candidate, CandidateAsk, list_candidates, show_candidate
from jobs.entity_files import EntityFile, list_entities, show_entity
from jobs.naming import Accepting, Turning
from jobs.naming import accept as accept_candidate
from jobs.naming import reject as reject_candidate
from jobs.naming import relabel as relabel_candidate
from jobs.naming import undo as undo_newest


@click.group()
def entity() -> None:
    """Who and what is in a case: candidates that were found, records that people keep.

    A candidate (PERSON:"Oswin Tarrant", phone:+447700900123) becomes a record (P_001) when you
    accept it. Every act is on the ledger and can be undone.

    \b
    Example:
      lantern entity list --candidates --case LINDEN
    """


@entity.command("list")
@case_option
@click.option("--candidates", is_flag=True, help="What was found, to be decided on.")
@click.option("--label", metavar="LABEL", help="Candidates of one label: PERSON, ORG, phone, …")
@click.option("--state", type=click.Choice(STATES), default="open", show_default=True)
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@click.option("--offset", type=click.IntRange(0), default=0)
@desk_options
def entity_list(
    desk: Desk, case: str | None, candidates: bool, label: str | None, **page: Any
) -> None:
    """The records of a case, or its candidates with counts and a context each.

    \b
    Example:
      lantern entity list --candidates --label PERSON --case LINDEN
    """
    with desk.work() as acting:
        reference = desk.case(acting, case)
        if candidates:
            _answer_candidates(
                desk, list_candidates(acting, reference, CandidateAsk(label, **page))
            )
            return
        held, merged = list_entities(acting, reference)
    by_id = {each.id: each.reference for each in held}
    under = {entity: by_id.get(root) for entity, root in merged.items()}
    rows = [{**entity_document(each), "merged_into": under.get(each.id)} for each in held]

    def show() -> None:
        table(
            ("entity", "name", "subtype", "categories", "merged into", "version"),
            [
                [r[name] for name in ("entity", "name", "subtype")]
                + [" ".join(r["categories"]), r["merged_into"], r["version"]]
                for r in rows
            ],
        )

    desk.answer({"case": reference, "entities": rows}, show)


def _answer_candidates(desk: Desk, page: Any) -> None:
    def show() -> None:
        table(
            ("candidate", "label", "captures", "state", "context"),
            [
                (each.key, each.label, each.captures, _stands(each), _spoken(each))
                for each in page.items
            ],
        )
        say(f"{page.total} candidates. Decide: lantern entity accept CANDIDATE")

    document = {
        "case": page.case,
        "total": page.total,
        "labels": dict(page.labels),
        "candidates": [candidate_document(each) for each in page.items],
    }
    desk.answer(document, show)


def _stands(each: Candidate) -> str:
    return each.entity or str(each.verdict)


def _spoken(each: Candidate) -> str:
    if not each.contexts:
        return ""
    context = each.contexts[0]
    return f"{context.before[-30:]}[{context.text}]{context.after[:30]}"


@entity.command("show")
@click.argument("named", metavar="P_001|LABEL:NAME")
@case_option
@click.option("--special", is_flag=True, help="Special-category attributes too; it is on record.")
@desk_options
def entity_show(desk: Desk, named: str, case: str | None, special: bool) -> None:
    """All of a record: links, merges, history; or a candidate with its contexts.

    \b
    Example:
      lantern entity show P_001 --case LINDEN
    """
    with desk.work() as acting:
        reference = desk.case(acting, case)
        if ":" in named:
            candidate = show_candidate(acting, reference, named)
            desk.answer(candidate_document(candidate), lambda: _say_candidate(candidate))
            return
        found = show_entity(acting, reference, named, special=special)
    desk.answer(file_document(found), lambda: _say_file(found))


def _say_candidate(each: Candidate) -> None:
    say(f"{each.label} {each.name}: {each.entity or each.verdict}")
    for context in each.contexts:
        mark = " (rejected here)" if context.rejected else ""
        say(f"  {context.place}{mark}")
        say(f"    {context.before}[{context.text}]{context.after}")


def _say_file(found: EntityFile) -> None:
    view = found.entity
    say(
        f"{view.reference} {fold_line(view.record.name)} ({view.pole.says}), version {view.version}"
    )
    for each in view.record.attributes:
        assessed = " (assessed)" if each.basis is Basis.ASSESSMENT else ""
        say(f"  {each.name}: {fold_line(each.value)}{assessed}")
    for special in found.special:
        say(
            f"  {special.field}: {fold_line(special.value)}. Needed: {fold_line(special.necessity)}"
        )
    if view.record.categories:
        say(f"  categories: {', '.join(view.record.categories)}")
    if len(found.names) > 1:
        say(f"  names: {', '.join(map(fold_line, found.names))}")
    for tie in found.links:
        one, other = (found.ends[each].reference for each in (tie.from_entity, tie.to_entity))
        say(f"  {one} {tie.link.type} {other}  {tie.link.grade or ''} {tie.id}")
    for warning in found.warnings:
        say(f"  note: {fold_line(warning.says)}")
    if found.missing:
        say(f"  not known yet: {', '.join(found.missing)}")


@entity.command("accept")
@click.argument("candidate", metavar="LABEL:NAME")
@case_option
@click.option("--name", metavar="NAME", help="The name to keep it under (else as it was found).")
@click.option("--subtype", metavar="S", help="Its POLE subtype.")
@click.option("--into", metavar="P_001", help="As another name of this record.")
@seen_option
@desk_options
def entity_accept(desk: Desk, candidate: str, case: str | None, **how: Any) -> None:
    """Make a candidate a record, or another name of one.

    \b
    Example:
      lantern entity accept "PERSON:Oswin Tarrant" --case LINDEN
    """
    with desk.work() as acting:
        saved = accept_candidate(acting, desk.case(acting, case), candidate, Accepting(**how))
    answer_saved(desk, saved)


@entity.command("reject")
@click.argument("candidate", metavar="LABEL:NAME")
@case_option
@click.option("--at", "place", metavar="PLACE", help="One mention alone, as `show` names it.")
@reason_option
@seen_option
@desk_options
def entity_reject(desk: Desk, candidate: str, case: str | None, **how: Any) -> None:
    """Say that a candidate, or one mention of it, is none.

    \b
    Example:
      lantern entity reject "PERSON:Reading" --reason "It is a town" --case LINDEN
    """
    with desk.work() as acting:
        word = reject_candidate(acting, desk.case(acting, case), candidate, Turning(**how))
    document = {"candidate": candidate, "verdict": str(word.verdict), "version": word.version}
    desk.answer(document, lambda: say(f"{fold_line(candidate)} is rejected."))


@entity.command("relabel")
@click.argument("candidate", metavar="LABEL:NAME")
@click.argument("label", metavar="LABEL")
@case_option
@reason_option
@seen_option
@desk_options
def entity_relabel(desk: Desk, candidate: str, label: str, case: str | None, **how: Any) -> None:
    """Say that a candidate is of another label.

    \b
    Example:
      lantern entity relabel "PERSON:Reading" LOC --case LINDEN
    """
    with desk.work() as acting:
        reference = desk.case(acting, case)
        word = relabel_candidate(acting, reference, candidate, label, Turning(**how))
    document = {"candidate": candidate, "label": word.to_label, "version": word.version}
    desk.answer(document, lambda: say(f"{fold_line(candidate)} is {label} from now on."))


@entity.command("undo")
@click.argument("named", metavar="P_001|LABEL:NAME|MERGE|LINK")
@case_option
@reason_option
@desk_options
def entity_undo(desk: Desk, named: str, case: str | None, reason: str) -> None:
    """Take back the newest act on a record or candidate, a merge or a link.

    \b
    Example:
      lantern entity undo P_001 --case LINDEN
    """
    with desk.work() as acting:
        says = undo_newest(acting, desk.case(acting, case), named, reason)
    desk.answer({"undone": named, "says": says}, lambda: say(says))


entity.add_command(entity_merge)
entity.add_command(entity_link)
entity.add_command(entity_add)
entity.add_command(entity_edit)
entity.add_command(entity_special)
