"""What the desk's tests share: hostile pages with covered pictures, the desk served, its people."""

from __future__ import annotations

import base64
import io
import random
import re
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import httpx
import uvicorn
from lantern_rig import Lantern, bodies_served
from PIL import Image
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from desk.web.app import STATIC, create_app
from desk.web.place import DeskPlace, hosts_for
from desk.web.protection import HEAD_LIMIT_BYTES
from jobs.signing_in import one_time_link
from jobs.workplace import Named, at_work

HOSTILE_TITLE = "</title><script>document.title='RAN'</script><img src=x onerror=alert(1)>"
HOSTILE_TEXT = (
    "<p>Marta Quillfeather met <b>&lt;script&gt;alert(2)&lt;/script&gt;</b> at "
    "javascript:alert(3) and https://elsewhere.example/path on 07700 900123. "
    "{{ 7 * 7 }} {% raw %} \u202eevil\u202c marker-word</p>"
)
WINDOW = 64  # bytes: no run of this length of a covered picture may leave


def drawn_picture(kind: str, seed: int, side: int = 160) -> bytes:
    """A picture of noise and blocks: recognised by nobody, large enough to be no icon."""
    dice = random.Random(seed)
    small = Image.new("RGB", (side // 4, side // 4))
    small.putdata([tuple(dice.randrange(256) for _ in range(3)) for _ in range((side // 4) ** 2)])
    out = io.BytesIO()
    small.resize((side, side), Image.Resampling.NEAREST).save(out, kind)
    return out.getvalue()


@dataclass(frozen=True)
class Pictures:
    """The covered pictures of the site, as served, in a page, and inside another."""

    served: bytes = field(default_factory=lambda: drawn_picture("PNG", 1))
    inline: bytes = field(default_factory=lambda: drawn_picture("JPEG", 2))
    outer: bytes = field(default_factory=lambda: drawn_picture("JPEG", 3))
    thumbnail: bytes = field(default_factory=lambda: drawn_picture("JPEG", 4, 80))

    @property
    def with_thumbnail(self) -> bytes:
        """A JPEG with another JPEG in an application segment, as cameras write thumbnails."""
        length = (len(self.thumbnail) + 2).to_bytes(2, "big")
        return self.outer[:2] + b"\xff\xe5" + length + self.thumbnail + self.outer[2:]

    def all(self) -> list[bytes]:
        return [self.served, self.inline, self.with_thumbnail, self.thumbnail]


@contextmanager
def hostile_site(pictures: Pictures) -> Iterator[str]:
    """Pages of ours that try everything a collected page can try; yields HOST:PORT."""
    inline = base64.b64encode(pictures.inline).decode()
    page = (
        f"<!doctype html><html lang=en><title>{HOSTILE_TITLE.replace('<', '&lt;')}</title>"
        f'{HOSTILE_TEXT}<img alt="&quot;&gt;&lt;b&gt;alt" src="data:image/jpeg;base64,{inline}">'
    ).encode()
    bodies = {
        "/page": ("text/html; charset=utf-8", page),
        "/picture.png": ("image/png", pictures.served),
        "/photo.jpg": ("image/jpeg", pictures.with_thumbnail),
        '/x"><script>alert(4)</script>': ("text/html", page),
    }

    with bodies_served(bodies) as address:
        yield address


@dataclass
class ServedDesk:
    """A desk on a port of loopback, and the vault behind it."""

    lantern: Lantern
    place: DeskPlace
    port: int
    captures: dict[str, str]
    job: str
    _opened: list[httpx.Client] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def link(self, code: str = "JS") -> str:
        """The path of a one-time link for that person."""
        named = Named({}, self.place.vault, str(self.place.vault), code, self.place.keys)
        with at_work(named) as acting:
            return one_time_link(acting)[0]

    def stranger(self) -> httpx.Client:
        """A browser that nobody signed in to."""
        client = httpx.Client(base_url=self.address, trust_env=False, timeout=60)
        self._opened.append(client)
        return client

    def close(self) -> None:
        """Close what the tests opened."""
        for client in self._opened:
            client.close()

    def signed_in(self, code: str = "JS") -> Insider:
        """A browser with a person signed in by a one-time link."""
        client = self.stranger()
        token = self.link(code).rpartition("/")[2]
        answer = client.post("/sign-in/link", data={"token": token})
        assert answer.status_code == 303, answer.text
        return Insider(client, client.get("/api/v1/me").json()["csrf"])


@dataclass
class Insider:
    """A signed-in browser; `post` carries the token of its forms."""

    client: httpx.Client
    csrf: str

    def get(self, path: str) -> httpx.Response:
        return self.client.get(path)

    def post(self, path: str, **fields: object) -> httpx.Response:
        return self.client.post(path, data={"csrf": self.csrf, **fields})


@contextmanager
def served(lantern: Lantern, captures: dict[str, str], job: str) -> Iterator[ServedDesk]:
    """The desk over this vault, served by uvicorn on a free port."""
    config = uvicorn.Config(lambda: None, host="127.0.0.1", port=0, log_level="error")
    sock = config.bind_socket()
    port = sock.getsockname()[1]
    place = DeskPlace(lantern.vault, lantern.keys, "JS", hosts_for("127.0.0.1", port))
    server = uvicorn.Server(
        uvicorn.Config(
            create_app(place),
            log_level="error",
            lifespan="off",
            ws="none",
            h11_max_incomplete_event_size=HEAD_LIMIT_BYTES,
        )
    )
    thread = threading.Thread(target=server.run, args=([sock],), daemon=True)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    desk = ServedDesk(lantern, place, port, captures, job)
    try:
        yield desk
    finally:
        desk.close()
        server.should_exit = True
        thread.join(timeout=20)
        sock.close()


def founded(
    folder: Path, pictures: Pictures, *, browser: bool = False
) -> tuple[Lantern, dict[str, str], str]:
    """A vault with two people and the hostile site collected; its captures by path, and the job."""
    lantern = Lantern(folder / "vault", folder / "keys")
    name = ("--operator", "JS", "--name", "Jo Smith", "--egress", "direct")
    lantern.ok("init", str(lantern.vault), *name)
    lantern.ok("person", "add", "AB", "--name", "Alex Brown", "--role", "analyst")
    lantern.ok("case", "open", "LINDEN", "--title", "A <b>bold</b> title", "--template", "research")
    lantern.ok("use", "LINDEN")
    with hostile_site(pictures) as address:
        lantern.ok("authority", "add", "--scope", address)
        paths = ["/page"] if browser else ["/page", "/picture.png", "/photo.jpg"]
        seeds = [f"http://{address}{path}" for path in paths]
        how = ("--browser",) if browser else ("--delay", "0")
        report = lantern.ok("collect", *seeds, *how, "--allow-address", address)
    captures = {
        "/" + re.sub(r"^http://[^/]+/", "", row["url"]): row["capture"]
        for row in report["captures"]
    }
    return lantern, captures, report["job"]


def routes_of(place: DeskPlace) -> list[tuple[str, str]]:
    """Every method and path of the desk, from the application itself: a new one is in it too."""

    def walked(routes: Sequence[BaseRoute]) -> Iterator[tuple[str, str]]:
        for route in routes:
            within = getattr(route, "original_router", None)
            if within is not None:
                yield from walked(within.routes)
            elif isinstance(route, Mount):
                assert isinstance(route.app, StaticFiles), "what is mounted must be walked too"
                yield from (("GET", f"{route.path}/{file.name}") for file in STATIC.iterdir())
            else:
                assert isinstance(route, Route), f"a route of a kind not known here: {route}"
                yield from ((method, route.path) for method in sorted(route.methods or ()))

    found = [pair for pair in walked(create_app(place).routes) if pair[0] != "HEAD"]
    assert len(found) > 50
    return found


def leaks(pictures: list[bytes], answer: bytes) -> list[str]:
    """What of these pictures lies in an answer: a run of bytes as it is, in base64 or in hex."""
    found = []
    haystack = {answer[at : at + WINDOW] for at in range(max(0, len(answer) - WINDOW + 1))}
    for number, picture in enumerate(pictures):
        for at in range(len(picture) - WINDOW + 1):
            if picture[at : at + WINDOW] in haystack:
                found.append(f"picture {number} from byte {at}")
                break
        texts = [base64.b64encode(picture[shift:]) for shift in (0, 1, 2)]
        texts += [base64.urlsafe_b64encode(picture[shift:]) for shift in (0, 1, 2)]
        texts += [picture.hex().encode(), picture.hex().upper().encode()]
        for text in texts:
            steps = range(0, len(text) - WINDOW + 1, 16)  # finds each run of 80 letters
            if any(text[at : at + WINDOW] in haystack for at in steps):
                found.append(f"picture {number} as text")
                break
    return found
