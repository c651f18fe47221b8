"""A document as tantivy holds it: our tokens at our positions, analysed by nobody else."""

from __future__ import annotations

from typing import Final

import tantivy
from tantivy import Document

from search.analysis import VALUE_GAP
from search.document import (
    FACET_FIELDS,
    MOMENT_FIELDS,
    NUMBER_FIELDS,
    STEM_FIELDS,
    TOKEN_FIELDS,
    WORD_FIELDS,
    SearchDocument,
    Values,
    facet_values,
    index_tokens,
    microseconds,
    moments,
    numbers,
)

HELD: Final = "held"  # the facets of which a document has any value, by name


def schema() -> tantivy.Schema:
    """Every index field: words by whitespace with positions, stems without, whole values raw,
    facets as columns alone.
    """
    builder = tantivy.SchemaBuilder()
    for field in WORD_FIELDS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="position")
    for field in STEM_FIELDS:
        builder.add_text_field(field, tokenizer_name="whitespace", index_option="freq")
    for field in TOKEN_FIELDS:
        builder.add_text_field(
            field, tokenizer_name="raw", index_option="basic", stored=field == "capture"
        )
    for field in FACET_FIELDS:
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic", fast=True)
    for field in ("case", "withheld"):
        builder.add_text_field(field, tokenizer_name="raw", index_option="basic")
    builder.add_text_field(HELD, tokenizer_name="raw", index_option="basic", fast=True)
    for field in (*MOMENT_FIELDS, *NUMBER_FIELDS):
        builder.add_integer_field(field, fast=True, indexed=True)
    builder.add_boolean_field("restricted", indexed=True)
    builder.add_unsigned_field("seq", fast=True, indexed=True)
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
    for field, whole in facet_values(document).items():
        for each in whole:
            row.add_text(field, each)
        if whole:
            row.add_text(HELD, field)
    for reason in document.withheld:
        row.add_text("withheld", reason)
    for field, moment in moments(document).items():
        row.add_integer(field, microseconds(moment))
    for field, number in numbers(document).items():
        row.add_integer(field, number)
    row.add_text("case", document.case)
    row.add_boolean("restricted", document.restricted)
    row.add_unsigned("seq", document.seq)
    return row


def _add_words(row: Document, field: str, values: Values) -> None:
    """Our tokens at our positions.

    A single value is handed over as its tokens with spaces between (a token has none inside),
    which gives the same positions at a third of the cost of a Python object for each.
    """
    if len(values) == 1 or field in STEM_FIELDS:
        row.add_text(field, " ".join(token for value in values for token in value))
        return
    tokens: list[tantivy.Token] = []
    position = 0
    for value in values:
        tokens += [tantivy.Token(token, position + at, 0, 0) for at, token in enumerate(value)]
        position += len(value) + VALUE_GAP
    if tokens:
        row.add_pre_tokenized_text(field, tantivy.PreTokenizedString("", tokens))
