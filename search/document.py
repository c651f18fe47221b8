"""The one shape of a searchable document, and the tokens that each index field holds of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cases.identity import CaptureId, CaseId
from search.analysis import forms
from search.fields import IDENTIFIER_KINDS
from search.selectors import selector_form, with_parents


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier found in the text: `kind` in the enricher's words (email, phone, …)."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """A capture as it is searched.

    `seq` rises at each indexing, over the whole vault. `restricted` documents are found only by
    those who may see them. `case_reference` is what people call the case (LINDEN); `captured` is
    aware. Names and identifiers may repeat; their order is of no account.
    """

    capture: CaptureId
    case: CaseId
    seq: int
    captured: datetime
    url: str
    text: str
    title: str = ""
    domain: str = ""
    case_reference: str = ""
    restricted: bool = False
    language: str = ""
    persons: tuple[str, ...] = ()
    orgs: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    identifiers: tuple[Identifier, ...] = ()
    outcome: str = ""
    status: int | None = None

    def __post_init__(self) -> None:
        if self.captured.tzinfo is None:
            raise ValueError(f"captured of {self.capture} has no time zone")
        if self.seq < 0:
            raise ValueError(f"seq of {self.capture} is below nought")


Values = tuple[tuple[str, ...], ...]  # of each value of a field, its tokens

WORD_FIELDS: Final = ("text", "title", "url", "person", "org", "place")
STEM_FIELDS: Final = ("text_stem", "title_stem")  # never asked for a row: positions are not needed
TOKEN_FIELDS: Final = (
    "domain",
    *IDENTIFIER_KINDS,
    "identifier",
    "lang",
    "case_name",
    "capture",
    "outcome",
    "status",
)


def index_tokens(document: SearchDocument) -> dict[str, Values]:
    """Of every index field but the instant: its values, each a row of tokens.

    Tokens of one value stand at successive positions; values are `VALUE_GAP` positions apart.
    """
    text, text_stems = forms(document.text)
    title, title_stems = forms(document.title)
    values: dict[str, Values] = {
        "text": (text,),
        "text_stem": (text_stems,),
        "title": (title,),
        "title_stem": (title_stems,),
        "url": (forms(document.url)[0],),
        "person": _each_analysed(document.persons),
        "org": _each_analysed(document.orgs),
        "place": _each_analysed(document.places),
    }
    return values | _whole_tokens(document)


def _each_analysed(names: tuple[str, ...]) -> Values:
    return tuple(forms(name)[0] for name in names)


def _whole_tokens(document: SearchDocument) -> dict[str, Values]:
    """Of each field in `TOKEN_FIELDS` its tokens, each a value of its own, none twice."""
    found: dict[str, list[str]] = {
        "domain": [*with_parents(selector_form("domain", document.domain), ".")],
        "lang": [*with_parents(selector_form("lang", document.language), "-")],
        "case_name": [
            selector_form("case", name) for name in (document.case, document.case_reference)
        ],
        "capture": [selector_form("capture", document.capture)],
        "outcome": [selector_form("outcome", document.outcome)],
        "status": [] if document.status is None else [str(document.status)],
        "identifier": [],
        **{kind: [] for kind in IDENTIFIER_KINDS},
    }
    for each in document.identifiers:
        token = selector_form(each.kind, each.value)
        found["identifier"] += [token, selector_form("identifier", each.value)]  # as written too
        if each.kind in IDENTIFIER_KINDS:
            found[each.kind].append(token)
    return {
        field: tuple((token,) for token in dict.fromkeys(found[field]) if token)
        for field in TOKEN_FIELDS
    }
