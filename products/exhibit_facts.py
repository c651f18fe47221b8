"""What pages about an exhibit say: facts of the frozen record and the manifest, made safe. Pure."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from cases.times import for_people, from_rfc3339
from gate.text import fold_line, fold_text

NOT_RECORDED = "not recorded"
# A reveal's line says `access`, like any look (docs/formats.md): the word is the same for both.
ACT_WORDS = {
    "capture.seal": "collected and sealed",
    "access": "accessed",
    "note.add": "a note was kept on it",
    "exhibit.make": "made an exhibit",
    "exhibit.export": "disclosed in an exhibit bundle",
    "viewing.export": "disclosed as a viewing copy",
}


class Attendance(StrEnum):
    """Whether the producer can say "I did" of a collection (STM-2)."""

    ATTENDED = "attended"  # the producer launched one page and the command waited before them
    OWN_JOB = "own job"  # a job that the producer set up did it, unattended
    OTHERS_JOB = "another's job"


@dataclass(frozen=True, slots=True)
class HandlingLine:
    """One line of a continuity table."""

    when: str
    who: str
    what: str


@dataclass(frozen=True, slots=True)
class CollectionFacts:
    """How a capture came to be: from the job's row, not from the record."""

    job_reference: str
    ordered_at: datetime
    attendance: Attendance


@dataclass(frozen=True, slots=True)
class ExhibitFacts:
    """An exhibit as its pages tell it: every text folded, every time in words."""

    reference: str
    safe_name: str
    description: str
    case_reference: str
    urn: str
    operation: str
    producer: str
    capture: str
    requested_url: str
    final_url: str
    outcome: str
    status: str
    started: str
    ended: str
    sealed: str
    made: str
    manifest_sha256: str
    software: str
    method_note: str
    continuity: tuple[HandlingLine, ...]
    collection: CollectionFacts
    ordered: str


def exhibit_facts(
    record: Mapping[str, object], manifest: Mapping[str, object], collection: CollectionFacts
) -> ExhibitFacts:
    """The facts of one exhibit from its frozen record and its capture's manifest."""
    producer = _object(record, "producer")
    lines = _lines(record)
    handling = tuple(
        _handling(line, str(producer.get("id")), str(producer.get("name"))) for line in lines
    )
    collector = _object(manifest, "collector")
    return ExhibitFacts(
        reference=_line(record, "reference"),
        safe_name=_line(record, "safe_name"),
        description=fold_text(str(record.get("description", ""))),
        case_reference=_line(record, "case_reference"),
        urn=_line(record, "urn"),
        operation=_line(record, "operation"),
        producer=fold_line(str(producer.get("name", ""))),
        capture=_line(record, "capture"),
        requested_url=_line(record, "requested_url"),
        final_url=_line(record, "final_url"),
        outcome=_line(record, "outcome"),
        status=str(record["status"]) if record.get("status") is not None else "none",
        started=_time(record, "started"),
        ended=_time(record, "ended"),
        sealed=for_people(from_rfc3339(str(lines[0]["time"]))) if lines else NOT_RECORDED,
        made=_time(record, "made"),
        manifest_sha256=_line(record, "manifest_sha256"),
        software=_software(collector),
        method_note=_line(manifest, "method_note"),
        continuity=handling,
        collection=collection,
        ordered=for_people(collection.ordered_at),
    )


def _object(document: Mapping[str, object], name: str) -> Mapping[str, object]:
    value = document.get(name)
    return value if isinstance(value, dict) else {}


def _line(document: Mapping[str, object], name: str) -> str:
    return fold_line(str(document.get(name, NOT_RECORDED)))


def _time(document: Mapping[str, object], name: str) -> str:
    return for_people(from_rfc3339(str(document[name])))


def _lines(record: Mapping[str, object]) -> Sequence[Mapping[str, object]]:
    found = record.get("continuity")
    return found if isinstance(found, list) else []


def _handling(line: Mapping[str, object], producer: str, name: str) -> HandlingLine:
    actor = str(line.get("actor"))
    act = str(line.get("act"))
    return HandlingLine(
        when=_time(line, "time"),
        who=fold_line(name) if actor == producer else actor,
        what=ACT_WORDS.get(act, fold_line(act)),
    )


def _software(collector: Mapping[str, object]) -> str:
    parts = collector.get("software")
    if not isinstance(parts, list) or not parts:
        return "software not recorded"
    named = [
        f"{part.get('name')} {part.get('version')}" for part in parts if isinstance(part, dict)
    ]
    return fold_line(", ".join(named))
