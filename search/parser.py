"""A query to its tree, or one clear error: what is wrong, at which column, what to type."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from search.errors import QueryError, shown
from search.fields import Field, field_named
from search.leaves import leaf_of
from search.lexer import Lexeme, Sort, lexemes
from search.nearness import beside, near_slop
from search.tree import And, Boosted, Fuzzy, Leaf, Not, Or, Tree, Wildcard

MAX_DEPTH: Final = 50  # of brackets and NOTs within one another
MAX_LEAVES: Final = 1000
MAX_EXPANDED: Final = 20  # words with wildcards or ~ in one query
MAX_BOOST: Final = 1000.0


def parse_query(query: str, *, now: datetime | None = None) -> Tree:
    """The tree of `query`; `yesterday` and the like are as of `now` (the present where none is
    given). Raises `QueryError` and nothing else. Grammar, loosest first:

    either = both { OR both };  both = one { [AND] one };  one = { NOT } near;
    near = operand { NEAR[/n] operand };  operand = atom [^boost];
    atom = "(" either ")" | [field:] word | [field:] "phrase" [~slop] | field:"(" either ")"
    """
    return _Parser(lexemes(query), now or datetime.now(UTC)).query()


class _Parser:
    """Recursive descent over the lexemes; `depth` bounds the recursion."""

    def __init__(self, found: list[Lexeme], now: datetime) -> None:
        self.lexemes = found
        self.now = now
        self.at = 0
        self.depth = 0
        self.leaves = 0
        self.expanded = 0

    @property
    def next(self) -> Lexeme:
        return self.lexemes[self.at]

    def take(self) -> Lexeme:
        lexeme = self.lexemes[self.at]
        self.at += 1
        return lexeme

    def query(self) -> Tree:
        if self.next.sort is Sort.END:
            raise QueryError("it is empty", fix="Type a word, a name or a field: person:smith")
        tree = self.either(None)
        if self.next.sort is Sort.CLOSE:
            raise _never_opened(self.next)
        return tree

    def either(self, field: Field | None) -> Tree:
        parts = [self.both(field)]
        while self.next.sort is Sort.OR:
            self.take()
            parts.append(self.both(field))
        return parts[0] if len(parts) == 1 else Or(tuple(parts))

    def both(self, field: Field | None) -> Tree:
        parts = [self.one(field)]
        while self.next.sort not in (Sort.OR, Sort.CLOSE, Sort.END):
            if self.next.sort is Sort.AND:
                self.take()
            parts.append(self.one(field))
        return parts[0] if len(parts) == 1 else And(tuple(parts))

    def one(self, field: Field | None) -> Tree:
        refusals = 0
        while self.next.sort is Sort.NOT:
            self.deeper(self.take())
            refusals += 1
        tree = self.near(field)
        self.depth -= refusals
        for _ in range(refusals):
            tree = Not(tree)
        return tree

    def near(self, field: Field | None) -> Tree:
        """Each NEAR ties its two neighbours: `a NEAR b NEAR c` is a near b, and b near c."""
        left = self.operand(field)
        pairs: list[Tree] = []
        while self.next.sort is Sort.NEAR:
            sign = self.take()
            right = self.operand(field)
            pairs.append(beside(left, right, near_slop(sign), sign))
            left = right
        if not pairs:
            return left
        return pairs[0] if len(pairs) == 1 else And(tuple(pairs))

    def operand(self, field: Field | None) -> Tree:
        tree = self.atom(field)
        if self.next.sort is not Sort.BOOST:
            return tree
        boost = self.take()
        if float(boost.text) > MAX_BOOST:
            raise QueryError(
                f"^{boost.text} is more than {MAX_BOOST:g}",
                column=boost.column,
                fix="Write one that counts twice as much as word^2",
            )
        return Boosted(tree, float(boost.text))

    def atom(self, field: Field | None) -> Tree:
        lexeme = self.take()
        match lexeme.sort:
            case Sort.OPEN:
                return self.group(lexeme, field)
            case Sort.FIELD:
                return self.named(lexeme, field)
            case Sort.WORD | Sort.QUOTED | Sort.RANGE:
                return self.leaf(lexeme, field)
            case _:
                raise _nothing_there(self.lexemes, self.at - 1)

    def group(self, opening: Lexeme, field: Field | None) -> Tree:
        self.deeper(opening)
        if self.next.sort is Sort.CLOSE:
            raise QueryError(
                "the brackets are empty",
                column=opening.column,
                fix="Take them out, or put words in them: (one OR two)",
            )
        if self.next.sort is Sort.END:
            raise _never_closed(opening)
        tree = self.either(field)
        if self.take().sort is not Sort.CLOSE:
            raise _never_closed(opening)
        if self.next.sort is Sort.SLOP:
            raise QueryError(
                "~ stands after a bracket",
                column=self.next.column,
                fix='Write words near one another as "one two"~5, or (one OR two) NEAR/5 three',
            )
        self.depth -= 1
        return tree

    def named(self, name: Lexeme, outer: Field | None) -> Tree:
        field = field_named(name.text, name.column)
        if outer is not None:
            raise QueryError(
                f"{field.name}: stands inside the brackets of {outer.name}:",
                column=name.column,
                fix=f"Close {outer.name}:(…) first: {outer.name}:(one OR two) {field.name}:three",
            )
        following = self.next
        if following.sort is Sort.OPEN:
            return self.group(self.take(), field)
        if following.sort in (Sort.WORD, Sort.QUOTED, Sort.RANGE):
            return self.leaf(self.take(), field)
        raise QueryError(
            f"nothing stands after {field.name}:",
            column=name.column,
            fix=f'Type what to look for: {field.name}:word or {field.name}:"several words"',
        )

    def deeper(self, lexeme: Lexeme) -> None:
        self.depth += 1
        if self.depth > MAX_DEPTH:
            raise QueryError(
                f"brackets and NOTs stand more than {MAX_DEPTH} deep",
                column=lexeme.column,
                fix="Make it flatter: (one OR two OR three)",
            )

    def leaf(self, lexeme: Lexeme, field: Field | None) -> Leaf:
        self.leaves += 1
        if self.leaves > MAX_LEAVES:
            raise QueryError(
                f"it has more than {MAX_LEAVES:,} words",
                column=lexeme.column,
                fix="Split it into several searches.",
            )
        slop = self.take() if self.next.sort is Sort.SLOP else None
        leaf = leaf_of(lexeme, field, slop, self.now)
        if isinstance(leaf, Wildcard | Fuzzy):
            self.expanded += 1
            if self.expanded > MAX_EXPANDED:
                raise QueryError(
                    f"it has more than {MAX_EXPANDED} words with *, ? or ~",
                    column=lexeme.column,
                    fix="Split it into several searches.",
                )
        return leaf


def _nothing_there(found: list[Lexeme], at: int) -> QueryError:
    """The error for an operand that is missing at lexeme `at`."""
    here = found[at]
    before = found[at - 1] if at else None
    if before is not None and before.sort in (Sort.AND, Sort.OR, Sort.NOT, Sort.NEAR):
        return QueryError(
            f"nothing to search for stands after {shown(before.text)}",
            column=before.column,
            fix=f'Type a word after it; for the word itself, "{shown(before.text).lower()}"',
        )
    if here.sort is Sort.CLOSE:
        return _never_opened(here)
    if here.sort in (Sort.SLOP, Sort.BOOST):
        return QueryError(
            f"{here.sort}{here.text} stands after another ~ or ^",
            column=here.column,
            fix='Write one of each: "one two"~5^2',
        )
    word = shown(here.text)
    return QueryError(
        f"{word} comes where a word should stand",
        column=here.column,
        fix=f'Write one {word} two; for the word itself, quote it: "{word.lower()}"',
    )


def _never_opened(closing: Lexeme) -> QueryError:
    return QueryError(
        "a bracket closes there that was never opened",
        column=closing.column,
        fix="Take it out, or open it: (one OR two) AND three",
    )


def _never_closed(opening: Lexeme) -> QueryError:
    return QueryError(
        "a bracket opens there and never closes",
        column=opening.column,
        fix="Close it: (one OR two)",
    )
