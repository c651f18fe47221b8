"""The one shape of a searchable document, and what each index field holds of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlsplit

from cases.identity import CaptureId, CaseId
from search.analysis import forms
from search.fields import IDENTIFIER_FIELDS, PLATFORM_FIELDS, QUERY_FIELDS, Kind
from search.folding import cut
from search.selectors import PLATFORM_KINDS, selector_form, with_parents

QUARANTINE: Final = "quarantine"
CONFIDENTIAL: Final = "confidential"
WITHHELD_KINDS: Final = frozenset({QUARANTINE, CONFIDENTIAL})
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Identifier:
    """An identifier found in the text: `kind` in the enricher's words (email, phone, …)."""

    kind: str
    value: str


@dataclass(frozen=True, slots=True)
class SearchDocument:
    """A capture as it is searched.

    `seq` rises at each indexing, over the whole vault. `restricted` documents and those `withheld`
    (for a reason of `WITHHELD_KINDS`) are found only by those who may see them. `case_reference`
    is what people call the case (LINDEN); every moment is aware. `text` is all the text of the
    page, `body` the article, `image` what was read in its pictures. `names` are (label, text) of
    every name found. Names and identifiers may repeat; their order is of no account.
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
    body: str = ""
    image: str = ""
    author: str = ""
    site: str = ""
    alts: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    tables: tuple[str, ...] = ()
    meta: tuple[str, ...] = ()
    published: datetime | None = None
    modified: datetime | None = None
    kind: str = ""
    collector: str = ""
    pictures: tuple[str, ...] = ()
    names: tuple[tuple[str, str], ...] = ()
    withheld: tuple[str, ...] = ()
    text_sha256: str = ""

    def __post_init__(self) -> None:
        for name, moment in (("captured", self.captured), *moments(self).items()):
            if moment.tzinfo is None:
                raise ValueError(f"{name} of {self.capture} has no time zone")
        if self.seq < 0:
            raise ValueError(f"seq of {self.capture} is below nought")
        if not WITHHELD_KINDS.issuperset(self.withheld):  # a filter would not know it
            raise ValueError(f"{self.capture} is withheld for an unknown reason")


Values = tuple[tuple[str, ...], ...]  # of each value of a field, its tokens

_FIELDS: Final = tuple(QUERY_FIELDS.values())
WORD_FIELDS: Final = tuple(field.exact for field in _FIELDS if field.kind is Kind.WORDS)
STEM_FIELDS: Final = tuple(field.stems for field in _FIELDS if field.stems)  # no positions needed
TOKEN_FIELDS: Final = tuple(field.exact for field in _FIELDS if field.kind is Kind.SELECTOR)
MOMENT_FIELDS: Final = tuple(field.exact for field in _FIELDS if field.kind is Kind.MOMENT)
NUMBER_FIELDS: Final = tuple(field.exact for field in _FIELDS if field.kind is Kind.NUMBER)
PLATFORMS: Final = tuple(field.exact for field in PLATFORM_FIELDS)
FACET_FIELDS: Final = tuple(field.facet for field in _FIELDS if field.facet)
INDEX_FIELDS: Final = (
    *(*WORD_FIELDS, "/", *STEM_FIELDS, "/", *TOKEN_FIELDS, "/", *MOMENT_FIELDS),
    *("/", *NUMBER_FIELDS, "/", *FACET_FIELDS),
)


def index_tokens(document: SearchDocument) -> dict[str, Values]:
    """Of every index field of words and of whole tokens: its values, each a row of tokens.

    Tokens of one value stand at successive positions; values are `VALUE_GAP` positions apart.
    """
    found: dict[str, Values] = {}
    for field in _FIELDS:
        if field.kind is not Kind.WORDS:
            continue
        both = [forms(value) for value in _texts(document, field.name)]
        found[field.exact] = tuple(exact for exact, _ in both)
        if field.stems:
            found[field.stems] = tuple(stems for _, stems in both)
    return found | _whole_tokens(document)


def moments(document: SearchDocument) -> dict[str, datetime]:
    """Of each index field of instants, its one value where there is one."""
    every = {name: getattr(document, name) for name in MOMENT_FIELDS}
    return {name: moment for name, moment in every.items() if moment is not None}


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970, UTC: how an index holds an instant."""
    return (moment - _EPOCH) // timedelta(microseconds=1)


def numbers(document: SearchDocument) -> dict[str, int]:
    """Of each index field of numbers, its one value where there is one."""
    return {} if document.status is None else {"status": document.status}


def facet_values(document: SearchDocument) -> dict[str, tuple[str, ...]]:
    """Of each index field in `FACET_FIELDS` its values whole, as people read them; none twice."""
    found: dict[str, Iterable[str]] = {
        "person": document.persons,
        "org": document.orgs,
        "place": document.places,
        "author": (document.author,),
        "site": (document.site,),
        "domain": (document.domain,),
        "lang": (document.language,),
        "case": (document.case_reference or document.case,),
        "outcome": (document.outcome,),
        "status": map(str, numbers(document).values()),
        "kind": (document.kind,),
        "collector": (document.collector,),
        "picture": document.pictures,
    }
    for kind, field in IDENTIFIER_FIELDS.items():
        found[field.name] = [each.value for each in document.identifiers if each.kind == kind]
        if kind == "domain":
            found[field.name] = [*found[field.name], *map(_host, document.identifiers)]
    return {
        f"{name}_facet": tuple(
            dict.fromkeys(cut(" ".join(value.split())) for value in values if value)
        )
        for name, values in found.items()
    }


def _texts(document: SearchDocument, name: str) -> tuple[str, ...]:
    """The values of the field of words called `name`."""
    match name:
        case "page":
            return (document.text,)
        case "person" | "org" | "place" | "alt" | "link" | "table":
            values: tuple[str, ...] = getattr(document, f"{name}s")
            return values
        case "entity":
            named = (*document.persons, *document.orgs, *document.places)
            return tuple(dict.fromkeys((*named, *(text for _, text in document.names))))
        case "meta":
            return document.meta
        case _:
            value: str = getattr(document, name)
            return (value,)


def found_as(each: Identifier) -> Iterator[tuple[str, str]]:
    """The kinds and tokens by which an identifier is found: its own, the shorter ones, and of an
    address the domains that its host lies in.
    """
    token = selector_form(each.kind, each.value)
    yield each.kind, token
    if each.kind in PLATFORM_KINDS:
        yield each.kind, token.partition(":")[2]
    host = token if each.kind == "domain" else _host(each)
    for domain in with_parents(host, "."):
        yield "domain", domain


def _host(each: Identifier) -> str:
    """The host of a web or e-mail address as a domain's token; empty for a number and all else."""
    if each.kind == "email":
        host = each.value.rpartition("@")[2]
    elif each.kind == "url":
        try:
            host = urlsplit(each.value).hostname or ""
        except ValueError:
            return ""
    else:
        return ""
    numbered = ":" in host or host.rpartition(".")[2].isdecimal()  # an IP address, found as such
    return "" if numbered else selector_form("domain", host)


def _whole_tokens(document: SearchDocument) -> dict[str, Values]:
    """Of each field in `TOKEN_FIELDS` its tokens, each a value of its own, none twice."""
    found: dict[str, list[str]] = {
        "domain": [*with_parents(selector_form("domain", document.domain), ".")],
        "lang": [*with_parents(selector_form("lang", document.language), "-")],
        "case_name": [
            selector_form("case", name) for name in (document.case, document.case_reference)
        ],
        "picture": [selector_form("picture", picture) for picture in document.pictures],
        "digest": [selector_form("digest", document.text_sha256)],
        "identifier": [],
        **{field.exact: [] for field in (*IDENTIFIER_FIELDS.values(), *PLATFORM_FIELDS)},
    }
    for name in ("capture", "outcome", "kind", "collector"):
        found[name] = [selector_form(name, getattr(document, name))]
    for each in document.identifiers:
        token = selector_form(each.kind, each.value)
        found["identifier"] += [token, selector_form("identifier", each.value)]  # as written too
        found["identifier"].append(_host(each))
        for kind, also in found_as(each):
            if kind in IDENTIFIER_FIELDS:
                found[IDENTIFIER_FIELDS[kind].exact].append(also)
        if each.kind in PLATFORM_KINDS:
            platform, _, name = token.partition(":")
            if platform in PLATFORMS:
                found[platform].append(name)
    return {
        field: tuple((token,) for token in dict.fromkeys(found[field]) if token)
        for field in TOKEN_FIELDS
    }
