"""Names in a text, by a spaCy model: each mention says where it stands and which model found it.

The model is ours (`enrich/models`) unless the settings name an installed spaCy package. A text is
given to it a block at a time, as the model was trained, so no name runs from a heading into the
paragraph below; a line that a page repeats is read once.
"""

from __future__ import annotations

import importlib.metadata
import importlib.util
import json
import re
import threading
import warnings
from collections.abc import Iterator
from contextlib import nullcontext
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from enrich.documents import Mention
from enrich.errors import NoModel
from enrich.ruler import with_rules

if TYPE_CHECKING:
    from spacy.language import Language as Pipeline

OURS = "lantern"
OUR_FOLDER = Path(__file__).parent / "models" / "en_lantern_names"

# spaCy's English packages label as OntoNotes does; theirs in our words. What is not named here is
# dropped: NORP too (peoples, faiths, parties). Beside a person's name it would write down what
# nobody may infer of them (DPA-6), and of an organisation it says nothing that its name does not.
LABELS = {
    "PERSON": "PERSON",
    "PER": "PERSON",
    "ORG": "ORG",
    "GPE": "LOC",
    "LOC": "LOC",
    "FAC": "LOC",
    "EVENT": "EVENT",
    "PRODUCT": "PRODUCT",
    "WORK_OF_ART": "WORK",
    "WORK": "WORK",
    "MISC": "MISC",
}
MAX_CHARACTERS = 1_000_000  # of one document; its note says where reading stopped
KEPT_WORDS = 100_000  # about 40 MB
BLOCK_CHARACTERS = 8_000  # of one block: what is longer is cut at a space

# what stands between two blocks: a line's end, a cell's edge, a word too long to be a name (spaCy's
# tokeniser takes minutes over one of some thousand dots)
_EDGE = re.compile(r"[\n\t]+|\S{80,}")
_WORD = re.compile(r"[^\W\d_]{2}")
_PACKAGE = re.compile(r"[a-z]{2,3}_[a-z0-9_]{1,60}")
_BEGIN, _END = " \u00a0\"'“”‘’([<*_-–—:;,", " \u00a0\"'“”‘’)]>*_-–—:;,"


@dataclass(frozen=True)
class NameModel:
    """A name finder by name: `lantern` or an installed spaCy package. Loaded when first asked."""

    name: str = OURS

    @cached_property
    def pipeline(self) -> Pipeline:
        """The spaCy pipeline. Raises `NoModel` where it is not installed or is damaged."""
        import spacy  # a second of start-up that commands without names do not pay

        import enrich.word_pieces  # noqa: F401 - the component of ours that the pipeline names

        where = OUR_FOLDER if self.name == OURS else _package_folder(self.name)
        try:
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")  # a minor version's difference, said by `version`
                return spacy.load(where, exclude=["parser", "lemmatizer", "textcat"])
        except (OSError, ValueError, ImportError, KeyError) as error:
            raise _damaged(self.name, error) from error

    @cached_property
    def version(self) -> str:
        """The model's own name and version, which stand beside each mention; nothing is loaded."""
        if self.name != OURS:
            return f"{self.name} {_package_version(self.name)}"
        try:
            meta = json.loads((OUR_FOLDER / "meta.json").read_text("utf-8"))
            return f"{meta['lang']}_{meta['name']} {meta['version']}"
        except (OSError, ValueError, KeyError) as error:
            raise _damaged(self.name, error) from error

    def mentions(self, text: str) -> tuple[Mention, ...]:
        """The names in the first `MAX_CHARACTERS` of the text and what the rules find there (dates,
        sums, weapons: `enrich.ruler`), in order; none overlap.
        """
        text = text[:MAX_CHARACTERS]
        return with_rules(text, self.names(text))

    def names(self, text: str) -> tuple[Mention, ...]:
        """What the model alone finds, in order; none overlap."""
        blocks = list(_blocks(text))
        version = self.version
        with _ONE_READER:  # a pipeline's memory zone is not made for two threads at once
            found = self._read({block for _, block in blocks})
        return tuple(
            Mention(block[start:end], label, offset + start, offset + end, version, score)
            for offset, block in blocks
            for start, end, label, score in found[block]
        )

    def _read(self, blocks: set[str]) -> dict[str, list[tuple[int, int, str, float | None]]]:
        """The names in each block, with the score of a model that gives one.

        spaCy keeps every word that it meets, and makes one anew in twice the time of finding it:
        the first `KEPT_WORDS` stay, what comes later is let go with its document.
        """
        from enrich.word_pieces import DOCS_AT_ONCE  # with the pipeline, and not before

        found: dict[str, list[tuple[int, int, str, float | None]]] = {}
        ordered = sorted(blocks)
        full = len(self.pipeline.vocab) > KEPT_WORDS
        with self.pipeline.memory_zone() if full else nullcontext():
            read = self.pipeline.pipe(ordered, batch_size=DOCS_AT_ONCE)
            for block, doc in zip(ordered, read, strict=True):
                scores = doc.user_data.get("name_scores", {})
                found[block] = [
                    (
                        *trimmed,
                        LABELS[entity.label_],
                        scores.get((entity.start_char, entity.end_char)),
                    )
                    for entity in doc.ents
                    if entity.label_ in LABELS
                    and (trimmed := _trimmed(block, entity.start_char, entity.end_char))
                ]
        return found


_ONE_READER = threading.Lock()


@cache
def open_model(name: str = OURS) -> NameModel:
    """The name finder that the settings ask for, found but not yet loaded; one a process.

    Raises `NoModel` at once where nothing of that name is installed.
    """
    if name == OURS:
        if not (OUR_FOLDER / "meta.json").is_file():
            raise NoModel(
                f"The name finder that comes with lantern is missing from {OUR_FOLDER}. "
                "Reinstall darklantern, or make it: make model",
                model=name,
            )
    else:
        _package_folder(name)
    return NameModel(name)


def _package_folder(name: str) -> str:
    """The package's name, once it is known to be a package: never a path, nothing is downloaded."""
    if not _PACKAGE.fullmatch(name) or importlib.util.find_spec(name) is None:
        raise NoModel(
            f"The name finder {name} is not installed here. Install that spaCy package, "
            f'or write model = "{OURS}" under [enrich] in lantern.toml.',
            model=name,
        )
    return name


def _package_version(name: str) -> str:
    try:
        return importlib.metadata.version(name)
    except importlib.metadata.PackageNotFoundError:
        return "of no stated version"


def _damaged(name: str, error: Exception) -> NoModel:
    return NoModel(
        f"The name finder {name} could not be loaded ({type(error).__name__}). "
        f'Reinstall it, or write model = "{OURS}" under [enrich] in lantern.toml.',
        model=name,
    )


def _blocks(text: str) -> Iterator[tuple[int, str]]:
    """The lines and cells of the text that hold a word, with their offsets."""
    start = 0
    for edge in _EDGE.finditer(text):
        yield from _cut(text, start, edge.start())
        start = edge.end()
    yield from _cut(text, start, len(text))


def _cut(text: str, start: int, end: int) -> Iterator[tuple[int, str]]:
    """The stretch in blocks of bounded length, cut at spaces; those without a word left out."""
    while start < end:
        stop = min(end, start + BLOCK_CHARACTERS)
        if stop < end and (space := text.rfind(" ", start, stop)) > start:
            stop = space
        block = text[start:stop]
        if _WORD.search(block):
            yield start, block
        start = stop


def _trimmed(block: str, start: int, end: int) -> tuple[int, int] | None:
    """The span without quotes and dashes at its ends; None for a handle or for nothing."""
    while start < end and block[start] in _BEGIN:
        start += 1
    while end > start and block[end - 1] in _END:
        end -= 1
    if block[start:end].strip("#") == "":
        return None
    if start == end or block[start] == "@" or (start and block[start - 1] == "@"):
        return None
    return start, end
