"""What the API takes and answers: typed, frozen, no unknown members."""

from __future__ import annotations

from typing import Literal

from pydantic import BaseModel, ConfigDict, Field

from desk.printing import Document


class Answer(BaseModel):
    """A typed answer: frozen, no unknown members."""

    model_config = ConfigDict(frozen=True, extra="forbid")


class Me(Answer):
    """Who is signed in, and what their calls must carry."""

    person: str
    name: str
    role: str
    csrf: str


class CaseOut(Answer):
    """A case."""

    case: str
    title: str
    state: str
    opened: str
    captures: int


class CaseIn(Answer):
    """A case to open."""

    reference: str
    title: str
    urn: str | None = None
    operation: str | None = None
    template: str | None = None


class CaptureOut(Answer):
    """A capture as lists show it."""

    capture: str
    case: str
    job: str
    url: str
    final_url: str
    status: int | None
    outcome: str
    reason: str | None
    captured: str
    sha256: str


class PictureOut(Answer):
    """A picture as facts."""

    sha256: str
    kind: str
    url: str
    media_type: str
    width: int | None
    height: int | None
    bytes: int | None
    alt: str
    verdict: str
    covered: bool
    why: tuple[str, ...]
    copies: int
    version: int
    read: Document | None  # its words and its camera's claims; None where not read yet


class FirstSeenOut(Answer):
    """The earliest capture of a near copy of a hit's text, as far as its reader may see."""

    capture: str
    case: str
    url: str
    captured: str


class HitOut(Answer):
    """A search hit, gated. `near` are its near copies among the hits, each of which is `folded`;
    `first_seen` is null where that is here.
    """

    capture: str
    case: str
    url: str
    title: str
    captured: str
    score: float
    snippet: str
    highlights: tuple[tuple[int, int], ...]
    near: tuple[str, ...]
    folded: bool
    first_seen: FirstSeenOut | None


class ValueOut(Answer):
    """A value of a facet, gated."""

    value: str
    count: int


class FacetOut(Answer):
    """Values by count; `missing` have none, `more` says that there are others."""

    field: str
    values: tuple[ValueOut, ...]
    missing: int
    more: bool


class BarOut(Answer):
    """How many from this instant on."""

    start: str
    count: int


class CompanionOut(Answer):
    """A name in what was found; `lift` of 1 is chance."""

    name: str
    together: int
    everywhere: int | None
    lift: float | None


class Found(Answer):
    """What a search found; `search` is its id in the log, `after` goes on with the next page,
    `did_you_mean` are queries spelled another way that find more.
    """

    total: int
    waiting: int
    hits: tuple[HitOut, ...]
    reading: str
    facets: tuple[FacetOut, ...]
    histogram: tuple[BarOut, ...]
    company: tuple[CompanionOut, ...]
    unread_for_names: int
    index_version: str
    search: str
    after: str | None
    did_you_mean: tuple[str, ...] = ()


class Named(Answer):
    """A name or identifier in the text ("page"), or in the address of a link ("link:<n>")."""

    text: str
    kind: str
    start: int
    end: int
    source: str = "page"


class CaptureShown(Answer):
    """A capture through the gate."""

    view: CaptureOut
    title: str
    text: str
    entities: tuple[Named, ...]
    identifiers: tuple[Named, ...]
    images: tuple[PictureOut, ...]


class DecisionIn(Answer):
    """A decision by facts. `version` is the one that was seen."""

    verdict: Literal["harmless", "flagged"]
    reason: str = Field(min_length=1, max_length=2000)
    version: int = Field(ge=0)


class DecisionOut(Answer):
    """A decision on record."""

    sha256: str
    verdict: str
    version: int
    by: str
    at: str


class NoteIn(Answer):
    """A note on a case, or on one of its captures."""

    words: str = Field(min_length=1, max_length=20_000)
    capture: str | None = None


class NoteOut(Answer):
    """A note on record."""

    note: str


class JobIn(Answer):
    """A collection to begin."""

    seeds: tuple[str, ...] = Field(min_length=1, max_length=1000)
    browser: bool = False
    allow_addresses: tuple[str, ...] = ()
    authority: str | None = None


class JobOut(Answer):
    """A job as it stands."""

    job: str
    reference: str
    state: str
    outcome: str | None
    captures: tuple[CaptureOut, ...]


class GateOut(Answer):
    """The gate's figures."""

    policy: str
    pictures: int
    covered: int
    flagged: int
    unrecognised: int
    unscreened: int
    avoided: int
    reversed: int


class ExhibitIn(Answer):
    """An exhibit to make."""

    reference: str | None = None
    description: str | None = None


class ExhibitOut(Answer):
    """An exhibit."""

    exhibit: str
    capture: str
    description: str
    sha256: str


class EntryOut(Answer):
    """A ledger entry."""

    entry: str
    leaf: int | None
    time: str
    act: str
    s62: str | None
    actor: str
    auth: str
