"""`picture`: what was read of a picture, and where else it lies. No byte of one is printed."""

from __future__ import annotations

import click

from cases.identity import CaptureId
from cases.times import rfc3339
from desk.options import Desk, desk_options
from desk.printing import Document, say, table
from jobs.gating import facts_of, look_act, view_of
from jobs.picture_facts import PictureRead
from jobs.same_picture import SamePicture, same_picture


@click.group()
def picture() -> None:
    """A picture by its facts: the words in it, its camera's claims, where else it lies.

    \b
    Example:
      lantern picture same SHA256
    """


def same_document(same: SamePicture) -> Document:
    """Where a picture lies, as `--json` and the API give it."""
    return {
        "sha256": same.sha256,
        "captures": same.captures,
        "pictures": same.pictures,
        "compared": same.compared,
        "found": [
            {
                "capture": each.capture,
                "case": each.case,
                "url": each.url,
                "captured": rfc3339(each.captured),
                "sha256": each.sha256,
                "bits": each.bits,
                "turned": each.turned,
            }
            for each in same.found
        ],
    }


def read_document(read: PictureRead | None) -> Document | None:
    """What was read of a picture, as `--json` and the API give it; None where nothing was yet."""
    if read is None:
        return None
    return {
        "words_read": read.words_read,
        "text": read.text,
        "confidence": read.confidence,
        "taken": read.taken,
        "place": read.place,
        "gps_at": read.gps_at,
        "device": read.device,
        "software": read.software,
        "orientation": read.orientation,
        "thumbnail": read.thumbnail,
        "notes": list(read.notes),
    }


@picture.command("same")
@click.argument("sha256")
@click.option("--case", "cases", metavar="CASE", multiple=True, help="Only in this case.")
@desk_options
def picture_same(desk: Desk, sha256: str, cases: tuple[str, ...]) -> None:
    """Every capture that holds the picture or a near copy: scaled, recoded, turned, mirrored.

    \b
    Example:
      lantern picture same 9f2c… --case LINDEN
    """
    with desk.work() as acting:
        same = same_picture(acting, sha256, cases=cases or None)

    def for_people() -> None:
        say(f"In {same.captures} captures, as {same.pictures} different pictures.")
        if not same.compared:
            say("Its hash tells too little, so only the same bytes were looked for.")
        table(
            ("capture", "case", "alike", "picture", "captured", "address"),
            [
                (
                    each.capture,
                    each.case,
                    _alike(each.sha256 == same.sha256, each.bits, each.turned),
                    f"{each.sha256[:16]}…",
                    rfc3339(each.captured),
                    each.url,
                )
                for each in same.found
            ],
        )

    desk.answer(same_document(same), for_people)


def _alike(same_bytes: bool, bits: int, turned: bool) -> str:
    if same_bytes:
        return "same bytes"
    return f"{bits} of 256 bits differ" + (", turned or mirrored" if turned else "")


@picture.command("show")
@click.argument("capture")
@click.argument("sha256")
@desk_options
def picture_show(desk: Desk, capture: str, sha256: str) -> None:
    """The words read in a picture and what its camera wrote into it. Claims, not facts proven.

    \b
    Example:
      lantern picture show CAPTURE SHA256
    """
    with desk.work() as acting:
        facts = facts_of(acting, CaptureId(capture), sha256)
        with acting.act(look_act(view_of(acting, CaptureId(capture)), {"picture": facts.sha256})):
            pass
    read = facts.read

    def for_people() -> None:
        if read is None:
            say("It was not read yet. Run: lantern work")
            return
        claims = (
            ("taken", read.taken),
            ("place", read.place),
            ("satellite time", read.gps_at),
            ("device", read.device),
            ("program", read.software),
        )
        table(("claim", "as written"), [(name, value) for name, value in claims if value])
        for note in read.notes:
            say(note)
        say(read.text or ("No words in it." if read.words_read else "Its words were not read."))

    desk.answer({"sha256": facts.sha256, "read": read_document(read)}, for_people)
