"""Every way in which a page can ask for something is one hit and one exchange (P-17).

The server is our own and counts: frames of another origin, workers, beacons, preloads, pages
fetched ahead, a WebSocket's handshake, a cross-origin question before a question.
"""

from __future__ import annotations

import base64
import hashlib
import http.server
import threading
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from browser_rig import Captured, a_vault, captures_of, no_browser

pytestmark = [
    pytest.mark.xdist_group("chromium"),
    pytest.mark.skipif(no_browser() is not None, reason=f"no browser: {no_browser()}"),
]

PAGE = """<!doctype html><title>Asks in every way</title>
<link rel=prefetch href=/prefetched><link rel=preload as=script href=/preload.js>
<link rel=manifest href=/manifest.json><link rel=preconnect href=http://OTHER>
<img src=/dot.png><img src=/dot.png?2><iframe src=http://OTHER/frame></iframe>
<video src=/film.mp4></video><audio src=/sound.mp3></audio><object data=/drawn.svg></object>
<script type=speculationrules>
{"prefetch": [{"source": "list", "urls": ["/ahead"]}],
 "prerender": [{"source": "list", "urls": ["/further"]}]}</script>
<script>
fetch('http://OTHER/cross', {headers: {'x-custom': '1'}}).catch(() => 0);
new WebSocket('ws://OWN/socket');
navigator.sendBeacon('/beacon', 'x');
addEventListener('pagehide', () => navigator.sendBeacon('/unload', 'y'));
new Worker('/worker.js'); new SharedWorker('/shared.js');
fetch('/head', {method: 'HEAD'}); new EventSource('/events'); import('/module.js');
fetch('/keep', {keepalive: true, method: 'POST', body: 'z'});
setTimeout(() => {
  document.body.insertAdjacentHTML('beforeend', '<a ping=/ping id=p href=#x>p</a>');
  document.getElementById('p').click();
}, 100);
</script>"""
FILES = {
    "/frame": ("text/html", b"<p>framed<script>fetch('/in-frame')</script>"),
    "/worker.js": ("text/javascript", b"fetch('/from-worker')"),
    "/shared.js": ("text/javascript", b"fetch('/from-shared')"),
    "/module.js": ("text/javascript", b"import '/imported.js'"),
    "/imported.js": ("text/javascript", b""),
    "/events": ("text/event-stream", b"data: 1\n\n"),
    "/ahead": ("text/html", b"<p>ahead"),
    "/further": ("text/html", b"<p>further"),
}
ALL = {
    *("/", "/prefetched", "/preload.js", "/dot.png", "/film.mp4", "/sound.mp3", "/drawn.svg"),
    *("/cross", "/socket", "/beacon", "/worker.js", "/shared.js", "/head", "/events", "/module.js"),
    *("/keep", "/in-frame", "/from-worker", "/from-shared", "/ahead", "/frame"),
}


@dataclass
class Counting:
    """Two origins of one server, and each request that reached it."""

    own: str = ""
    other: str = ""
    hits: list[str] = field(default_factory=list)


class Answers(http.server.BaseHTTPRequestHandler):
    """Counts each request, answers what the page of the test asks for."""

    protocol_version = "HTTP/1.1"
    counting: Counting

    def do_GET(self) -> None:
        own = f"127.0.0.1:{self.server.server_address[1]}"  # type: ignore[index]
        self.counting.hits.append(f"{self.command} {own}{self.path}")
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.headers.get("Upgrade", "").lower() == "websocket":
            self._shake_hands()
            return
        page = PAGE.replace("OTHER", self.counting.other).replace("OWN", self.counting.own)
        files = {**FILES, "/": ("text/html", page.encode())}
        path = urlsplit(self.path).path
        media_type, body = files.get(path, ("text/plain", b"nothing"))
        self.send_response(200 if path in files else 404)
        self.send_header("Content-Type", media_type)
        self.send_header("Content-Length", str(len(body)))
        self.send_header("Access-Control-Allow-Origin", "*")
        self.send_header("Access-Control-Allow-Headers", "x-custom")
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    do_POST = do_OPTIONS = do_HEAD = do_GET

    def _shake_hands(self) -> None:
        asked = self.headers["Sec-WebSocket-Key"] + "258EAFA5-E914-47DA-95CA-C5AB0DC85B11"
        self.send_response(101)
        self.send_header("Upgrade", "websocket")
        self.send_header("Connection", "Upgrade")
        digest = hashlib.sha1(asked.encode(), usedforsecurity=False).digest()
        self.send_header("Sec-WebSocket-Accept", base64.b64encode(digest).decode())
        self.end_headers()
        self.close_connection = True

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing."""


@pytest.fixture(scope="module")
def counted(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Counting, Captured]]:
    counting = Counting()
    handler = type("Counted", (Answers,), {"counting": counting})
    servers = [http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) for _ in range(2)]
    for server in servers:
        threading.Thread(target=server.serve_forever, daemon=True).start()
    counting.own, counting.other = (f"127.0.0.1:{s.server_address[1]}" for s in servers)
    folder: Path = tmp_path_factory.mktemp("hits")
    lantern = a_vault(folder)
    allowed = ("--allow-address", counting.own, "--allow-address", counting.other)
    report = lantern.ok("collect", f"http://{counting.own}/", "--browser", "--no-work", *allowed)
    captured = captures_of(lantern.vault, report["captures"])
    yield counting, captured[f"http://{counting.own}/"]
    for server in servers:
        server.shutdown()
        server.server_close()


def _recorded(captured: Captured) -> list[str]:
    return [each.url.removeprefix("http://") for each in captured.records if each.type == "request"]


@pytest.mark.promise("P-17")
def test_each_way_of_asking_is_one_hit_and_one_exchange(
    counted: tuple[Counting, Captured],
) -> None:
    counting, captured = counted
    hits = Counter(hit.partition(" ")[2] for hit in counting.hits)
    assert Counter(_recorded(captured)) == hits
    asked = {"/" + hit.partition("/")[2].partition("?")[0] for hit in hits}
    assert asked >= ALL


@pytest.mark.parametrize(
    ("path", "kind"), [("/ahead", "prefetch"), ("/socket", "websocket")], ids=["ahead", "socket"]
)
def test_what_did_not_pass_us_is_named(
    counted: tuple[Counting, Captured], path: str, kind: str
) -> None:
    _, captured = counted
    failed = captured.manifest["result"]["failed_resources"]
    assert [each["kind"] for each in failed if urlsplit(each["url"]).path == path] == [kind]
