"""Writes docs/quality.md: `make quality`, or `python -m benchmarks.quality [SECTION…]`.

Each section is a module of this package with `section() -> str`, its markdown. A section that is
named is measured again; the others stay in the file as they were.
"""

from __future__ import annotations

import importlib
import re
import sys
from pathlib import Path

DOCUMENT = Path(__file__).parents[2] / "docs" / "quality.md"
SECTIONS = ("extraction", "names", "identifiers")
_HEAD = """# How well documents are read

Made by `make quality` from `../shared/corpora` and `../shared/ner`, which hold real pages and texts
that others marked; every figure is measured, none is typed in. One section again:
`python -m benchmarks.quality extraction`.
"""


def main(wanted: list[str]) -> int:
    """Measure the sections wanted, all where none is named; 2 for one that there is not."""
    known = [name for name in SECTIONS if (Path(__file__).parent / f"{name}.py").is_file()]
    if unknown := [name for name in wanted if name not in known]:
        print(f"There is no section {unknown[0]}: {', '.join(known)}", file=sys.stderr)
        return 2
    held = _sections(DOCUMENT.read_text("utf-8") if DOCUMENT.is_file() else "")
    for name in wanted or known:
        measured = importlib.import_module(f"benchmarks.quality.{name}").section()
        held[name] = measured.strip()
        print(measured, flush=True)
    parts = [f"<!-- {name} -->\n{held[name]}\n" for name in SECTIONS if name in held]
    DOCUMENT.write_text("\n".join([_HEAD, *parts]), "utf-8")
    return 0


def _sections(text: str) -> dict[str, str]:
    found = re.split(r"^<!-- (\w+) -->\n", text, flags=re.MULTILINE)
    return {name: body.strip() for name, body in zip(found[1::2], found[2::2], strict=True)}


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
