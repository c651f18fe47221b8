"""What verification comes to: a verdict, and each problem as people and programs see it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Fault:
    """One problem as people and programs see it: a stable kind, the place, a sentence."""

    kind: str
    where: str
    says: str


@dataclass(slots=True)
class Verdict:
    """What verification came to. `waiting` ledger entries are not numbered yet: not a problem."""

    what: str
    records: int = 0
    bytes: int = 0
    captures: int = 0
    entries: int = 0
    waiting: int = 0
    problems: list[Fault] = field(default_factory=list)
    recorded: bool = True  # on the ledger: not for a lone WARC or a read-only medium

    @property
    def ok(self) -> bool:
        """Whether nothing was found wrong."""
        return not self.problems
