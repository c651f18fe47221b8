"""The language of a text, by `py3langid`, whose model comes with it."""

from __future__ import annotations

import re
from functools import cache
from importlib.metadata import version

from py3langid.langid import (  # type: ignore[import-untyped]  # ships no types
    MODEL_FILE,
    LanguageIdentifier,
)

from enrich.documents import Language

SAMPLE_CHARACTERS = 20_000
FEWEST_LETTERS = 20  # below this a guess is wrong more often than is useful ("OK", a name, a price)
LEAST_SCORE = 0.6

_WORDLIKE = re.compile(r"[^\W\d_]+")
_SELECTORS = re.compile(r"\S*(?:://|@|www\.)\S*|\S+\.\S+/\S*")


@cache
def _identifier() -> LanguageIdentifier:
    """The model, read once and when it is first needed."""
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
