"""The records of this room: what comes in, and what reading it gives."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date

MAX_BYTES = 32 * 2**20  # of a body; what is past it stays in the evidence, unread
MAX_TEXT = 8_000_000  # characters of a whole text; past it, too
LINK = "link:"  # before the number of the link in `Texts.link_list`: a source


@dataclass(frozen=True, slots=True)
class SourceDocument:
    """A body as it was kept, and what its sender declared about it.

    `body` has its transfer and content codings removed. `media_type` is in lower case without
    parameters ("text/html"), None where none was declared; `charset` as declared, or None.
    `captured` bounds the dates that can be believed of the page; `frames` are what its frames and
    shadow trees showed. `cut` says that the body goes on past these bytes, `says` what else of it
    is not right: both are told to whoever reads it.
    """

    body: bytes
    media_type: str | None = None
    charset: str | None = None
    url: str | None = None
    captured: date | None = None
    frames: tuple[SourceDocument, ...] = ()
    cut: bool = False
    says: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decoded:
    """A body as text. `encoding` is the WHATWG name, `why` says what settled it.

    `replaced` counts the U+FFFD that stand for bytes which no character could be made of. The
    text has no NUL and no lone surrogate.
    """

    text: str
    encoding: str
    why: str
    replaced: int = 0


@dataclass(frozen=True, slots=True)
class Metadata:
    """What a page says of itself; None where it says nothing.

    `published` and `modified` are RFC 3339 instants or ISO 8601 days, as precise as the page is;
    `dated` is the day that it was published.
    """

    title: str | None = None
    author: str | None = None
    dated: str | None = None
    site: str | None = None
    description: str | None = None
    language: str | None = None
    canonical: str | None = None
    published: str | None = None
    modified: str | None = None


@dataclass(frozen=True, slots=True)
class Link:
    """A link of a page: its address, absolute, and the words that it stands on."""

    url: str
    text: str


@dataclass(frozen=True, slots=True)
class Texts:
    """The texts of a document. Every offset in this room counts characters of `whole`.

    `whole` is all the text that a reader could come to see: title, body, tables, forms, the words
    given for pictures; blocks stand on lines of their own. `main` is the article without its
    surroundings, None where none was told apart; `notes` say what was left out and why.

    `alts` are the words given for pictures, `tables` texts of rows with tabs between cells,
    `structured` what machines are told (path, value: "jsonld.author.name"), `framed` the end of
    `whole` that frames and shadow trees showed and the page's own markup does not hold. Each is
    bounded; `links` counts all links.
    """

    whole: str
    main: str | None = None
    metadata: Metadata = field(default_factory=Metadata)
    images: int = 0
    links: int = 0
    notes: tuple[str, ...] = ()
    alts: tuple[str, ...] = ()
    link_list: tuple[Link, ...] = ()
    tables: tuple[str, ...] = ()
    structured: tuple[tuple[str, str], ...] = ()
    framed: str = ""


@dataclass(frozen=True, slots=True)
class BodyRead:
    """How a body was read and what it says; `why` is what settled the encoding.

    `kind` is a `Kind`, or "unreadable" where reading it failed: the note says how.
    """

    kind: str
    encoding: str | None
    why: str
    texts: Texts


@dataclass(frozen=True, slots=True)
class Language:
    """A guess at the language: ISO 639-1 and a probability, or both None: "not determined"."""

    code: str | None
    score: float | None
    model: str

    @property
    def says(self) -> str:
        """The code, or "not determined"."""
        return self.code or "not determined"


@dataclass(frozen=True, slots=True)
class Mention:
    """A name that a model found. `text` is `whole[start:end]`.

    `source` says of which text: "page", or "image:<sha256>" of words read in a picture. `label` is
    one of ours (PERSON, ORG, LOC, …), `model` the model's name and version; `score` is None where
    the model gives none: "not scored".
    """

    text: str
    label: str
    start: int
    end: int
    model: str
    score: float | None = None
    source: str = "page"

    @property
    def name(self) -> str:
        """The name itself: a hashtag's without its sign."""
        return self.text.lstrip("#")


@dataclass(frozen=True, slots=True)
class Identifier:
    """A selector found by rule. `original` is `whole[start:end]`, `value` its one normal form.

    Of a payment card both are masked. `validity` says what was checked: "valid", "unchecked",
    "test-range" and the like; `source` as of a `Mention`, or "link:<n>" of one that stands in an
    address alone: offsets then count characters of `link_list[n].url`.
    """

    kind: str
    value: str
    start: int
    end: int
    original: str
    source: str = "page"
    validity: str = "valid"

    @property
    def link(self) -> int | None:
        """The place in `link_list` of the link that it stands in; None where it is in none."""
        return link_number(self.source)


def link_number(source: str) -> int | None:
    """Which link of `link_list` a source names, None where it names none."""
    return int(source.removeprefix(LINK)) if source.startswith(LINK) else None


@dataclass(frozen=True, slots=True)
class Enrichment:
    """All that the enricher of this version makes of one document.

    `kind` says how the body was read: "html", "xml", "json", "text", "pdf", "docx" and the like,
    "empty", "not text", or "unreadable" where reading it failed (`texts.notes` say how).
    """

    version: str
    kind: str
    encoding: str | None
    encoding_why: str
    texts: Texts
    language: Language
    mentions: tuple[Mention, ...]
    identifiers: tuple[Identifier, ...]
