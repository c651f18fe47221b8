from __future__ import annotations

import importlib
import pkgutil
from collections import Counter
from collections.abc import Iterator
from types import ModuleType

import pytest

import cases
from cases.errors import (
    AuthorityError,
    CallerError,
    EvidenceError,
    LanternError,
    MachineError,
    RemoteError,
    UsageError,
)

FAMILIES = [CallerError, UsageError, AuthorityError, RemoteError, EvidenceError, MachineError]


def modules(room: ModuleType) -> Iterator[ModuleType]:
    for found in pkgutil.walk_packages(room.__path__, f"{room.__name__}."):
        if ".migrations" not in found.name:  # Alembic loads those itself
            yield importlib.import_module(found.name)


def errors_of(room: ModuleType) -> list[type[LanternError]]:
    return [
        thing
        for module in modules(room)
        for thing in vars(module).values()
        if isinstance(thing, type)
        and issubclass(thing, LanternError)
        and thing.__module__ == module.__name__
    ]


def test_an_error_carries_its_line_and_its_facts() -> None:
    error = AuthorityError("Renew it.", url="https://example.test/", size=3, until=None)
    assert str(error) == error.says == "Renew it."
    assert error.facts == {"url": "https://example.test/", "size": 3, "until": None}


@pytest.mark.parametrize("family", FAMILIES)
def test_wrong_words_exit_with_two_and_all_else_with_one(family: type[LanternError]) -> None:
    assert family("…").exit_code == (2 if issubclass(family, UsageError) else 1)


def test_every_error_has_a_kind_of_its_own_and_a_docstring() -> None:
    found = errors_of(cases)
    assert len(found) > 20
    assert [error.__name__ for error in found if "kind" not in vars(error)] == []
    assert [error.__name__ for error in found if not error.__doc__] == []
    kinds = Counter(error.kind for error in found)
    assert [kind for kind, times in kinds.items() if times > 1] == []


def test_every_error_belongs_to_the_family_of_who_must_act() -> None:
    strays = [
        e for e in errors_of(cases) if not issubclass(e, tuple(FAMILIES)) and e is not LanternError
    ]
    assert strays == []
