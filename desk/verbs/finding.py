"""`search`, `search-log`, `saved`."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import click

from cases.times import for_people as spoken
from cases.times import rfc3339
from desk.options import Desk, case_option, desk_options
from desk.printing import Document, note, say, table
from gate import GatedHit
from jobs.finding import MOST_SHOWN, SORTS, SearchAnswer, asked_for
from jobs.finding import search as find
from jobs.search_log import Rerun, annex, logged_searches, rerun


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--case", metavar="CASE", help="The case (else LANTERN_CASE, else use).")
@click.option("--all-cases", is_flag=True, help="Every case that you may see.")
@click.option("--limit", type=click.IntRange(0, MOST_SHOWN), default=20, show_default=True)
@click.option("--facets", metavar="FIELD[:N],…", help="Count values: person,domain:20.")
@click.option("--sort", type=click.Choice(SORTS), default="best", show_default=True)
@click.option("--after", default="", metavar="WORD", help="Where the last page ended.")
@click.option("--bars", default="", metavar="FIELD:UNIT", help="Counts over time: captured:month.")
@click.option("--company", default="", metavar="FIELD", help="Who is named with it: person.")
@desk_options
def search(
    desk: Desk,
    query: tuple[str, ...],
    case: str | None,
    all_cases: bool,
    limit: int,
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
    with desk.work() as acting:
        chosen = None if all_cases else desk.case(acting, case)
        answer = find(acting, words, chosen, limit, asked_for(facets, **asked))
    desk.answer(search_document(answer), lambda: _say_answer(answer))
    if answer.waiting:
        note(f"lantern: {answer.waiting} captures are not indexed yet: lantern work")
    if answer.unread_for_names:
        note(
            f"lantern: {answer.unread_for_names} captures found are in another language than "
            "English and were not read for names."
        )


def search_document(answer: SearchAnswer) -> Document:
    """A search's answer as `--json` gives it."""
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
        "waiting": answer.waiting,
        "unread_for_names": answer.unread_for_names,
        "index_version": answer.index_version,
        "search": answer.log_id,
        "after": answer.after or None,
    }


def _say_answer(answer: SearchAnswer) -> None:
    for hit in answer.hits:
        _say_hit(hit)
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
    shown = len(answer.hits)
    say(f"{answer.total} found" + (f", {shown} shown" if shown < answer.total else "") + ".")
    if answer.after:
        say(f"The next page: --after {answer.after}")


def _day(start: datetime) -> str:
    return f"{start:%Y-%m-%d}"


def _say_hit(hit: GatedHit) -> None:
    say(f"{hit.title or '(no title)'}")
    say(f"  {hit.capture}  {spoken(hit.captured)}  {hit.case}")
    say(f"  {hit.url}")
    say(f"  {_marked(hit)}")
    say()


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
    desk.answer(
        {
            "search": again.search.id,
            "hits_then": again.search.hits,
            "total": again.total,
            "same": again.same,
            "same_version": again.same_version,
            "replaced": list(again.replaced),
            "hidden_since": again.hidden_since,
        },
        lambda: _say_rerun(again),
    )


def _say_rerun(again: Rerun) -> None:
    said = {True: "the same captures", False: "other captures", None: "another number"}
    say(f"{again.total} found, {again.search.hits} then: {said[again.same]}.")
    if not again.same_version:
        say("The index is of another version than it was then.")
    if again.replaced:
        say(f"{len(again.replaced)} captures were indexed anew since.")
    if again.hidden_since:
        say("Not everything that could be seen then can be seen now.")
