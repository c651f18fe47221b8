"""The embedded engine, on tantivy: the only module that knows it.

tantivy analyses nothing here: it gets our tokens, at our positions, over its whitespace and raw
tokenizers, and answers plans. Its errors are mapped once, in `_mapped`.
"""

from __future__ import annotations

import time
from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path
from typing import Final

import tantivy
from tantivy import Document, FieldType, Occur, Query

from cases.identity import CaptureId
from search.analysis import VALUE_GAP
from search.document import (
    STEM_FIELDS,
    TOKEN_FIELDS,
    WORD_FIELDS,
    SearchDocument,
    Values,
    index_tokens,
)
from search.engine import Hit, Results, Scope
from search.errors import IndexBusy, IndexNeedsRebuild, IndexUnwritable
from search.plan import All, Any, AnyToken, Between, Except, Has, Plan, Row, plan, scores
from search.tree import Tree

TANTIVY_VERSION: Final = version("tantivy")
WRITER_MEMORY_BYTES: Final = 64_000_000
LOCK_PAUSE_S: Final = 0.05
SCORE_DECIMALS: Final = 4  # sums of floats in another order differ below this
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class TantivyEngine:
    """An `Engine` over a folder that holds a tantivy index and nothing else.

    The writer (and its lock) is held from the first write to the commit.
    """

    def __init__(self, folder: Path, *, lock_wait_s: float = 10.0) -> None:
        self._folder = folder
        self._lock_wait_s = lock_wait_s
        self._writer: tantivy.IndexWriter | None = None
        self._schema = _schema()
        self._every_term: dict[str, list[str]] = {}
        with _mapped(folder):
            self._index = tantivy.Index.open(str(folder))
            self._searcher = self._index.searcher()

    @classmethod
    def create(cls, folder: Path, *, lock_wait_s: float = 10.0) -> TantivyEngine:
        """An engine over a new, empty index in `folder`, which exists and is empty."""
        with _mapped(folder):
            tantivy.Index(_schema(), path=str(folder))
        return cls(folder, lock_wait_s=lock_wait_s)

    def index(self, documents: Iterable[SearchDocument]) -> int:
        """How many documents were taken; each replaces the one of the same capture."""
        taken = 0
        for document in documents:
            row = _row(document)
            writer = self._writing()
            with _mapped(self._folder):
                writer.delete_documents_by_term("capture", document.capture)
                writer.add_document(row)
            taken += 1
        return taken

    def delete(self, captures: Iterable[CaptureId]) -> None:
        """Take these captures out of the index."""
        for capture in captures:
            writer = self._writing()
            with _mapped(self._folder):
                writer.delete_documents_by_term("capture", capture)

    def commit(self) -> None:
        """Make every write since the last commit durable and visible, and free the lock."""
        if self._writer is not None:
            writer, self._writer = self._writer, None
            with _mapped(self._folder):
                writer.commit()
                writer.wait_merging_threads()
        self.refresh()

    def refresh(self) -> None:
        """See what other programs have committed."""
        with _mapped(self._folder):
            self._index.reload()
            self._searcher = self._index.searcher()
        self._every_term.clear()

    def search(self, tree: Tree, scope: Scope, limit: int) -> Results:
        """The documents within `scope` that `tree` describes; at most `limit` hits."""
        if not scope.cases:
            return Results(0, ())
        with _mapped(self._folder):
            asked = plan(tree, self)
            query = self._scoped(self._compiled(asked), scope)
            return self._best(query, limit) if scores(asked) else self._newest(query, limit)

    def terms(self, field: str, prefix: str) -> list[str]:
        """The terms of `field` that begin with `prefix`, sorted.

        A whole list (what `*abc` needs) is kept until the next refresh: it costs a microsecond a
        term, and shorter ones are cut from it.
        """
        if prefix and field not in self._every_term:
            return self._listed(field, prefix)
        if field not in self._every_term:
            self._every_term[field] = self._listed(field, "")
        every, length = self._every_term[field], len(prefix)
        first = bisect_left(every, prefix)
        return every[first : bisect_right(every, prefix, lo=first, key=lambda term: term[:length])]

    def _listed(self, field: str, prefix: str) -> list[str]:
        with _mapped(self._folder):
            return sorted(term for term, _ in self._searcher.terms_with_prefix(field, prefix))

    def count(self) -> int:
        """How many documents the index holds."""
        return self._searcher.num_docs

    def close(self) -> None:
        """Drop what was not committed and free the lock."""
        self._writer = None

    def _writing(self) -> tantivy.IndexWriter:
        """The writer, got within `lock_wait_s`. Raises `IndexBusy`."""
        if self._writer is None:
            give_up = time.monotonic() + self._lock_wait_s
            while self._writer is None:
                try:
                    with _mapped(self._folder):
                        self._writer = self._index.writer(WRITER_MEMORY_BYTES, num_threads=1)
                except _LockHeld:
                    if time.monotonic() >= give_up:
                        raise IndexBusy(self._folder, self._lock_wait_s) from None
                    time.sleep(LOCK_PAUSE_S)
        return self._writer

    def _newest(self, query: Query, limit: int) -> Results:
        """The first `limit` of hits that are all as good as one another."""
        found = self._searcher.search(query, max(limit, 1), count=True, order_by_field="seq")
        hits = tuple(
            Hit(self._capture(address), 0.0, int(seq))
            for seq, address in found.hits[: max(limit, 0)]
        )
        return Results(_total(found), hits)

    def _best(self, query: Query, limit: int) -> Results:
        """The first `limit` of all hits in our order, which tantivy's own breaks at ties by where
        a document happens to lie: so all that tie with the last one are fetched.
        """
        limit = max(limit, 0)
        asked = limit + 1
        while True:
            found = self._searcher.search(query, asked, count=True)
            scores = [round(score, SCORE_DECIMALS) for score, _ in found.hits]
            if len(scores) < asked or not limit or scores[limit - 1] > scores[-1]:
                break
            asked *= 4
        seqs = self._searcher.fast_field_values("seq", [address for _, address in found.hits])
        order = sorted(range(len(scores)), key=lambda at: (-scores[at], -int(seqs[at] or 0)))
        hits = tuple(
            Hit(self._capture(found.hits[at][1]), scores[at], int(seqs[at] or 0))
            for at in order[:limit]
        )
        return Results(_total(found), hits)

    def _capture(self, address: tantivy.DocAddress) -> CaptureId:
        return CaptureId(str(self._searcher.doc(address).get_first("capture")))

    def _scoped(self, query: Query, scope: Scope) -> Query:
        """`query` narrowed to what may be seen, without a change to any score."""
        parts = [
            (Occur.Must, query),
            (Occur.Must, _silent(self._set("case", sorted(scope.cases)))),
        ]
        if not scope.restricted:
            parts.append((Occur.MustNot, self._term("restricted", True)))
        if scope.up_to_seq is not None:
            upper = Query.range_query(
                self._schema, "seq", FieldType.Unsigned, None, scope.up_to_seq
            )
            parts.append((Occur.Must, _silent(upper)))
        return Query.boolean_query(parts)

    def _compiled(self, asked: Plan) -> Query:
        match asked:
            case Has(field, token, weight):
                return _weighed(self._term(field, token), weight)
            case Row(field, tokens, weight):
                return _weighed(Query.phrase_query(self._schema, field, list(tokens)), weight)
            case AnyToken(field, tokens, weight):
                return _weighed(self._set(field, tokens), weight)
            case Between(since, before):
                return _silent(self._between(since, before))
            case All(parts):
                return _all([(Occur.Must, self._compiled(part)) for part in parts])
            case Any(parts):
                if not parts:
                    return Query.empty_query()
                return Query.boolean_query([(Occur.Should, self._compiled(part)) for part in parts])
            case Except(part):
                return _all([(Occur.MustNot, self._compiled(part))])

    def _term(self, field: str, token: str | bool) -> Query:
        return Query.term_query(self._schema, field, token)

    def _set(self, field: str, tokens: Iterable[str]) -> Query:
        return Query.term_set_query(self._schema, field, list(tokens))

    def _between(self, since: datetime | None, before: datetime | None) -> Query:
        return Query.range_query(
            self._schema,
            "captured",
            FieldType.Integer,
            None if since is None else _microseconds(since),
            None if before is None else _microseconds(before) - 1,
        )


def _schema() -> tantivy.Schema:
    builder = tantivy.SchemaBuilder()
    for field in WORD_FIELDS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="position")
    for field in STEM_FIELDS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    for field in TOKEN_FIELDS:
        builder.add_text_field(
            field, tokenizer_name="raw", index_option="basic", stored=field == "capture"
        )
    builder.add_text_field("case", tokenizer_name="raw", index_option="basic")
    builder.add_boolean_field("restricted", indexed=True)
    builder.add_unsigned_field("seq", fast=True, indexed=True)
    builder.add_integer_field("captured", fast=True, indexed=True)
    return builder.build()


def _row(document: SearchDocument) -> Document:
    row = Document()
    for field, values in index_tokens(document).items():
        if field in TOKEN_FIELDS:
            for value in values:
                row.add_text(field, value[0])
        else:
            _add_words(row, field, values)
    row.add_text("case", document.case)
    row.add_boolean("restricted", document.restricted)
    row.add_unsigned("seq", document.seq)
    row.add_integer("captured", _microseconds(document.captured))
    return row


def _add_words(row: Document, field: str, values: Values) -> None:
    """Our tokens at our positions.

    A single value is handed over as its tokens with spaces between (a token has none inside),
    which gives the same positions at a third of the cost of a Python object for each.
    """
    if len(values) == 1:
        row.add_text(field, " ".join(values[0]))
        return
    tokens: list[tantivy.Token] = []
    position = 0
    for value in values:
        tokens += [tantivy.Token(token, position + at, 0, 0) for at, token in enumerate(value)]
        position += len(value) + VALUE_GAP
    if tokens:
        row.add_pre_tokenized_text(field, tantivy.PreTokenizedString("", tokens))


def _total(found: tantivy.SearchResult) -> int:
    return int(found.count)  # type: ignore[attr-defined]  # there, but not in its stubs


def _microseconds(moment: datetime) -> int:
    return (moment - _EPOCH) // timedelta(microseconds=1)


def _silent(query: Query) -> Query:
    """`query` as a condition that adds nothing to the score."""
    return Query.const_score_query(query, 0.0)


def _weighed(query: Query, weight: float) -> Query:
    return Query.boost_query(query, weight) if weight else _silent(query)


def _all(parts: list[tuple[Occur, Query]]) -> Query:
    """A conjunction; one that only leaves out is of all documents."""
    if all(occur == Occur.MustNot for occur, _ in parts):
        parts = [(Occur.Must, _silent(Query.all_query())), *parts]
    return Query.boolean_query(parts)


class _LockHeld(Exception):
    """Somebody else writes this index."""


@contextmanager
def _mapped(folder: Path) -> Iterator[None]:
    """Turn what tantivy raises into our errors; what it does not explain is raised as it is.

    A panic (a damaged file that its checks let through) comes as a `BaseException` of pyo3.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        text = str(error)
        if "LockBusy" in text:
            raise _LockHeld from error
        if "StorageFull" in text or "No space left" in text or "PermissionDenied" in text:
            raise IndexUnwritable(folder, _first_line(text)) from error
        if isinstance(error, OSError) or any(sign in text for sign in _SIGNS_OF_DAMAGE):
            raise IndexNeedsRebuild(folder, "damaged", _first_line(text)) from error
        raise
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise IndexNeedsRebuild(folder, "damaged", "the index made its engine fail") from error
        raise


_SIGNS_OF_DAMAGE: Final = (
    "orrupt",
    "Failed to open",
    "DoesNotExist",
    "IoError",
    "InvalidData",
    "UnexpectedEof",
    "An IO error",
    "incompatible",
)


def _first_line(text: str) -> str:
    return text.splitlines()[0][:200] if text else "no reason given"
