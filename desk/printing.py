"""What a verb prints: short aligned text for people, or one JSON document for programs."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from cases.errors import LanternError
from gate.text import fold_line

Document = Mapping[str, Any]


def print_json(document: Document) -> None:
    """One JSON document on standard output and nothing else."""
    json.dump(document, sys.stdout, ensure_ascii=True, indent=2)
    sys.stdout.write("\n")
    sys.stdout.flush()


def say(text: str = "") -> None:
    """A line for a person."""
    sys.stdout.write(text + "\n")


def note(text: str) -> None:
    """A line on standard error: progress and warnings, never results."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> None:
    """Rows under heads, aligned. Every cell is made safe to print."""
    cells = [[fold_line("" if cell is None else str(cell)) for cell in row] for row in rows]
    widths = [
        max([len(head), *(len(row[column]) for row in cells)]) for column, head in enumerate(heads)
    ]
    for line in ([*heads], *cells):
        padded = [cell.ljust(width) for cell, width in zip(line, widths, strict=True)]
        say("  ".join(padded).rstrip())


def print_error(error: LanternError, *, as_json: bool) -> None:
    """One clear line on standard error; with `--json`, the same facts as one document on stdout."""
    note(f"lantern: {fold_line(error.says)}")
    if as_json:
        print_json({"error": {"kind": error.kind, "says": error.says, **error.facts}})
