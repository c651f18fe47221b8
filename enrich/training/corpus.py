"""The training texts: how they are read, and which of their marks name nothing."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

LABELS = ("PERSON", "ORG", "LOC")
# all that some source marks: taught so that a product is not taken for a body, and then left unsaid
TAUGHT = (
    *LABELS,
    *("MISC", "WORK", "PRODUCT", "NORP", "DATE", "MONEY", "QUANTITY"),
    *("WEAPON", "VEHICLE", "DOCREF", "IDENTIFIER"),
)


@dataclass(frozen=True, slots=True)
class MarkedText:
    """A text and the names marked in it: `spans` are (start, end, label), character offsets."""

    text: str
    spans: tuple[tuple[int, int, str], ...]
    source: str
    annotates: frozenset[str]


def read_texts(path: Path) -> Iterator[MarkedText]:
    """The texts of one `.jsonl.gz` file, in its order."""
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for line in file:
            row = json.loads(line)
            yield MarkedText(
                text=row["text"],
                spans=tuple((start, end, label) for start, end, label in row["spans"]),
                source=row["source"],
                annotates=frozenset(row["annotates"]),
            )


def names_nothing(marked: MarkedText, name: str) -> bool:
    """Whether a mark of the re3d source stands on a common noun: it holds no capital letter."""
    return marked.source.startswith("re3d") and name == name.lower()
