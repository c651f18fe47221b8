"""A case searched and a capture shown: through the gate, and each look on the ledger (DPA-1)."""

from __future__ import annotations

import json
from collections.abc import Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from typing import Final

from cases.canonical import Json
from cases.casebook import case_row
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import UsageError
from cases.holdings import (
    CaptureView,
    capture_view,
    capture_views,
    capture_views_of,
    newest_index_seq,
    sealed_capture,
    unindexed,
)
from cases.identity import CaptureId, CaseId, EntryId
from enrich import DerivedStore, Enrichment
from evidence.acting import Acting
from evidence.reader import read_block
from gate import (
    Found,
    GatedHit,
    GatedReading,
    fold_line,
    gate_document,
    gate_hits,
    gate_reading,
)
from jobs import cursors
from jobs.counting import Companion, companions, unread_for_names
from jobs.gating import PictureFacts, look_act, pictures_of
from jobs.indexing import open_index, version_searched
from jobs.near_copies import NearCopies, fold
from jobs.search_log import OPENED, Asked, act_of, found_digest, logged_search
from jobs.sight import scope_of
from search import (
    Engine,
    Facet,
    FacetAsk,
    Results,
    Scope,
    Snippet,
    Sort,
    Tree,
    Unit,
    parse_query,
    query_text,
    read_as,
    snippet,
)
from search.did_you_mean import did_you_mean
from search.facets import Bars
from search.facets import bars as bars_of
from search.fields import IMAGE
from search.likeness import likeness
from search.tree import And


@dataclass(frozen=True, slots=True)
class Asking:
    """How an answer is wanted: which facets, in what order, behind which page, which bars over
    time (a field of times and a unit, None for the one that suits), and names of which field
    (person, org, place) are counted as company.
    """

    facets: tuple[FacetAsk, ...] = ()
    sort: Sort = Sort.BEST
    after: str = ""
    bars: tuple[str, Unit | None] | None = None
    company: str = ""


SORTS: Final = tuple(map(str, Sort))
UNITS: Final = tuple(map(str, Unit))
SUITS: Final = "fitting"  # the unit that gives no more than `MOST_BARS`
MOST_BARS: Final = 60  # places for bars, empty ones too: a thinner bar cannot be pointed at
MOST_SHOWN: Final = 1000  # hits on a page


def asked_for(
    facets: Sequence[str] = (),
    sort: str = "best",
    after: str = "",
    bars: str = "",
    company: str = "",
) -> Asking:
    """An asking from what a person typed: `person` or `person:20` of each facet, `captured:month`
    of bars. Raises `UsageError` for a sort, unit or number that is none.
    """
    if sort not in SORTS:
        raise UsageError(f"There is no sort {sort[:20]!r}. Choose one of: {', '.join(SORTS)}.")
    field, _, unit = bars.partition(":")
    if bars and unit not in (*UNITS, SUITS):
        there_are = ", ".join((*UNITS, SUITS))
        raise UsageError(f"Bars are of a field and a unit, as captured:month: {there_are}.")
    return Asking(
        tuple(map(_facet_asked, facets)),
        Sort(sort),
        after,
        (field, None if unit == SUITS else Unit(unit)) if bars else None,
        company,
    )


def _facet_asked(typed: str) -> FacetAsk:
    field, _, size = typed.partition(":")
    if size and not (size.isascii() and size.isdecimal() and len(size) < 6):
        raise UsageError(
            f"A facet is a field and how many values, as person:20, not {typed[:40]!r}."
        )
    return FacetAsk(field.strip(), int(size)) if size else FacetAsk(field.strip())


@dataclass(frozen=True, slots=True)
class SearchAnswer:
    """What a search found: every hit counted, a page of them gated, facets of them all.

    `reading` says how the query was understood. `waiting` captures are not indexed yet;
    `unread_for_names` of those found are in a language in which no names are sought. `after` goes
    on with the next page, empty on the last. `log_id` is the search's entry in the ledger. `near`
    has the hits that stand for their near copies on this page; all are among `hits`. `before` hits
    stand on the pages before this one. `spellings` are queries with words spelled another way that
    find more: where this one found nothing, or hardly anything.
    """

    query: str
    reading: str
    total: int
    hits: tuple[GatedHit, ...]
    facets: tuple[Facet, ...]
    histogram: Bars
    unit: str
    companions: tuple[Companion, ...]
    waiting: int
    unread_for_names: int
    index_version: str
    log_id: EntryId
    after: str
    near: tuple[NearCopies, ...] = ()
    before: int = 0
    spellings: tuple[str, ...] = ()


ANYHOW = Asking()


def search(
    acting: Acting, query: str, case: str | None, limit: int, asking: Asking = ANYHOW
) -> SearchAnswer:
    """Search one case, or every case that the person may see where none is named; one entry.

    The entry is the search log's (`jobs.search_log`). Raises `QueryError` for a query that cannot
    be read or a facet that is none, `CaseUnknown`, `UsageError` for a page of another search, and
    what opening the index raises.
    """
    tree = parse_query(query)
    scope = scope_of(acting, [case] if case else None)
    with acting.catalogue.reading() as session:
        newest, version = newest_index_seq(session), version_searched(session)
    question = (query, case or "", str(asking.sort))
    page = cursors.read(asking.after, question) if asking.after else cursors.Cursor(newest, ())
    scope = replace(scope, up_to_seq=page.up_to_seq)
    with (
        closing(DerivedStore(acting.vault.derived)) as store,
        closing(open_index(acting, store)) as engine,
    ):
        results = engine.search(tree, scope, limit, sort=asking.sort, after=page.key or None)
        counted = _Counts.of(engine, tree, scope, asking, results.total)
        digest = found_digest(engine, tree, scope, results.total)
        found = _found(acting, store, tree, results)
        near = fold(acting, store, [hit.capture for hit in found], scope)
        others = () if page.shown else did_you_mean(tree, engine, scope, results.total)
    asked = Asked(
        query,
        tuple(sorted(scope.cases)),
        tuple(sorted(scope.without)),
        page.up_to_seq,
        version,
        results.total,
        digest,
        _view_of(asking, limit),
    )
    with acting.catalogue.writing() as session:
        waiting = unindexed(session, list(scope.cases))
        (entry,) = acting.ledger.record(session, [act_of(asked, len(found))])
    return SearchAnswer(
        query,
        read_as(tree),
        results.total,
        tuple(gate_hits(found)),
        counted.facets,
        counted.bars,
        counted.unit,
        counted.companions,
        waiting,
        counted.unread,
        version,
        entry,
        _next(results, limit, page, question),
        near,
        page.shown,
        tuple(map(fold_line, others)),
    )


def _next(results: Results, limit: int, page: cursors.Cursor, question: tuple[str, ...]) -> str:
    shown = page.shown + len(results.hits)
    if not results.hits or len(results.hits) < limit or shown >= results.total:
        return ""
    return cursors.written(cursors.Cursor(page.up_to_seq, results.hits[-1].key, shown), question)


def _view_of(asking: Asking, limit: int) -> dict[str, Json]:
    """What of an asking stands in the log: all of it."""
    return {
        "limit": limit,
        "sort": str(asking.sort),
        "after": asking.after,
        "facets": [f"{ask.field} {ask.size}" for ask in asking.facets],
        "bars": f"{asking.bars[0]}:{asking.bars[1] or SUITS}" if asking.bars else "",
        "company": asking.company,
    }


@dataclass(frozen=True, slots=True)
class _Counts:
    """What is said of all hits; values of facets folded, as a person reads them."""

    facets: tuple[Facet, ...]
    bars: Bars
    unit: str
    companions: tuple[Companion, ...]
    unread: int

    @classmethod
    def of(cls, engine: Engine, tree: Tree, scope: Scope, asking: Asking, total: int) -> _Counts:
        counted, unit = _bars(engine, tree, scope, asking)
        return cls(
            tuple(map(_gated, engine.facets(tree, scope, asking.facets))),
            counted,
            unit,
            companions(engine, tree, scope, asking.company, total) if asking.company else (),
            unread_for_names(engine, tree, scope),
        )


def _bars(engine: Engine, tree: Tree, scope: Scope, asking: Asking) -> tuple[Bars, str]:
    """The bars that are wanted, and their unit; where none was named, the least that gives few."""
    if asking.bars is None:
        return (), ""
    field, unit = asking.bars
    if unit is not None:
        return engine.histogram(tree, scope, field, unit), str(unit)
    days = engine.histogram(tree, scope, field, Unit.DAY)
    between = (days[-1][0] - days[0][0]).days if days else 0
    for wider, length in ((Unit.DAY, 1), (Unit.WEEK, 7), (Unit.MONTH, 30)):
        if between / length < MOST_BARS:
            return bars_of(days, wider), str(wider)
    return bars_of(days, Unit.YEAR), str(Unit.YEAR)


def like_this(acting: Acting, named: str, case: str | None = None) -> str:
    """An ordinary query for what is like a capture: to be run, changed or kept as any other.

    The capture's text is looked at, so this is one consultation of it. Raises `CaptureUnknown`,
    `CaptureLocked`, and `UsageError` where its text has no words that others share.
    """
    capture = CaptureId(named)
    with acting.catalogue.reading() as session:
        view = capture_view(session, capture)
    scope = scope_of(acting, [case] if case else None)
    with (
        closing(DerivedStore(acting.vault.derived)) as store,
        closing(open_index(acting, store)) as engine,
    ):
        read = store.get(capture)
        documents = engine.search(And(()), scope, 0).total
        text = (read.texts.main or read.texts.whole) if read else ""
        tree = likeness(text, lambda leaf: engine.search(leaf, scope, 0).total, documents)
    with acting.act(look_act(view)):
        pass
    if tree is None:
        raise UsageError(f"Capture {capture} has no words that another capture shares.")
    return query_text(tree)


def _gated(facet: Facet) -> Facet:
    return replace(facet, values=tuple((fold_line(value), n) for value, n in facet.values))


PICTURES_LOOKED_AT: Final = 50  # of a capture, for the words around what was found
NOTHING_READ = Snippet("", 0, (), cut_before=False, cut_after=False)


def _found(acting: Acting, store: DerivedStore, tree: Tree, results: Results) -> list[Found]:
    """The hits with what is shown of each; one that was hidden since is not among them."""
    views = _views(acting, [hit.capture for hit in results.hits])
    found = []
    for hit in results.hits:
        view = views.get(hit.capture)
        if view is None:
            continue
        enrichment = store.get(hit.capture)
        found_in, shown = _shown_of(store, hit.capture, enrichment, tree)
        found.append(
            Found(
                hit.capture,
                view.case_reference,
                view.final_url,
                (enrichment.texts.metadata.title or "") if enrichment else "",
                view.started_at,
                hit.score,
                shown,
                found_in,
                str(view.outcome),
            )
        )
    return found


def _shown_of(
    store: DerivedStore, capture: CaptureId, enrichment: Enrichment | None, tree: Tree
) -> tuple[str, Snippet]:
    """Where in a capture something of the query stands, and the words around it: its text, that
    of its frames, an identifier in a link, what was read in its pictures. The beginning of its
    text where it is in none.
    """
    if enrichment is None:
        return "page", NOTHING_READ
    first = snippet(enrichment.texts.whole, tree)
    if first.hits:
        return "page", first
    framed = snippet(enrichment.texts.framed, tree) if enrichment.texts.framed else first
    if framed.hits:
        return "frame", framed
    for each in enrichment.identifiers:
        if each.link is not None and (read := snippet(each.value, tree)).hits:
            return "link", read
    for reading in store.pictures.held_by(capture)[:PICTURES_LOOKED_AT]:
        read = snippet(reading.text, tree, field=IMAGE) if reading.text else first
        if read.hits:
            return "picture", read
    return "page", first


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


def show(acting: Acting, named: str, search_id: str = "") -> Shown:
    """One capture through the gate; one consultation entry, which names the search that it was
    opened from where there is one.

    `reading` is None where the capture was not read yet (`lantern work`). Raises `CaptureUnknown`,
    `CaptureLocked`, `SearchUnknown` and what reading its evidence raises.
    """
    capture_id = CaptureId(named)
    with acting.catalogue.reading() as session:
        view = capture_view(session, capture_id)
        sealed = sealed_capture(session, capture_id)
        texts = {OPENED: str(logged_search(session, search_id).id)} if search_id else {}
    manifest: Json = json.loads(read_block(acting.vault.evidence, sealed.manifest))
    with closing(DerivedStore(acting.vault.derived)) as store:
        enrichment = store.get(capture_id)
    with acting.act(look_act(view, texts)):
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
