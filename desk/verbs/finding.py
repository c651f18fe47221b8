"""`search`, `search-log`, `saved`."""

from __future__ import annotations

from dataclasses import asdict
from datetime import datetime
from pathlib import Path
from typing import Any

import click

from cases.errors import UsageError
from cases.saved_searches import SavedView
from cases.times import for_people as spoken
from cases.times import rfc3339
from desk.options import Desk, case_option, desk_options
from desk.printing import Document, note, say, table
from gate import GatedHit
from jobs.explaining import Explanation, explain_query
from jobs.finding import MOST_SHOWN, SORTS, SearchAnswer, asked_for, like_this
from jobs.finding import search as find
from jobs.hit_export import Exported, export_hits, export_log
from jobs.near_copies import NearCopies
from jobs.saved_searches import (
    end_search,
    keep_search,
    kept_search,
    kept_searches,
)
from jobs.search_log import Rerun, annex, logged_searches, rerun


@click.command()
@click.argument("query", nargs=-1)
@click.option("--case", metavar="CASE", help="The case (else LANTERN_CASE, else use).")
@click.option("--all-cases", is_flag=True, help="Every case that you may see.")
@click.option("--limit", type=click.IntRange(0, MOST_SHOWN), default=20, show_default=True)
@click.option("--facets", metavar="FIELD[:N],…", help="Count values: person,domain:20.")
@click.option("--sort", type=click.Choice(SORTS), default="best", show_default=True)
@click.option("--after", default="", metavar="WORD", help="Where the last page ended.")
@click.option("--bars", default="", metavar="FIELD:UNIT", help="Counts over time: captured:month.")
@click.option("--company", default="", metavar="FIELD", help="Who is named with it: person.")
@click.option("--explain", is_flag=True, help="Show how the query was understood, word by word.")
@click.option("--like", default="", metavar="CAPTURE", help="What is like this capture.")
@click.option("--unfold", is_flag=True, help="Show near copies of a hit as hits of their own.")
@click.option(
    "--to", type=click.Path(path_type=Path, dir_okay=False), help="Write all hits: .csv, .jsonl."
)
@desk_options
def search(
    desk: Desk,
    query: tuple[str, ...],
    case: str | None,
    all_cases: bool,
    limit: int,
    to: Path | None,
    explain: bool,
    like: str,
    unfold: bool,
    **asked: Any,
) -> None:
    """Search a case: words, "phrases", AND OR NOT, person: org: place: domain: captured: …

    Each search is one entry in the search log (lantern search-log). The language: docs/query.md.

    \b
    Example:
      lantern search 'person:"Oswin Tarrant" AND captured:2026' --case LINDEN --facets person,domain
    """
    words = " ".join(query)
    facets = [each for each in (asked.pop("facets") or "").split(",") if each.strip()]
    if bool(words.strip()) is bool(like):
        raise UsageError("What is sought? lantern search WORDS, or: lantern search --like CAPTURE")
    with desk.work() as acting:
        chosen = None if all_cases else desk.case(acting, case)
        words = words or like_this(acting, like, chosen)
        if to is not None:
            written = export_hits(acting, words, chosen, to.suffix.lstrip("."), to)
            return desk.answer(_file(written, to), lambda: _say_file(written, to))
        answer = find(acting, words, chosen, limit, asked_for(facets, **asked))
        told = explain_query(acting, words, chosen) if explain else None
    document = search_document(answer)
    if told is not None:
        document = {**document, "explanation": asdict(told)}
    desk.answer(document, lambda: _say_explained(answer, told, unfold))
    if answer.waiting:
        note(f"lantern: {answer.waiting} captures are not indexed yet: lantern work")
    if answer.unread_for_names:
        note(
            f"lantern: {answer.unread_for_names} captures found are in another language than "
            "English and were not read for names."
        )
    return None


def _say_explained(answer: SearchAnswer, told: Explanation | None, unfold: bool) -> None:
    if told is not None:
        say(f"Understood as: {told.query}")
        say(f"In words: {told.reading}")
        for line in told.outline:
            say(f"  {line}")
        for leaf in told.leaves:
            more = " or more" if leaf.or_more else ""
            words = "" if leaf.words is None else f"{leaf.words}{more} words, "
            say(f"{leaf.query}: {words}{leaf.hits} pages; index fields {', '.join(leaf.fields)}")
        say()
    _say_answer(answer, unfold)


def search_document(answer: SearchAnswer) -> Document:
    """A search's answer as `--json` gives it: every hit of the page, near copies too."""
    near = {each.capture: each for each in answer.near}
    return {
        "query": answer.query,
        "reading": answer.reading,
        "total": answer.total,
        "hits": [
            {
                "capture": hit.capture,
                "case": hit.case,
                "url": hit.url,
                "title": hit.title,
                "captured": rfc3339(hit.captured),
                "score": hit.score,
                "snippet": hit.snippet,
                "highlights": [list(pair) for pair in hit.highlights],
                "found_in": hit.found_in,
                **_near_document(near.get(hit.capture)),
            }
            for hit in answer.hits
        ],
        "facets": {
            facet.field: {
                "values": [{"value": value, "count": count} for value, count in facet.values],
                "missing": facet.missing,
                "more": facet.more,
            }
            for facet in answer.facets
        },
        "histogram": [{"from": rfc3339(start), "count": n} for start, n in answer.histogram],
        "company": [
            {"name": c.name, "together": c.together, "everywhere": c.everywhere, "lift": c.lift}
            for c in answer.companions
        ],
        "did_you_mean": list(answer.spellings),
        "waiting": answer.waiting,
        "unread_for_names": answer.unread_for_names,
        "index_version": answer.index_version,
        "search": answer.log_id,
        "after": answer.after or None,
    }


def _near_document(near: NearCopies | None) -> Document:
    """Of a hit: its near copies among the hits; `folded` where it is one itself."""
    first = near.first if near else None
    return {
        "near": list(near.copies) if near else [],
        "folded": near is None,
        "first_seen": {
            "capture": first.capture,
            "case": first.case,
            "url": first.url,
            "captured": rfc3339(first.captured),
        }
        if first
        else None,
    }


def _say_answer(answer: SearchAnswer, unfold: bool = False) -> None:
    near = {each.capture: each for each in answer.near}
    hits = [hit for hit in answer.hits if unfold or hit.capture in near]
    for hit in hits:
        _say_hit(hit, near.get(hit.capture), unfold)
    for facet in answer.facets:
        table((facet.field, "captures"), facet.values)
        if facet.more:
            say(f"  … and more: --facets {facet.field}:1000")
        say()
    if answer.histogram:
        table(("from", "captures"), [(_day(start), count) for start, count in answer.histogram])
        say()
    if answer.companions:
        table(
            ("name", "together", "everywhere", "lift"),
            [(c.name, c.together, c.everywhere, c.lift) for c in answer.companions],
        )
        say()
    folded = len(answer.hits) - len(hits)
    say(
        f"{answer.total} found"
        + (f", {len(hits)} shown" if len(hits) < answer.total else "")
        + (f", {folded} folded as near copies: --unfold" if folded else "")
        + "."
    )
    for spelling in answer.spellings:
        say(f"Did you mean: {spelling}")
    if answer.after:
        say(f"The next page: --after {answer.after}")


def _day(start: datetime) -> str:
    return f"{start:%Y-%m-%d}"


def _say_hit(hit: GatedHit, near: NearCopies | None, unfold: bool) -> None:
    say(f"{hit.title or '(no title)'}")
    say(f"  {hit.capture}  {spoken(hit.captured)}  {hit.case}")
    say(f"  {hit.url}")
    where = "" if hit.found_in == "page" else f"(in a {hit.found_in}) "
    say(f"  {where}{_marked(hit)}")
    if near is not None and (told := _near_told(near, unfold)):
        say(f"  {told}")
    say()


def _near_told(near: NearCopies, unfold: bool) -> str:
    """What a hit says of its near copies: how many are folded, where its text was seen first."""
    count, first = len(near.copies), near.first
    copies = f"and {count} near cop{'y' if count == 1 else 'ies'}" if count and not unfold else ""
    seen = (
        f"seen first at {first.url} ({first.case}, {spoken(first.captured)}, {first.capture})"
        if first
        else ""
    )
    return "; ".join(filter(None, (copies, seen)))


def _marked(hit: GatedHit) -> str:
    """The snippet with what was found in brackets: read aloud and printed alike."""
    parts, at = [], 0
    for start, end in hit.highlights:
        parts += [hit.snippet[at:start], "[", hit.snippet[start:end], "]"]
        at = end
    return "".join([*parts, hit.snippet[at:]])


@click.group("search-log")
def search_log() -> None:
    """The searches that were run, as disclosure material (DIS-6).

    \b
    Example:
      lantern search-log list --case LINDEN
    """


@search_log.command("list")
@case_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@desk_options
def log_list(desk: Desk, case: str | None, limit: int) -> None:
    """The newest searches, of a case or of all that you may see.

    \b
    Example:
      lantern search-log list
    """
    with desk.work() as acting:
        held = logged_searches(acting, case, limit)
    desk.answer(
        {"searches": annex(held)},
        lambda: table(
            ("search", "at", "by", "hits", "opened", "query"),
            [
                (e.id, spoken(e.at), e.by, e.hits, len(e.opened), e.query or "(erased)")
                for e in held
            ],
        ),
    )


@search_log.command("rerun")
@click.argument("named", metavar="SEARCH")
@desk_options
def log_rerun(desk: Desk, named: str) -> None:
    """Run a search again over the index as it stood then, and say whether the same was found.

    \b
    Example:
      lantern search-log rerun e-abcdefghij234567
    """
    with desk.work() as acting:
        again = rerun(acting, named)
    desk.answer(rerun_document(again), lambda: _say_rerun(again))


def rerun_document(again: Rerun) -> Document:
    """A search run again, as `--json` and the API give it."""
    return {
        "search": again.search.id,
        "hits_then": again.search.hits,
        "total": again.total,
        "same": again.same,
        "same_version": again.same_version,
        "version_then": again.search.index_version,
        "version_now": again.version,
        "replaced": list(again.replaced),
        "hidden_since": again.hidden_since,
    }


def _say_rerun(again: Rerun) -> None:
    said = {True: "the same captures", False: "other captures", None: "another number"}
    if again.search.hits is None:
        say(f"{again.total} found; what was found then is not all for you to see.")
    else:
        say(f"{again.total} found, {again.search.hits} then: {said[again.same]}.")
    if not again.same_version:
        say(again.version_says)
    if again.replaced:
        say(f"{len(again.replaced)} captures were indexed anew since.")
    if again.hidden_since:
        say("Not everything that could be seen then can be seen now.")


@search_log.command("export")
@click.argument("to", type=click.Path(path_type=Path, dir_okay=False))
@case_option
@desk_options
def log_export(desk: Desk, to: Path, case: str | None) -> None:
    """Write the search log as JSON lines: the digital-material annex.

    \b
    Example:
      lantern search-log export searches.jsonl --case LINDEN
    """
    with desk.work() as acting:
        written = export_log(acting, case, to)
    desk.answer(_file(written, to), lambda: _say_file(written, to))


def _file(written: Exported, to: Path) -> Document:
    return {
        "file": str(to),
        "sha256": written.sha256,
        "rows": written.rows,
        "entry": written.entry,
    }


def _say_file(written: Exported, to: Path) -> None:
    say(f"{written.rows} rows written to {to}; SHA-256 {written.sha256}.")


@click.group()
def saved() -> None:
    """Searches kept under a name.

    \b
    Example:
      lantern saved keep "The seller" 'handle:@night_owl' --case LINDEN
    """


@saved.command("keep")
@click.argument("name")
@click.argument("query")
@click.option("--case", metavar="CASE", help="In this case; without it, over all cases.")
@click.option("--sort", type=click.Choice(SORTS), default="best", show_default=True)
@desk_options
def saved_keep(desk: Desk, name: str, query: str, case: str | None, sort: str) -> None:
    """Keep a search under a name.

    \b
    Example:
      lantern saved keep "The seller" 'handle:@night_owl' --case LINDEN
    """
    with desk.work() as acting:
        kept = keep_search(acting, name, query, case, sort)
    desk.answer(_kept(kept), lambda: say(f"Kept: {kept.name}. Run it: lantern saved run {kept.id}"))


@saved.command("list")
@click.option("--case", metavar="CASE", help="Of this case; without it, all that you may see.")
@desk_options
def saved_list(desk: Desk, case: str | None) -> None:
    """The searches that are kept.

    \b
    Example:
      lantern saved list --case LINDEN
    """
    with desk.work() as acting:
        held = kept_searches(acting, case)
    desk.answer(
        {"saved": [_kept(each) for each in held]},
        lambda: table(
            ("search", "name", "case", "by", "query"),
            [(e.id, e.name, e.case or "all", e.by, e.query) for e in held],
        ),
    )


@saved.command("run")
@click.argument("named", metavar="SAVED")
@click.option("--limit", type=click.IntRange(0, MOST_SHOWN), default=20, show_default=True)
@desk_options
def saved_run(desk: Desk, named: str, limit: int) -> None:
    """Run a kept search, by its name or id.

    \b
    Example:
      lantern saved run "The seller"
    """
    with desk.work() as acting:
        kept = kept_search(acting, named)
        answer = find(acting, kept.query, kept.case, limit, asked_for(sort=kept.sort))
    desk.answer(search_document(answer), lambda: _say_answer(answer))


@saved.command("end")
@click.argument("named", metavar="SAVED")
@desk_options
def saved_end(desk: Desk, named: str) -> None:
    """Keep a search no longer.

    \b
    Example:
      lantern saved end "The seller"
    """
    with desk.work() as acting:
        name = end_search(acting, named)
    desk.answer({"ended": name}, lambda: say(f"No longer kept: {name}."))


def _kept(each: SavedView) -> Document:
    return {
        "id": each.id,
        "name": each.name,
        "query": each.query,
        "sort": each.sort,
        "case": each.case,
        "by": each.by,
        "at": each.at,
    }
