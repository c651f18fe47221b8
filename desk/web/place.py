"""Where the desk stands: which vault, which keys, under which names it may be asked for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from jobs.workplace import Acting, Named, at_work


@dataclass(frozen=True, slots=True)
class DeskPlace:
    """The vault that the desk serves. `keeper` is the code of whoever runs it: refused sign-ins are
    recorded under it. `hosts` are the values of Host that are answered.
    """

    vault: Path
    keys: Path | None
    keeper: str
    hosts: frozenset[str]
    environment: Mapping[str, str] = field(default_factory=dict)

    @contextmanager
    def acting(self, code: str) -> Iterator[Acting]:
        """The vault, open for one request of the person of that code; sequenced at its end."""
        named = Named(self.environment, self.vault, str(self.vault), code, self.keys)
        with at_work(named) as acting:
            yield acting


def hosts_for(host: str, port: int) -> frozenset[str]:
    """The names under which the desk is asked for: those of loopback, and the one it was given."""
    names = {"127.0.0.1", "localhost", "[::1]", f"[{host}]" if ":" in host else host}
    return frozenset(f"{name}:{port}" for name in names)
