"""A case searched and a capture shown: through the gate, and each look on the ledger (DPA-1)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass

from cases.canonical import Json
from cases.casebook import case_row, case_views_named
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.holdings import (
    CaptureView,
    capture_view,
    capture_views,
    capture_views_of,
    sealed_capture,
    unindexed,
)
from cases.identity import CaptureId, CaseId
from enrich import DerivedStore
from evidence.acting import Acting
from evidence.reader import read_block
from gate import (
    Found,
    GatedHit,
    GatedReading,
    gate_document,
    gate_hits,
    gate_reading,
)
from jobs.gating import PictureFacts, look_act, pictures_of
from jobs.steps import open_index
from search import Scope, parse_query, snippet


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What a search found: every hit counted, the best of them gated. `waiting` are not yet
    indexed.
    """

    query: str
    total: int
    hits: tuple[GatedHit, ...]
    waiting: int


def scope_of(acting: Acting, cases: Sequence[str] | None) -> Scope:
    """What the acting person may see of the cases of those references, or of every case for None.

    The one way to a scope: whoever asks an engine for people's eyes asks within it. Raises
    `CaseUnknown`.
    """
    with acting.catalogue.reading() as session:
        views = case_views_named(session, None if cases is None else list(cases))
    return Scope(frozenset(view.id for view in views))


def search(acting: Acting, query: str, case: str | None, limit: int) -> SearchAnswer:
    """Search one case, or every case where none is named; one consultation entry, however many
    hits.

    Raises `QueryError` for a query that cannot be read, `CaseUnknown`, and what opening the index
    raises.
    """
    tree = parse_query(query)
    with acting.catalogue.reading() as session:
        searched = case_views_named(session, [case] if case else None)
    scope = scope_of(acting, [case] if case else None)
    store = DerivedStore(acting.vault.derived)
    try:
        engine = open_index(acting, store)
        try:
            results = engine.search(tree, scope, limit)
        finally:
            engine.close()
        found = []
        views = _views(acting, [hit.capture for hit in results.hits])
        for hit in results.hits:
            enrichment = store.get(hit.capture)
            view = views.get(hit.capture)
            if enrichment is None or view is None:
                continue
            found.append(
                Found(
                    hit.capture,
                    view.case_reference,
                    view.final_url,
                    enrichment.texts.metadata.title or "",
                    view.started_at,
                    hit.score,
                    snippet(enrichment.texts.whole, tree),
                )
            )
    finally:
        store.close()
    newest = max((hit.seq for hit in results.hits), default=0)
    objects = tuple(ObjectRef(ObjectKind.CASE, view.id) for view in searched)
    refs = {"hits": str(results.total), "shown": str(len(found)), "newest_seq": str(newest)}
    with acting.act(Act("access", S62.CONSULTATION, objects, refs, {"query": query})) as session:
        waiting = unindexed(session, [view.id for view in searched])
    return SearchAnswer(query, results.total, tuple(gate_hits(found)), waiting)


def _views(acting: Acting, captures: list[CaptureId]) -> dict[CaptureId, CaptureView]:
    with acting.catalogue.reading() as session:
        return {view.capture: view for view in capture_views_of(session, captures)}


@dataclass(frozen=True, slots=True)
class Shown:
    """A capture as it may be seen: facts, the manifest and text gated, pictures as facts alone."""

    view: CaptureView
    manifest: Json
    reading: GatedReading | None
    pictures: tuple[PictureFacts, ...]


def show(acting: Acting, named: str) -> Shown:
    """One capture through the gate; one consultation entry.

    `reading` is None where the capture was not read yet (`lantern work`). Raises `CaptureUnknown`
    and what reading its evidence raises.
    """
    capture_id = CaptureId(named)
    with acting.catalogue.reading() as session:
        view = capture_view(session, capture_id)
        sealed = sealed_capture(session, capture_id)
    manifest: Json = json.loads(read_block(acting.vault.evidence, sealed.manifest))
    store = DerivedStore(acting.vault.derived)
    try:
        enrichment = store.get(capture_id)
    finally:
        store.close()
    with acting.act(look_act(view)):
        pass
    return Shown(
        view,
        gate_document(manifest),
        gate_reading(enrichment) if enrichment else None,
        pictures_of(acting, capture_id, on_record=False),
    )


def list_captures(acting: Acting, case: str) -> list[CaptureView]:
    """The captures of a case; one consultation entry, however many they are."""
    with acting.catalogue.writing() as session:
        row = case_row(session, case)
        held = capture_views(session, case=CaseId(row.id))
        acting.ledger.record(
            session,
            [
                Act(
                    "access",
                    S62.CONSULTATION,
                    (ObjectRef(ObjectKind.CASE, row.id),),
                    {"listed": str(len(held))},
                )
            ],
        )
    return held
