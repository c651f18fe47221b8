"""Words of the probability yardstick, which a factual statement may not hold (STM-2). Pure."""

from __future__ import annotations

import re

# The terms of the PHIA probability yardstick (docs/standards.md): assessments, not facts.
TERMS = (
    "remote chance",
    "highly unlikely",
    "unlikely",
    "realistic possibility",
    "highly likely",
    "likely",
    "highly probable",
    "probable",
    "probably",
    "improbable",
    "almost certain",
    "almost certainly",
)
_TERM = re.compile(
    r"\b(" + "|".join(sorted(TERMS, key=len, reverse=True)).replace(" ", r"\s+") + r")\b",
    re.IGNORECASE,
)


def opinion_words(text: str) -> list[str]:
    """The yardstick's terms in the text, lower case, in order, each once."""
    found = (" ".join(match[0].lower().split()) for match in _TERM.finditer(text))
    return list(dict.fromkeys(found))
