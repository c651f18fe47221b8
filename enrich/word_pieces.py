"""The name finder's network as a spaCy component: word pieces in, names with scores out.

A small transformer encoder (six layers) reads each word as its pieces and its case, and gives each
word the likelihood of beginning, going on with or standing outside a name of each label (BIO
tags). The likeliest row of tags that is one (a name begins before it goes on) is found by the
Viterbi algorithm. It runs by onnxruntime on one thread: no clock, no network, no file but its own.
"""

from __future__ import annotations

import json
import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import numpy as np
from numpy.typing import NDArray
from spacy.language import Language
from spacy.tokens import Doc, Span

if TYPE_CHECKING:
    import onnxruntime  # type: ignore[import-untyped]  # it ships no types

FACTORY: Final = "lantern_word_pieces"
SCORES: Final = "name_scores"  # in a document's `user_data`: a score by (start, end) in characters
NETWORK, PIECES, TAGS = "network.onnx", "pieces.txt", "tags.json"
WINDOW, STRIDE = 120, 90  # words read at once, as in training, and from one window to the next
MOST_PIECES: Final = 320  # of one window; words past it are cut to what fits
BATCH_PIECES: Final = 256  # small enough to stay in the cache of one core: three times 4096
DOCS_AT_ONCE: Final = 256
LONGEST_PART: Final = 100  # characters; BERT's own bound
_NEVER: Final = -1e4
# a mark alone (ASCII's and Unicode's punctuation), a letter of a script without spaces, or a run
_PART: Final = re.compile(
    r"[^\w\s]|_|[\u3400-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]|"
    r"[^\W_\u3400-\u9fff\uf900-\ufaff\U00020000-\U0002fa1f]+"
)

Floats = NDArray[np.float32]
Ints = NDArray[np.int64]


def case_of(word: str) -> int:
    """How a word is cased, which its pieces (in lower case) do not say: one of eight classes."""
    letters = sum(character.isalpha() for character in word)
    if not letters:
        return 4 if any(character.isdigit() for character in word) else 5
    if word.islower():
        return 0
    if word.isupper():
        return 6 if letters == 1 else 2
    if word[0].isupper():
        return 1 if word[1:].islower() else 3
    return 7


@dataclass(frozen=True, slots=True)
class _Window:
    """Some words of one document; what is said of words from `first` to `last` counts."""

    doc: int
    start: int
    words: tuple[str, ...]
    first: int
    last: int


class Pieces:
    """Words cut into the pieces of a vocabulary (WordPiece, as BERT's uncased models have it):
    lower case, no accents, marks apart, then the longest piece that fits, from the left.
    """

    def __init__(self, vocabulary: Sequence[str]) -> None:
        self._ids = {piece: at for at, piece in enumerate(vocabulary)}
        self.first, self.last = self._ids["[CLS]"], self._ids["[SEP]"]
        self._unknown = self._ids["[UNK]"]
        self.of = lru_cache(maxsize=1 << 16)(self._of)

    def _of(self, word: str) -> tuple[int, ...]:
        """The ids of a word's pieces; of a word of signs that are none, no piece."""
        bare = "".join(
            character
            for character in unicodedata.normalize("NFD", word.lower())
            if unicodedata.category(character) not in ("Mn", "Cc", "Cf", "Co", "Cn")
        )
        return tuple(each for part in _PART.findall(bare) for each in self._cut(part))

    def _cut(self, part: str) -> list[int]:
        if len(part) > LONGEST_PART:
            return [self._unknown]
        found: list[int] = []
        start = 0
        while start < len(part):
            for end in range(len(part), start, -1):
                piece = self._ids.get(("##" if start else "") + part[start:end])
                if piece is not None:
                    found.append(piece)
                    start = end
                    break
            else:
                return [self._unknown]
        return found


class WordPieces:
    """A spaCy component that marks `doc.ents`; loaded from its folder, never trained here."""

    def __init__(self, name: str) -> None:
        self.name = name
        self._tags: tuple[str, ...] = ()
        self._said: frozenset[str] = frozenset()  # labels that are marked; others only told apart
        self._least = 0.0  # of a name's score: the likelihood of its least likely tag
        self._session: onnxruntime.InferenceSession | None = None
        self._pieces: Pieces | None = None

    def __call__(self, doc: Doc) -> Doc:
        """The document with its names marked."""
        return next(iter(self.pipe([doc])))

    def pipe(self, docs: Iterable[Doc], batch_size: int = DOCS_AT_ONCE) -> Iterator[Doc]:
        """The documents in order, names marked."""
        waiting = iter(docs)
        while batch := list(islice(waiting, batch_size)):
            for doc, likelihoods in zip(batch, self._read(batch), strict=True):
                self._mark(doc, likelihoods)
                yield doc

    def from_disk(self, path: Path, exclude: Sequence[str] = ()) -> WordPieces:  # noqa: ARG002 - spaCy's
        """Load the network from its folder; raises what reading its files raises."""
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        options.log_severity_level = 3
        said = json.loads((path / TAGS).read_text("utf-8"))
        self._tags, self._said = tuple(said["tags"]), frozenset(said["said"])
        self._least = float(said["least"])
        self._pieces = Pieces((path / PIECES).read_text("utf-8").splitlines())
        self._session = onnxruntime.InferenceSession(
            str(path / NETWORK), options, providers=["CPUExecutionProvider"]
        )
        self._between, self._before = _grammar(self._tags)
        return self

    def _read(self, docs: Sequence[Doc]) -> list[Floats]:
        """Of each document, for each word the log-likelihood of each tag."""
        read = [np.zeros((len(doc), len(self._tags)), np.float32) for doc in docs]
        windows = [w for at, doc in enumerate(docs) for w in _windows(at, [t.text for t in doc])]
        windows.sort(key=lambda window: len(window.words))
        for batch in _batches(windows):
            for window, said in zip(batch, self._ask(batch), strict=True):
                span = slice(window.start + window.first, window.start + window.last)
                read[window.doc][span] = said[window.first : window.last]
        return read

    def _ask(self, windows: Sequence[_Window]) -> list[Floats]:
        """What the network says of the words of each window: likelihoods at a word's first
        piece.
        """
        assert self._pieces is not None  # noqa: S101 (`from_disk`)
        assert self._session is not None  # noqa: S101
        rows = [row_of(window.words, self._pieces) for window in windows]
        length = max(len(row.ids) for row in rows)
        ids = np.zeros((len(rows), length), np.int64)
        seen, cases = np.zeros_like(ids), np.zeros_like(ids)
        for at, row in enumerate(rows):
            count = len(row.ids)
            ids[at, :count], cases[at, :count], seen[at, :count] = row.ids, row.cases, 1
        (said,) = self._session.run(None, {"ids": ids, "seen": seen, "cases": cases})
        found = []
        for at, row in enumerate(rows):
            scores = np.full((len(windows[at].words), len(self._tags)), _NEVER, np.float32)
            scores[:, 0] = 0.0  # a word without pieces, or past the bound, is outside
            scores[row.words] = _log_softmax(said[at, row.places])
            found.append(scores)
        return found

    def _mark(self, doc: Doc, likelihoods: Floats) -> None:
        spans: list[Span] = []
        scores: dict[tuple[int, int], float] = {}
        if len(doc):
            path = _best_path(likelihoods, self._between, self._before)
            for start, end, label in _names(path, self._tags):
                sure = float(np.exp(likelihoods[np.arange(start, end), path[start:end]].min()))
                if label not in self._said or sure < self._least:
                    continue
                span = Span(doc, start, end, label=label)
                spans.append(span)
                scores[span.start_char, span.end_char] = round(sure, 3)
        doc.set_ents(spans)
        doc.user_data[SCORES] = scores


@dataclass(frozen=True, slots=True)
class Row:
    """A window as the network takes it, and at which place each of `words` begins."""

    ids: list[int]
    cases: list[int]
    words: list[int]
    places: list[int]


def row_of(words: Sequence[str], pieces: Pieces) -> Row:
    """The words as the network takes them; those past `MOST_PIECES` are left out."""
    row = Row([pieces.first], [0], [], [])
    for at, word in enumerate(words):
        cut = pieces.of(word)
        if len(row.ids) + len(cut) >= MOST_PIECES:
            break
        if cut:
            row.words.append(at)
            row.places.append(len(row.ids))
            row.ids.extend(cut)
            row.cases.extend([case_of(word)] * len(cut))
    row.ids.append(pieces.last)
    row.cases.append(0)
    return row


def _windows(at: int, words: list[str]) -> Iterator[_Window]:
    """The words in overlapping windows; each word counts where it stands further from an edge."""
    start, margin = 0, (WINDOW - STRIDE) // 2
    while start < len(words):
        piece = tuple(words[start : start + WINDOW])
        over = start + WINDOW >= len(words)
        yield _Window(
            at, start, piece, margin if start else 0, len(piece) - (0 if over else margin)
        )
        if over:
            return
        start += STRIDE


def _batches(windows: Sequence[_Window]) -> Iterator[list[_Window]]:
    """The windows, the shortest first, in groups of about `BATCH_PIECES` pieces."""
    batch: list[_Window] = []
    for window in windows:
        if batch and (len(batch) + 1) * len(window.words) * 3 // 2 > BATCH_PIECES:
            yield batch
            batch = []
        batch.append(window)
    if batch:
        yield batch


def _grammar(tags: Sequence[str]) -> tuple[Floats, Floats]:
    """What may stand after what, and first: `I-X` only after `B-X` or `I-X`."""
    between = np.zeros((len(tags), len(tags)), np.float32)
    before = np.zeros(len(tags), np.float32)
    for at, tag in enumerate(tags):
        if tag.startswith("I-"):
            before[at] = _NEVER
            for previous, other in enumerate(tags):
                if other[2:] != tag[2:]:
                    between[previous, at] = _NEVER
    return between, before


def _log_softmax(scores: Floats) -> Floats:
    raised = scores - scores.max(axis=-1, keepdims=True)
    result: Floats = raised - np.log(np.exp(raised).sum(axis=-1, keepdims=True))
    return result


def _best_path(likelihoods: Floats, between: Floats, before: Floats) -> Ints:
    """The likeliest row of tags that the grammar allows (Viterbi)."""
    best = likelihoods[0] + before
    back = np.zeros(likelihoods.shape, np.int64)
    every = np.arange(len(best))
    for at in range(1, len(likelihoods)):
        reached = best[:, None] + between
        back[at] = reached.argmax(axis=0)
        best = reached[back[at], every] + likelihoods[at]
    path = np.zeros(len(likelihoods), np.int64)
    path[-1] = best.argmax()
    for at in range(len(likelihoods) - 1, 0, -1):
        path[at - 1] = back[at, path[at]]
    return path


def _names(path: Ints, tags: Sequence[str]) -> Iterator[tuple[int, int, str]]:
    """The names that a row of tags spells: (first word, word after the last, label)."""
    at = 0
    while at < len(path):
        tag, start = tags[path[at]], at
        at += 1
        if tag == "O":
            continue
        while at < len(path) and tags[path[at]] == f"I-{tag[2:]}":
            at += 1
        yield start, at, tag[2:]


@Language.factory(FACTORY, assigns=["doc.ents"])
def make_word_pieces(nlp: Language, name: str) -> Any:  # noqa: ARG001 - spaCy's own signature
    """The component, empty until its folder is read."""
    return WordPieces(name)
