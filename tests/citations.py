"""Which requirement and which promise each test cites: `python tests/citations.py [--root DIR]`.

Reads the tables of docs/standards.md and docs/threat-model.md and the marks `standard` and
`promise` of every test, without importing any. Ends with 1 where a mark cites a number that no
table has, or where a requirement is said to be met, or a promise made, that no test cites.
"""

from __future__ import annotations

import argparse
import ast
import re
import sys
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
STATES = ("met", "in part", "not met", "later")
SHOWN = 3  # tests named for a number before the rest are counted
_NUMBER = re.compile(r"[A-Z]+-[0-9]+")


@dataclass(frozen=True, slots=True)
class Book:
    """A document of numbered lines: what marks cite it, and the states it says they are in."""

    mark: str
    path: str
    states: dict[str, str]  # by number; a promise is "met" by being made


@dataclass(frozen=True, slots=True)
class Citation:
    """A mark on a test, or on all tests of a class or file."""

    mark: str
    number: str
    where: str  # tests/cases/test_times.py::test_a_name


def table_rows(text: str) -> Iterator[list[str]]:
    """The cells of every table row whose first cell is a number such as CAP-3."""
    for line in text.splitlines():
        cells = [cell.strip() for cell in line.strip().strip("|").split("|")]
        if line.startswith("|") and _NUMBER.fullmatch(cells[0]):
            yield cells


def read_books(root: Path) -> list[Book]:
    """The two documents. Raises `ValueError` for a number given twice or a state that is none."""
    standards: dict[str, str] = {}
    for number, _, state, *_ in table_rows((root / "docs/standards.md").read_text()):
        if state not in STATES:
            raise ValueError(f"docs/standards.md: {number}: there is no state {state!r}")
        if number in standards:
            raise ValueError(f"docs/standards.md: {number} stands there twice")
        standards[number] = state
    promises = {row[0]: "met" for row in table_rows((root / "docs/threat-model.md").read_text())}
    return [
        Book("standard", "docs/standards.md", standards),
        Book("promise", "docs/threat-model.md", promises),
    ]


def citations_in(source: str, path: str) -> list[Citation]:
    """Every mark in a file. Raises `ValueError` for one whose number is not written out."""
    found: list[Citation] = []

    def walk(node: ast.AST, names: tuple[str, ...]) -> None:
        inside = names
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            inside = (*names, node.name)
        if isinstance(node, ast.Call) and (mark := _mark_of(node.func)) is not None:
            where = "::".join((path, *names))
            found.extend(Citation(mark, number, where) for number in _numbers(node, where))
        for child in ast.iter_child_nodes(node):
            walk(child, inside)

    walk(ast.parse(source), ())
    return found


def _mark_of(called: ast.expr) -> str | None:
    """`standard` for `pytest.mark.standard`."""
    if not isinstance(called, ast.Attribute) or called.attr not in ("standard", "promise"):
        return None
    holder = called.value
    return called.attr if isinstance(holder, ast.Attribute) and holder.attr == "mark" else None


def _numbers(call: ast.Call, where: str) -> list[str]:
    numbers = [arg.value for arg in call.args if isinstance(arg, ast.Constant)]
    texts = [number for number in numbers if isinstance(number, str)]
    if not texts or len(texts) != len(call.args) or call.keywords:
        raise ValueError(f"{where}: a mark must cite its numbers as plain texts")
    return texts


def all_citations(tests: Path) -> list[Citation]:
    """Every mark of every test file, in the order of the files."""
    found = []
    for path in sorted(tests.rglob("test_*.py")):
        name = path.relative_to(tests.parent).as_posix()
        found += citations_in(path.read_text(encoding="utf-8"), name)
    return found


def report(book: Book, citations: list[Citation]) -> tuple[list[str], list[str]]:
    """The lines about one document, and what is wrong."""
    by_number: dict[str, list[str]] = defaultdict(list)
    for citation in citations:
        if citation.mark == book.mark:
            by_number[citation.number].append(citation.where)
    lines = [f"{book.path}"]
    for number, state in book.states.items():
        tests = by_number.get(number, [])
        more = f" and {len(tests) - SHOWN} more" if len(tests) > SHOWN else ""
        lines.append(f"  {number:8} {state:8} {', '.join(tests[:SHOWN]) or '-'}{more}")
    uncited = [number for number in book.states if number not in by_number]
    lines.append(f"  cited by no test: {', '.join(uncited) or 'none'}")
    unknown = [
        f"{book.mark}({number!r}) is cited by {where}, but {book.path} has no such number"
        for number, wheres in by_number.items()
        if number not in book.states
        for where in wheres
    ]
    unproved = [
        f"{book.path} says that {number} holds, but no test cites it"
        for number in uncited
        if book.states[number] == "met"
    ]
    return lines, unknown + unproved


def main(arguments: list[str]) -> int:
    """Print the two lists; 1 where something is wrong, else 0."""
    parser = argparse.ArgumentParser(description="Which standard and promise each test cites.")
    parser.add_argument("--root", type=Path, default=ROOT, help="the repository")
    root: Path = parser.parse_args(arguments).root
    try:
        books, citations = read_books(root), all_citations(root / "tests")
    except (OSError, ValueError) as unreadable:
        print(f"citations: {unreadable}", file=sys.stderr)
        return 1
    faults: list[str] = []
    for book in books:
        lines, wrong = report(book, citations)
        print("\n".join(lines))
        faults += wrong
    for fault in faults:
        print(f"citations: {fault}", file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
