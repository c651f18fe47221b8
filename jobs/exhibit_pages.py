"""Pages of exhibits as the desk shows them: label, draft statement, lists; each look on record."""

from __future__ import annotations

from cases.casebook import case_row
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.exhibits import exhibits_named, exhibits_of, gaps_of
from cases.holdings import capture_view
from cases.identity import CaseId
from evidence.acting import Acting
from evidence.manifest_check import read_manifest
from evidence.reader import read_block
from jobs.exhibit_documents import lists_of
from jobs.exhibit_reading import HeldExhibit, NoExhibits, held_exhibits
from products.exhibit_facts import ExhibitFacts, exhibit_facts
from products.exhibit_pages import (
    WHOLE_CASE,
    ExhibitLists,
    label_page,
)
from products.statement import statement_page


def label_html(acting: Acting, case_ref: str, reference: str) -> str:
    """An exhibit's label as a page by itself (EXH-3). Raises `ExhibitUnknown`."""
    held = _seen(acting, case_ref, [reference])
    return label_page(_facts(acting, held[0]))


def statement_html(acting: Acting, case_ref: str, *references: str) -> str:
    """The draft statement of one exhibit's producer on it, or on several of the same producer's.

    Exhibits of other producers among those named are left out: nobody states for another.
    """
    held = _seen(acting, case_ref, list(references))
    own = [each for each in held if each.view.producer == held[0].view.producer]
    return statement_page([_facts(acting, each) for each in own])


def case_lists(acting: Acting, case_ref: str) -> ExhibitLists:
    """The lists of a case's exhibits and witnesses (EXH-4). Raises `NoExhibits`, `CaptureLocked`,
    `CaptureUnknown`."""
    with acting.catalogue.reading() as session:
        case = case_row(session, case_ref)
        views = exhibits_of(session, CaseId(case.id))
        for view in views:
            capture_view(session, view.capture)  # a list that leaves one out is no list of them
        held = held_exhibits(session, views)
        gaps = gaps_of(session, CaseId(case.id))
        named, case_id = case.reference, case.id
    if not held:
        raise NoExhibits(
            f"Case {named} has no exhibits yet. Make one: lantern exhibit make CAPTURE"
        )
    objects = (ObjectRef(ObjectKind.CASE, case_id),)
    with acting.act(Act("exhibit.list", S62.CONSULTATION, objects, {"listed": str(len(held))})):
        pass
    return lists_of(held, gaps, WHOLE_CASE)


def _seen(acting: Acting, case_ref: str, references: list[str]) -> list[HeldExhibit]:
    """The exhibits, each look at one on the ledger."""
    with acting.catalogue.reading() as session:
        case = case_row(session, case_ref)
        held = held_exhibits(session, exhibits_named(session, case, references))
        of_case = ObjectRef(ObjectKind.CASE, case.id)
    looks = [Act("access", S62.CONSULTATION, (of_case, *each.objects)) for each in held]
    with acting.act(*looks):
        pass
    return held


def _facts(acting: Acting, held: HeldExhibit) -> ExhibitFacts:
    block = read_block(acting.vault.evidence, held.capture.manifest)
    return exhibit_facts(held.record, read_manifest(block), held.collection)
