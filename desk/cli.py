"""`lantern`: the command line. A verb per act; one clear line where something cannot be.

A verb's module is loaded when the verb is used, so that a small command starts in a moment.
"""

from __future__ import annotations

import importlib
import sys

import click

from cases.errors import LanternError
from desk.printing import note, print_error, print_json

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

# The verb, the module of `desk.verbs` that has it, and one line for the list.
VERBS = {
    "init": ("founding", "Make a vault."),
    "person": ("casework", "The people who act."),
    "case": ("casework", "Cases: what collection is for."),
    "use": ("casework", "Choose the case that is meant."),
    "note": ("casework", "Keep a note on a case or capture."),
    "authority": ("authority", "What allows collection, of what, until when."),
    "collect": ("collecting", "Collect pages as sealed evidence."),
    "job": ("collecting", "Collection jobs: list, show, stop, report."),
    "capture": ("captures", "What is held: list."),
    "show": ("captures", "A capture's text, names and provenance."),
    "work": ("conditions", "Run the steps that are due."),
    "read": ("reading", "What the enrichers make of your own files."),
    "search": ("finding", "Search a case."),
    "history": ("over_time", "One address over time: what changed, what vanished."),
    "search-log": ("finding", "The searches that were run: list, run again, write out."),
    "saved": ("finding", "Searches kept under a name."),
    "confidential": ("access", "Captures locked as confidential, or restricted."),
    "entity": ("entities", "Who and what is in a case: candidates, records, links."),
    "watch": ("watching", "Be told when a query or a list's values turn up."),
    "alerts": ("watching", "What the watches found."),
    "crossover": ("crossovers", "What cases share, where a policy allows it."),
    "exhibit": ("exhibits", "Captures made exhibits: references, gaps, lists."),
    "export": ("exhibits", "Write exhibits as a bundle that verifies by itself."),
    "gate": ("gate", "What stays covered: status, policy, lists, rules, decisions."),
    "picture": ("pictures", "A picture by its facts: words in it, where else it lies."),
    "reveal": ("gate", "A one-use address to see one covered picture in the desk."),
    "desk": ("web", "The web pages and the API, on loopback."),
    "verify": ("proving", "Prove that nothing has changed."),
    "ledger": ("ledger", "The record of everything done."),
    "status": ("conditions", "The vault at a glance."),
    "doctor": ("conditions", "Check this machine and vault."),
}

ATTRIBUTES = {
    "desk": "desk_verb",
    "search-log": "search_log",
}  # where a verb's name in its module is another


class Verbs(click.Group):
    """The verbs, loaded one at a time."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002 - click's signature
        """Every verb, in the order of a day's work."""
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:  # noqa: ARG002
        """The verb of that name."""
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"desk.verbs.{VERBS[cmd_name][0]}")
        command = getattr(module, ATTRIBUTES.get(cmd_name, cmd_name))
        assert isinstance(command, click.Command)  # noqa: S101 - the table above is ours
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        """The list of verbs, without loading them."""
        with formatter.section("Commands"):
            formatter.write_dl([(verb, says) for verb, (_, says) in VERBS.items()])


@click.group(
    cls=Verbs,
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
    if context.invoked_subcommand is None:
        click.echo(FIRST_DAY, nl=False)


def _verb_first(asked: list[str]) -> list[str]:
    """The arguments with what every verb takes moved behind it, where people put it before."""
    before: list[str] = []
    rest = list(asked)
    while rest and rest[0].partition("=")[0] in ("--vault", "--operator", "--keys", "--json"):
        takes_a_value = rest[0] in ("--vault", "--operator", "--keys")
        before += [rest.pop(0) for _ in range(min(len(rest), 2 if takes_a_value else 1))]
    end = rest.index("--") if "--" in rest else len(rest)
    return [*rest[:end], *before, *rest[end:]] if rest else before


def main(arguments: list[str] | None = None) -> int:
    """Run one command; its exit code: 0 done, 1 refused or failed, 2 wrong usage, 3 in part."""
    asked = _verb_first(sys.argv[1:] if arguments is None else arguments)
    try:
        result = lantern.main(args=asked, prog_name="lantern", standalone_mode=False)
    except LanternError as error:
        print_error(error, as_json="--json" in asked)
        return error.exit_code
    except click.ClickException as error:
        note(f"lantern: {error.format_message()}")
        context = getattr(error, "ctx", None)
        if context is not None:
            note(f"See: {context.command_path} --help")
        if "--json" in asked:
            print_json({"error": {"kind": "usage", "says": error.format_message()}})
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
