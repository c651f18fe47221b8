"""The draft statement of a producer: facts of the records, "I did" only where they say so.

STM-1, STM-2. Never a signature, a tick or a page count: those are a person's. Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from products.exhibit_facts import Attendance, ExhibitFacts
from products.pages import page


@dataclass(frozen=True, slots=True)
class Part:
    """A run of words of a paragraph; a reference stands bold, a digest or address as it is."""

    text: str
    bold: bool = False
    code: bool = False


Paragraph = tuple[Part, ...]


def statement_page(exhibits: Sequence[ExhibitFacts]) -> str:
    """The draft statement of one producer on these exhibits, which are all theirs."""
    first = exhibits[0]
    return page(
        "statement.html.j2",
        name=first.producer,
        urn=first.urn,
        case_reference=first.case_reference,
        paragraphs=list(statement_paragraphs(exhibits)),
    )


def statement_paragraphs(exhibits: Sequence[ExhibitFacts]) -> Iterator[Paragraph]:
    """The numbered paragraphs, in exhibit order."""
    for exhibit in exhibits:
        yield _collected(exhibit)
        yield _sealed(exhibit)
        yield _produced(exhibit)


def _collected(e: ExhibitFacts) -> Paragraph:
    who = {
        Attendance.ATTENDED: (f"At {e.started} I captured the page at ",),
        Attendance.OWN_JOB: (
            f"At {e.started} a job that I set up (job {e.collection.job_reference}, ordered at "
            f"{e.ordered}) captured, unattended, the page at ",
        ),
        Attendance.OTHERS_JOB: (
            f"At {e.started} a job that another person set up (job {e.collection.job_reference}, "
            f"ordered at {e.ordered}) captured the page at ",
        ),
    }[e.collection.attendance][0]
    led = (Part(", which led to "), Part(e.final_url, code=True)) if _moved(e) else ()
    answered = (
        f". The server answered with status {e.status}. "
        if e.status != "none"
        else ". No answer with a status was received. "
    )
    rest = (
        f"{answered}The capture ended at {e.ended} and is recorded as {e.outcome}. "
        f"It was made with {e.software}."
    )
    return (Part(who), Part(e.requested_url, code=True), *led, Part(rest))


def _moved(e: ExhibitFacts) -> bool:
    return e.final_url != e.requested_url


def _sealed(e: ExhibitFacts) -> Paragraph:
    return (
        Part(
            f"The capture, {e.capture}, was sealed at {e.sealed}: its records are listed in a "
            "manifest, the SHA-256 of which is "
        ),
        Part(e.manifest_sha256, code=True),
        Part("."),
    )


def _produced(e: ExhibitFacts) -> Paragraph:
    return (
        Part(f"At {e.made} I made this capture an exhibit, which I produce as "),
        Part(e.reference, bold=True),
        Part(f": {e.description}"),
    )
