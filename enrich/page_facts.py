"""What a page holds beside its text: links, tables, words given for pictures, what its head says.

Collected in the same pass over its tokens as the text is (`enrich.markup`), so nothing here builds
a tree, and each list ends at a bound.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from urllib.parse import urljoin

from enrich.decoding import cleaned
from enrich.documents import Link
from enrich.tokens import End, Start, Text

MOST_LINKS = 5_000
MOST_ALTS = 2_000
MOST_TABLES = 500
MOST_TABLE_CHARACTERS = 1_000_000  # of all tables together
MOST_METAS = 100
LONGEST_ADDRESS = 2_000
LONGEST_WORDS = 500  # of an anchor, of an alternative text, of a value in the head
DEEPEST_TABLE = 50
_OPENERS = {"a": "href", "area": "href", "iframe": "src", "frame": "src"}
_NO_ADDRESS = ("javascript:", "data:", "blob:", "about:", "#")
_LEADING = re.compile(r"^[\x00-\x20]+|[\x00-\x20]+$|[\t\n\r]")  # WHATWG URL, 4.4, steps 1 and 3
_OF_THE_BROWSER = re.compile(
    r"viewport|theme-color|color-scheme|csrf|referrer|robots|googlebot|format-detection|"
    r"(?:apple|msapplication|mobile-web-app|x-ua|content-type|handheld)",
    re.IGNORECASE,
)


@dataclass(slots=True)
class _Table:
    """A table that is being read; `rows` of cells, each a list of pieces."""

    rows: list[list[list[str]]] = field(default_factory=list)
    holds_another: bool = False


class PageFacts:
    """One pass over a page's tokens; ask for its lists when it is done."""

    def __init__(self, url: str | None) -> None:
        self.base = url or ""
        self.based = False
        self.metas: list[tuple[str, str]] = []
        self.item_scopes = self.item_properties = self.item_references = 0
        self.longest_script = self.scripts = 0  # of JSON-LD
        self._links: list[tuple[str, list[str]]] = []
        self._anchor: list[str] | None = None
        self._alts: dict[str, None] = {}
        self._tables: list[_Table] = []
        self._done: list[str] = []
        self._left = MOST_TABLE_CHARACTERS
        self._json = False

    def meet(self, token: Start | End | Text) -> None:
        """Take one token into account."""
        if isinstance(token, Text):
            self._text(token)
        elif isinstance(token, Start):
            self._start(token)
        elif token.name == "a":
            self._anchor = None
        elif token.name == "table" and self._tables:
            self._close(self._tables.pop())

    def links(self) -> tuple[Link, ...]:
        """The page's links with the words that they stand on, each pair once, absolute."""
        found: dict[Link, None] = {}
        for address, words in self._links:
            if resolved := self._resolved(address):
                found[Link(resolved, _words(" ".join(words)))] = None
        return tuple(found)

    def alts(self) -> tuple[str, ...]:
        """The words given for pictures, each once."""
        return tuple(self._alts)

    def tables(self) -> tuple[str, ...]:
        """Tables of at least two rows and two columns: a line to a row, tabs between cells."""
        while self._tables:
            self._close(self._tables.pop())
        return tuple(self._done)

    def _start(self, tag: Start) -> None:
        name, attributes = tag.name, tag.attributes
        self._json = False
        if name in _OPENERS:
            self._link(tag)
        elif name in ("img", "input"):
            self._picture(attributes)
        elif name in ("table", "tr", "td", "th"):
            self._table(name)
        elif name == "meta":
            self._meta(attributes)
        elif name == "base" and not self.based and attributes.get("href"):
            self.base, self.based = self._resolved(attributes["href"]) or self.base, True
        elif name == "script":
            self._json = attributes.get("type", "").strip().lower() == "application/ld+json"
        if "itemscope" in attributes or "itemprop" in attributes:
            self.item_scopes += "itemscope" in attributes
            self.item_properties += "itemprop" in attributes
            self.item_references += "itemref" in attributes

    def _text(self, token: Text) -> None:
        if token.raw:
            if self._json:
                self.scripts += 1
                self.longest_script = max(self.longest_script, len(token.text))
            return
        if self._anchor is not None:
            self._anchor.append(token.text)
        if self._tables and self._tables[-1].rows and self._tables[-1].rows[-1]:
            self._tables[-1].rows[-1][-1].append(token.text)

    def _link(self, tag: Start) -> None:
        self._anchor = None
        address = tag.attributes.get(_OPENERS[tag.name], "")
        if address and len(address) <= LONGEST_ADDRESS and len(self._links) < MOST_LINKS:
            words = [tag.attributes.get("alt" if tag.name == "area" else "title", "")]
            self._links.append((address, words if tag.name != "a" else []))
            if tag.name == "a":
                self._anchor = self._links[-1][1]

    def _picture(self, attributes: dict[str, str]) -> None:
        words = [_words(attributes[name]) for name in ("alt", "title") if attributes.get(name)]
        for each in filter(None, words):
            if len(self._alts) < MOST_ALTS:
                self._alts[each] = None
        if words and self._anchor is not None:
            self._anchor.append(f" {words[0]} ")

    def _table(self, name: str) -> None:
        if name == "table":
            if self._tables:
                self._tables[-1].holds_another = True
            if len(self._tables) < DEEPEST_TABLE:
                self._tables.append(_Table())
        elif self._tables and name == "tr":
            self._tables[-1].rows.append([])
        elif self._tables and self._tables[-1].rows:
            self._tables[-1].rows[-1].append([])

    def _close(self, table: _Table) -> None:
        if table.holds_another or len(self._done) >= MOST_TABLES:
            return  # a table of tables lays a page out
        rows = [[" ".join("".join(cell).split()) for cell in row] for row in table.rows if row]
        rows = [row for row in rows if any(row)]
        if len(rows) < 2 or max(map(len, rows)) < 2:
            return
        text = cleaned("\n".join("\t".join(row) for row in rows))[: self._left]
        self._left -= len(text)
        if text:
            self._done.append(text)

    def _meta(self, attributes: dict[str, str]) -> None:
        name = (attributes.get("name") or attributes.get("property") or "").strip()
        value = attributes.get("content", "")
        if name and value and len(self.metas) < MOST_METAS and not _OF_THE_BROWSER.match(name):
            self.metas.append((cleaned(name[:100]), _words(value)))

    def _resolved(self, address: str) -> str | None:
        """The address made absolute; None where it leads nowhere that could be fetched or told."""
        address = _LEADING.sub("", address)
        if not address or address.lower().startswith(_NO_ADDRESS):
            return None
        if address.startswith(("https://", "http://")):  # to join is slow, and most are whole
            return cleaned(address)
        try:
            resolved = urljoin(self.base, address)
        except ValueError:
            return cleaned(address)  # as it stands: it is written there, whatever it may mean
        return cleaned(resolved)[:LONGEST_ADDRESS]


def _words(text: str) -> str:
    return " ".join(cleaned(text[: LONGEST_WORDS * 4]).split())[:LONGEST_WORDS]
