"""The options that every verb takes, and the desk that they set up."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import wraps
from pathlib import Path
from typing import Any

import click

from desk.printing import Document, note, print_json
from jobs.casework import chosen_case
from jobs.workplace import Acting, Named, at_work


@dataclass(slots=True)
class Desk:
    """One command's desk: who works, where, and how the answer is printed."""

    named: Named
    as_json: bool

    @contextmanager
    def work(self) -> Iterator[Acting]:
        """The vault, open for the acting person."""
        with at_work(self.named) as acting:
            if acting.signer is None:
                where = acting.keys.folder
                note(
                    f"lantern: the key of {acting.person.code} is not at {where}: what you do is "
                    "recorded as asserted, not signed. Name --keys DIR or LANTERN_KEYS."
                )
            yield acting

    def case(self, acting: Acting, named: str | None) -> str:
        """The reference of the case meant."""
        return chosen_case(acting, named, self.named.environment.get("LANTERN_CASE"))

    def answer(self, document: Document, for_people: Callable[[], None]) -> None:
        """Print the document with `--json`, else what people read."""
        if self.as_json:
            print_json(document)
        else:
            for_people()


def desk_options(verb: Callable[..., Any]) -> Callable[..., Any]:
    """Give a verb `--vault`, `--operator`, `--keys`, `--json`; it is called with a `Desk` first."""

    @click.option("--vault", metavar="DIR", help="The vault (else LANTERN_VAULT, else upward).")
    @click.option("--operator", metavar="CODE", help="Who acts (else LANTERN_OPERATOR).")
    @click.option(
        "--keys",
        metavar="DIR",
        type=click.Path(path_type=Path),
        help="Where keys lie (else LANTERN_KEYS).",
    )
    @click.option("--json", "as_json", is_flag=True, help="One JSON document on stdout.")
    @wraps(verb)
    def with_desk(
        vault: str | None,
        operator: str | None,
        keys: Path | None,
        as_json: bool,
        **rest: Any,
    ) -> Any:
        return verb(Desk(Named(os.environ, Path.cwd(), vault, operator, keys), as_json), **rest)

    return with_desk


case_option = click.option("--case", metavar="CASE", help="The case (else LANTERN_CASE, else use).")
