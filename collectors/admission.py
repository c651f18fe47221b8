"""Who may be asked for: the last word before anything is sent."""

from __future__ import annotations

from scrapy import Request
from scrapy.exceptions import IgnoreRequest

from collectors.custody import Custody
from collectors.errors import BadAddress, RefusedScheme
from collectors.guard_rules import check_url_address
from collectors.outcomes import STOPPED
from collectors.scope import read_place
from collectors.visits import SEED, Visit, VisitKind
from evidence.exchange import Failure


class NotFetched(IgnoreRequest):
    """A request that was not sent, by us: its visit is sealed with the failure."""

    def __init__(self, failure: Failure) -> None:
        super().__init__(failure.says)
        self.failure = failure


class Admission:
    """Asks scope, address rules and authority. Both questions raise `NotFetched`."""

    def __init__(self, custody: Custody) -> None:
        self._custody = custody

    def ask(self, request: Request, visit: Visit) -> None:
        """Before a request waits for its turn: everything that can be known now."""
        refusal = self._address(request.url)
        if refusal is None and visit.kind is VisitKind.PAGE:
            refusal = self._scope(request, visit)
        if refusal is not None:
            raise NotFetched(refusal)
        self._authority(request)

    def ask_again(self, request: Request) -> None:
        """When its turn has come: the job may have been stopped and the authority ended (AUT-8)."""
        if self._custody.stopped is not None:
            raise NotFetched(
                Failure(
                    STOPPED, f"The job was stopped before this was sent: {self._custody.stopped}"
                )
            )
        self._authority(request)

    def _address(self, url: str) -> Failure | None:
        try:
            read_place(url)
        except (BadAddress, RefusedScheme) as refused:
            return Failure(refused.kind, refused.says)
        barred = check_url_address(url, self._custody.collection.guard.rules)
        return Failure(barred.kind, barred.says) if barred is not None else None

    def _scope(self, request: Request, visit: Visit) -> Failure | None:
        scope = self._custody.scope
        if visit.exchanges and request.url != visit.url:
            within, what = scope.covers_hop(request.url), "The redirect to"
        else:
            within, what = bool(request.meta.get(SEED)) or scope.covers(request.url), "The address"
        if within:
            return None
        return Failure(
            "scope", f"{what} {request.url} lies outside the job's scope ({scope.kind})."
        )

    def _authority(self, request: Request) -> None:
        refused = self._custody.collection.permit(request.url)
        if refused is not None:
            self._custody.stop_with_authority()
            raise NotFetched(Failure("authority", refused))
