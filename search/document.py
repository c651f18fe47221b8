"""The one shape of a searchable document, and the tokens that each index field holds of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Final

from cases.identity import CaptureId, CaseId
from search.analysis import analyse
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

WORD_FIELDS: Final = (
    "text",
    "text_stem",
    "title",
    "title_stem",
    "url",
    "person",
    "org",
    "place",
)
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
    text, title = analyse(document.text), analyse(document.title)
    values: dict[str, Values] = {
        "text": (text.exact,),
        "text_stem": (text.stems,),
        "title": (title.exact,),
        "title_stem": (title.stems,),
        "url": (analyse(document.url).exact,),
        "person": _each_analysed(document.persons),
        "org": _each_analysed(document.orgs),
        "place": _each_analysed(document.places),
    }
    keywords = {
        field: tuple((token,) for token in _distinct(field, document)) for field in TOKEN_FIELDS
    }
    return values | keywords


def _each_analysed(names: tuple[str, ...]) -> Values:
    return tuple(analyse(name).exact for name in names)


def _distinct(field: str, document: SearchDocument) -> list[str]:
    return sorted({token for token in _keywords(field, document) if token})


def _keywords(field: str, document: SearchDocument) -> tuple[str, ...]:
    """The keyword tokens of `field`, perhaps empty or repeated."""
    match field:
        case "domain":
            return with_parents(selector_form("domain", document.domain), ".")
        case "lang":
            return with_parents(selector_form("lang", document.language), "-")
        case "identifier":
            return tuple(selector_form(each.kind, each.value) for each in document.identifiers)
        case "case_name":
            names = (document.case, document.case_reference)
            return tuple(selector_form(field, name) for name in names)
        case "capture" | "outcome":
            return (selector_form(field, str(getattr(document, field))),)
        case "status":
            return () if document.status is None else (str(document.status),)
        case _:
            return tuple(
                selector_form(field, each.value)
                for each in document.identifiers
                if each.kind == field
            )
