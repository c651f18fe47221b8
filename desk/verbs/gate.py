"""`gate`, `reveal`: pictures by their facts. No byte of a picture passes the command line."""

from __future__ import annotations

from pathlib import Path

import click

from cases.gate_book import Policy
from cases.identity import CaptureId
from cases.times import rfc3339
from desk.options import Desk, case_option, desk_options
from desk.printing import note, say, table
from jobs.deciding import add_host_rule, import_list, set_policy
from jobs.deciding import decide as decide_on
from jobs.gating import SIZES, GateStatus, covered_line
from jobs.gating import gate_status as status_of
from jobs.revealing import REASONS, order_reveal

SHOWN_ROWS = 20  # refused rows that are printed; --json has all


@click.group()
def gate() -> None:
    """What stays covered, and what is decided without a look.

    \b
    Example:
      lantern gate status --case LINDEN
    """


@gate.command("status")
@click.option("--case", metavar="CASE", help="Of one case (else of all).")
@desk_options
def gate_status(desk: Desk, case: str | None) -> None:
    """How many pictures are covered, and how many decisions were made without a look.

    \b
    Example:
      lantern gate status --case LINDEN
    """
    with desk.work() as acting:
        status = status_of(acting, case)

    desk.answer(
        {
            "case": case,
            "policy": status.policy,
            "pictures": status.pictures,
            "covered": status.covered,
            "harmless": status.harmless,
            "flagged": status.flagged,
            "unrecognised": status.unrecognised,
            "unscreened": status.unscreened,
            "avoided": status.avoided,
            "reversed": status.reversed,
        },
        lambda: _spoken(status),
    )


def _spoken(status: GateStatus) -> None:
    say(f"Policy: {status.policy}. {status.pictures} pictures, {status.covered} covered.")
    table(
        ("harmless", "flagged", "unrecognised", "unscreened"),
        [(status.harmless, status.flagged, status.unrecognised, status.unscreened)],
    )
    say(
        f"Exposures avoided: {status.avoided} decided without a look; {status.reversed} of these "
        "decisions were later turned round."
    )


@gate.command("list")
@case_option
@click.option("--limit", type=click.IntRange(1, 10_000), default=50, show_default=True)
@desk_options
def gate_list(desk: Desk, case: str | None, limit: int) -> None:
    """The covered pictures of a case, as facts.

    \b
    Example:
      lantern gate list --case LINDEN
    """
    with desk.work() as acting:
        line = covered_line(acting, desk.case(acting, case), limit=limit)
    items = [
        {
            "sha256": item.sha256,
            "capture": item.capture,
            "url": item.url,
            "kind": item.kind,
            "media_type": item.media_type,
            "width": item.width,
            "height": item.height,
            "bytes": item.size_bytes,
            "verdict": str(item.verdict),
            "why": list(item.why),
            "copies": item.copies,
            "version": item.version,
        }
        for item in line.items
    ]

    def for_people() -> None:
        table(
            ("picture", "capture", "kind", "size", "verdict", "copies", "address"),
            [
                (
                    f"{item.sha256[:16]}…",
                    item.capture,
                    item.kind,
                    f"{item.width} x {item.height}" if item.width else "not measured",
                    str(item.verdict),
                    item.copies,
                    item.url,
                )
                for item in line.items
            ],
        )
        say(
            f"{line.total} covered. Decide by facts: lantern gate decide SHA256 harmless --reason …"
        )

    desk.answer({"covered": line.total, "items": items}, for_people)


@gate.command("import")
@click.argument("file", type=click.Path(path_type=Path))
@click.option("--source", required=True, metavar="S", help="Whose list it is.")
@click.option("--category", required=True, metavar="C", help="What it is a list of.")
@click.option("--harmless", is_flag=True, help="A list of what is known to be harmless.")
@desk_options
def gate_import(desk: Desk, file: Path, source: str, category: str, harmless: bool) -> int:
    """Take a list of SHA-256 or MD5 digests (CSV or text). Exit code 3: some rows were refused.

    \b
    Example:
      lantern gate import hashes.csv --source "Partner unit" --category "violent"
    """
    with desk.work() as acting:
        verdict = "harmless" if harmless else "flagged"
        taken = import_list(acting, file, source=source, category=category, verdict=verdict)
    refused = [{"line": row.line, "says": row.says} for row in taken.refused]

    def for_people() -> None:
        say(f"{taken.imported} digests taken, {taken.duplicates} of them twice in the file.")
        for row in taken.refused[:SHOWN_ROWS]:
            say(f"  line {row.line}: {row.says}")
        if len(taken.refused) > SHOWN_ROWS:
            say(f"  and {len(taken.refused) - SHOWN_ROWS} more refused: see --json")

    document = {"imported": taken.imported, "duplicates": taken.duplicates, "refused": refused}
    desk.answer(document, for_people)
    if refused:
        note(f"lantern: {len(refused)} rows were refused; the others are taken.")
    return 3 if refused else 0


@gate.command("rule")
@click.argument("host", metavar="HOST")
@click.argument("verdict", type=click.Choice(["flagged", "harmless"]))
@click.option("--case", metavar="CASE", help="In one case (else in all).")
@click.option("--reason", required=True)
@desk_options
def gate_rule(desk: Desk, host: str, verdict: str, case: str | None, reason: str) -> None:
    """Rule what a host serves flagged or harmless.

    \b
    Example:
      lantern gate rule icons.example.test harmless --case LINDEN --reason "Icon set"
    """
    with desk.work() as acting:
        rule = add_host_rule(acting, host, verdict, reason, case=case)
    desk.answer(
        {"rule": rule, "host": host, "verdict": verdict, "case": case},
        lambda: say(f"What {host} serves is {verdict} from now on."),
    )


@gate.command("policy")
@case_option
@click.argument("policy", type=click.Choice([str(each) for each in Policy]))
@click.option("--reason", required=True)
@click.option("--approver", metavar="AB", help="Who answers for covering less: their key signs.")
@desk_options
def gate_policy(
    desk: Desk, case: str | None, policy: str, reason: str, approver: str | None
) -> None:
    """Set what a case covers. Covering less wants --approver.

    \b
    Example:
      lantern gate policy --case LINDEN everything --reason "Violent material expected"
    """
    with desk.work() as acting:
        reference = desk.case(acting, case)
        held = set_policy(acting, reference, policy, reason, approver=approver)
    desk.answer(
        {"case": reference, "policy": str(held)},
        lambda: say(f"Case {reference} covers {held} from now on."),
    )


@gate.command("decide")
@click.argument("sha256", metavar="SHA256")
@click.argument("verdict", type=click.Choice(["harmless", "flagged"]))
@case_option
@click.option("--reason", required=True)
@click.option("--version", type=click.IntRange(0), help="The version you saw: refused if changed.")
@desk_options
def gate_decide(
    desk: Desk, sha256: str, verdict: str, case: str | None, reason: str, version: int | None
) -> None:
    """Decide on a picture by its facts, without a look.

    Harmless uncovers the same bytes in this case; flagged covers them in every case.

    \b
    Example:
      lantern gate decide 5891b5b5… harmless --case LINDEN --reason "Site logo, 120 x 40"
    """
    with desk.work() as acting:
        reference = desk.case(acting, case)
        made = decide_on(acting, reference, sha256, verdict, reason, version=version)
    desk.answer(
        {
            "decision": made.id,
            "sha256": made.sha256,
            "verdict": str(made.verdict),
            "version": made.version,
            "case": reference,
        },
        lambda: say(
            f"{made.sha256[:16]}… is {made.verdict} in {reference} (version {made.version})."
        ),
    )


@click.command()
@click.argument("capture", metavar="CAPTURE")
@click.argument("image", metavar="IMAGE")
@click.option("--reason", required=True, help=f"For example: {'; '.join(REASONS)}.")
@click.option("--size", type=click.Choice(list(SIZES)), default="small-grey", show_default=True)
@click.option("--port", type=click.IntRange(1, 65535), default=8080, show_default=True)
@desk_options
def reveal(desk: Desk, capture: str, image: str, reason: str, size: str, port: int) -> None:
    """An address in the desk where you, signed in, see one covered picture once. No file.

    \b
    Example:
      lantern reveal x-abcdefghijklmnop 5891b5b5… --reason "identify a person or place"
    """
    with desk.work() as acting:
        ticket = order_reveal(acting, CaptureId(capture), image.strip().lower(), reason, size=size)
    address = f"http://127.0.0.1:{port}{ticket.path}"
    desk.answer(
        {"address": address, "expires": rfc3339(ticket.expires)},
        lambda: say(f"Once, until {rfc3339(ticket.expires)}, in the desk: {address}"),
    )
