"""`capture`, `show`."""

from __future__ import annotations

import click

from cases.times import for_people as spoken
from desk.options import Desk, case_option, desk_options
from desk.printing import Document, say, table
from desk.verbs.collecting import capture_document, capture_table
from gate import GatedReading, fold_line
from jobs.finding import Shown, list_captures
from jobs.finding import show as look_at

TEXT_LINES = 60  # of a capture's text, for people; --json and --full give all


@click.group()
def capture() -> None:
    """What is held.

    \b
    Example:
      lantern capture list --case LINDEN
    """


@capture.command("list")
@case_option
@desk_options
def capture_list(desk: Desk, case: str | None) -> None:
    """Every capture and failed attempt of a case.

    \b
    Example:
      lantern capture list --case LINDEN
    """
    with desk.work() as acting:
        held = list_captures(acting, desk.case(acting, case))
    desk.answer(
        {"captures": [capture_document(view) for view in held]}, lambda: capture_table(held)
    )


def reading_document(reading: GatedReading | None) -> Document:
    """What was read in a document, as `--json` gives it; empty where it was not read yet."""
    if reading is None:
        return {"text": None, "entities": [], "identifiers": [], "flags": []}
    return {
        "title": reading.title,
        "author": reading.author,
        "dated": reading.dated,
        "language": reading.language,
        "kind": reading.kind,
        "encoding": reading.encoding,
        "text": reading.text,
        "main": reading.main,
        "entities": [
            {
                "text": m.text,
                "label": m.label,
                "start": m.start,
                "end": m.end,
                "model": m.model,
                "score": m.score if m.score is not None else "not scored",
            }
            for m in reading.entities
        ],
        "identifiers": [
            {
                "kind": i.kind,
                "value": i.value,
                "start": i.start,
                "end": i.end,
                "original": i.original,
                "validity": i.validity,
                "source": i.source,
            }
            for i in reading.identifiers
        ],
        "flags": [],
        "screened": "not screened",
        "pictures": reading.pictures,
        "links": reading.links,
        "notes": list(reading.notes),
        "site": reading.site,
        "published": reading.published,
        "modified": reading.modified,
        "alts": list(reading.alts),
        "link_list": [{"url": url, "text": text} for url, text in reading.link_list],
        "tables": list(reading.tables),
        "structured": [{"path": path, "value": value} for path, value in reading.structured],
        "framed": reading.framed,
    }


def say_reading(reading: GatedReading, *, full: bool) -> None:
    """What was read in a document, for people."""
    say(f"Title     {reading.title or 'none'}")
    say(f"Language  {reading.language}; read as {reading.kind}, {reading.encoding}")
    if reading.author or reading.dated:
        say(f"By        {reading.author or 'not stated'}, {reading.dated or 'no date stated'}")
    if reading.site or reading.modified:
        say(f"Site      {reading.site or 'not stated'}, changed {reading.modified or 'not stated'}")
    say(f"Pictures  {reading.pictures} (counted, not shown); links {reading.links}")
    if reading.tables or reading.structured:
        say(f"Tables    {len(reading.tables)}; facts for machines {len(reading.structured)}")
    for said in reading.notes:
        say(f"Note      {said}")
    lines = reading.text.splitlines()
    shown = lines if full else lines[:TEXT_LINES]
    say()
    for line in shown:
        say(f"  {line}")
    if len(shown) < len(lines):
        say(f"  … {len(lines) - len(shown)} more lines: --full")
    say()
    if full:
        _say_facts(reading)
    if reading.entities:
        counted: dict[tuple[str, str], int] = {}
        for mention in reading.entities:
            key = (mention.label, fold_line(mention.text))
            counted[key] = counted.get(key, 0) + 1
        table(
            ("label", "name", "times"),
            [(label, name, times) for (label, name), times in counted.items()],
        )
        say(f"Found by {reading.entities[0].model}; a machine's guess, not an assessment.")
        say()
    if reading.identifiers:
        seen = dict.fromkeys(
            (i.kind, i.value, "the text" if i.source == "page" else "a link")
            for i in reading.identifiers
        )
        table(("kind", "identifier", "in"), list(seen))


def _say_facts(reading: GatedReading) -> None:
    """What a page holds beside its text: only where all is asked for."""
    for heading, rows in (
        (("link", "words"), reading.link_list),
        (("fact", "value"), reading.structured),
        (("words given for pictures",), [(words,) for words in reading.alts]),
    ):
        if rows:
            table(heading, list(rows))
            say()


@click.command()
@click.argument("named", metavar="CAPTURE")
@click.option("--full", is_flag=True, help="All of the text.")
@click.option("--search", "search_id", default="", metavar="SEARCH", help="Found by this search.")
@desk_options
def show(desk: Desk, named: str, full: bool, search_id: str) -> None:
    """A capture: facts, text, names, identifiers. Pictures are counted, never shown.

    \b
    Example:
      lantern show x-abcdefghij234567
    """
    with desk.work() as acting:
        shown = look_at(acting, named, search_id)
    document = {
        **capture_document(shown.view),
        "manifest": shown.manifest,
        **reading_document(shown.reading),
        "images": [
            {
                "sha256": picture.sha256,
                "verdict": str(picture.verdict),
                "rendition": picture.sha256 if picture.rendition else None,
            }
            for picture in shown.pictures
        ],
    }
    desk.answer(document, lambda: _spoken(shown, full=full))


def _spoken(shown: Shown, *, full: bool) -> None:
    view = shown.view
    say(f"Capture   {view.capture}  case {view.case_reference}")
    say(f"Address   {fold_line(view.requested_url)}")
    if view.final_url != view.requested_url:
        say(f"Came to   {fold_line(view.final_url)}")
    reason = f": {fold_line(view.reason)}" if view.reason else ""
    say(f"Outcome   {view.outcome}{reason}; HTTP status {view.status or 'none'}")
    say(f"Captured  {spoken(view.started_at)}")
    say(f"Sealed    SHA-256 of the manifest {view.manifest_sha256}")
    say(f"Evidence  evidence/{view.warc}")
    for picture in shown.pictures:
        covered = ", covered" if picture.covered else ""
        say(f"Picture   {picture.sha256}: {picture.verdict}{covered}")
    if shown.reading is None:
        say("Its text was not drawn out yet: lantern work")
    else:
        say_reading(shown.reading, full=full)
