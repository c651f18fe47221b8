"""Markup cut into text, start tags and end tags, in one pass and without a tree.

A tree costs more than a reader of text needs and breaks under hostile pages: libxml2 drops all
below 2,048 levels and takes a minute over one tag of 200,000 attributes. This follows the HTML
tokeniser (WHATWG HTML, section 13.2.5) as far as text depends on it; every character is looked at
a bounded number of times.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import unescape

RAW = frozenset({"script", "style", "xmp", "iframe", "noembed"})  # markup inside is not markup
ESCAPABLE = frozenset({"title", "textarea"})  # character references count, tags do not

_NAME = re.compile(r"[^\s/>]+")
_SIMPLE_END = re.compile(r"[^\"'>]*>")
_ATTRIBUTE = re.compile(
    r"[\s/]*(?:(?P<name>[^\s/>][^\s/>=]*)"
    r"(?:\s*=\s*(?:\"(?P<double>[^\"]*)\"|'(?P<single>[^']*)'|(?P<bare>[^\s>]*)))?)?"
)
_SUBSET = re.compile(r"<!DOCTYPE[^>\[]{0,2000}\[", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Text:
    """A run of text, character references resolved. `raw` where it is a script or a style."""

    text: str
    raw: bool = False


@dataclass(frozen=True, slots=True)
class Start:
    """A start tag. `count` is how many attributes it has; the first of a name is kept."""

    name: str
    attributes: dict[str, str] = field(default_factory=dict)
    count: int = 0


@dataclass(frozen=True, slots=True)
class End:
    """An end tag."""

    name: str


Token = Text | Start | End


def tokens(markup: str, *, xml: bool = False) -> Iterator[Token]:
    """The markup's tokens in order. In XML nothing is raw, names keep no prefix, CDATA is text."""
    at, size = 0, len(markup)
    while at < size:
        opening = markup.find("<", at)
        if opening < 0:
            opening = size
        if opening > at:
            yield Text(unescape(markup[at:opening]))
        if opening == size:
            return
        following = markup[opening + 1 : opening + 2]
        if following.isascii() and following.isalpha():
            start, at = _start_tag(markup, opening, xml)
            if start is None:
                return
            yield start
            if not xml and start.name in RAW | ESCAPABLE:
                content, at = _raw_content(markup, at, start.name)
                escapable = start.name in ESCAPABLE
                yield Text(unescape(content) if escapable else content, raw=not escapable)
        elif following == "/":
            end, at = _end_tag(markup, opening, xml)
            if end is not None:
                yield end
        elif following in ("!", "?"):
            content, at = _declaration(markup, opening, xml)
            if content:
                yield Text(content)
        else:
            yield Text("<")
            at = opening + 1


def _local(name: str, xml: bool) -> str:
    return name.rpartition(":")[2].lower() if xml else name.lower()


def _start_tag(markup: str, opening: int, xml: bool) -> tuple[Start | None, int]:
    """The tag and where it ends; None where the page ends inside it (such a tag is dropped)."""
    named = _NAME.match(markup, opening + 1)
    assert named is not None  # noqa: S101 - the caller has seen a letter
    name, at = _local(named.group(), xml), named.end()
    if (simple := _SIMPLE_END.match(markup, at)) and "=" not in simple.group():
        return Start(name), simple.end()
    attributes: dict[str, str] = {}
    count = 0
    while at < len(markup) and markup[at] != ">":
        found = _ATTRIBUTE.match(markup, at)
        if found is None or found.end() == at:
            at += 1
            continue
        at = found.end()
        if key := found["name"]:
            count += 1
            value = found["double"] or found["single"] or found["bare"] or ""
            attributes.setdefault(key.lower(), unescape(value))
    return (Start(name, attributes, count), at + 1) if at < len(markup) else (None, at)


def _end_tag(markup: str, opening: int, xml: bool) -> tuple[End | None, int]:
    closing = markup.find(">", opening)
    if closing < 0:
        return None, len(markup)
    named = _NAME.match(markup, opening + 2, closing)
    return (End(_local(named.group(), xml)) if named else None), closing + 1


def _raw_content(markup: str, at: int, name: str) -> tuple[str, int]:
    """What stands before the element's end tag; all the rest where there is none."""
    end = re.compile(rf"</{re.escape(name)}(?=[\s/>])", re.IGNORECASE).search(markup, at)
    stop = end.start() if end else len(markup)
    return markup[at:stop], stop


def _declaration(markup: str, opening: int, xml: bool) -> tuple[str, int]:
    """Comments, doctypes, instructions: nothing to read but CDATA, and where they end."""
    if markup.startswith("<!--", opening):
        closing = markup.find("-->", opening + 2)  # "<!-->" is whole
        return "", closing + 3 if closing >= 0 else len(markup)
    if xml and markup.startswith("<![CDATA[", opening):
        closing = markup.find("]]>", opening)
        stop = closing if closing >= 0 else len(markup)
        return markup[opening + 9 : stop], stop + 3
    if subset := _SUBSET.match(markup, opening):
        closing = markup.find("]", subset.end())
        opening = closing if closing >= 0 else len(markup)
    closing = markup.find(">", opening)
    return "", closing + 1 if closing >= 0 else len(markup)
