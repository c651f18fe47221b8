"""What leaves the browser beside the interception: pages fetched ahead, WebSocket handshakes.

The interception (CDP `Fetch`) does not see what speculation rules fetch ahead, nor a WebSocket's
handshake. The page's own session (CDP `Network`) tells of both: they are exchanges like any other,
with their heads, and say that their bodies or messages did not pass us.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from cases.times import Clock
from collectors.browser.exchanges import Asked, header_list
from evidence.exchange import Failure, Truncation

Event = Mapping[str, Any]
PREFETCH, SOCKET = "prefetch", "websocket"
_SAYS = {
    PREFETCH: "Fetched ahead by the browser for a page that was not opened: its head is kept.",
    SOCKET: "A WebSocket: its handshake is kept, its messages are not.",
}


@dataclass(slots=True)
class Beside:
    """The exchanges of a visit that only the page's session told of."""

    clock: Clock
    _asked: dict[str, Asked] = field(default_factory=dict)
    _left: set[str] = field(default_factory=set)
    _held: set[str] = field(default_factory=set)

    def exchanges(self, seen: Callable[[str], bool]) -> list[Asked]:
        """Those that left and that the interception did not see, oldest first."""
        left = self._left - self._held
        return [each for key, each in self._asked.items() if key in left and not seen(key)]

    def requested(self, event: Event) -> None:
        """`Network.requestWillBeSent`."""
        request, key = event["request"], str(event["requestId"])
        if key in self._asked or not str(request["url"]).startswith(("http:", "https:")):
            return
        self._asked[key] = self._begun(
            key, str(request["url"]).partition("#")[0], str(request["method"]), PREFETCH
        )
        self._asked[key].headers = header_list(request["headers"])

    def sent(self, event: Event) -> None:
        """`Network.requestWillBeSentExtraInfo`: the request did leave."""
        key = str(event["requestId"])
        self._left.add(key)
        if key in self._asked:
            self._asked[key].sent = header_list(event["headers"])

    def held(self, event: Event) -> None:
        """`Network.requestServedFromCache`: the page's memory had it, and nothing left."""
        self._held.add(str(event["requestId"]))

    def answered(self, event: Event) -> None:
        """`Network.responseReceived`."""
        asked, response = self._asked.get(str(event["requestId"])), event["response"]
        if asked is None:
            return
        if not (response.get("fromDiskCache") or response.get("fromPrefetchCache")):
            self._left.add(asked.network_id)
        asked.protocol = response.get("protocol")
        self._head(asked, int(response["status"]), str(response.get("statusText") or ""))
        asked.answer = header_list(response["headers"])

    def socket_made(self, event: Event) -> None:
        """`Network.webSocketCreated`."""
        key, url = str(event["requestId"]), str(event["url"]).partition("#")[0]
        self._asked[key] = self._begun(key, "http" + url.removeprefix("ws"), "GET", SOCKET)

    def socket_asked(self, event: Event) -> None:
        """`Network.webSocketWillSendHandshakeRequest`."""
        asked = self._asked.get(str(event["requestId"]))
        if asked is not None:
            self._left.add(asked.network_id)
            asked.sent = header_list(event["request"]["headers"])

    def socket_answered(self, event: Event) -> None:
        """`Network.webSocketHandshakeResponseReceived`."""
        asked, response = self._asked.get(str(event["requestId"])), event["response"]
        if asked is not None:
            self._head(asked, int(response["status"]), str(response.get("statusText") or ""))
            asked.answer = header_list(response["headers"])

    def _begun(self, key: str, url: str, method: str, role: str) -> Asked:
        return Asked(
            number=-1,
            network_id=key,
            url=url,
            method=method,
            role=role,
            headers=(),
            body=b"",
            requested_at=self.clock(),
            page=False,
        )

    def _head(self, asked: Asked, status: int, text: str) -> None:
        asked.status, asked.status_text = status, text
        asked.first_byte_at = asked.ended_at = self.clock()
        asked.failure = Failure(asked.role, _SAYS.get(asked.role, _SAYS[PREFETCH]))
        asked.truncated = Truncation.UNSPECIFIED
        asked.done = True
