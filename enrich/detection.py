"""Which legacy encoding unlabelled bytes are in: a guess, made only where nothing says.

East Asian encodings are told by where their bytes fall: ordinary Japanese is full of kana,
ordinary Korean and Chinese of the rows that their standards gave to common characters. The
single-byte encodings are left to `charset_normalizer`.
"""

from __future__ import annotations

import codecs
import re
from collections.abc import Callable

from charset_normalizer import from_bytes

from enrich.encodings import CODECS

SAMPLE_BYTES = 32 * 1024  # what a guess is made from: the detector slows with length
COMMON_SHARE = 0.85  # of the characters outside ASCII; another language's text stays under 0.7

_SINGLE_BYTE = [
    CODECS[name]
    for name in (
        *("windows-1252", "windows-1250", "ISO-8859-2", "windows-1251", "KOI8-R", "KOI8-U"),
        *("IBM866", "ISO-8859-5", "windows-1253", "ISO-8859-7", "windows-1254", "windows-1255"),
        *("windows-1256", "ISO-8859-6", "windows-1257", "windows-1258", "windows-874"),
    )
]
_NAME_OF_CODEC = {codecs.lookup(codec).name: name for name, codec in reversed(CODECS.items())}


def detected_encoding(body: bytes) -> str | None:
    """The encoding's standard name that the bytes look like, None where all are ASCII."""
    first = re.search(rb"[\x80-\xff]", body)
    if first is None:
        return None
    start = max(0, first.start() - 256)
    sample = re.sub(rb"<[^>]{0,200}>", b" ", body[start : start + SAMPLE_BYTES])
    return _east_asian(sample) or _single_byte(sample)


def _east_asian(sample: bytes) -> str | None:
    for name, share in _EAST_ASIAN:
        try:
            text = sample.decode(CODECS[name])
        except UnicodeDecodeError as error:
            if error.start < len(sample) - 4:  # a character cut by the sample's end is no fault
                continue
            text = sample[: error.start].decode(CODECS[name])
        wide = [c for c in text if ord(c) >= 0x80]
        if len(wide) >= 4 and share(wide) >= COMMON_SHARE and _fullwidth(wide):
            return name
    return None


def _fullwidth(wide: list[str]) -> bool:
    """Half-width kana and private characters are what single bytes give in a wide encoding."""
    odd = sum(1 for c in wide if "\uff61" <= c <= "\uff9f" or "\ue000" <= c <= "\uf8ff")
    return odd * 5 <= len(wide)


def _japanese(wide: list[str]) -> float:
    kana = sum(1 for c in wide if "\u3041" <= c <= "\u30fe")
    han = sum(1 for c in wide if "\u4e00" <= c <= "\u9fff" or "\u3000" <= c <= "\u3020")
    return (kana + han) / len(wide) if kana * 5 >= len(wide) else 0.0


def _rows(codec: str, first: int, last: int) -> Callable[[list[str]], float]:
    """The share of characters whose lead byte lies in the standard's rows of common ones."""

    def share(wide: list[str]) -> float:
        common = 0
        for c in wide:
            pair = c.encode(codec, "ignore")
            common += len(pair) == 2 and (first <= pair[0] <= last or 0xA1 <= pair[0] <= 0xA3)
        return common / len(wide)

    return share


_EAST_ASIAN: tuple[tuple[str, Callable[[list[str]], float]], ...] = (
    ("EUC-JP", _japanese),
    ("Shift_JIS", _japanese),
    ("EUC-KR", _rows("euc_kr", 0xB0, 0xC8)),  # KS X 1001: its 2,350 hangul
    ("GBK", _rows("gb2312", 0xB0, 0xD7)),  # GB 2312: the 3,755 of the first level
    ("Big5", _rows("big5", 0xA4, 0xC6)),  # Big5: the 5,401 of the first level
)


def _single_byte(sample: bytes) -> str | None:
    best = from_bytes(sample, cp_isolation=_SINGLE_BYTE, preemptive_behaviour=False).best()
    if best is None:
        return None
    western = sample.decode("cp1252", "replace")
    if western == sample.decode(best.encoding, "replace"):  # the same text: the commoner name
        return "windows-1252"
    return _NAME_OF_CODEC.get(codecs.lookup(best.encoding).name)
