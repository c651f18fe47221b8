"""The query for texts like one."""

from __future__ import annotations

from search import MemoryEngine, parse_query, query_text
from search.likeness import CHOSEN, likeness
from search.tree import Tree
from tests.search.test_engines import ROWAN, SCOPE, a_document


def test_words_that_tell_a_text_from_others_and_that_some_share_are_chosen() -> None:
    engine = MemoryEngine()
    texts = ["barn owls hunt voles over meadows", "owls and voles", "about about about prices"]
    texts += ["about the weather and prices"] * 5
    engine.index([a_document(n, text) for n, text in enumerate(texts)])
    engine.commit()

    def holding(tree: Tree) -> int:
        return engine.search(tree, SCOPE, 0).total

    tree = likeness("barn owls hunt voles about about about over meadows", holding, engine.count())
    assert tree is not None
    assert query_text(tree) == '"owls" OR "voles"'
    assert parse_query(query_text(tree)) == tree
    assert likeness("", holding, engine.count()) is None
    assert likeness("zebrafish", holding, engine.count()) is None
    copies = likeness("about prices", lambda _: 9, 9)
    assert copies is not None
    assert query_text(copies) == '"prices" OR "about"'
    many = " ".join(f"w{chr(97 + n % 26)}{chr(97 + n // 26)}xx" for n in range(5000))
    big = likeness(many, lambda _: 2, 100)
    assert big is not None
    assert query_text(big).count(" OR ") == CHOSEN - 1


def test_what_may_not_be_seen_chooses_no_word() -> None:
    engine = MemoryEngine()
    engine.index([a_document(1, "owls hunt"), a_document(2, "owls hunt", case=ROWAN)])
    engine.commit()
    assert likeness("owls hunt", lambda tree: engine.search(tree, SCOPE, 0).total, 1) is None
