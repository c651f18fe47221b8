"""The language of a text, by `py3langid`, whose model comes with it."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import version
from typing import TYPE_CHECKING

from enrich.documents import Language

if TYPE_CHECKING:
    from py3langid.langid import LanguageIdentifier  # type: ignore[import-untyped]  # has no types

SAMPLE_CHARACTERS = 8_000  # 20,000 changed no answer on the 109 pages of the corpus
FEWEST_LETTERS = 20  # below this a guess is wrong more often than is useful ("OK", a name, a price)
LEAST_SCORE = 0.6

_WORDLIKE = re.compile(r"[^\W\d_]+")
_SELECTORS = re.compile(r"\S*(?:://|@|www\.)\S*|\S+\.\S+/\S*")


@cache
def _identifier() -> LanguageIdentifier:
    """The model, read once and when it is first needed."""
    from py3langid.langid import MODEL_FILE, LanguageIdentifier  # numpy, too: a tenth of a second

    return LanguageIdentifier.from_model_file(MODEL_FILE, norm_probs=True)


@cache
def language_model() -> str:
    """The name and version that stand beside each guess."""
    return f"py3langid {version('py3langid')}"


def language_of(text: str) -> Language:
    """The likeliest language with its probability; "not determined" for short or unclear texts."""
    sample = _SELECTORS.sub(" ", text[:SAMPLE_CHARACTERS])
    words = " ".join(_WORDLIKE.findall(sample))
    if len(words.replace(" ", "")) < _fewest(words):
        return Language(None, None, language_model())
    code, score = _identifier().classify(words)
    if score < LEAST_SCORE:
        return Language(None, None, language_model())
    return Language(str(code), round(float(score), 4), language_model())


def _fewest(words: str) -> int:
    """How many letters settle it: fewer where each stands for a syllable or a word."""
    wide = sum(1 for c in words[:100] if "\u3041" <= c <= "\u9fff" or "\uac00" <= c <= "\ud7a3")
    return FEWEST_LETTERS // 3 if wide * 2 > len(words[:100]) else FEWEST_LETTERS
