"""`read`."""

from __future__ import annotations

from pathlib import Path

import click

from desk.options import Desk, desk_options
from desk.printing import note, say
from desk.verbs.captures import reading_document, say_reading
from gate.text import fold_line
from jobs.reading import read_files


@click.command()
@click.argument(
    "files", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@click.option("--full", is_flag=True, help="All of the text.")
@desk_options
def read(desk: Desk, files: tuple[Path, ...], full: bool) -> int:
    """What the enrichers make of files of your own. Nothing is kept but a ledger line.

    \b
    Example:
      lantern read statement.html notes.txt
    """
    with desk.work() as acting:
        done = read_files(acting, list(files))
    document = {
        "files": [
            {"file": item.file, **reading_document(item.reading)}
            if item.fault is None
            else {"file": item.file, "error": {"kind": item.fault.kind, "says": item.fault.says}}
            for item in done
        ]
    }

    def for_people() -> None:
        for item in done:
            if item.reading is not None:
                say(f"== {fold_line(item.file)}")
                say_reading(item.reading, full=full)

    desk.answer(document, for_people)
    for item in done:
        if item.fault is not None:
            note(f"lantern: {fold_line(item.fault.says)}")
    unread = sum(item.fault is not None for item in done)
    return 0 if not unread else 1 if unread == len(done) else 3
