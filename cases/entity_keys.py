"""What a candidate is known by in the catalogue: digests, never its words. Pure.

A decision must outlast the model that found the name: it is kept by case, label and folded name,
whatever version reads the page next. The digest is over the case's id too, so that one name in two
cases has two digests, and nobody learns from the rows what cases have in common.
"""

from __future__ import annotations

import re
import unicodedata
from hashlib import sha256

from cases.identity import CaseId, Sha256

CANDIDATE_CONTEXT = b"darklantern candidate v1\x00"  # another way of folding: another number
MENTION_CONTEXT = b"darklantern mention v1\x00"
_APOSTROPHES = dict.fromkeys(map(ord, "’‘ʼ＇`´"), "'")
_DASHES = dict.fromkeys(map(ord, "‐‑‒–—−"), "-")
_UNSEEN = ("Cf", "Cc", "Cs")
_SPACES = re.compile(r"\s+")


def folded_name(text: str) -> str:
    """A name as it is compared: NFKC, case folded, accents kept, one space, one kind of apostrophe
    and hyphen, nothing invisible.
    """
    if (
        text.isascii() and text.isprintable()
    ):  # what follows, for most names, in a tenth of the time
        return " ".join(text.replace("`", "'").lower().split())
    parted = _SPACES.sub(" ", text)  # line ends are controls, yet they part words
    seen = "".join(sign for sign in parted if unicodedata.category(sign) not in _UNSEEN)
    plain = unicodedata.normalize("NFKC", seen).translate(_APOSTROPHES | _DASHES).casefold()
    return _SPACES.sub(" ", unicodedata.normalize("NFKC", plain)).strip()


def candidate_digest(case: CaseId, label: str, name: str) -> Sha256:
    """What a candidate of a case is found by: SHA-256 of case, label and folded name."""
    return folded_digest(case, label, folded_name(name))


def folded_digest(case: CaseId, label: str, folded: str) -> Sha256:
    """`candidate_digest` of a name that is folded already."""
    return _digest(CANDIDATE_CONTEXT, case, label, folded)


def mention_digest(case: CaseId, capture: str, place: tuple[str, int, int], text: str) -> Sha256:
    """What one mention is found by: capture, source, offsets, and the text that stood there. A
    newer reading that moves the words gets a new digest, and the old word says nothing of it.
    """
    source, start, end = place
    return _digest(MENTION_CONTEXT, case, capture, source, str(start), str(end), text)


def _digest(context: bytes, *parts: str) -> Sha256:
    # The length of each part stands before it: no two lists of parts give the same bytes.
    digest = sha256(context)
    for part in parts:
        raw = part.encode("utf-8", "surrogatepass")
        digest.update(len(raw).to_bytes(4, "big") + raw)
    return Sha256(digest.hexdigest())
