"""Entities and candidates as `--json` and the API give them: every collected text is gated."""

from __future__ import annotations

from dataclasses import asdict

from cases.entities import EntityView
from cases.entity_links import LinkView
from desk.printing import Document
from gate.text import fold_line
from jobs.candidates import Candidate
from jobs.entity_files import EntityFile


def entity_document(view: EntityView) -> Document:
    """An entity as `--json` and the API give it."""
    record = view.record
    return {
        "entity": view.reference,
        "type": view.pole.says,
        "subtype": record.subtype,
        "name": fold_line(record.name),
        "aliases": [fold_line(each) for each in record.aliases],
        "attributes": [
            {"name": a.name, "value": fold_line(a.value), "basis": str(a.basis)}
            for a in record.attributes
        ],
        "categories": list(record.categories),
        "captures": list(record.captures),
        "version": view.version,
        "standing": view.standing,
        "by": view.by,
        "at": view.at,
    }


def candidate_document(each: Candidate) -> Document:
    """A candidate as `--json` and the API give it; every text is gated."""
    return {
        "candidate": fold_line(each.key),
        "label": each.label,
        "found_as": each.found_as,
        "name": each.name,
        "captures": each.captures,
        "verdict": str(each.verdict),
        "version": each.version,
        "entity": each.entity,
        "contexts": [asdict(context) for context in each.contexts],
    }


def link_document(view: LinkView, ends: dict[str, EntityView]) -> Document:
    """A link as `--json` and the API give it."""
    tie = view.link
    return {
        "link": view.id,
        "from": ends[view.from_entity].reference,
        "to": ends[view.to_entity].reference,
        "type": tie.type,
        "direction": str(tie.direction),
        "from_date": tie.from_date,
        "to_date": tie.to_date,
        "basis": str(tie.basis),
        "grade": tie.grade,
        "conditions": tie.conditions,
        "captures": list(tie.captures),
        "by": view.by,
        "at": view.at,
    }


def file_document(found: EntityFile) -> Document:
    """All of an entity as `--json` and the API give it."""
    into = found.merged_into
    return {
        **entity_document(found.entity),
        "names": [fold_line(each) for each in found.names],
        "merged": [
            {"entity": each.reference, "name": fold_line(each.record.name), "merge": made}
            for each, made in found.merged
        ],
        "merged_into": into.reference if into else None,
        "links": [link_document(each, found.ends) for each in found.links],
        "versions": [entity_document(each) for each in found.versions],
        "warnings": [fold_line(each.says) for each in found.warnings],
        "missing": list(found.missing),
        "special": [
            {
                "field": each.field,
                "value": fold_line(each.value),
                "basis": str(each.basis),
                "necessity": each.necessity,
            }
            for each in found.special
        ],
    }
