"""What can go wrong in a search, told to the person who typed it or who runs the machine."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar, Final

from cases.errors import CallerError, MachineError

SHOWN_CHARACTERS: Final = 60


def shown(typed: str) -> str:
    """What was typed as a message may repeat it: short, on one line, no controls."""
    printable = "".join(each if each.isprintable() else "\ufffd" for each in typed)
    return printable if len(printable) <= SHOWN_CHARACTERS else f"{printable[:SHOWN_CHARACTERS]}…"


class QueryError(CallerError):
    """The query cannot be understood. Says what is wrong, at which column, and what to type."""

    kind: ClassVar[str] = "query"

    def __init__(self, says: str, *, column: int | None = None, fix: str) -> None:
        where = "" if column is None else f" at column {column}"
        super().__init__(f"The query is wrong{where}: {says}. {fix}", column=column, fix=fix)
        self.column = column
        self.fix = fix


class SearchIndexError(MachineError):
    """The index on this machine cannot be used as it is. The evidence is untouched."""

    kind: ClassVar[str] = "search-index"


class IndexNeedsRebuild(SearchIndexError):
    """The index is missing, damaged or made by another version: rebuild it from the evidence.

    `why` is `missing`, `damaged` or `other-version`.
    """

    kind: ClassVar[str] = "index-rebuild"

    def __init__(self, folder: Path, why: str, detail: str) -> None:
        super().__init__(
            f"The search index at {folder} must be rebuilt: {detail}. "
            "The evidence is untouched; run: lantern work",
            folder=str(folder),
            why=why,
        )
        self.folder = folder
        self.why = why


class IndexBusy(SearchIndexError):
    """Another program writes the index and did not finish within the time allowed."""

    kind: ClassVar[str] = "index-busy"

    def __init__(self, folder: Path, waited_s: float) -> None:
        super().__init__(
            f"The search index at {folder} is being written by another program, which did not "
            f"finish within {waited_s:g} seconds. Nothing was changed; try again when it is done.",
            folder=str(folder),
        )


class IndexUnwritable(SearchIndexError):
    """The machine would not let the index be written: no space, no permission."""

    kind: ClassVar[str] = "index-unwritable"

    def __init__(self, folder: Path, detail: str) -> None:
        super().__init__(
            f"The search index at {folder} cannot be written: {detail}. Nothing collected is "
            "lost; free space or mend the permissions, then run: lantern work",
            folder=str(folder),
        )
