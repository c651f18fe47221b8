"""The way to Elasticsearch: one client, its patience, and its errors in our words, mapped once."""

from __future__ import annotations

import logging
import random
import ssl
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, TypeVar

from elastic_transport import ObjectApiResponse
from elastic_transport.client_utils import DEFAULT
from elasticsearch import (
    ApiError,
    ConnectionTimeout,
    Elasticsearch,
    SerializationError,
    TransportError,
    UnsupportedProductError,
)
from elasticsearch import (
    ConnectionError as NoConnection,
)
from elasticsearch import (
    SSLError as NoTrust,
)

from search.errors import (
    EngineBusy,
    EngineFull,
    EngineRefuses,
    EngineUnavailable,
    EngineUnreachable,
    IndexNeedsRebuild,
    SearchIndexError,
)

# Its warnings are ours to give, once; a program that listens to them hears them still.
logging.getLogger("elastic_transport").addHandler(logging.NullHandler())

REQUEST_S: Final = 60.0  # a refresh or a large bulk may take long; a search seldom a tenth of it
SEARCH_PATIENCE_S: Final = 2.0  # a person waits
WORK_PATIENCE_S: Final = 20.0
FIRST_PAUSE_S: Final = 0.1
LONGEST_PAUSE_S: Final = 4.0
_PASSING: Final = (429, 502, 503, 504)  # too many requests, no gateway, no master just now
_SIGNS_OF_A_FULL_DISK: Final = ("flood-stage", "read-only-allow-delete", "read-only / allow delete")

NO_KEY: Final = "it answers {} and wants an API key"

Answer = TypeVar("Answer")


@dataclass(frozen=True, slots=True)
class ElasticPlace:
    """Where the index of one vault lies, and as whom it is reached.

    The vault's id is part of every name, so that two vaults on one cluster never meet.
    """

    address: str
    vault: str
    prefix: str = "lantern"
    api_key: str = field(default="", repr=False)
    ca_file: str = ""

    @property
    def alias(self) -> str:
        """The name under which the index is searched and written."""
        return f"{self.prefix}-{self.vault}".lower()


class TooLarge(EngineBusy):
    """One request is larger than the cluster takes (http.max_content_length)."""


class Connection:
    """A client for one place. `patience_s` is how long what will pass is tried again."""

    def __init__(self, place: ElasticPlace, patience_s: float) -> None:
        self.place = place
        self.patience_s = patience_s
        self._client: Elasticsearch | None = None

    def ask(
        self, call: Callable[[Elasticsearch], Answer], *, patience_s: float | None = None
    ) -> Answer:
        """What `call` brings, tried again with longer and longer pauses while the fault may pass.

        Raises an `EngineUnavailable`, or `IndexNeedsRebuild` where the index is not there.
        """
        patience = self.patience_s if patience_s is None else patience_s
        give_up = time.monotonic() + patience
        pause = FIRST_PAUSE_S
        while True:
            try:
                return call(self._opened())
            except (ApiError, TransportError, SerializationError, UnsupportedProductError) as fault:
                ours, passes = _mapped(self.place, fault)
                if ours is None:
                    raise
                if not passes or time.monotonic() + pause > give_up:
                    raise ours from fault
            time.sleep(pause * random.uniform(0.5, 1.5))  # noqa: S311 - not all at once
            pause = min(pause * 2, LONGEST_PAUSE_S)

    def close(self) -> None:
        """Give back the sockets; what is asked next opens them again."""
        if self._client is not None:
            self._client.close()
            self._client = None

    def _opened(self) -> Elasticsearch:
        if self._client is None:
            self._client = Elasticsearch(
                self.place.address,
                api_key=self.place.api_key or None,
                ca_certs=_trusted(self.place),
                request_timeout=REQUEST_S,
                max_retries=0,  # ours wait between tries
                http_compress=self.place.address.startswith("https:"),
            )
        return self._client


def _trusted(place: ElasticPlace) -> Any:  # the client's own type for "its default" is private
    """The CA's file as the client wants it. Raises `EngineUnreachable` where it is no such file."""
    if not place.ca_file or not place.address.startswith("https:"):
        return DEFAULT
    try:
        ssl.create_default_context(cafile=place.ca_file)
    except OSError as fault:  # ssl.SSLError is one
        why = f"the certificate of its CA in {place.ca_file} cannot be read"
        mend = "Mend [search] ca_file in lantern.toml"
        raise EngineUnreachable(place.address, why, mend) from fault
    return place.ca_file


Body = Mapping[str, Any]  # JSON, as the client's own types have it


def body(answer: ObjectApiResponse[Any]) -> Body:
    """The answer's JSON."""
    found: Body = answer.body
    return found


def _mapped(place: ElasticPlace, fault: Exception) -> tuple[SearchIndexError | None, bool]:
    """`fault` in our words (None where it is a fault of ours), and whether it may pass."""
    match fault:
        case NoTrust():
            return _untrusted(place, _short(fault)), False
        case ConnectionTimeout():
            return EngineUnreachable(place.address, "it does not answer in time"), True
        case NoConnection():
            return _unreached(place, _short(fault)), True
        case UnsupportedProductError() | SerializationError() | TransportError():
            return EngineRefuses(place.address, "what answers there is not Elasticsearch"), False
        case ApiError():
            return _mapped_answer(place, fault)
    return None, False


def _untrusted(place: ElasticPlace, why: str) -> EngineUnreachable:
    """A certificate that is wrong, and whose it is to mend."""
    mend = "Name its CA: [search] ca_file"
    if "expired" in why or "not yet valid" in why:
        mend = "Whoever runs it must renew its certificate"
    elif "match" in why or "not valid for" in why:
        mend = "Mend [search] address in lantern.toml: it must be a name in the certificate"
    elif "verify failed" not in why:
        mend = "Mend [search] address in lantern.toml: does it speak TLS there?"
        return EngineUnreachable(place.address, f"no TLS connection comes about ({why})", mend)
    return EngineUnreachable(place.address, f"its certificate is not trusted ({why})", mend)


def _unreached(place: ElasticPlace, why: str) -> EngineUnreachable:
    """No connection; a port that closes it without a word may speak TLS."""
    closed = "reset" in why or "closed" in why or "aborted" in why
    if closed and place.address.startswith("http:"):
        mend = "If it speaks TLS, its address in lantern.toml begins with https://"
        return EngineUnreachable(place.address, why, mend)
    return EngineUnreachable(place.address, why)


def _mapped_answer(place: ElasticPlace, fault: ApiError) -> tuple[SearchIndexError | None, bool]:
    status, reason = fault.meta.status, reason_of(fault)
    if why := full_disk(reason):
        return EngineFull(place.address, why), False
    if status in (401, 403):
        lacks = "which has not the right to this" if status == 403 else "which it does not know"
        why = f"it answers {status} to the API key, {lacks}"
        return EngineRefuses(place.address, why if place.api_key else NO_KEY.format(status)), False
    if status == 404 and "index_not_found" in fault.error:
        return IndexNeedsRebuild(place.alias, "missing", "it is not there"), False
    if status in _PASSING:
        return EngineBusy(place.address, f"it answers {status}: {reason[:120]}"), True
    if status == 413:
        return TooLarge(place.address, "a request is too large for it"), False
    return None, False


def full_disk(reason: str) -> str | None:
    """What a block for want of space says, None where it is no such block."""
    if any(sign in reason for sign in _SIGNS_OF_A_FULL_DISK):
        return "its disk is fuller than its flood-stage watermark, so it takes no writes"
    return None


def reason_of(fault: ApiError) -> str:
    """What the cluster says of a request that it did not carry out."""
    told = fault.body.get("error") if isinstance(fault.body, dict) else None
    return str(told.get("reason", "")) if isinstance(told, dict) else str(told or fault.message)


def unavailable(place: ElasticPlace, status: int, reason: str) -> EngineUnavailable | None:
    """What the refusal of one write in a bulk says of the whole cluster, if anything."""
    if why := full_disk(reason):
        return EngineFull(place.address, why)
    if status in _PASSING:
        return EngineBusy(place.address, f"it answers {status}: {reason[:120]}")
    return None


def _short(fault: Exception) -> str:
    text = str(getattr(fault, "message", fault)).splitlines()[0] if str(fault) else "no reason"
    return text.rpartition("] ")[2][:160] if "Errno" in text else text[:160].rstrip(".")
