"""Pages from templates. Everything is escaped; times are UTC first and UK local second."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from fastapi import Request
from fastapi.responses import HTMLResponse
from jinja2 import Environment, FileSystemLoader, StrictUndefined, select_autoescape

from cases.times import for_people, from_rfc3339
from desk.web.visitor import Visitor
from gate.text import fold_line, fold_text

TEMPLATES = Path(__file__).parent / "templates"


def _when(moment: datetime | str | None) -> str:
    if moment is None:
        return "—"
    return for_people(from_rfc3339(moment) if isinstance(moment, str) else moment)


def _bytes(size: int | None) -> str:
    if size is None:
        return "not measured"
    if size < 1024:
        return f"{size} bytes"
    return f"{size / 1024:.1f} KiB" if size < 1 << 20 else f"{size / (1 << 20):.1f} MiB"


def search_address(query: str, case: str = "") -> str:
    """The address of a search, in one case or in all; empty where there is nothing to ask."""
    asked = {"q": query, "case": case}
    return "/search?" + urlencode({k: v for k, v in asked.items() if v}) if query else ""


environment = Environment(
    loader=FileSystemLoader(TEMPLATES),
    autoescape=select_autoescape(default=True, default_for_string=True),
    undefined=StrictUndefined,
    trim_blocks=True,
    lstrip_blocks=True,
)
environment.filters["when"] = _when
environment.filters["size"] = _bytes
environment.filters["line"] = lambda text: fold_line("" if text is None else str(text))
environment.filters["text"] = lambda text: fold_text("" if text is None else str(text))


def page(
    request: Request, template: str, visitor: Visitor | None, *, status: int = 200, **shown: Any
) -> HTMLResponse:
    """A page. `said` in the address's query is one of our own short words, never free text."""
    said = NOTES.get(request.query_params.get("said", ""), "")
    text = environment.get_template(template).render(
        visitor=visitor, path=request.url.path, said=said, **shown
    )
    return HTMLResponse(text, status_code=status)


# What a page can be told to say after an act: a word in the address, a sentence here.
NOTES = {
    "noted": "The note is kept.",
    "decided": "The decision is on record, made without a look.",
    "covered": "It is covered for everybody. If you would like a pause, take one.",
    "opened": "The case is open.",
    "authority": "The authority is entered.",
    "stopping": "The job was asked to stop: it begins nothing new.",
    "passphrase": "The passphrase is set.",
    "exhibit": "The exhibit is made.",
    "exported": "The export is written, and on record as a disclosure.",
    "recorded": "The record is kept.",
    "rejected": "It is rejected, and can be taken back.",
    "relabelled": "The label is changed.",
    "merged": "They are one, and can be split again.",
    "policy": "The policy is on record.",
    "linked": "They are tied.",
    "undone": "The last word is taken back.",
    "seen": "It is seen to.",
    "watching": "It is watched for from now on.",
    "stopped": "It is watched for no longer.",
    "kept": "The search is kept.",
    "unkept": "The search is kept no longer.",
    "signed-out": "You are signed out.",
}
