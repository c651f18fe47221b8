"""What can go wrong in a search, told to the person who typed it or who runs the machine."""

from __future__ import annotations

from collections.abc import Mapping
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

    def __init__(self, folder: Path | str, why: str, detail: str) -> None:
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


class EngineUnavailable(SearchIndexError):
    """The search engine on another machine cannot be used just now: what is due waits for it."""

    kind: ClassVar[str] = "engine-unavailable"

    def __init__(self, address: str, state: str, fix: str) -> None:
        super().__init__(
            f"Elasticsearch at {address} {state}. Nothing collected is lost. {fix}; what waits is "
            "then indexed by: lantern work",
            address=address,
        )


class EngineUnreachable(EngineUnavailable):
    """Nothing answers at the address, or nothing that may be trusted."""

    kind: ClassVar[str] = "engine-unreachable"

    def __init__(self, address: str, why: str, fix: str = "") -> None:
        mend = fix or "Start it, or mend [search] address in lantern.toml"
        super().__init__(address, f"cannot be reached: {why}", mend)


class EngineRefuses(EngineUnavailable):
    """It answers, and will not do what is asked of it."""

    kind: ClassVar[str] = "engine-refuses"

    def __init__(self, address: str, why: str) -> None:
        mend = "Look to [search] in lantern.toml and to its API key (docs/search-engines.md)"
        super().__init__(address, f"refuses: {why}", mend)


class EngineBusy(EngineUnavailable):
    """It has too much to do, or is just starting."""

    kind: ClassVar[str] = "engine-busy"

    def __init__(self, address: str, why: str) -> None:
        super().__init__(address, f"is not ready: {why}", "Try again when it is")


class EngineFull(EngineUnavailable):
    """Its disk is full: it takes no writes."""

    kind: ClassVar[str] = "engine-full"

    def __init__(self, address: str, why: str) -> None:
        super().__init__(address, f"takes no writes: {why}", "Free space on its disk")


class DocumentsRefused(SearchIndexError):
    """The engine took all but these documents, each for a reason of its own."""

    kind: ClassVar[str] = "documents-refused"

    def __init__(self, reasons: Mapping[str, str]) -> None:
        first = next(iter(reasons))
        super().__init__(
            f"{len(reasons)} captures could not be indexed, {first} among them: {reasons[first]}",
            captures=len(reasons),
        )
        self.reasons = dict(reasons)
