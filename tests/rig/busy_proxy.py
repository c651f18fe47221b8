"""A way to a real server that can be made busy: it answers 429 (or another status) for it, a number
of times, or to requests past a size, and passes everything else on.
"""

from __future__ import annotations

import http.client
import os
import ssl
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import SplitResult, urlsplit

_AS_IT_WOULD = [("x-elastic-product", "Elasticsearch"), ("content-type", "application/json")]
_HOP = ("connection", "transfer-encoding", "content-length", "keep-alive")


class BusyProxy:
    """Listens on a free port of loopback while it is open. With `answer` it says that to all."""

    def __init__(
        self,
        behind: str,
        *,
        refuse: int = 0,
        most_bytes: int | None = None,
        status: int = 429,
        answer: bytes = b"",
    ) -> None:
        self.status = status
        self.behind = urlsplit(behind)
        self.refuse = refuse
        self.most_bytes = most_bytes
        self.answer = answer
        self.refused = 0
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self.address = f"http://127.0.0.1:{self._server.server_address[1]}"

    def __enter__(self) -> BusyProxy:
        threading.Thread(target=self._server.serve_forever, daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()

    def denied(self, _authorization: str) -> int:
        """The status that says why whoever asks may not, 0 where they may."""
        return 0

    def is_busy(self, size_bytes: int) -> bool:
        """Whether this request is refused."""
        too_large = self.most_bytes is not None and size_bytes > self.most_bytes
        busy = self.refuse > 0 or too_large
        self.refuse -= self.refuse > 0
        self.refused += busy
        return busy


def _connection(behind: SplitResult) -> http.client.HTTPConnection:
    if behind.scheme == "http":
        return http.client.HTTPConnection(behind.netloc, timeout=60)
    trusted = ssl.create_default_context(cafile=os.environ.get("ELASTICSEARCH_CA_FILE") or None)
    return http.client.HTTPSConnection(behind.netloc, timeout=60, context=trusted)


def _handler(proxy: BusyProxy) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_GET(self) -> None:
            content = self.rfile.read(int(self.headers.get("content-length", 0)))
            if proxy.answer:
                self.wfile.write(proxy.answer)
                self.close_connection = True
            elif status := proxy.denied(self.headers.get("authorization", "")):
                said = b'{"error":{"type":"security_exception","reason":"no"},"status":%d}' % status
                self._say(status, _AS_IT_WOULD, said)
            elif proxy.is_busy(len(content)):
                said = b'{"error":{"type":"es_rejected_execution_exception","reason":"full"}}'
                self._say(proxy.status, _AS_IT_WOULD, said)
            else:
                self._pass_on(content)

        do_POST = do_PUT = do_DELETE = do_HEAD = do_GET

        def _pass_on(self, content: bytes) -> None:
            behind = _connection(proxy.behind)
            behind.request(self.command, self.path, content, dict(self.headers))
            answer = behind.getresponse()
            kept = [(k, v) for k, v in answer.getheaders() if k.lower() not in _HOP]
            self._say(answer.status, kept, answer.read())
            behind.close()

        def _say(self, status: int, fields: list[tuple[str, str]], content: bytes) -> None:
            self.send_response_only(status)
            for name, value in (*fields, ("content-length", str(len(content)))):
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Nothing."""

    return Handler
