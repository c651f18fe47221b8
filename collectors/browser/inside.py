"""What state 0 shows inside other documents: frames, of other origins too, and closed shadow roots.

Read by `DOMSnapshot.captureSnapshot`, which gives nodes in flat lists: no script of the page can
change or refuse it, and no depth of nesting breaks it. What `noscript` holds is told apart.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from playwright.async_api import CDPSession, Page
from playwright.async_api import Error as BrowserError

from cases.times import Clock
from collectors.browser.state import State, json_resource, text_resource
from evidence.page_members import FRAME, PARTS

INSIDE_S = 15.0
MOST_PARTS = 50
MOST_TEXT = 1_000_000  # characters of one part
_TEXT_NODE = 3
_UNREAD = frozenset({"SCRIPT", "STYLE", "NOSCRIPT", "TEMPLATE"})
_INLINE = frozenset(
    {"A", "ABBR", "B", "BDI", "BDO", "CITE", "CODE", "DATA", "EM", "FONT", "I", "KBD", "LABEL"}
    | {"MARK", "Q", "S", "SMALL", "SPAN", "STRONG", "SUB", "SUP", "TIME", "U", "VAR", "WBR"}
)


@dataclass(frozen=True, slots=True)
class Part:
    """The text of a frame, a closed shadow tree or a noscript element, and its document."""

    kind: str
    url: str
    text: str


async def keep_inside(page: Page, session: CDPSession, clock: Clock, state: State) -> None:
    """Add to the state what lies inside; what could not be read is named in `state.lost`."""
    parts: list[Part] = []
    try:
        async with asyncio.timeout(INSIDE_S):
            parts += parts_of(await _snapshot(session), main=True)
            for frame in page.frames[1:]:
                with contextlib.suppress(BrowserError):  # it shares the page's process: read above
                    own = await page.context.new_cdp_session(frame)
                    parts += parts_of(await _snapshot(own), main=False)
                    await own.detach()
    except TimeoutError:
        state.lost.append(f"{PARTS}: it took longer than {INSIDE_S:.0f} s")
    except BrowserError as fault:
        state.lost.append(f"{PARTS}: {str(fault).splitlines()[0][:200]}")
    _keep(parts, clock, state)


def _keep(parts: Sequence[Part], clock: Clock, state: State) -> None:
    """A record for each frame and shadow tree, and one that lists them and the noscript texts."""
    at = clock()
    if len(parts) > MOST_PARTS:
        state.lost.append(f"{PARTS}: of {len(parts)} parts the first {MOST_PARTS} were kept")
    listed: list[object] = []
    for part in parts[:MOST_PARTS]:
        if part.kind == "noscript":
            listed.append({"kind": part.kind, "url": part.url, "text": part.text})
            continue
        record = (
            f"{FRAME}:{sum(1 for each in listed if isinstance(each, dict) and 'record' in each)}"
        )
        state.resources.append(text_resource(record, "text/plain; charset=utf-8", at, part.text))
        listed.append({"kind": part.kind, "url": part.url, "record": record})
    if listed:
        state.resources.append(json_resource(PARTS, at, listed))


async def _snapshot(session: CDPSession) -> Mapping[str, Any]:
    found: Mapping[str, Any] = await session.send(
        "DOMSnapshot.captureSnapshot", {"computedStyles": []}
    )
    return found


def parts_of(snapshot: Mapping[str, Any], *, main: bool) -> Iterator[Part]:
    """The parts of a snapshot that hold any text. Of the first document, where it is the page's
    own (`main`), only closed shadow trees and noscript texts: the rest is in the DOM.
    """
    strings: Sequence[str] = snapshot["strings"]
    for number, document in enumerate(snapshot["documents"]):
        url = _string(strings, document["documentURL"])[:4096]
        tree = _Tree(document["nodes"], strings)
        if number > 0 or not main:
            yield from _held("frame", url, [tree.text(tree.read())])
        else:
            yield from _held("shadow", url, tree.closed())
        yield from _held("noscript", url, tree.noscripts())


def _held(kind: str, url: str, texts: Sequence[str]) -> Iterator[Part]:
    return (Part(kind, url, text[:MOST_TEXT]) for text in texts if text.strip())


class _Tree:
    """One document's nodes: a parent stands before its children."""

    def __init__(self, nodes: Mapping[str, Any], strings: Sequence[str]) -> None:
        self._parents: Sequence[int] = nodes["parentIndex"]
        self._types: Sequence[int] = nodes["nodeType"]
        self._values: Sequence[int] = nodes["nodeValue"]
        self._names = [_string(strings, name).upper() for name in nodes["nodeName"]]
        self._strings = strings
        shadows = nodes.get("shadowRootType", {"index": [], "value": []})
        self._in_shadow = {
            index: _string(strings, value)
            for index, value in zip(shadows["index"], shadows["value"], strict=True)
        }

    def read(self) -> list[int]:
        """The text nodes that are read: none of a script, a style, a noscript or a template."""
        unread: set[int] = set()
        for node, parent in enumerate(self._parents):
            if self._names[node] in _UNREAD or parent in unread:
                unread.add(node)
        return [n for n, kind in enumerate(self._types) if kind == _TEXT_NODE and n not in unread]

    def closed(self) -> list[str]:
        """The text of each closed shadow tree, those inside it included."""
        root_of: dict[int, int] = {}
        for node, parent in enumerate(self._parents):
            outer = root_of.get(parent)
            if outer is not None:
                root_of[node] = outer
            elif self._in_shadow.get(node) == "closed":
                root_of[node] = parent  # its host: a snapshot has no node for the root itself
        trees: dict[int, list[int]] = {}
        for node in self.read():
            if node in root_of:
                trees.setdefault(root_of[node], []).append(node)
        return [self.text(nodes) for nodes in trees.values()]

    def noscripts(self) -> list[str]:
        """What each noscript element holds: markup, as a browser without script would read it."""
        held: dict[int, str] = {}
        for node, parent in enumerate(self._parents):
            if (
                self._types[node] == _TEXT_NODE
                and parent >= 0
                and self._names[parent] == "NOSCRIPT"
            ):
                held[parent] = held.get(parent, "") + self._value(node)
        return list(held.values())

    def text(self, nodes: Sequence[int]) -> str:
        """The nodes' text, blocks on lines of their own."""
        pieces: list[str] = []
        before = -1
        for node in nodes:
            block = self._parents[node]
            while block >= 0 and self._names[block] in _INLINE:
                block = self._parents[block]
            pieces += ["\n"] if pieces and block != before else []
            pieces.append(self._value(node))
            before = block
        lines = (" ".join(line.split()) for line in "".join(pieces).splitlines())
        return "\n".join(line for line in lines if line)

    def _value(self, node: int) -> str:
        return _string(self._strings, self._values[node])


def _string(strings: Sequence[str], at: int) -> str:
    return strings[at] if 0 <= at < len(strings) else ""
