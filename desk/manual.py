"""The manual of the command line, made from the commands' own help: docs/commands.md.

`python -m desk.manual > docs/commands.md` writes it; a test compares.
"""

from __future__ import annotations

import inspect
import sys
from collections.abc import Iterator

import click

from desk.cli import lantern

HEAD = """# Commands

Made from the commands' own help by `python -m desk.manual`; a test keeps it true. Every verb also
takes `--vault DIR`, `--operator CODE`, `--keys DIR` and `--json`. Exit codes: 0 done, 1 refused or
failed, 2 wrong usage, 3 done in part.
"""
COMMON = frozenset({"--vault", "--operator", "--keys", "--json"})


def commands(
    group: click.Group = lantern, context: click.Context | None = None
) -> Iterator[tuple[str, click.Command]]:
    """Every command with its full name, groups before their members."""
    context = context or click.Context(group, info_name="lantern")
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None  # noqa: S101 - the group has just named it
        inner = click.Context(command, parent=context, info_name=name)
        yield inner.command_path, command
        if isinstance(command, click.Group):
            yield from commands(command, inner)


def manual() -> str:
    """The whole page."""
    return HEAD + "".join(_section(path, command) for path, command in commands())


def _section(path: str, command: click.Command) -> str:
    said, _, example = inspect.cleandoc(command.help or "").partition("\b\nExample:")
    words = " ".join(said.split())
    options = [
        f"- `{' / '.join(option.opts)}` {option.help or ''}".rstrip()
        for option in command.params
        if isinstance(option, click.Option) and option.opts[0] not in COMMON
    ]
    listed = "\n".join(options)
    shown = "\n".join(line.removeprefix("  ") for line in example.strip("\n").splitlines())
    return f"\n## {path}\n\n{words}\n\n```\n{shown}\n```\n" + (f"\n{listed}\n" if listed else "")


if __name__ == "__main__":
    sys.stdout.write(manual())
