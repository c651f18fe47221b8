"""The fields of a query and the index fields behind each: one table that every engine reads."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from enum import StrEnum
from typing import Final

from search.errors import QueryError, shown


class Kind(StrEnum):
    """How a field's values are turned into tokens."""

    WORDS = "words"  # analysed text
    SELECTOR = "selector"  # one token a value, in the normal form of its kind
    MOMENT = "moment"  # an instant


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a query may name. `exact` and `stems` are index fields of the two forms.

    What is found in a field of weight 0 is found or not: it makes no hit better than another.
    """

    name: str
    kind: Kind
    exact: str
    stems: str | None = None
    weight: float = 1.0


def _whole(name: str, index_field: str | None = None) -> Field:
    """A field whose values are whole tokens."""
    return Field(name, Kind.SELECTOR, index_field or name, weight=0.0)


TEXT: Final = Field("text", Kind.WORDS, "text", "text_stem")
TITLE: Final = Field("title", Kind.WORDS, "title", "title_stem", weight=2.0)
URL: Final = Field("url", Kind.WORDS, "url")
CAPTURED: Final = Field("captured", Kind.MOMENT, "captured")

IDENTIFIER_KINDS: Final = ("email", "phone", "handle", "ip", "postcode")
QUERY_FIELDS: Final[dict[str, Field]] = {
    field.name: field
    for field in (
        TEXT,
        TITLE,
        URL,
        Field("person", Kind.WORDS, "person"),
        Field("org", Kind.WORDS, "org"),
        Field("place", Kind.WORDS, "place"),
        _whole("domain"),
        *map(_whole, IDENTIFIER_KINDS),
        _whole("identifier"),
        _whole("lang"),
        _whole("case", "case_name"),
        _whole("capture"),
        _whole("outcome"),
        _whole("status"),
        CAPTURED,
    )
}
DEFAULT_FIELDS: Final = (TEXT, TITLE, URL)


def searched(name: str | None) -> tuple[Field, ...]:
    """The fields that a leaf of a query looks in; `name` None stands for text, title and address.

    Raises `QueryError` for a field that does not exist.
    """
    return DEFAULT_FIELDS if name is None else (field_named(name),)


def field_named(name: str, column: int | None = None) -> Field:
    """The field called `name`. Raises `QueryError` that names the nearest one there is."""
    field = QUERY_FIELDS.get(name.lower())
    if field is not None:
        return field
    near = difflib.get_close_matches(name.lower()[:40], QUERY_FIELDS, n=1, cutoff=0.5)
    guess = f"Did you mean {near[0]}:? " if near else ""
    raise QueryError(
        f"there is no field {shown(name)}:",
        column=column,
        fix=f"{guess}Fields are {', '.join(QUERY_FIELDS)}; to search for the words themselves, "
        f'put them in quotes: "{shown(name)}:…"',
    )
