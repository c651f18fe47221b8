"""`verify`."""

from __future__ import annotations

from pathlib import Path

import click

from desk.options import Desk, desk_options
from desk.printing import note, say, table
from jobs.verifying import verify as prove_again

SHOWN = 50  # problems listed for people; --json gives all


@click.command()
@click.argument("path", metavar="[PATH]", required=False, type=click.Path(path_type=Path))
@click.option(
    "--checkpoint",
    "held",
    metavar="FILE",
    multiple=True,
    type=click.Path(path_type=Path),
    help="A checkpoint handed out before, held elsewhere since; may be given again.",
)
@desk_options
def verify(desk: Desk, path: Path | None, held: tuple[Path, ...]) -> int:
    """Re-hash everything against WARC, manifest, catalogue and ledger, and name what is wrong.

    PATH may be a vault, or an exhibit bundle, proved by what it holds, or a lone WARC file or a
    folder of them, proved by the manifests inside. Exit code 1 where a problem is found.

    With --checkpoint, a ledger that was written anew with the vault's own key, or rolled back
    together with everything else, is found too: nothing inside the vault can show that.

    \b
    Example:
      lantern verify
      lantern verify copy-of-evidence.warc.gz
      lantern verify bundle
      lantern verify --checkpoint checkpoint.txt
    """
    if path is not None and not path.exists():
        raise click.UsageError(f"There is nothing at {path}.")
    verdict = prove_again(desk.named, path, held)
    document = {
        "ok": verdict.ok,
        "what": verdict.what,
        "captures": verdict.captures,
        "records": verdict.records,
        "bytes": verdict.bytes,
        "entries": verdict.entries,
        "waiting": verdict.waiting,
        "recorded": verdict.recorded,
        "problems": [{"kind": f.kind, "where": f.where, "says": f.says} for f in verdict.problems],
    }

    def for_people() -> None:
        say(
            f"{verdict.captures} captures, {verdict.records} records, {verdict.bytes} bytes, "
            f"{verdict.entries} ledger entries ({verdict.waiting} waiting)."
        )
        if verdict.ok:
            say("Nothing has changed: every digest, number and signature holds.")
            return
        table(
            ("kind", "where", "says"),
            [(f.kind, f.where, f.says) for f in verdict.problems[:SHOWN]],
        )

    desk.answer(document, for_people)
    if not verdict.ok:
        first = verdict.problems[0]
        note(f"lantern: {len(verdict.problems)} problems found; first: {first.kind}: {first.says}")
    return 0 if verdict.ok else 1
