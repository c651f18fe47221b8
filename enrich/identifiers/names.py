"""Host names: whether one can exist, and the ways in which they are written to be unclickable."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from publicsuffixlist import PublicSuffixList

# in use though not in the root zone: RFC 6761, 6762, 7686, 8375, 9476; ICANN 2024 for `internal`
SPECIAL_TOP_LEVELS = frozenset(
    {"example", "test", "invalid", "localhost", "onion", "local", "alt", "internal", "i2p"}
)
MAX_NAME = 253  # RFC 1035, section 2.3.4

DOT = r"(?:\.|\s?[\[({]\s?(?:\.|dot)\s?[\])}]\s?)"  # as it is, or "defanged"
SPOKEN_DOT = rf"(?:{DOT}|\sdot\s|\s\.\s)"
LABEL = r"[^\W_](?:[\w-]{0,61}[^\W_])?"
HOST = rf"{LABEL}(?:{DOT}{LABEL}){{1,10}}"
SPOKEN_HOST = rf"{LABEL}(?:{SPOKEN_DOT}{LABEL}){{1,10}}"

_DOTS = re.compile(SPOKEN_DOT, re.IGNORECASE)
# RFC 2606 and 6761: names that are nobody's, for examples and tests
_EXAMPLES = re.compile(r"(?:^|\.)(?:example|test|invalid|example\.(?:com|net|org))\Z")


def refanged(written: str) -> str:
    """The text with its dots put back: `example[.]test` as `example.test`."""
    return _DOTS.sub(".", written)


@cache
def _suffixes() -> PublicSuffixList:
    return PublicSuffixList(accept_unknown=False, only_icann=True)


@lru_cache(maxsize=4096)
def _is_top_level(label: str) -> bool:
    return label in SPECIAL_TOP_LEVELS or _suffixes().publicsuffix(label) is not None


def registrable(name: str) -> bool:
    """Whether the name (refanged, lower case) has a part that someone can have registered."""
    if not is_host_name(name):
        return False
    if name.rpartition(".")[2] in SPECIAL_TOP_LEVELS:
        return True
    return _suffixes().privatesuffix(name) is not None


def validity_of(name: str) -> str:
    """ "test-range" for a name that the standards keep for examples, else "valid"."""
    return "test-range" if _EXAMPLES.search(name) else "valid"


def is_host_name(name: str) -> bool:
    """Whether the name (refanged, lower case) has the form of a host and a known top level."""
    if len(name) > MAX_NAME or "." not in name or ".." in name or name.startswith("."):
        return False
    return _is_top_level(name.rpartition(".")[2])
