"""The manual of the query language, made from the table of fields and the bounds that the code
uses: `python -m search.manual > docs/query.md` writes it; a test compares, and tries each example.
"""

from __future__ import annotations

import sys
import textwrap
from collections.abc import Iterable, Sequence
from typing import Final

from search.analysis import VALUE_GAP
from search.did_you_mean import MOST_TOLD, MOST_WORDS, MUCH, RARE, SECONDS, SHORTEST
from search.fields import (
    DEFAULT_FIELDS,
    IDENTIFIER_FIELDS,
    PLATFORM_FIELDS,
    QUERY_FIELDS,
    Field,
    Kind,
)
from search.lexer import MAX_QUERY_CHARACTERS
from search.nearness import DEFAULT_SLOP, MAX_QUOTED, MAX_SLOP, MAX_WAYS
from search.parser import MAX_BOOST, MAX_DEPTH, MAX_EXPANDED, MAX_LEAVES
from search.patterns import MAX_EDITS, MAX_WILDCARDS_IN_A_WORD
from search.plan import MAX_EXPANSION

Rows = Sequence[tuple[str, str]]

WORDS: Final = (
    ("smith", "the word in any of its English forms: `run` finds *running*"),
    ('"smith"', "the word as spelled, not its other forms; `=smith` says the same"),
    ('"jo smith"', "these words next to each other in this order, as spelled"),
    ("jo smith", "both words, anywhere"),
    ("o'neil-smith", "a word with marks inside is a row of words: *O'Neil Smith*, *ONEIL-SMITH*"),
    ("jo.bloggs@example.test", "the address where it stands in the text"),
    ("東京", "writing without spaces: these letters in a row"),
    ("💊", "an emoji, whatever its skin tone"),
)
OPERATORS: Final = (
    ("smith AND leeds", "both; a space says the same, and so does `smith && leeds`"),
    ("smith OR smyth", "one or the other, or both; `smith || smyth` says the same"),
    ("smith NOT jones", "the first without the second; `smith -jones` says the same"),
    ("smith AND (leeds OR york)", "brackets group"),
    ("NOT lang:en", "everything that is not in English"),
    ("smith^3 OR leeds", "hits for the first count three times as much in the order"),
)
NEAR: Final = (
    ('"jo smith"~3', "the words in this order with at most three others among them, in all"),
    ("smith NEAR/5 leeds", "both words, in either order, with at most five others between them"),
    ("smith NEAR leeds", f"the same with at most {DEFAULT_SLOP}"),
    ('smith NEAR (leeds OR "west yorkshire")', "several of which one must be near"),
    ("jo NEAR/3 smith NEAR/9 leeds", "the first near the second, and the second near the third"),
    ("person:(jo NEAR/1 smith)", "in one name; in one text where a field has several"),
)
PARTS: Final = (
    ("smi*", "words that begin so; `*` is any number of letters"),
    ("*field", "words that end so (three letters or more; slower)"),
    ("sm?th", "`?` is one letter"),
    ("email:*@example.test", "in fields of whole values the pattern is of the whole value"),
    ("smith~1", "one letter missing, added, wrong or swapped with its neighbour; `~2` two. The "
                "first letter must be right"),
)  # fmt: skip
TIMES: Final = (
    ("captured:2026-03-01", "that day; `captured:2026-03` the month, `captured:2026` the year"),
    ("captured:1/3/2026", "1 March: day, month, year, as the UK writes them"),
    ('captured:"1 March 2026"', "that day; `published:11/2026` or `published:nov-2026` a month"),
    ("captured:today", "or `yesterday`, `monday` (the latest), `this-week`, `last-month`"),
    ('captured:"3 days ago"', "that day; weeks, months and years too; of `2 hours ago` the minute"),
    ('captured:"last 7 days"', "from this time seven days ago"),
    ("captured:>yesterday", "after the whole of that day; `>=`, `<` and `<=` likewise"),
    ("captured:[2026-01-01 TO 2026-02-01]", "from the first day to the last, both whole; `{` and "
     "`}` leave an end out, `*` opens it"),
    ("captured:2026-01-01..2026-02-01", "the same; `..2026-02-01` and `2026-01-01..` are open"),
    ("captured:2026-03-01T18:00Z", "that minute"),
    ('captured:"2026-03-01 18:00"', "that minute, UK local time"),
    ("status:404", "numbers: `status:4xx`, `status:>=400`, `status:[400 TO 499]`"),
)  # fmt: skip
MARKS: Final = (
    (r"a\*b", "a backslash takes the meaning from the next character"),
    ('"why?"', 'in quotes only `"` and `\\` need one'),
    ("https://example.test/page", "an address needs no quotes"),
)
REFUSED: Final = (
    ('"jo smith', "the quotation mark never closes"),
    ("(smith OR jones", "the bracket never closes"),
    ("persn:smith", "there is no such field; the nearest is named"),
    ("smith !jones", "write `smith NOT jones`"),
    ("smith AND", "nothing stands after AND"),
    ("smith NEAR (leeds AND york)", "NEAR stands between words, or several of them with OR"),
    ("person:jo NEAR smith", "NEAR stands between words of one field: `person:(jo NEAR smith)`"),
    ("email:(jo NEAR smith)", "a field of whole values has nothing near anything"),
    ("captured:2026-02..2026-01", "the range ends before it begins"),
    ("captured:31/2/2026", "there is no such day"),
    ("url:[a TO b]", "ranges are of times and numbers"),
    ("a*", "it would stand for too many words"),
    ("…", "there is no letter or digit in it"),
)
INTRODUCTION: Final = """\
# The query language

Made by `python -m search.manual` from the table of fields and the bounds that the code uses; a test
keeps it true and tries every example.

What you type after `lantern search`, at the desk and in a watchlist. Quote the whole query for the
shell: `lantern search 'person:"Jo Smith" AND Leeds'`. The same query finds the same captures on
every engine. `lantern search --explain` shows how a query was understood, word by word.
"""


def manual() -> str:
    """The whole page."""
    anywhere = ", ".join(f"`{field.name}:`" for field in DEFAULT_FIELDS)
    return "\n".join(
        (
            INTRODUCTION,
            _section("Words and phrases", WORDS),
            f"Without a field a word is looked for in {anywhere}. Capitals and accents do not "
            "matter: `zoe` finds\n*Zoë*; apostrophes neither: `oneil` finds *O'Neil*, and `smith` "
            "finds *Smith's*. A bare word is matched by its\nstem in running text (fields marked "
            "*any form* below) because a case is searched for what people may have\nwritten; "
            "quotes are for what they did write. A word as typed counts for more than its other "
            "forms, and one\nin the title for more than one in the text. Curly quotes work as "
            "straight ones do.\n",
            _section("AND, OR, NOT", OPERATORS),
            "The operators are in capitals; `and` in small letters is a word. NEAR binds "
            "tightest, then NOT, AND, OR:\n`smith leeds OR york` is `(smith leeds) OR york`. "
            f"`^` takes 0 to {MAX_BOOST:g}; fields of whole values and\ntimes are found or not, "
            "and weigh nothing.\n",
            _section("Words near one another", NEAR),
            _nearness(),
            _section("Part of a word, or nearly spelled", PARTS),
            "A pattern works inside one word, not across marks: write `jo AND bl*`, not `jo.bl*`. "
            f"One that stands for more\nthan {MAX_EXPANSION:,} different words is refused: type "
            "more letters.\n",
            _paragraph(
                f"**Did you mean.** Where a query finds {RARE} captures or fewer, up to "
                f"{MOST_TOLD} queries are offered with a word spelled another way: of its first "
                f"{MOST_WORDS} bare words of {SHORTEST} letters or more, one that at most {RARE} "
                "captures hold. A spelling is one letter away, begins alike and stands in captures "
                "that you may see; "
                f"where the word itself stands somewhere, {MUCH} times as many. Each query offered "
                "was asked within what you may see and finds something. Nothing is searched for "
                f"but what was typed; after {SECONDS:g} seconds no more is looked for."
            ),
            _fields(),
            _section("Times and numbers", TIMES),
            "A time without a zone is UK local time; add `Z` for UTC. Weeks begin on Monday. A "
            "page without the date that is\nasked for lies in no range. What is said of today is "
            "as of the search; a logged search that is run again is as\nof its own day.\n",
            _section("Marks themselves", MARKS),
            _section("When a query is refused", REFUSED, "because"),
            "The message says what is wrong, at which column, and what to type.\n",
            _bounds(),
        )
    )


def _section(title: str, rows: Rows, meaning: str = "finds") -> str:
    return (
        f"## {title}\n\n{_table(('type', meaning), ((f'`{_cell(q)}`', _cell(s)) for q, s in rows))}"
    )


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [head, tuple("---" for _ in head), *rows]
    return "".join(f"| {' | '.join(line)} |\n" for line in lines)


def _cell(text: str) -> str:
    return text.replace("|", "\\|")


def _fields() -> str:
    identifiers = (*IDENTIFIER_FIELDS.values(), *PLATFORM_FIELDS, QUERY_FIELDS["identifier"])
    others = [field for field in QUERY_FIELDS.values() if field not in identifiers]
    return (
        "## Fields\n\n`person:(smith OR smyth)`: a field holds for what is in the brackets. "
        '`person:"jo smith"` is in one name: never the\nend of one and the start of the next. A '
        "field of whole values is matched whole, or by a pattern.\n\n"
        + _field_table(others)
        + "\nIdentifiers found in the text and its pictures match however they were written or "
        'typed: `phone:"07700 900123"`\nfinds *+44 (0)7700 900-123*, and '
        "`email:jo.bloggs@example.test` what was written `jo.bloggs (at) example[.]test`.\n\n"
        + _field_table(identifiers)
    )


def _field_table(fields: Iterable[Field]) -> str:
    rows = (
        (
            f"`{field.name}:`",
            " ".join(f"`{alias}:`" for alias in field.aliases),
            f"`{_cell(field.example)}`",
            field.says,
            _matching(field),
        )
        for field in fields
    )
    return _table(("field", "also", "for example", "finds", "matched"), rows)


def _matching(field: Field) -> str:
    match field.kind:
        case Kind.WORDS:
            return "words, any form" if field.stems else "words, as spelled"
        case Kind.SELECTOR:
            return "whole value"
        case Kind.MOMENT:
            return "time"
        case Kind.NUMBER:
            return "number"


def _nearness() -> str:
    return _paragraph(
        f"""Exactly: each word of a text has a place, and places count on by one. `"a b c"~n` is
        found where `a`, `b` and `c` stand in this order, each at a place of its own, and at most
        *n* other places lie among them in all. `x NEAR/n y` is found where the places of `x` and
        the places of `y` lie in one value of one field, in either order, with at most *n* other
        places between them; they may share places, so two sides that stand for the same words
        are found in one. A quotation beside NEAR is a row without gaps;
        a bare word is any of its forms, a pattern any word it stands for. *n* is 0 to {MAX_SLOP}:
        two values of a field lie {VALUE_GAP} places apart, so nothing is near from one into the
        next. A quotation beside NEAR has at most {MAX_QUOTED} words, and what could stand in more
        than {MAX_WAYS:,} ways is refused: `"a b c d"~9` can in 220."""
    )


def _paragraph(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), 100, break_on_hyphens=False) + "\n"


def _bounds() -> str:
    return (
        f"Bounds: {MAX_QUERY_CHARACTERS:,} characters, {MAX_LEAVES:,} words, {MAX_EXPANDED} words "
        f"with `*`, `?` or `~`, {MAX_WILDCARDS_IN_A_WORD} wildcards in a word, `~{MAX_EDITS}`, "
        f"brackets {MAX_DEPTH} deep.\n"
    )


if __name__ == "__main__":
    sys.stdout.write(manual())
