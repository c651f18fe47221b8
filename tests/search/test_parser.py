"""A query's tree, and the one error that a query which is none gets."""

from __future__ import annotations

from contextlib import suppress

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search.errors import QueryError
from search.lexer import MAX_QUERY_CHARACTERS
from search.moments import captured_within
from search.parser import MAX_DEPTH, MAX_EXPANDED, MAX_LEAVES, parse_query
from search.tree import And, Fuzzy, Not, Or, Phrase, Term, Tree, Wildcard, query_text

A, B, C = Term("a"), Term("b"), Term("c")

TREES: list[tuple[str, Tree]] = [
    ("smith", Term("smith")),
    ("a b", And((A, B))),
    ("a AND b AND c", And((A, B, C))),
    ("a OR b OR c", Or((A, B, C))),
    ("a b OR c", Or((And((A, B)), C))),
    ("a (b OR c)", And((A, Or((B, C))))),
    ("NOT a", Not(A)),
    ("a NOT b", And((A, Not(B)))),
    ("NOT NOT a", Not(Not(A))),
    ("NOT (a OR b)", Not(Or((A, B)))),
    ("and or not", And((Term("and"), Term("or"), Term("not")))),
    (r"\AND", Term("AND")),
    ('"AND"', Phrase("AND")),
    ('"jo smith"', Phrase("jo smith")),
    ("“jo smith”", Phrase("jo smith")),
    ("„jo smith“", Phrase("jo smith")),
    ("＂jo smith＂", Phrase("jo smith")),
    (r'"a \" b \\ c"', Phrase('a " b \\ c')),
    ('a"b"c', And((A, Phrase("b"), C))),
    ("person:smith", Term("smith", "person")),
    ("Person: smith", Term("smith", "person")),
    ('person:"jo smith"', Phrase("jo smith", "person")),
    ("person:(a OR b)", Or((Term("a", "person"), Term("b", "person")))),
    ("person:(a NOT b) c", And((And((Term("a", "person"), Not(Term("b", "person")))), C))),
    ("smi*", Wildcard("smi*")),
    ("*smith", Wildcard("*smith")),
    ("sm?th", Wildcard("sm?th")),
    ("email:*@example.test", Wildcard("*@example.test", "email")),
    (r"sm\*th", Term("sm*th")),
    (r"email:a\*b*", Wildcard(r"a\*b*", "email")),
    ("smith~", Fuzzy("smith", 1)),
    ("smith~2", Fuzzy("smith", 2)),
    (r"smith\~2", Term("smith~2")),
    ("~smith", Term("~smith")),
    ("https://example.test/a", Term("https://example.test/a")),
    ("url:https://example.test/a", Term("https://example.test/a", "url")),
    ("12:30", Term("12:30")),
    ("+44", Term("+44")),
    ("o’neil-smith", Term("o’neil-smith")),
    ("phone:+447700900123", Term("+447700900123", "phone")),
    ("captured:2026-03", captured_within("2026-03")),
    ('captured:"2026-03-01 18:00"', captured_within("2026-03-01 18:00")),
    ("captured:(2026-01 OR 2026-03)", Or((captured_within("2026-01"), captured_within("2026-03")))),
    ("captured:>=2026-01-01T09:00Z", captured_within(">=2026-01-01T09:00Z")),
    ("💊", Term("💊")),
    ("\u00a0a\u3000b\n", And((A, B))),
]


@pytest.mark.parametrize(("query", "tree"), TREES, ids=[query for query, _ in TREES])
def test_a_query_has_one_tree(query: str, tree: Tree) -> None:
    assert parse_query(query) == tree


@pytest.mark.parametrize(
    ("query", "column", "says", "fix"),
    [
        ("", None, "it is empty", "person:smith"),
        ("  \t", None, "it is empty", "person:smith"),
        ('jo "smith', 4, "a quotation mark opens there and never closes", 'Close it: "the words"'),
        ('"', 1, "never closes", "Close it"),
        ('"abc\\', 1, "never closes", "Close it"),
        ("jo “smith", 4, "never closes", "Close it"),
        ("jo\\", 3, "a backslash stands at the end", "type two"),
        ("(a OR b", 1, "a bracket opens there and never closes", "Close it"),
        ("a)", 2, "a bracket closes there that was never opened", "Take it out"),
        ("a () b", 3, "the brackets are empty", "Take them out"),
        ("NOT", 1, "nothing to search for stands after NOT", 'for the word itself, "not"'),
        ("a AND", 3, "nothing to search for stands after AND", '"and"'),
        ("(a OR)", 4, "nothing to search for stands after OR", '"or"'),
        ("OR a", 1, "OR comes where a word should stand", "Write one OR two"),
        ("a AND OR b", 3, "nothing to search for stands after AND", '"and"'),
        ("persn:smith", 1, "there is no field persn:", "Did you mean person:?"),
        ("xyzzy:smith", 1, "there is no field xyzzy:", 'in quotes: "xyzzy:…"'),
        ("person:", 1, "nothing stands after person:", "person:word"),
        ("person: AND a", 1, "nothing stands after person:", "person:word"),
        ("person:(org:a)", 9, "org: stands inside the brackets of person:", "Close person:"),
        ("captured:soon", 10, "'soon' is no time", "captured:2026-03-01"),
        ("a captured:2026-02..2026-01", 12, "ends before it begins", "captured:2026"),
        ("smith -jones", 7, "-jones begins with a dash", "NOT jones"),
        ("a && b", 3, "'&&' has no letter or digit", "AND, OR and NOT"),
        ('a "…"', 3, "'…' has no letter or digit", "Take it out"),
        ("handle:@", 8, "'@' has no letter or digit", "type a word"),
        ("*", 1, "* would stand for too many words", "at least 3 letters"),
        (") a", 1, "a bracket closes there that was never opened", "open it"),
        ("a*", 1, "a* would stand for too many words", "at least 2 letters"),
        ("*ab", 1, "*ab would stand for too many words", "at least 3 letters"),
        ("email:*", 7, "* would stand for too many words", "at least 3 letters"),
        ("jo.bl*", 1, "jo.bl* is more than one word", "email:jo.bl*"),
        ("a*b*c*d*e*f*g", 1, "has more than 5 wildcards", "more of its letters"),
        ("smith~3", 1, "~3 asks for that many wrong letters", "smith~2"),
        ("smith~0", 1, "~0 asks for that many wrong letters", "smith~1"),
        ("smith~99999999999999999999", 1, "asks for that many wrong letters", "smith~1"),
        ("jo~1", 1, "jo is too short for ~1", "at least 3 letters"),
        ("jones~2 anna~2", 9, "anna is too short for ~2", "at least 5 letters"),
        ("o'neil-smith~1", 1, "o'neil-smith is not one word", "each with its ~"),
        ("\x1b[31m:x\x07 (", 10, "never closes", "Close it"),
    ],
)
def test_what_is_no_query_is_told_what_where_and_what_to_type(
    query: str, column: int | None, says: str, fix: str
) -> None:
    with pytest.raises(QueryError) as refusal:
        parse_query(query)
    error = refusal.value
    assert says in error.says
    assert fix in error.fix
    assert (error.column, error.facts["column"]) == (column, column)
    assert error.says.isprintable()


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("(" * (MAX_DEPTH + 1) + "a" + ")" * (MAX_DEPTH + 1), "more than 50 deep"),
        ("(" * 9_999, "more than 50 deep"),
        ("NOT " * 2_400 + "a", "more than 50 deep"),
        ("NOT (" * 1_900, "more than 50 deep"),
        ("a " * (MAX_LEAVES + 1), "more than 1,000 words"),
        ("smi* " * (MAX_EXPANDED + 1), "more than 20 words with"),
        ("x" * (MAX_QUERY_CHARACTERS + 1), "10,001 characters"),
    ],
)
def test_a_query_past_a_bound_is_refused_in_one_short_line(query: str, says: str) -> None:
    with pytest.raises(QueryError, match=says) as refusal:
        parse_query(query)
    assert len(refusal.value.says) < 400


@pytest.mark.parametrize(
    ("query", "words"),
    [
        ("x" * MAX_QUERY_CHARACTERS, 1),
        ("a " * MAX_LEAVES, MAX_LEAVES),
        ("a OR " * (MAX_LEAVES - 1) + "a", MAX_LEAVES),
        ("(" * MAX_DEPTH + "a" + ")" * MAX_DEPTH, 1),
        ('"' + "a " * 4_999 + '"', 1),
    ],
    ids=["one long word", "many words", "many choices", "deep", "a long phrase"],
)
def test_a_query_at_a_bound_is_parsed(query: str, words: int) -> None:
    assert leaves(parse_query(query)) == words


def leaves(tree: Tree) -> int:
    """How many leaves `tree` has."""
    match tree:
        case And(parts) | Or(parts):
            return sum(map(leaves, parts))
        case Not(part):
            return leaves(part)
        case _:
            return 1


WORDS = st.text(min_size=1, max_size=12)
FIELDS = st.sampled_from([None, None, "person", "title", "email", "phone", "domain"])


def parsed(query: str) -> Tree | None:
    """The tree of `query`, None where it is refused."""
    with suppress(QueryError):
        return parse_query(query)
    return None


def is_a_query(leaf: Tree) -> bool:
    """Whether the text of this leaf is a query (it has letters, and enough of them)."""
    return parsed(query_text(leaf)) is not None


LEAVES: st.SearchStrategy[Tree] = st.one_of(
    st.builds(Term, WORDS, FIELDS),
    st.builds(Phrase, WORDS, FIELDS),
    st.builds(Wildcard, st.sampled_from(["smi*", "*mith", r"a\*b*", "s?i(th"]), FIELDS),
    st.builds(Fuzzy, st.from_regex(r"[a-zé-]{5,9}", fullmatch=True), st.integers(1, 2), FIELDS),
    st.sampled_from(["2026", "..2026-02-01", ">=2026-01-01 09:00"]).map(captured_within),
).filter(is_a_query)
TREES_ANY = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(And, st.lists(inner, min_size=2, max_size=4).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=4).map(tuple)),
    ),
    max_leaves=12,
)


@given(TREES_ANY)
def test_a_tree_is_read_back_from_its_text(tree: Tree) -> None:
    assert parse_query(query_text(tree)) == tree


PIECES = st.sampled_from(
    ["a", "AND", "OR", "NOT", "(", ")", '"', "“", "person:", "captured:", "x:", "*", "?", "~", "2",
     "\\", " ", ">=", "..", "2026-01", "-", "é", "東", "\x00", "💊", "smith"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join)))
@example("captured:\\")
@example("\ud800")
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    tree = parsed(text)
    assert tree is None or parse_query(query_text(tree)) == tree
