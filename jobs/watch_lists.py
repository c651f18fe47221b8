"""A list of identifiers and terms, pasted or in a file, to what a watch looks for.

Text is one item a line, `#` begins a remark; a file whose first line names a column `value` is CSV,
with `field` or `kind` beside it. An item is `field:value`, an identifier that the checked parsers
know (it is found however it was written), or words of a page. What cannot be an item is refused
with its row and a reason; the rest is taken.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from cases.errors import CallerError
from cases.watchlists import WatchedValue
from enrich import Enrichment
from enrich.identifiers import KINDS, find_identifiers, normal_form
from search import Identifier, Tree
from search.analysis import analyse
from search.document import found_as
from search.fields import IDENTIFIER_FIELDS, NAMES, Field, Kind
from search.selectors import selector_form
from search.tree import Or, Phrase

MAX_LIST_BYTES: Final = 16 * 2**20
MAX_ITEMS: Final = 50_000
MAX_VALUE: Final = 300  # characters
MAX_PHRASES: Final = 2_000  # items of several words: each is a question of its own to the index


class ListUnreadable(CallerError):
    """The list's file cannot be read, or holds nothing to watch for."""

    kind = "list-unreadable"


@dataclass(frozen=True, slots=True)
class RefusedItem:
    """A row that is no item, and why."""

    number: int
    why: str


@dataclass(frozen=True, slots=True)
class WatchList:
    """A list as read."""

    items: tuple[WatchedValue, ...]
    duplicates: int
    refused: tuple[RefusedItem, ...]


def read_watchlist(path: Path) -> WatchList:
    """The list in a file. Raises `ListUnreadable`."""
    try:
        with path.open("rb") as file:
            raw = file.read(MAX_LIST_BYTES + 1)
    except OSError as fault:
        raise ListUnreadable(f"The list {path} cannot be read: {fault.strerror}.") from None
    if len(raw) > MAX_LIST_BYTES:
        raise ListUnreadable(f"The list {path} is larger than 16 MiB. Split it.")
    try:
        text = raw.decode("utf-16" if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else "utf-8-sig")
    except UnicodeDecodeError:
        raise ListUnreadable(f"The list {path} is not text in UTF-8. Save it so.") from None
    return watchlist(text)


def watchlist(text: str) -> WatchList:
    """The list in a text. Raises `ListUnreadable` where it holds no item, or too many."""
    if len(text) > MAX_LIST_BYTES:
        raise ListUnreadable("The list is longer than 16 million characters. Split it.")
    seen: dict[tuple[str, str], WatchedValue] = {}
    refused: list[RefusedItem] = []
    duplicates = phrases = 0
    for number, field, written in _rows(text):
        found = _item(number, field, written)
        if isinstance(found, RefusedItem):
            refused.append(found)
        elif (found.field, found.value) in seen:
            duplicates += 1
        elif len(seen) == MAX_ITEMS:
            raise ListUnreadable(f"The list has more than {MAX_ITEMS:,} items. Split it.")
        else:
            phrases += _several(found)
            if phrases > MAX_PHRASES:
                raise ListUnreadable(
                    f"The list has more than {MAX_PHRASES:,} items of several words. Split it."
                )
            seen[(found.field, found.value)] = found
    if not seen:
        why = f" Row {refused[0].number}: {refused[0].why}." if refused else ""
        raise ListUnreadable(f"The list holds nothing to watch for.{why}")
    return WatchList(tuple(seen.values()), duplicates, tuple(refused))


def list_tree(items: Sequence[WatchedValue]) -> Tree:
    """The query that finds any of the items."""
    parts = tuple(Phrase(item.value, item.field or None) for item in items)
    return parts[0] if len(parts) == 1 else Or(parts)


def rows_held(items: Iterable[WatchedValue], enrichment: Enrichment) -> tuple[int, ...]:
    """The rows of the list that stand among a capture's identifiers, or as words in its text.

    What was found elsewhere (an address, a name, a picture's words) is told without its row.
    """
    known = {
        each for one in enrichment.identifiers for each in found_as(Identifier(one.kind, one.value))
    }
    kinds = {field.name: kind for kind, field in IDENTIFIER_FIELDS.items()}
    whole = analyse(enrichment.texts.whole).exact
    words = frozenset(whole)
    row = f" {' '.join(whole)} "
    return tuple(
        item.number
        for item in items
        if (
            (kinds[item.field], selector_form(item.field, item.value)) in known
            if item.field in kinds
            else not item.field and _stands(analyse(item.value).exact, words, row)
        )
    )


def _stands(tokens: tuple[str, ...], words: frozenset[str], row: str) -> bool:
    return words.issuperset(tokens) and (len(tokens) == 1 or f" {' '.join(tokens)} " in row)


def _several(item: WatchedValue) -> bool:
    field = NAMES.get(item.field)
    worded = field is None or field.kind is Kind.WORDS
    return worded and len(analyse(item.value).exact) > 1


def _rows(text: str) -> Iterator[tuple[int, str, str]]:
    """Each row that holds anything: its number in the file, its field or nothing, its value."""
    lines = text.splitlines()
    heads = [head.strip().lower() for head in lines[0].split(",")] if lines else []
    if "value" not in heads:
        for number, line in enumerate(lines, start=1):
            if (item := line.strip()) and not item.startswith("#"):
                yield number, "", item
        return
    reader = csv.reader(io.StringIO(text, newline=""))
    place = heads.index("value")
    named = next((heads.index(head) for head in ("field", "kind") if head in heads), None)
    try:
        next(reader)
        for cells in reader:
            value = cells[place].strip() if place < len(cells) else ""
            field = cells[named].strip() if named is not None and named < len(cells) else ""
            if any(cell.strip() for cell in cells):
                yield reader.line_num, field, value
    except csv.Error as fault:
        raise ListUnreadable(f"Row {reader.line_num} of the list is no CSV: {fault}.") from None


def _item(number: int, named: str, written: str) -> WatchedValue | RefusedItem:
    if not written or len(written) > MAX_VALUE or not written.isprintable():
        short = f"a value is 1 to {MAX_VALUE} characters that can be printed"
        return RefusedItem(number, short)
    name, colon, rest = written.partition(":")
    if not named and colon and name.lower() in NAMES and rest and not rest.startswith("//"):
        named, written = name, rest.strip().strip('"')
    if named:
        field = NAMES.get(named.lower())
        return _of_field(number, field, written) if field else _no_field(number, named)
    whole = [one for one in find_identifiers(written) if one.original.strip() == written]
    for kind in (one.kind for one in whole if one.kind in IDENTIFIER_FIELDS):
        return _of_field(number, IDENTIFIER_FIELDS[kind], written)
    if not len(analyse(written)):
        return RefusedItem(number, "it has no letter or digit to look for")
    return WatchedValue(number, "", written)


def _no_field(number: int, named: str) -> RefusedItem:
    return RefusedItem(number, f"there is no field {named[:20]!r}")


def _of_field(number: int, field: Field, written: str) -> WatchedValue | RefusedItem:
    if field.kind not in (Kind.WORDS, Kind.SELECTOR):
        return RefusedItem(number, f"{field.name}: takes no list; write it as a query")
    kinds = [kind for kind, of in IDENTIFIER_FIELDS.items() if of is field and kind in KINDS]
    value = normal_form(kinds[0], written) if kinds else written
    if value is None:
        return RefusedItem(number, f"it is no {field.name} by its own check")
    empty = not selector_form(field.name, value) if field.kind is Kind.SELECTOR else False
    if empty or (field.kind is Kind.WORDS and not len(analyse(value))):
        return RefusedItem(number, "it has no letter or digit to look for")
    return WatchedValue(number, field.name, value)


__all__ = ["WatchList", "list_tree", "read_watchlist", "rows_held", "watchlist"]
