"""What a search found, written out: CSV or JSON lines, gated, a disclosure on the ledger (DPA-1).

The entry says what was asked, as any search's does (`jobs.search_log`), and the file's SHA-256.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Final

from cases.casebook import case_row
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import MachineError, UsageError
from cases.holdings import CaptureView, capture_views_of, newest_index_seq
from cases.identity import CaptureId, EntryId, Sha256
from cases.times import UK, rfc3339
from enrich import DerivedStore
from evidence.acting import Acting
from gate import fold_line
from jobs.indexing import open_index, version_searched
from jobs.search_log import EXPORT_ACT, Asked, act_of, annex, digest_of, searches_in
from jobs.sight import scope_of
from products.csv_rows import csv_bytes
from search import Engine, Scope, Sort, Tree, parse_query, snippet

FORMS: Final = ("csv", "jsonl")
MOST_EXPORTED: Final = 50_000
PAGE: Final = 1000
HEADS: Final = (
    *("capture", "case", "url", "title", "captured_utc", "captured_uk", "outcome", "status"),
    *("language", "snippet", "manifest_sha256"),
)


class ExportUnwritable(MachineError):
    """The file cannot be written."""

    kind = "export-unwritable"


@dataclass(frozen=True, slots=True)
class Exported:
    """A file of rows: its bytes, their digest, and its entry on the ledger."""

    content: bytes
    sha256: Sha256
    rows: int
    entry: EntryId


def export_hits(
    acting: Acting, query: str, case: str | None, form: str, to: Path | None = None
) -> Exported:
    """All that a search finds, in the order indexed, in a new file where one is named; recorded
    before it is given.

    Raises `UsageError` for a form that is none or for more than `MOST_EXPORTED` hits, and what a
    search raises.
    """
    if form not in FORMS:
        raise UsageError(f"Hits are written as {' or '.join(FORMS)}, not as {form[:20]!r}.")
    tree = parse_query(query)
    with acting.catalogue.reading() as session:
        newest, version = newest_index_seq(session), version_searched(session)
    scope = replace(scope_of(acting, [case] if case else None), up_to_seq=newest)
    with (
        closing(DerivedStore(acting.vault.derived)) as store,
        closing(open_index(acting, store)) as engine,
    ):
        captures = _every_hit(engine, tree, scope)
        rows = list(_rows(acting, store, tree, captures))
    content = _written(rows, form)
    asked = Asked(
        query,
        tuple(sorted(scope.cases)),
        tuple(sorted(scope.without)),
        newest,
        version,
        len(captures),
        digest_of(captures),
        {"form": form},
    )
    digest = Sha256(hashlib.sha256(content).hexdigest())
    with _kept(content, to), acting.catalogue.writing() as session:
        act = act_of(asked, len(rows), EXPORT_ACT, {"file_sha256": digest})
        (entry,) = acting.ledger.record(session, [act])
    return Exported(content, digest, len(rows), entry)


@contextmanager
def _kept(content: bytes, to: Path | None) -> Iterator[None]:
    """A new file, for its owner's eyes, that is there before its entry and goes if that fails.

    Raises `ExportUnwritable`, also where there is a file already.
    """
    if to is None:
        yield
        return
    try:
        with to.open("xb") as out:
            to.chmod(0o600)
            out.write(content)
    except OSError as fault:
        raise ExportUnwritable(
            f"{to} cannot be written: {fault.strerror}. Name a new file in a folder of yours."
        ) from None
    try:
        yield
    except BaseException:
        to.unlink(missing_ok=True)
        raise


def _every_hit(engine: Engine, tree: Tree, scope: Scope) -> list[CaptureId]:
    captures: list[CaptureId] = []
    after = None
    while True:
        found = engine.search(tree, scope, PAGE, sort=Sort.INDEXED, after=after)
        if found.total > MOST_EXPORTED:
            raise UsageError(
                f"The search finds {found.total:,} captures, and {MOST_EXPORTED:,} are the most "
                "that one file holds. Narrow it, for example by captured:2026-03."
            )
        captures += [hit.capture for hit in found.hits]
        if len(found.hits) < PAGE:
            return captures
        after = found.hits[-1].key


def _rows(
    acting: Acting, store: DerivedStore, tree: Tree, captures: list[CaptureId]
) -> Iterator[dict[str, str]]:
    for start in range(0, len(captures), PAGE):
        with acting.catalogue.reading() as session:
            held = capture_views_of(session, captures[start : start + PAGE])
        views = {view.capture: view for view in held}
        for capture in captures[start : start + PAGE]:
            if capture in views:
                yield _row(store, tree, views[capture])


def _row(store: DerivedStore, tree: Tree, view: CaptureView) -> dict[str, str]:
    read = store.get(view.capture)
    return {
        "capture": view.capture,
        "case": view.case_reference,
        "url": fold_line(view.final_url),
        "title": fold_line((read.texts.metadata.title or "") if read else ""),
        "captured_utc": rfc3339(view.started_at),
        "captured_uk": _uk(view.started_at),
        "outcome": str(view.outcome),
        "status": "" if view.status is None else str(view.status),
        "language": (read.language.code or "") if read else "",
        "snippet": fold_line(snippet(read.texts.whole, tree).text) if read else "",
        "manifest_sha256": view.manifest_sha256,
    }


def _uk(moment: datetime) -> str:
    local = moment.astimezone(UK)
    return f"{local:%d/%m/%Y %H:%M:%S} {local.tzname()}"


def _written(rows: list[dict[str, str]], form: str) -> bytes:
    if form == "csv":
        return csv_bytes(HEADS, ([row[head] for head in HEADS] for row in rows))
    return "".join(json.dumps(row) + "\n" for row in rows).encode()


def export_log(acting: Acting, case: str | None, to: Path | None = None) -> Exported:
    """The search log of a case, or of all that the person may see, as JSON lines: the
    digital-material annex (DIS-6); a disclosure. Raises `CaseUnknown`.
    """
    with acting.catalogue.reading() as session:
        objects: tuple[ObjectRef, ...] = ()
        if case is not None:
            objects = (ObjectRef(ObjectKind.CASE, case_row(session, case).id),)
        lines = annex(searches_in(session, case))
    content = "".join(json.dumps(each, sort_keys=True) + "\n" for each in lines).encode()
    digest = Sha256(hashlib.sha256(content).hexdigest())
    refs = {"file_sha256": digest, "listed": str(len(lines))}
    with _kept(content, to), acting.catalogue.writing() as session:
        act = Act("search.log-export", S62.DISCLOSURE, objects, refs)
        (entry,) = acting.ledger.record(session, [act])
    return Exported(content, digest, len(lines), entry)
