"""The pipeline around the network: English tokens, our component; and how it is written down."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import spacy
from spacy.language import Language
from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]  # compiled, no stubs
from spacy.util import compile_infix_regex, compile_suffix_regex

from enrich.training.corpus import LABELS, TAUGHT
from enrich.word_pieces import FACTORY, NETWORK, PIECES, TAGS

COMPONENT = "names"
LEAST_SCORE = 0.35  # where F1 on dev is highest: a name less sure is not said
ALL_TAGS = ("O", *(f"{part}-{label}" for label in TAUGHT for part in "BI"))  # of the network


def pipeline() -> Language:
    """A blank English pipeline with our component, empty."""
    nlp = spacy.blank("en")
    split_web_punctuation(nlp)
    nlp.add_pipe(FACTORY, name=COMPONENT)
    return nlp


def split_web_punctuation(nlp: Language) -> None:
    """Let the tokenizer part names from what is glued to them on the web ("Iraq.[3]", "AC/DC|")."""
    tokenizer = cast("Tokenizer", nlp.tokenizer)
    infixes = [*(nlp.Defaults.infixes or ()), r"[\[\]()|/\u200e\u200f]"]
    suffixes = [*(nlp.Defaults.suffixes or ()), r"\.\[\d+", r"[\u200e\u200f]"]
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    tokenizer.suffix_search = compile_suffix_regex(suffixes).search


def stored(to: Path, vocabulary: Sequence[str], write: Callable[[Path], None]) -> Language:
    """The pipeline as it is read back from `to`, in place of what lay there; `write` makes the
    network's file.
    """
    shutil.rmtree(to, ignore_errors=True)
    pipeline().to_disk(to)
    folder = to / COMPONENT
    folder.mkdir(parents=True)
    write(folder / NETWORK)
    (folder / PIECES).write_text("\n".join(vocabulary) + "\n", "utf-8")
    (folder / TAGS).write_text(
        json.dumps({"tags": ALL_TAGS, "said": LABELS, "least": LEAST_SCORE}) + "\n", "utf-8"
    )
    return spacy.load(to)
