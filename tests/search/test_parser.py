"""A query's tree, and the one error that a query which is none gets."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from search.errors import QueryError
from search.lexer import MAX_QUERY_CHARACTERS
from search.moments import during
from search.numbers import number_within
from search.parser import MAX_DEPTH, MAX_EXPANDED, MAX_LEAVES, parse_query
from search.tree import (
    And,
    Beside,
    Boosted,
    Fuzzy,
    Not,
    Number,
    Or,
    Phrase,
    Term,
    Tree,
    Wildcard,
    query_text,
)

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
    ("captured:2026-03", during("2026-03")),
    ('captured:"2026-03-01 18:00"', during("2026-03-01 18:00")),
    ("captured:(2026-01 OR 2026-03)", Or((during("2026-01"), during("2026-03")))),
    ("captured:>=2026-01-01T09:00Z", during(">=2026-01-01T09:00Z")),
    ("💊", Term("💊")),
    ("\u00a0a\u3000b\n", And((A, B))),
    ("a && b || c", Or((And((A, B)), C))),
    ("a&&b", Term("a&&b")),
    ("a -b", And((A, Not(B)))),
    (
        '-"b" -(b OR c) -person:b',
        And((Not(Phrase("b")), Not(Or((B, C))), Not(Term("b", "person")))),
    ),
    (r"a \-b", And((A, Term("-b")))),
    ("a--b", Term("a--b")),
    ("coordinates:-1.5", Term("-1.5", "coordinates")),
    ("=running", Phrase("running")),
    ('="a b"', Phrase("a b")),
    ("title:=running", Phrase("running", "title")),
    ('"a b"~5', Phrase("a b", None, 5)),
    ('title:"a b"~5', Phrase("a b", "title", 5)),
    ('"a"~5', Phrase("a")),
    ("a^2", Boosted(A, 2.0)),
    ("a^2.5 b", And((Boosted(A, 2.5), B))),
    ('"a b"~5^2', Boosted(Phrase("a b", None, 5), 2.0)),
    ("(a OR b)^2", Boosted(Or((A, B)), 2.0)),
    ("title:(a b)^0", Boosted(And((Term("a", "title"), Term("b", "title"))), 0.0)),
    ("((NOT a)^2)^3", Boosted(Boosted(Not(A), 2.0), 3.0)),
    (r"a\^2", Term("a^2")),
    ("a^b", Term("a^b")),
    ("a NEAR b", Beside((A,), (B,), 10)),
    ("a NEAR/0 b", Beside((A,), (B,), 0)),
    ('NOT a NEAR/3 "b c"', Not(Beside((A,), (Phrase("b c"),), 3))),
    ("a NEAR b NEAR/2 c", And((Beside((A,), (B,), 10), Beside((B,), (C,), 2)))),
    ("title:(a NEAR b)", Beside((Term("a", "title"),), (Term("b", "title"),), 10)),
    ("title:a NEAR title:b", Beside((Term("a", "title"),), (Term("b", "title"),), 10)),
    ("(a OR b*b) NEAR c~1c", Beside((A, Wildcard("b*b")), (Term("c~1c"),), 10)),
    (r"\NEAR near", And((Term("NEAR"), Term("near")))),
    ("text:a from:b tel:1", And((Term("a", "page"), Term("b", "author"), Term("1", "phone")))),
    ("profile:telegram:owl", Term("telegram:owl", "profile")),
    ("ipv4:192.0.2.7", Term("192.0.2.7", "ip")),
    ("fe80::1", Term("fe80::1")),
    (
        "00:00:5e:00:53:01 ab:cd:ef:00:11:22",
        And((Term("00:00:5e:00:53:01"), Term("ab:cd:ef:00:11:22"))),
    ),
    ("status:4xx", Number("4xx", 400, 499, "status")),
    ("status:>=400", Number(">=400", 400, None, "status")),
    ("status:{400 TO 404]", Number("{400 TO 404]", 401, 404, "status")),
    ("published:2026-11", during("2026-11", "published")),
    ("captured:[2026-01-01 TO *]", during("[2026-01-01 TO *]")),
    ('captured:>"1 March 2026"', during(">1 March 2026")),
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
        ("smith !jones", 7, "!jones begins with !", "NOT jones"),
        ("a && && b", 3, "nothing to search for stands after &&", '"&&"'),
        ("a -", 3, "'-' has no letter or digit", "AND, OR and NOT"),
        ('"a b"~', 6, "no number stands after ~", '"one two"~5'),
        ('"a b"~100', 6, "~100 is more than 99", '"one two"~5'),
        ('"a b"~x', 6, "no number stands after ~", '"one two"~5'),
        ('"a b c d e f g"~9', 16, "7 words within ~9 could stand in too many ways", "NEAR"),
        ('email:"a b"~3', 12, "~ stands after a quotation in email:", 'page:"one two"~5'),
        ("(a b)~3", 6, "~ stands after a bracket", "NEAR/5"),
        ('"a b"^', 6, "no number stands after ^", '"one two"^2'),
        ('"a b"^2^2', 8, "^2 stands after another ~ or ^", '"one two"~5^2'),
        ('"a b"~5~5', 8, "~5 stands after another ~ or ^", '"one two"~5^2'),
        ("a^1001", 2, "^1001 is more than 1000", "word^2"),
        ("smith^-1", 6, "^-1 is no weight", "smith^2"),
        ("b smith^1e308", 8, "^1e308 is no weight", "smith^2"),
        ("title:smith^NaN", 12, "^NaN is no weight", "smith^2"),
        (r"a\*b^+inf", 5, "^+inf is no weight", "^2"),
        ("smith^12345", 6, "^12345 is no weight", "smith^2"),
        ("a NEAR", 3, "nothing to search for stands after NEAR", '"near"'),
        ("NEAR a", 1, "NEAR comes where a word should stand", "one NEAR two"),
        ("a NEAR/x b", 3, "NEAR/x does not say how near", "one NEAR/5 two"),
        ("a NEAR/100 b", 3, "from NEAR/0 to NEAR/99", "one NEAR/5 two"),
        ("a NEAR NOT b", 3, "nothing to search for stands after NEAR", '"near"'),
        ("a NEAR (b AND c)", 3, "NEAR stands beside what is neither", "one NEAR two"),
        ("a NEAR b^2", 3, "NEAR stands beside what is neither", "(one NEAR two)^2"),
        ("a NEAR captured:2026", 3, "NEAR stands beside what is neither", "one NEAR two"),
        ("title:a NEAR b", 9, "words of different fields", "title:(one NEAR two)"),
        ("email:(a NEAR b)", 10, "email: holds whole values", "page:(one NEAR two)"),
        ("a NEAR (b OR a)", 3, "the same word stands on both sides", "one NEAR two"),
        ("url:[a TO b]", 5, "there is no order in url:", "Ranges work on captured:"),
        ("status:4a", 8, "'4a' is no number", "status:4xx"),
        ("status:[500 TO 400]", 8, "ends before it begins", "status:>=400"),
        ("captured:last week", 10, "'last' is no time", '"3 days ago"'),
        ("smith~0.5", 1, "~0.5 asks for that many wrong letters", "smith~1"),
        ("outcome:partal", 9, "there is no outcome partal", "Did you mean outcome:partial?"),
        ("outcome:xyzzy", 9, "there is no outcome xyzzy", "There are complete, partial"),
        ("a near/5 b", 3, "near/5 is read as words", "one NEAR/5 two"),
        ("a w/5 b", 3, "w/5 is read as words", "one NEAR/5 two"),
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
        case Not(part) | Boosted(part):
            return leaves(part)
        case _:
            return 1


WORDS = st.text(min_size=1, max_size=12)
FIELDS = st.sampled_from([None, None, "person", "title", "email", "phone", "domain"])


def parsed(query: str) -> Tree | None:
    """The tree of `query`, None where it is refused."""
    with suppress(QueryError):
        return parse_query(query, now=NOW)
    return None


def is_a_query(leaf: Tree) -> bool:
    """Whether the text of this leaf is a query (it has letters, and enough of them)."""
    return (
        parsed(query_text(leaf)) == leaf
        if isinstance(leaf, Beside)
        else bool(parsed(query_text(leaf)))
    )


NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)
SIDES = st.lists(
    st.one_of(
        st.builds(Term, WORDS),
        st.builds(Phrase, WORDS),
        st.sampled_from([Wildcard("smi*"), Fuzzy("smith", 1)]),
    ),
    min_size=1,
    max_size=2,
).map(tuple)
LEAVES: st.SearchStrategy[Tree] = st.one_of(
    st.builds(Term, WORDS, FIELDS),
    st.builds(Phrase, WORDS, FIELDS),
    st.builds(Wildcard, st.sampled_from(["smi*", "*mith", r"a\*b*", "s?i(th"]), FIELDS),
    st.builds(Fuzzy, st.from_regex(r"[a-zé-]{5,9}", fullmatch=True), st.integers(1, 2), FIELDS),
    st.builds(Phrase, st.sampled_from(["a b", "x \\ y"]), FIELDS, st.integers(0, 99)),
    st.builds(
        during,
        st.sampled_from(["2026", "..2026-02-01", ">=2026-01-01 09:00", "today"]),
        st.sampled_from(["captured", "published"]),
        now=st.just(NOW),
    ),
    st.sampled_from(["404", "4xx", ">=400", "[400 TO 499}"]).map(
        lambda text: number_within(text, "status")
    ),
    st.builds(Beside, SIDES, SIDES, st.integers(0, 99)),
).filter(is_a_query)
TREES_ANY = st.recursive(
    LEAVES,
    lambda inner: st.one_of(
        st.builds(Not, inner),
        st.builds(Boosted, inner, st.sampled_from([0.0, 0.25, 2.0, 1000.0])),
        st.builds(And, st.lists(inner, min_size=2, max_size=4).map(tuple)),
        st.builds(Or, st.lists(inner, min_size=2, max_size=4).map(tuple)),
    ),
    max_leaves=12,
)


@given(TREES_ANY)
def test_a_tree_is_read_back_from_its_text(tree: Tree) -> None:
    assert parse_query(query_text(tree), now=NOW) == tree


PIECES = st.sampled_from(
    ["a", "AND", "OR", "NOT", "(", ")", '"', "“", "person:", "captured:", "x:", "*", "?", "~", "2",
     "\\", " ", ">=", "..", "2026-01", "-", "é", "東", "\x00", "💊", "smith", "NEAR",
     "NEAR/3", "^2", "~3", "[", " TO ", "]", "&&", "||", "=",
     "status:", "yesterday", "4xx"]
)  # fmt: skip


@given(st.one_of(st.text(max_size=60), st.lists(PIECES, max_size=30).map("".join)))
@example("captured:\\")
@example("\ud800")
def test_any_text_is_a_query_or_a_query_error(text: str) -> None:
    tree = parsed(text)
    assert tree is None or parse_query(query_text(tree), now=NOW) == tree
