"""One collection, ready to run: its plan and the parts of other rooms that it needs."""

from __future__ import annotations

from concurrent.futures import Future
from dataclasses import dataclass
from typing import Any, Protocol, Self

from cases.captures import SealedCapture
from cases.times import Clock, system_clock
from collectors.events import CollectionEvent, Listener
from collectors.guard import Guard
from collectors.plan import CollectionPlan
from evidence.exchange import CaptureDraft


class Permit(Protocol):
    """The authority's word, asked before every fetch: a page, a hop of a redirect, robots.txt."""

    def __call__(self, url: str) -> str | None:
        """None where the fetch is covered now; else the sentence that says why it is not."""
        ...

    def ended(self) -> str | None:
        """None while the authority is live; else the sentence with which the job stops.

        Asked when a fetch is refused, and when the process is told to end (SIGTERM): whoever
        watches the authority tells it so.
        """
        ...


class CaptureSink(Protocol):
    """What seals captures: `evidence.CaptureWriter`."""

    def seal(self, draft: CaptureDraft) -> Future[SealedCapture]:
        """A future that is done once the capture is evidence."""
        ...


def _silence(event: CollectionEvent) -> None:
    """Takes an event and tells nobody."""


@dataclass(frozen=True, slots=True)
class Collection:
    """What is handed to the crawler. The guard is not started yet; who runs the collection starts
    and closes it.
    """

    plan: CollectionPlan
    permit: Permit
    sink: CaptureSink
    guard: Guard
    listener: Listener = _silence
    clock: Clock = system_clock

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        """Itself: Scrapy copies its settings, and a sink with a thread has no copy."""
        return self
