"""What a collection tells while it runs, and what it reports at its end. Typed, no I/O."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cases.captures import SealedCapture
from cases.errors import LanternError
from cases.identity import Outcome


@dataclass(frozen=True, slots=True)
class CollectionStarted:
    """The way out is known and said; nothing has been sent yet."""

    way_out: str
    seeds: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CaptureSealed:
    """A visit became evidence, whatever its outcome (a refusal too). `page` is False for
    robots.txt and for what came unasked.
    """

    capture: SealedCapture
    page: bool


@dataclass(frozen=True, slots=True)
class CollectionStopping:
    """Nothing new is begun; what is under way is sealed."""

    says: str


@dataclass(frozen=True, slots=True)
class CrawlReport:
    """How a collection ended. `outcomes` counts pages; `not_visited` the seeds and links within
    reach that a limit or a stop left out; `stopped` says why it ended early, `fault` what broke
    on our side.
    """

    captures: int
    pages: int
    outcomes: Mapping[Outcome, int] = field(default_factory=dict)
    response_bytes: int = 0
    not_visited: int = 0
    seconds: float = 0.0
    stopped: str | None = None
    fault: LanternError | None = None


@dataclass(frozen=True, slots=True)
class CollectionFinished:
    """The last event."""

    report: CrawlReport


CollectionEvent = CollectionStarted | CaptureSealed | CollectionStopping | CollectionFinished


class Listener(Protocol):
    """Is told what happens, on the reactor's thread: it must return at once."""

    def __call__(self, event: CollectionEvent) -> None:
        """Takes one event."""
        ...
