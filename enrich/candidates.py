"""Names and identifiers of some captures, counted: what a person is asked to decide on.

They stay in `derived.db`. Whoever asks says of which captures, and that is all they are told of.
"""

from __future__ import annotations

import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Select, Table, func, select, text, union_all
from sqlalchemy.sql import ColumnElement

from enrich.derived import DerivedStore, identifiers, mentions

MOST_NAMES = (
    200_000  # that one answer holds, those in most captures first; more are said to be left
)

MASKED = ("card",)  # kept without their middle: two that look alike need not be one


@dataclass(frozen=True, slots=True)
class FoundName:
    """A name as it is spelt, or an identifier's normal form: in how many captures, and the first
    of them by id.
    """

    label: str
    text: str
    captures: int
    first: str


def names_found(
    store: DerivedStore, captures: Collection[str], label: str | None = None
) -> list[FoundName]:
    """The names and identifiers of those captures, most captures first, then by text; at most
    `MOST_NAMES`.
    """
    store.commit()
    both = union_all(
        _counted(mentions, mentions.c.label, mentions.c.text, label),
        _counted(identifiers, identifiers.c.kind, identifiers.c.value, label),
    ).subquery()
    query = select(both).order_by(both.c.captures.desc(), both.c.text).limit(MOST_NAMES)
    with store.reading() as connection:
        rows = connection.execute(query, {"among": json.dumps(sorted(captures))})
        return [FoundName(*row) for row in rows]


def captures_with(
    store: DerivedStore, captures: Collection[str], label: str, texts: Sequence[str], most: int
) -> list[str]:
    """Those of the captures, by id, in which one of the texts was found under the label."""
    store.commit()
    found: set[str] = set()
    with store.reading() as connection:
        for table, kind, words in (
            (mentions, mentions.c.label, mentions.c.text),
            (identifiers, identifiers.c.kind, identifiers.c.value),
        ):
            query = (
                select(table.c.capture)
                .distinct()
                .where(words.in_(texts), kind == label, _among(table))
                .order_by(table.c.capture)
                .limit(most)
            )
            rows = connection.execute(query, {"among": json.dumps(sorted(captures))})
            found.update(rows.scalars())
    return sorted(found)[:most]


def _counted(
    table: Table, kind: ColumnElement[Any], words: ColumnElement[Any], label: str | None
) -> Select[Any]:
    query = (
        select(
            kind.label("label"),
            words.label("text"),
            func.count(table.c.capture.distinct()).label("captures"),
            func.min(table.c.capture).label("first"),
        )
        .where(_among(table))
        .group_by(kind, words)
    )
    return query if label is None else query.where(kind == label)


def _among(table: Table) -> ColumnElement[bool]:
    # One parameter, however many captures: SQLite bounds their number, not their length
    return table.c.capture.in_(text("SELECT value FROM json_each(:among)"))


def shared_identifiers(
    store: DerivedStore, here: Collection[str], there: Collection[str], most: int
) -> list[tuple[str, str, int, int]]:
    """The identifiers (kind, value) that lie in captures of both lists, and in how many of each;
    the rarest first, at most `most`.
    """
    store.commit()
    one, other = (
        select(
            identifiers.c.kind,
            identifiers.c.value,
            func.count(identifiers.c.capture.distinct()).label("captures"),
        )
        .where(identifiers.c.capture.in_(listed), identifiers.c.kind.not_in(MASKED))
        .group_by(identifiers.c.kind, identifiers.c.value)
        .subquery()
        for listed in (
            text("SELECT value FROM json_each(:here)"),
            text("SELECT value FROM json_each(:there)"),
        )
    )
    query = (
        select(one.c.kind, one.c.value, one.c.captures, other.c.captures)
        .join(other, (one.c.kind == other.c.kind) & (one.c.value == other.c.value))
        .order_by(one.c.captures + other.c.captures, one.c.kind, one.c.value)
        .limit(most)
    )
    among = {"here": json.dumps(sorted(here)), "there": json.dumps(sorted(there))}
    with store.reading() as connection:
        rows = connection.execute(query, among)
        return [(kind, value, count, others) for kind, value, count, others in rows]
