"""The safe screenshot: the page without a picture in it, by construction.

It is not the live page with things hidden, which a hostile script could undo: the kept DOM is
stripped of everything that draws (scripts, frames, media, SVG, canvas), and shown in a context of
its own without JavaScript, under a policy (CSP) by which the engine loads no picture, font, frame
or medium of any kind, `data:` addresses too. Only the style sheets that the visit already holds
are given to it; the network is not touched. It is a viewing aid, and named as one.
"""

from __future__ import annotations

import asyncio
import base64
import json
import re
from collections.abc import Mapping, Sequence
from typing import Any

from lxml import etree, html
from playwright.async_api import Browser, CDPSession
from playwright.async_api import Error as BrowserError

from cases.times import Clock
from collectors.browser.launching import VIEWPORT
from collectors.browser.page_session import PageSession
from collectors.browser.state import State, tiles
from evidence.exchange import Resource
from evidence.page_members import PICTURES, SAFE_SCREENSHOT

POLICY = (
    "default-src 'none'; style-src 'unsafe-inline' http: https:; img-src 'none'; font-src 'none'; "
    "media-src 'none'; frame-src 'none'; object-src 'none'; script-src 'none'; connect-src 'none'; "
    "base-uri 'none'; form-action 'none'"
)
SAFE_S = 45.0
_DRAWS = (
    *("script", "noscript", "iframe", "frame", "frameset", "object", "embed", "applet", "portal"),
    *("svg", "math", "canvas", "video", "audio", "picture", "source", "track", "img", "image"),
    *("map", "meta", "base", "fencedframe", "model"),
)
_VOID = ("embed", "source", "track", "img", "image", "base", "meta")
_LOADS = ("background", "src", "srcset", "poster", "data", "ping", "srcdoc", "is")
_BOX = ("img", "image", "picture", "video", "canvas", "svg", "iframe", "object", "embed")
# In the first layer and important: it stands before every rule of the page, important ones too
# (CSS Cascade 5, section 6.1); attributes that could stand before it are taken off.
_BLANK = """@layer lantern { *, *::before, *::after, *::marker, *::backdrop, *::first-letter {
  background-image: none !important; border-image: none !important;
  list-style-image: none !important;
  mask: none !important; -webkit-mask: none !important; cursor: default !important;
  filter: none !important; backdrop-filter: none !important; clip-path: none !important;
  box-shadow: none !important; text-shadow: none !important; animation: none !important;
  transition: none !important; shape-outside: none !important; -webkit-box-reflect: none !important;
  font-family: sans-serif !important; font-palette: normal !important }
  *::before, *::after { content: "" !important; background: none !important }
  .lantern-blank { display: inline-block !important; background: #d8d8d8 !important;
    outline: 1px solid #8a8a8a !important } }"""
_KEPT_STYLES = re.compile(
    r"^\s*(display|position|top|left|right|bottom|width|height|min-[a-z]+|max-[a-z]+|margin[a-z-]*|"
    r"padding[a-z-]*|font-size|font-weight|text-align|color|background-color|float|clear|visibility|"
    r"overflow[a-z-]*|flex[a-z-]*|grid[a-z-]*|gap|opacity|z-index)\s*:(?![^;]*(url|gradient|image|"
    r"element|paint|cross-fade)\s*\()",
    re.IGNORECASE,
)


def blanked(dom: str, boxes: Sequence[Mapping[str, Any]] = ()) -> str:
    """The DOM as HTML with everything gone that could draw a picture; pure.

    Where a picture stood, an empty grey box of its size stands: as `boxes` (of state 0) have it,
    else as its attributes do.
    """
    tree = html.document_fromstring(dom.strip() or "<p></p>")
    elements = list(tree.iter())
    sizes = _sizes(elements, boxes)
    for number, element in enumerate(elements):
        if not isinstance(element.tag, str) or _is_other_link(element):
            _dropped(element)
        elif _name(element) in _DRAWS:
            _boxed(element, sizes.get(number))
        else:
            _stripped(element)
    style = _blanking()
    head = tree.find("head")
    (tree if head is None else head).insert(0, style)
    for shadow in tree.iter("template"):
        shadow.insert(0, _blanking())
    return "<!doctype html>\n" + html.tostring(tree, encoding="unicode")


def _blanking() -> html.HtmlElement:
    style = html.Element("style")
    style.text = _BLANK
    return style


def _name(element: Any) -> str:
    return str(element.tag).rpartition("}")[2].rpartition(":")[2].lower()


def _is_other_link(element: Any) -> bool:
    return _name(element) == "link" and "stylesheet" not in (element.get("rel") or "").lower()


def _dropped(element: Any) -> None:
    if element.getparent() is not None:
        element.drop_tree()


def _sizes(
    elements: Sequence[Any], boxes: Sequence[Mapping[str, Any]]
) -> dict[int, tuple[int, int]]:
    """The size of each picture by its place among the elements.

    The boxes came in the order of the document, kind by kind: where a kind is not as many here as
    there (a picture in a frame, one that was never drawn), its boxes say nothing.
    """
    found: dict[int, tuple[int, int]] = {}
    for kind in ("img", "video", "canvas", "object", "embed"):
        told = [(int(b["width"]), int(b["height"])) for b in boxes if b["kind"] == kind]
        here = [n for n, each in enumerate(elements) if _kind(each) == kind and _drawn(each)]
        if len(told) == len(here):
            found.update(zip(here, told, strict=True))
    return found


def _kind(element: Any) -> str | None:
    if not isinstance(element.tag, str):
        return None
    name = _name(element)
    if name == "input":
        return "img" if (element.get("type") or "").lower() == "image" else None
    return name


def _drawn(element: Any) -> bool:
    """Whether the page could draw it: no fallback for want of script, no part of a template."""
    for each in element.iterancestors():
        name = _name(each) if isinstance(each.tag, str) else ""
        if name == "noscript" or (name == "template" and not each.get("shadowrootmode")):
            return False
    return True


def _boxed(element: Any, size: tuple[int, int] | None) -> None:
    parent = element.getparent()
    if parent is None:
        return
    box = None
    if _name(element) in _BOX and not _inside_box(element):
        box = html.Element("span", {"class": "lantern-blank"})
        sides = ("width", "height")
        stated = [str(each) for each in size] if size else [element.get(side) for side in sides]
        lengths = [(side, told) for side, told in zip(sides, stated, strict=True) if told]
        box.set("style", ";".join(f"{side}:{told}px" for side, told in lengths if told.isdigit()))
    if _name(element) in _VOID:
        # The parser knows no end of these, and puts what follows inside: that is not theirs.
        if box is not None:
            element.addprevious(box)
        element.drop_tag()
        return
    at = parent.index(element)
    element.drop_tree()
    if box is not None:
        parent.insert(at, box)


def _inside_box(element: Any) -> bool:
    return any(
        isinstance(each.tag, str) and _name(each) in _DRAWS for each in element.iterancestors()
    )


def _stripped(element: Any) -> None:
    """Attributes that draw, act or load are taken off; of a style, only what lays out is kept."""
    for attribute in list(element.attrib):
        name = attribute.rpartition("}")[2].lower()
        if name == "style":
            kept = [p for p in element.get(attribute).split(";") if _KEPT_STYLES.match(p)]
            element.set(attribute, ";".join(part.replace("!important", "") for part in kept))
        elif _acts(element, name):
            del element.attrib[attribute]
    if _name(element) == "input" and (element.get("type") or "").lower() == "image":
        element.set("type", "button")


def _acts(element: Any, name: str) -> bool:
    link = name == "href" and _name(element) != "link"
    return name in _LOADS or name.startswith("on") or link


class SafePage:
    """The context in which the blanked DOM is shown. It answers every request by itself."""

    def __init__(self, browser: Browser, url: str, state: State, sheets: Mapping[str, bytes]):
        self._browser = browser
        self._url = url.partition("#")[0]
        self._state = state
        self._html = ""
        self._sheets = sheets

    async def screenshot(self, clock: Clock, lost: list[str]) -> list[Resource]:
        """The tiles; none, with a word in `lost`, where it could not be shown."""
        told = (r.content for r in self._state.resources if r.url == PICTURES)
        try:
            self._html = blanked(self._state.dom, json.loads(next(told, b"[]")))
            async with asyncio.timeout(SAFE_S):
                return await self._taken(clock, lost)
        except (BrowserError, TimeoutError, etree.LxmlError, ValueError) as fault:
            lost.append(f"safe screenshot: {str(fault).partition(chr(10))[0] or 'took too long'}")
            return []

    async def _taken(self, clock: Clock, lost: list[str]) -> list[Resource]:
        context = await self._browser.new_context(
            java_script_enabled=False,
            viewport={"width": VIEWPORT[0], "height": VIEWPORT[1]},
            service_workers="block",
        )
        try:
            page = await context.new_page()
            session = await context.new_cdp_session(page)
            session.on(
                "Fetch.requestPaused",
                lambda event: asyncio.ensure_future(self._answer(session, event)),
            )
            await session.send("Fetch.enable", {"patterns": [{"requestStage": "Request"}]})
            await page.goto(self._url, wait_until="load", timeout=SAFE_S * 1000)
            shown = PageSession(session, None)  # type: ignore[arg-type]  # it follows no exchange
            return await tiles(shown, SAFE_SCREENSHOT, clock, lost)
        finally:
            await context.close()

    async def _answer(self, session: CDPSession, event: Mapping[str, Any]) -> None:
        url, paused = str(event["request"]["url"]).partition("#")[0], event["requestId"]
        if event["resourceType"] == "Document" and url == self._url:
            body, media_type = self._html.encode("utf-8"), "text/html; charset=utf-8"
        elif event["resourceType"] == "Stylesheet" and url in self._sheets:
            body, media_type = self._sheets[url], "text/css"
        else:
            await session.send(
                "Fetch.failRequest", {"requestId": paused, "errorReason": "BlockedByClient"}
            )
            return
        await session.send(
            "Fetch.fulfillRequest",
            {
                "requestId": paused,
                "responseCode": 200,
                "responseHeaders": [
                    {"name": "Content-Type", "value": media_type},
                    {"name": "Content-Security-Policy", "value": POLICY},
                    {"name": "Access-Control-Allow-Origin", "value": "*"},
                ],
                "body": base64.b64encode(body).decode("ascii"),
            },
        )
