"""The step `index`: what was read of a capture becomes a document of the vault's search engine.

The engine is the embedded one or an Elasticsearch cluster, as `lantern.toml` says. A cluster that
goes away in mid-work loses nothing: the step is not recorded, so the captures are still due, and
the next run catches up.
"""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sqlalchemy.orm import Session

from cases.access import restricted_captures
from cases.casebook import case_references
from cases.holdings import (
    StepDone,
    StepProgress,
    due,
    fail_steps,
    index_versions,
    indexed,
    newest_index_seq,
    record_steps,
    sealed_capture,
)
from cases.identity import CaptureId, CaseId
from cases.settings import SettingsError
from enrich import DerivedStore
from evidence.acting import Acting
from jobs.search_documents import search_document
from jobs.watching import after_index
from search import (
    ANALYSIS_VERSION,
    DocumentsRefused,
    Engine,
    EngineUnavailable,
    IndexNeedsRebuild,
    Scope,
    SearchDocument,
    Sort,
    open_engine,
    rebuild_engine,
)
from search.document import WITHHELD_KINDS
from search.tree import And

if TYPE_CHECKING:
    from search.elastic_client import ElasticPlace

EXTRACT, INDEX = "extract", "index"
BATCH: Final = 500  # captures between two transactions
PAGE: Final = 2_000  # hits at a time, where every one is looked at
REBUILT_BY_A_SEARCH: Final = 500  # captures: a search does not wait for more
API_KEY: Final = "LANTERN_ELASTICSEARCH_API_KEY"


@dataclass(frozen=True, slots=True)
class Indexed:
    """What came of the step; `waits` says why the engine took no more, empty where it did."""

    steps: tuple[StepDone, ...]
    waits: str = ""


def index_version(extract_version: str) -> str:
    """The version of the index step: what was extracted and how it was analysed."""
    return f"{ANALYSIS_VERSION}; {extract_version}"


def version_searched(session: Session) -> str:
    """The version of what a search searches; empty before anything is indexed.

    An index of another analysis is made anew before it is asked, so that the analysis is this
    program's; what was drawn out is as it was recorded, of two versions while that is done anew.
    """
    drawn = [version.partition("; ")[2] for version in index_versions(session)]
    return index_version(" and ".join(dict.fromkeys(drawn))) if drawn else ""


def index_due(
    acting: Acting, store: DerivedStore, version: str, progress: StepProgress | None
) -> Indexed:
    """Index every capture that was drawn out and lacks the step at that version; watches are
    matched after each commit.

    Raises what the embedded index raises; a cluster that is away is in the answer.
    """
    steps: list[StepDone] = []
    try:
        engine = open_index(acting, store, at_work=True)
    except EngineUnavailable as away:
        return Indexed((), away.says)
    try:
        after_index(acting, engine, store)  # what an earlier run left unmatched
        while batch := _batch(acting, store, engine, index_version(version)):
            steps += batch
            after_index(acting, engine, store)
            if progress is not None:
                progress(INDEX, len(steps), 0)
    except EngineUnavailable as away:
        return Indexed(tuple(steps), away.says)
    finally:
        engine.close()
    return Indexed(tuple(steps))


def _batch(acting: Acting, store: DerivedStore, engine: Engine, version: str) -> list[StepDone]:
    began = time.monotonic()
    with acting.catalogue.reading() as session:
        captures = due(session, INDEX, version, after=EXTRACT, limit=BATCH)
        seq = newest_index_seq(session)
    if not captures:
        return []
    numbered = list(zip(captures, range(seq + 1, seq + 1 + len(captures)), strict=True))
    refused = _put(engine, _documents(acting, store, numbered))
    share = (time.monotonic() - began) / len(captures)
    steps = [
        StepDone(capture, INDEX, version, "failed", refused[capture], share)
        if capture in refused
        else StepDone(capture, INDEX, version, "done", None, share, number)
        for capture, number in numbered
    ]
    with acting.catalogue.writing() as session:
        record_steps(session, steps, now=acting.clock())
    return steps


def _put(engine: Engine, documents: Iterator[SearchDocument]) -> Mapping[str, str]:
    """Index and commit; of those that the engine refuses for good, why."""
    engine.index(documents)
    try:
        engine.commit()
    except DocumentsRefused as fault:
        return fault.reasons
    return {}


def open_index(acting: Acting, store: DerivedStore, *, at_work: bool = False) -> Engine:
    """The vault's index, made anew where it is gone or of another version.

    On a cluster a search does not wait for that where it takes long: it raises `IndexNeedsRebuild`,
    and `lantern work` (`at_work`) makes it. Raises an `EngineUnavailable`, sooner for a search.
    """
    place = elastic_place(acting)
    if place is None:
        try:
            return open_engine(acting.vault.index)
        except IndexNeedsRebuild:
            return rebuild_engine(acting.vault.index, _Held(acting, store))
    return _open_cluster(acting, store, place, at_work)


def _open_cluster(
    acting: Acting, store: DerivedStore, place: ElasticPlace, at_work: bool
) -> Engine:
    # The client takes a second to import: who has an embedded index does not wait for it.
    from search.elastic_client import SEARCH_PATIENCE_S, WORK_PATIENCE_S
    from search.elastic_indices import open_elastic, rebuild_elastic

    patience_s = WORK_PATIENCE_S if at_work else SEARCH_PATIENCE_S
    held = _Held(acting, store)
    try:
        engine: Engine = open_elastic(place, patience_s=patience_s)
    except IndexNeedsRebuild:
        if not at_work and held.count() > REBUILT_BY_A_SEARCH:
            raise
        engine = rebuild_elastic(place, held, patience_s=patience_s)
        _put(engine, held.rest())  # indexed into the old one meanwhile
    if at_work and engine.count() < held.count():
        refused = _put(engine, held.lacking(_captures_in(acting, engine)))
        if refused:  # it was indexed by another engine, or by a cluster with more room
            with acting.catalogue.writing() as session:
                fail_steps(session, INDEX, refused, now=acting.clock())
    return engine


def elastic_place(acting: Acting) -> ElasticPlace | None:
    """Where the vault's index lies on a cluster; None where it is embedded.

    Raises `SettingsError` for a key's file that cannot be read, or holds no key.
    """
    chosen = acting.vault.settings.search
    if chosen.engine != "elasticsearch":
        return None
    from search.elastic_client import ElasticPlace

    key = os.environ.get(API_KEY, "").strip()
    if not key and chosen.api_key_file:
        path = Path(acting.vault.root, chosen.api_key_file)
        try:
            key = path.read_text("utf-8").strip()
        except (OSError, UnicodeDecodeError) as fault:
            raise SettingsError(
                f"The API key in {path} cannot be read ({fault}). Mend [search] api_key_file in "
                f"lantern.toml, or set {API_KEY}."
            ) from None
    if not re.fullmatch(r"[\x21-\x7e]*", key):  # never shown: it may be a good key and a line more
        raise SettingsError(
            "The API key of Elasticsearch is not one line without spaces. Mend the file of "
            f"[search] api_key_file in lantern.toml, or {API_KEY}."
        )
    ca_file = str(Path(acting.vault.root, chosen.ca_file)) if chosen.ca_file else ""
    return ElasticPlace(chosen.address, acting.vault.id, chosen.index_prefix, key, ca_file)


class _Held:
    """What the catalogue says stands in the index, as documents, read as they are asked for."""

    def __init__(self, acting: Acting, store: DerivedStore) -> None:
        self._acting = acting
        self._store = store
        self._newest = 0

    def __iter__(self) -> Iterator[SearchDocument]:
        """Every document, those that are indexed meanwhile too."""
        self._newest = 0
        return self.rest()

    def rest(self) -> Iterator[SearchDocument]:
        """The documents indexed since the last that was given out."""
        while numbered := [pair for pair in self._indexed() if pair[1] > self._newest]:
            yield from _documents(self._acting, self._store, numbered)
            self._newest = numbered[-1][1]

    def lacking(self, there: set[CaptureId]) -> Iterator[SearchDocument]:
        """The documents that the index should hold besides those of `there`."""
        missing = [pair for pair in self._indexed() if pair[0] not in there]
        return _documents(self._acting, self._store, missing)

    def count(self) -> int:
        """How many they are."""
        return len(self._indexed())

    def _indexed(self) -> list[tuple[CaptureId, int]]:
        with self._acting.catalogue.reading() as session:
            return indexed(session)


def _captures_in(acting: Acting, engine: Engine) -> set[CaptureId]:
    """Every capture that the index holds."""
    with acting.catalogue.reading() as session:
        cases = frozenset(map(CaseId, case_references(session)))
    scope = Scope(cases, restricted=True, withheld=WITHHELD_KINDS)
    found: set[CaptureId] = set()
    page = engine.search(And(()), scope, PAGE, sort=Sort.INDEXED).hits
    while page:
        found.update(hit.capture for hit in page)
        page = engine.search(And(()), scope, PAGE, sort=Sort.INDEXED, after=page[-1].key).hits
    return found


def _documents(
    acting: Acting, store: DerivedStore, numbered: Sequence[tuple[CaptureId, int]]
) -> Iterator[SearchDocument]:
    with acting.catalogue.reading() as session:
        references = case_references(session)
        restricted = restricted_captures(session)
    for capture_id, number in numbered:
        with acting.catalogue.reading() as session:
            capture = sealed_capture(session, capture_id)
        yield search_document(
            capture,
            store.get(capture_id),
            store.pictures.held_by(capture_id),
            number,
            references[capture.case],
            restricted=capture_id in restricted,
        )
