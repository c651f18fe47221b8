"""A command's time at work on a vault: opened for a person, swept of dead jobs, sequenced at the
end.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cases.times import Clock, system_clock
from cases.vault import find_vault
from evidence.acting import Acting, open_acting
from jobs.sweeping import sweep_dead_jobs

__all__ = ["Acting", "Named", "at_work"]


@dataclass(frozen=True, slots=True)
class Named:
    """What the command and the environment name: vault, operator, keys folder."""

    environment: Mapping[str, str]
    here: Path
    vault: str | None = None
    operator: str | None = None
    keys: Path | None = None


@contextmanager
def at_work(named: Named, clock: Clock = system_clock) -> Iterator[Acting]:
    """Open the vault for the acting person; jobs whose process died are closed and swept first.

    What the command put on the ledger is sequenced before it returns, also where it fails: a
    refusal is on record too. Raises as `find_vault` and `open_acting` do.
    """
    vault = find_vault(named.vault, named.environment, named.here)
    with open_acting(
        vault, named.operator, keys=named.keys, environment=named.environment, clock=clock
    ) as acting:
        sweep_dead_jobs(acting)
        try:
            yield acting
        finally:
            acting.sequence()
