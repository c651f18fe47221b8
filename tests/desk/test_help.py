from __future__ import annotations

import inspect
import shlex
import subprocess
import sys
from pathlib import Path

import click
import pytest

from desk.cli import VERBS, lantern
from desk.manual import commands, manual

ROOT = Path(__file__).resolve().parents[2]
ALL = dict(commands())


def example_of(command: click.Command) -> list[str]:
    """The lines of a command's worked example, continued lines joined."""
    _, mark, example = inspect.cleandoc(command.help or "").partition("\b\nExample:")
    assert mark
    return [line.strip() for line in example.replace("\\\n", " ").splitlines() if line.strip()]


@pytest.mark.parametrize("path", ALL)
def test_every_command_has_help_with_a_worked_example_that_it_accepts(path: str) -> None:
    lines = example_of(ALL[path])
    assert lines
    for line in lines:
        words = shlex.split(line.partition(" > ")[0])
        assert words[0] == "lantern"
        command: click.Command = lantern
        rest = words[1:]
        while isinstance(command, click.Group):
            context = click.Context(command)
            found = command.get_command(context, rest[0])
            assert found is not None, line
            command, rest = found, rest[1:]
        parsed = command.make_context(words[1], list(rest), resilient_parsing=False)
        assert parsed.params is not None


def test_the_manual_is_what_the_commands_say() -> None:
    assert (ROOT / "docs" / "commands.md").read_text(encoding="utf-8") == manual()


def test_every_verb_has_its_line_in_the_list() -> None:
    top = {path.removeprefix("lantern ") for path in ALL if path.count(" ") == 1}
    assert top == set(VERBS)


def test_the_verbs_are_all_there_and_none_besides() -> None:
    named = (
        "init person case use note authority collect job capture work read search search-log saved "
        "show history confidential entity crossover watch alerts exhibit export gate picture "
        "reveal desk verify ledger status doctor"
    )
    assert set(VERBS) == set(named.split())


@pytest.mark.parametrize("path", ALL)
def test_every_verb_takes_the_same_four_options(path: str) -> None:
    command = ALL[path]
    if isinstance(command, click.Group):
        return
    taken = {option for parameter in command.params for option in parameter.opts}
    assert {"--vault", "--operator", "--keys", "--json"} <= taken


@pytest.mark.parametrize("verbs", ["casework", "authority", "ledger"])
def test_verbs_that_read_no_text_load_no_room_that_does(verbs: str) -> None:
    code = (
        f"import sys, desk.verbs.{verbs}\n"
        "print(*{'numpy', 'spacy', 'tantivy', 'enrich', 'search'} & set(sys.modules))"
    )
    loaded = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, cwd=ROOT)
    assert loaded.stdout.split() == [], loaded.stderr
