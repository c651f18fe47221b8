"""A list of thousands as one query: a few sets, the same documents."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from time import monotonic

import pytest

from cases.identity import CaptureId, CaseId
from search import Identifier, Scope, Sort
from search.plan import MAX_APART, Any, AnyToken, Has, Row, gathered, plan
from search.tree import Or, Phrase
from tests.search.test_engines import a_document, made


def test_single_tokens_of_a_field_become_one_set_and_the_rest_stays() -> None:
    parts = (
        Any((Has("text", "b", 1.0), Row("text", ("a", "b"), 1.0))),
        AnyToken("text", ("c", "a"), 1.0),
        Has("title", "b", 2.0),
        Row("text", ("a", "b"), 1.0),
    )

    assert gathered(parts) == (
        AnyToken("text", ("a", "b", "c"), 1.0),
        AnyToken("title", ("b",), 2.0),
        Row("text", ("a", "b"), 1.0),
    )


@pytest.mark.parametrize("kind", ["memory", "tantivy"])
def test_ten_thousand_alternatives_find_what_holds_one(kind: str, tmp_path: Path) -> None:
    phones = [f"+44770090{number:04}" for number in range(10_000)]
    words = [Phrase(f"w{number}x") for number in range(2_000)] + [Phrase("tawny owl")]
    tree = Or((*(Phrase(phone, "phone") for phone in phones), *words))
    documents = [
        a_document(1, "ordinary", identifiers=(Identifier("phone", "+447700900123"),)),
        a_document(2, "here is w77x in a page"),
        a_document(3, "a tawny owl"),
        a_document(4, "an owl, tawny", identifiers=(Identifier("phone", "+447700910000"),)),
    ]
    began = monotonic()
    with closing(made(kind, tmp_path)) as engine:
        engine.index(documents)
        engine.commit()

        found = engine.search(tree, Scope(frozenset({CaseId("c-linden")})), 10, sort=Sort.INDEXED)

        assert len(phones) > MAX_APART
        assert [hit.capture for hit in found.hits] == [CaptureId(f"c-{n}") for n in (1, 2, 3)]
        assert len(plan(tree, engine).parts) < 12  # type: ignore[union-attr]
    assert monotonic() - began < 20
