"""Markup as text: everything a reader could come to see, a block to a line.

Hidden elements are read (a menu that opens, a text that a script shows); scripts, styles and
templates are not. The words given for pictures and in form fields are.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from enrich.decoding import cleaned
from enrich.page_facts import PageFacts
from enrich.tokens import End, Start, Text, tokens

_BLOCKS_WORDS = (
    "address article aside blockquote body br button caption center dd details dialog dir div "
    "dl dt fieldset figcaption figure footer form frameset h1 h2 h3 h4 h5 h6 header hgroup hr "
    "html iframe legend li main menu nav noscript ol optgroup option p pre search section "
    "select summary table tbody tfoot thead textarea title tr ul video audio text desc"
)
BLOCKS = frozenset(_BLOCKS_WORDS.split())
CELLS = frozenset({"td", "th"})  # a tab between them keeps a table's columns apart
SHOWN_ATTRIBUTES = {
    "img": ("alt", "title"),
    "area": ("alt",),
    "input": ("value", "placeholder", "alt"),
    "textarea": ("placeholder",),
    "iframe": ("title",),
    "abbr": ("title",),
    "optgroup": ("label",),
}
UNSEEN_INPUTS = frozenset({"hidden", "password", "checkbox", "radio", "file", "color", "range"})
PICTURES = frozenset({"img", "image", "svg"})
# void elements, and those whose end tag is so often left out
_CHILDLESS_WORDS = (
    "area base br col embed hr img input link meta param source track wbr p li dt dd td th tr "
    "tbody thead option html head body"
)
CHILDLESS = frozenset(_CHILDLESS_WORDS.split())

_INLINE_SPACE = re.compile(r"[^\S\n\t]+")
_TAB_RUN = re.compile(r" ?\t[ \t]*")
_LINE_ENDS = re.compile(r"[ \t]*\n[ \t\n]*")


@dataclass(frozen=True, slots=True)
class Reading:
    """The text of some markup, and the facts that were counted on the way.

    `depth` is an upper estimate, `attributes` the most that one tag has.
    """

    text: str
    title: str | None
    images: int
    links: int
    elements: int
    depth: int
    attributes: int
    canonical: str | None
    language: str | None


def read_html(markup: str, facts: PageFacts | None = None) -> Reading:
    """The text of a page: its title, an empty line, then its body. `facts` meets each token too."""
    reader = _Reader()
    for token in tokens(markup):
        reader.meet(token)
        if facts is not None:
            facts.meet(token)
    return reader.result()


def read_xml(markup: str) -> Reading:
    """The text of an XML document, an element to a line; markup inside text (feeds) is read too."""
    reader = _XmlReader()
    for token in tokens(markup, xml=True):
        reader.meet(token)
    return reader.result()


class _Reader:
    """One pass over the tokens, collecting pieces of text."""

    def __init__(self) -> None:
        self.pieces: list[str] = []
        self.title: str | None = None
        self.canonical: str | None = None
        self.language: str | None = None
        self.images = self.links = self.elements = 0
        self.depth = self.deepest = self.attributes = 0
        self.templates = self.pictures = 0
        self.last = ""  # the name of the last start tag: what a title's text belongs to

    def meet(self, token: Start | End | Text) -> None:
        """Take one token into account."""
        if isinstance(token, Text):
            self._text(token)
        elif isinstance(token, Start):
            self._start(token)
        else:
            self._end(token.name)

    def _start(self, tag: Start) -> None:
        name = self.last = tag.name
        self.elements += 1
        self.attributes = max(self.attributes, tag.count)
        if name not in CHILDLESS:
            self.depth += 1
            self.deepest = max(self.deepest, self.depth)
        self.images += name in PICTURES
        self.links += name in ("a", "area") and "href" in tag.attributes
        self.templates += name == "template"
        self.pictures += name == "svg"
        self._facts(tag)
        self._break(name)
        if not self.templates and name in SHOWN_ATTRIBUTES:
            self._shown(tag)

    def _facts(self, tag: Start) -> None:
        if tag.name == "link" and "canonical" in tag.attributes.get("rel", "").lower().split():
            self.canonical = self.canonical or tag.attributes.get("href")
        elif tag.name == "html":
            self.language = self.language or tag.attributes.get("lang")

    def _shown(self, tag: Start) -> None:
        kind = tag.attributes.get("type", "text").strip().lower()
        if tag.name == "input" and kind in UNSEEN_INPUTS:
            return
        for attribute in SHOWN_ATTRIBUTES[tag.name]:
            if value := tag.attributes.get(attribute):
                self.pieces += [" ", _flat(value), " "]

    def _end(self, name: str) -> None:
        self.last = ""
        if name not in CHILDLESS:
            self.depth = max(0, self.depth - 1)
        if name == "template":
            self.templates = max(0, self.templates - 1)
        if name == "svg":
            self.pictures = max(0, self.pictures - 1)
        self._break(name)

    def _break(self, name: str) -> None:
        if name in BLOCKS:
            self.pieces.append("\n")
        elif name in CELLS:
            self.pieces.append("\t")

    def _text(self, token: Text) -> None:
        if token.raw or self.templates:
            return
        if self.last == "title" and self.title is None and not self.pictures:
            self.title = " ".join(token.text.split())
            return
        keep = self.last in ("pre", "textarea")
        self.pieces.append(token.text if keep else _flat(token.text))

    def result(self) -> Reading:
        """What the pass has found."""
        title = cleaned(self.title) if self.title else None
        body = tidied(cleaned("".join(self.pieces)))
        return Reading(
            text=f"{title}\n\n{body}" if title and body else title or body,
            title=title,
            images=self.images,
            links=self.links,
            elements=self.elements,
            depth=self.deepest,
            attributes=self.attributes,
            canonical=self.canonical,
            language=self.language,
        )


class _XmlReader(_Reader):
    """Every element on a line of its own; escaped or quoted HTML inside is read as such."""

    def _break(self, name: str) -> None:  # noqa: ARG002 - every name breaks the line
        self.pieces.append("\n")

    def _text(self, token: Text) -> None:
        if self.last == "title" and self.title is None:
            self.title = " ".join(token.text.split())
        if "<" in token.text and ">" in token.text:
            inner = read_html(token.text)
            self.images += inner.images
            self.links += inner.links
            self.pieces.append(inner.text)
        else:
            self.pieces.append(token.text)

    def result(self) -> Reading:
        found, self.title = self.title, None
        reading = super().result()
        return Reading(
            text=reading.text,
            title=cleaned(found) if found else None,
            images=reading.images,
            links=reading.links,
            elements=reading.elements,
            depth=reading.depth,
            attributes=reading.attributes,
            canonical=None,
            language=None,
        )


def _flat(text: str) -> str:
    return text.replace("\r", " ").replace("\n", " ").replace("\t", " ").replace("\x0c", " ")


def tidied(text: str) -> str:
    """The text with one space for many, a tab for a cell's edge, and no empty lines."""
    text = _INLINE_SPACE.sub(" ", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _LINE_ENDS.sub("\n", _TAB_RUN.sub("\t", text)).strip()
