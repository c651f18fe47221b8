"""A text's tokens: the one analysis that every engine, query and snippet shares.

A token's position is its index: one token a position, none skipped. Words are split at every
mark but an apostrophe or an underscore between letters, so that an address is a row of words
and is found whole as a phrase or by any of its parts. Writing without spaces (Chinese,
Japanese, Thai, Lao, Khmer, Burmese) gives one token a letter with its marks, which finds every
run of letters exactly; an emoji is a token without its skin tone.
"""

from __future__ import annotations

import re
import sys
import threading
import unicodedata
from array import array
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from importlib.metadata import version
from itertools import groupby
from typing import Final, NamedTuple

from search.folding import APOSTROPHES, cut, fold_word

# Two Pythons may know different Unicode tables: their tokens are then not the same.
ANALYSIS_VERSION: Final = (
    f"2 unicode-{unicodedata.unidata_version} snowball-{version('snowballstemmer')}"
)
MAX_FOLDED_CHARACTERS: Final = 1000  # of a "word" that is a whole encoded file, the rest is cut
CACHED_BELOW: Final = 64  # characters; longer words do not come twice
STRETCH_CHARACTERS: Final = 1 << 18
VALUE_GAP: Final = 100  # positions left free between two values of one field


def _ranges(wanted: str) -> str:
    """The code points whose category starts with `wanted`, as the inside of a character class."""
    # Marks and format characters lie below U+20000 but for the tags and selectors of plane 14.
    points = [
        point
        for plane in (range(0x20000), range(0xE0000, 0xE0200))
        for point in plane
        if point > 0x7F and unicodedata.category(chr(point)).startswith(wanted)
    ]
    runs = groupby(enumerate(points), key=lambda pair: pair[1] - pair[0])
    spans = [[point for _, point in run] for _, run in runs]
    return "".join(f"{re.escape(chr(span[0]))}-{re.escape(chr(span[-1]))}" for span in spans)


_EMOJI_ONE: Final = (
    "(?:[\U0001f1e6-\U0001f1ff]{2}|[\U0001f000-\U0001faff\u2600-\u27bf\u2b1b-\u2b55\u231a-\u23ff])"
    "[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff\u20e3\U000e0020-\U000e007f]*"
)
_EMOJI: Final = re.compile(_EMOJI_ONE)
_EMOJI_DRESS: Final = re.compile("[\ufe0e\ufe0f\U0001f3fb-\U0001f3ff]")
_ASCII_WORDS: Final = re.compile(r"\w+(?:['`]\w+)*", re.ASCII)

# Scripts written without spaces between words (Unicode blocks).
_UNSPACED: Final = (
    "\u2e80-\u2fdf\u3005\u3007\u3021-\u3029\u3041-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff"
    "\uf900-\ufaff\uff66-\uff9f\U0001b000-\U0001b16f\U00020000-\U000323af"  # Han, kana
    "\u0e01-\u0e4f\u0e80-\u0ecf\u1000-\u103f\u104a-\u109f\u1780-\u17d3\ua9e0-\ua9ef\uaa60-\uaa7f"
)
_UNSPACED_LETTER: Final = re.compile(f"[{_UNSPACED}]")


@cache
def _any_words() -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Words of any script, and the parts of a run in which a script without spaces occurs.

    Made when first needed: reading the Unicode tables takes 30 ms, and most commands search
    nothing.
    """
    marks, invisible = _ranges("M"), _ranges("Cf")
    inside = f"[\\w{marks}{invisible}]"
    words = f"{inside}+(?:[{APOSTROPHES}](?=\\w){inside}+)*|{_EMOJI_ONE}(?:\u200d{_EMOJI_ONE})*"
    parts = f"[{_UNSPACED}][{marks}{invisible}\uff9e\uff9f]*|(?:(?![{_UNSPACED}]).)+"
    return re.compile(words), re.compile(parts, re.DOTALL)


@cache
def _stemmer() -> Callable[[str], str]:
    """The English stemmer, made when first needed: its package reads every language's, which
    takes longer than everything else in the room together.
    """
    import snowballstemmer  # type: ignore[import-untyped]  # it ships no types

    stem: Callable[[str], str] = snowballstemmer.stemmer("english").stemWord
    return stem


_stemmer_lock = threading.Lock()  # the stemmer keeps the word that it works on in itself


class Token(NamedTuple):
    """One token: its two forms and where it stands in the source text (`text[start:end]`)."""

    exact: str
    stem: str
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Analysed:
    """A text's tokens as four columns: row n is the token at position n.

    Columns, because a page of 50 MB has eight million tokens.
    """

    exact: tuple[str, ...]
    stems: tuple[str, ...]
    starts: array[int]
    ends: array[int]

    def __len__(self) -> int:
        """How many tokens there are."""
        return len(self.exact)

    def __iter__(self) -> Iterator[Token]:
        """The tokens in order."""
        return map(Token, self.exact, self.stems, self.starts, self.ends)


def analyse(text: str) -> Analysed:
    """The tokens of `text`: exact-folded and stemmed forms with character offsets.

    Deterministic; a pure function of the text and `ANALYSIS_VERSION`.
    """
    exact: list[str] = []
    stems: list[str] = []
    starts, ends = array("L"), array("L")
    for word, start, end in _words(text):
        folded, stem = _forms_of(word)
        if folded:
            exact.append(folded)
            stems.append(stem)
            starts.append(start)
            ends.append(end)
    return Analysed(tuple(exact), tuple(stems), starts, ends)


def forms(text: str, stretch: int = STRETCH_CHARACTERS) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """The exact and the stemmed forms that `analyse` gives, five times as fast without offsets:
    for indexing, where the time goes.
    """
    exact: list[str] = []
    stems: list[str] = []
    for _, piece in stretches(text, stretch):
        pairs = _forms_in(piece)
        exact += [pair[0] for pair in pairs]
        stems += [pair[1] for pair in pairs]
    if "" in exact:
        return tuple(filter(None, exact)), tuple(filter(None, stems))
    return tuple(exact), tuple(stems)


def stretches(text: str, size: int = STRETCH_CHARACTERS) -> Iterator[tuple[int, str]]:
    """`text` in pieces of about `size` characters and where each begins, cut at spaces, where no
    token is: a text of 50 MB is not held as ten million words at once.
    """
    start = 0
    while len(text) - start > size:
        cut_at = text.rfind(" ", start, start + size)
        if cut_at <= start:
            cut_at = text.find(" ", start + size)
        if cut_at < 0:
            break
        yield start, text[start:cut_at]
        start = cut_at
    yield start, text[start:]


def _forms_in(text: str) -> list[tuple[str, str]]:
    """The two forms of each word of `text`, both empty for some."""
    words: list[str] = _pattern(text).findall(text)
    if not text.isascii() and _UNSPACED_LETTER.search(text):
        words = [part for word in words for part in _parts(word)]
    if "_" in text:
        words = [word.strip("_") for word in words]
    of_word = _forms if max(map(len, words), default=0) < CACHED_BELOW else _forms_of
    return list(map(of_word, words))


def _pattern(text: str) -> re.Pattern[str]:
    return _ASCII_WORDS if text.isascii() else _any_words()[0]


def _words(text: str) -> Iterator[tuple[str, int, int]]:
    """Each word of `text` as it stands and where, some with nothing searchable in them."""
    for match in _pattern(text).finditer(text):
        at = match.start()
        for part in _parts(match[0]):
            bare = part.lstrip("_")  # _emphasis_
            start = at + len(part) - len(bare)
            bare = bare.rstrip("_")
            yield bare, start, start + len(bare)
            at += len(part)


def _parts(word: str) -> Sequence[str]:
    """A run of letters cut where a script without spaces begins, ends or goes on."""
    if word.isascii() or not _UNSPACED_LETTER.search(word):
        return (word,)
    return _any_words()[1].findall(word)


def _forms_of(word: str) -> tuple[str, str]:
    """`_forms`, which remembers only words that may come again."""
    return _forms(word) if len(word) < CACHED_BELOW else _forms.__wrapped__(word)


@lru_cache(maxsize=1 << 17)
def _forms(word: str) -> tuple[str, str]:
    """The exact and the stemmed form of `word`, both empty where it has no letter or digit."""
    if not word.isascii() and _EMOJI.match(word):
        bare = cut(_EMOJI_DRESS.sub("", word))
        return bare, bare
    exact = sys.intern(cut(fold_word(word[:MAX_FOLDED_CHARACTERS])))
    return exact, stem_of(exact)


def stem_of(exact: str) -> str:
    """The English stem (Snowball) of an exact-folded word; other scripts and numbers as they
    are.
    """
    if not (exact.isascii() and exact.isalpha()):
        return exact
    with _stemmer_lock:
        return sys.intern(_stemmer()(exact))
