"""The training texts as spaCy examples: which are read, how tokens and spans meet."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from spacy.language import Language
from spacy.tokens import Span
from spacy.training import Example

LABELS = ("PERSON", "ORG", "LOC")


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


def example_of(nlp: Language, marked: MarkedText, labels: Iterable[str] = LABELS) -> Example:
    """The text as a training example for `labels`.

    A span whose ends fall inside tokens leaves those tokens unmarked (spaCy's "-"): they teach
    nothing, rather than that no name is there. So does a common noun ("the rebels"), which one
    source marks and the others do not.
    """
    wanted = set(labels)
    predicted = nlp.make_doc(marked.text)
    reference = nlp.make_doc(marked.text)
    entities: list[Span] = []
    missing: list[Span] = []
    taken: set[int] = set()
    for start, end, label in marked.spans:
        if label not in wanted:
            continue
        span = reference.char_span(start, end, label=label)
        if span is None or _names_nothing(marked, span.text):
            span = reference.char_span(start, end, alignment_mode="expand")
            target = missing
        else:
            target = entities
        if span is not None and taken.isdisjoint(range(span.start, span.end)):
            taken.update(range(span.start, span.end))
            target.append(span)
    reference.set_ents(entities, missing=missing, default="outside")
    return Example(predicted, reference)


def _names_nothing(marked: MarkedText, name: str) -> bool:
    """Whether a mark of the re3d source stands on a common noun: it holds no capital letter."""
    return marked.source.startswith("re3d") and name == name.lower()
