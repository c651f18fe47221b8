"""A document as tantivy holds it: our tokens at our positions, analysed by nobody else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Final

import tantivy
from tantivy import Document

from search.analysis import VALUE_GAP
from search.document import (
    STEM_FIELDS,
    TOKEN_FIELDS,
    WORD_FIELDS,
    SearchDocument,
    Values,
    index_tokens,
)

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def schema() -> tantivy.Schema:
    """Every index field: words by whitespace with positions, stems without, whole values raw."""
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


def row_of(document: SearchDocument) -> Document:
    """`document` as tantivy's own, each field's tokens in place."""
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
    row.add_integer("captured", microseconds(document.captured))
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


def microseconds(moment: datetime) -> int:
    """Whole microseconds since 1970, UTC."""
    return (moment - _EPOCH) // timedelta(microseconds=1)
