"""Domain names that stand alone in a text, by the Public Suffix List that is bundled.

A file's name and two sentences without a space between look like domains: a name whose last label
is also a file's ending or an English word wants a label before it that neither explains.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from enrich.documents import Identifier
from enrich.identifiers.names import HOST, refanged, registrable, validity_of
from enrich.identifiers.spotting import bounded

_DOMAIN = re.compile(rf"(?<![\w@./:#&=~%$-]){HOST}(?![\w@-]|\.\w|[/:]\w|\()", re.IGNORECASE)
# top levels that name files, programs' parts or abbreviations more often than domains
_FILES_WORDS = (
    "ai app bat cab cc cpp css csv db dev doc docx exe gz htm html id java js json kt lib lua md "
    "mm mov mp ms name net pl pm ps py rar rs sc sh so sql st tar tex ts txt vi vb xml xyz zip"
)
_FILES = frozenset(_FILES_WORDS.split()) - frozenset("net app dev ai xyz cc name".split())  # noqa: SIM905
_WORDS_WORDS = (
    "am app as at bar be best by call case cloud center click date day do family fit fun get go "
    "help here how in is it life live love me money my name news no now one open pay "
    "place play read red run save so team the to today tv us win work world you zero bond box cool"
)
_WORDS = frozenset(_WORDS_WORDS.split())
_DEFANGED = re.compile(r"[\[({]")


def find_domains(text: str) -> Iterator[Identifier]:
    """Names with a registrable part; `value` is in small letters, no longer defanged."""
    for found in bounded("domain", _DOMAIN.finditer(text)):
        original = found.group()
        value = domain_form(original)
        if value is None or not (_DEFANGED.search(original) or _is_written_as_one(original, value)):
            continue
        validity = validity_of(value)
        yield Identifier("domain", value, found.start(), found.end(), original, validity=validity)


def domain_form(written: str) -> str | None:
    """The name in small letters, `xn--` labels as they are read; None where none can exist.

    An onion service has no domain: it is found by its own check.
    """
    name = refanged(written).lower().strip(".")
    name = ".".join(_readable(label) for label in name.split("."))
    return name if registrable(name) and not name.endswith(".onion") else None


def _readable(label: str) -> str:
    if not label.startswith("xn--"):
        return label
    try:
        return label[4:].encode("ascii").decode("punycode").lower()
    except (UnicodeError, ValueError):
        return label


def _is_written_as_one(original: str, value: str) -> bool:
    """Small letters throughout, or one word with a capital and a top level in small ones."""
    labels = original.split(".")
    top = labels[-1]
    if top != top.lower() and original != original.upper():
        return False
    if value.rpartition(".")[2] in _FILES:
        return False
    if len(labels) == 2 and (top.lower() in _WORDS or len(labels[0]) < 2):
        return False
    return any(c.isalpha() for c in labels[-2]) and not (len(labels[-2]) == 1 and len(labels) == 2)
