"""One visit while it goes on: from the first request to the capture that it becomes."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from cases.identity import CaptureId
from collectors.outcomes import Ending, Verdict, judge
from collectors.signs import NO_SIGNS, PageSigns
from evidence.exchange import CaptureDraft, Exchange, Failure

CAPTURE = "lantern_capture"  # in request.meta: redirects and retries carry it along
KIND = "lantern_kind"
SEED = "lantern_seed"


class VisitKind(StrEnum):
    """What a visit is for. Only pages count as pages."""

    PAGE = "page"
    ROBOTS = "robots"
    UNASKED = "unasked"  # bytes that a server sent on an idle connection


@dataclass(slots=True)
class Visit:
    """The exchanges of one visit so far; `ended_by` says what ended it apart from them."""

    capture: CaptureId
    kind: VisitKind
    url: str
    started_at: datetime
    referrer: str | None
    depth: int
    exchanges: list[Exchange] = field(default_factory=list)
    signs: PageSigns = NO_SIGNS
    ended_by: Failure | None = None

    def verdict(self) -> Verdict:
        """How it ended, by what is known of it now."""
        last = self.exchanges[-1] if self.exchanges else None
        if last is None:
            return judge(Ending(self.url, self.url, ended_by=self.ended_by))
        return judge(
            Ending(
                asked_url=self.url,
                final_url=last.url,
                http=last.http,
                truncated=last.truncated,
                failure=last.failure,
                ended_by=self.ended_by,
                received_bytes=last.response_bytes,
                signs=self.signs,
            )
        )

    def draft(self, robots: str, ended_at: datetime) -> CaptureDraft:
        """The capture, ready to be sealed."""
        verdict = self.verdict()
        return CaptureDraft(
            capture=self.capture,
            requested_url=self.url,
            started_at=self.started_at,
            ended_at=ended_at,
            exchanges=tuple(self.exchanges),
            outcome=verdict.outcome,
            reason=verdict.reason,
            referrer=self.referrer,
            robots=robots,
            depth=self.depth,
        )

    def close_spools(self) -> None:
        """Gives the spooled bodies up: they are evidence now, or never will be."""
        for exchange in self.exchanges:
            if exchange.response is not None:
                exchange.response.close()
