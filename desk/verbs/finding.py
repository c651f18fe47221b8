"""`search`."""

from __future__ import annotations

import click

from cases.times import for_people as spoken
from cases.times import rfc3339
from desk.options import Desk, desk_options
from desk.printing import note, say
from gate import GatedHit
from jobs.finding import search as find


@click.command()
@click.argument("query", nargs=-1, required=True)
@click.option("--case", metavar="CASE", help="The case (else LANTERN_CASE, else use).")
@click.option("--all-cases", is_flag=True, help="Every case.")
@click.option("--limit", type=click.IntRange(0, 1000), default=20, show_default=True)
@desk_options
def search(
    desk: Desk, query: tuple[str, ...], case: str | None, all_cases: bool, limit: int
) -> None:
    """Search a case: words, "phrases", AND OR NOT, person: org: place: domain: captured: …

    Each search is one consultation on the ledger. The language: docs/query-language.md.

    \b
    Example:
      lantern search 'person:"Oswin Tarrant" AND captured:2026' --case LINDEN
    """
    words = " ".join(query)
    with desk.work() as acting:
        chosen = None if all_cases else desk.case(acting, case)
        answer = find(acting, words, chosen, limit)
    document = {
        "query": words,
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
        "facets": {},
        "waiting": answer.waiting,
    }

    def for_people() -> None:
        for hit in answer.hits:
            _say_hit(hit)
        shown = len(answer.hits)
        say(f"{answer.total} found" + (f", {shown} shown" if shown < answer.total else "") + ".")

    desk.answer(document, for_people)
    if answer.waiting:
        note(f"lantern: {answer.waiting} captures are not indexed yet: lantern work")


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
