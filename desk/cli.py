"""`lantern`: the command line. A verb per act; one clear line where something cannot be."""

from __future__ import annotations

import sys

import click

from cases.errors import LanternError
from desk.printing import note, print_error
from desk.verbs import (
    captures,
    casework,
    collecting,
    conditions,
    finding,
    founding,
    ledger,
    proving,
    reading,
)

FIRST_DAY = """\
Dark Lantern: collect web pages as sealed evidence, search them, prove them.

The commands of a first day:
  lantern init DIR --operator JS --name "Jo Smith" --egress direct
  lantern case open LINDEN --title "…"
  lantern authority add --case LINDEN --template research --scope example.test
  lantern collect https://example.test/ --case LINDEN
  lantern search WORDS --case LINDEN

All commands: lantern --help. One command: lantern collect --help.
"""


@click.group(
    invoke_without_command=True,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
@click.version_option(package_name="darklantern", prog_name="lantern")
@click.pass_context
def lantern(context: click.Context) -> None:
    """Collect web pages as sealed evidence, search them, prove them.

    \b
    Example:
      lantern collect https://example.test/ --case LINDEN
    """
    context.ensure_object(dict)
    if context.invoked_subcommand is None:
        click.echo(FIRST_DAY, nl=False)


for verb in (
    founding.init,
    founding.doctor,
    casework.person,
    casework.case,
    casework.use,
    casework.note,
    casework.authority,
    collecting.collect,
    collecting.job,
    captures.capture,
    captures.show,
    conditions.work,
    conditions.status,
    reading.read,
    finding.search,
    proving.verify,
    ledger.ledger,
):
    lantern.add_command(verb)


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 refused or failed, 2 wrong usage, 3 in part."""
    asked = sys.argv[1:] if arguments is None else arguments
    as_json = "--json" in asked
    try:
        result = lantern.main(args=asked, prog_name="lantern", standalone_mode=False)
    except LanternError as error:
        print_error(error, as_json=as_json)
        return error.exit_code
    except click.ClickException as error:
        note(f"lantern: {error.format_message()}")
        context = getattr(error, "ctx", None)
        if context is not None:
            note(f"See: {context.command_path} --help")
        return 2
    except (click.Abort, KeyboardInterrupt):
        note("lantern: stopped.")
        return 130
    except BrokenPipeError:
        sys.stderr.close()  # the reader of our output went away: nobody is left to tell
        return 1
    return result if isinstance(result, int) else 0


def run() -> None:
    """The entry point of the installed command."""
    sys.exit(main())
