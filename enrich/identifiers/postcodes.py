"""United Kingdom postcodes: the form (BS 7666) and the area; a list alone says which are in use."""

from __future__ import annotations

import re
from collections.abc import Iterator

from enrich.documents import Identifier

# the 124 postcode areas (Royal Mail; the Crown dependencies' among them)
_AREAS_WORDS = (
    "AB AL B BA BB BD BH BL BN BR BS BT CA CB CF CH CM CO CR CT CV CW DA DD DE DG DH DL DN DT "
    "DY E EC EH EN EX FK FY G GL GU GY HA HD HG HP HR HS HU HX IG IM IP IV JE KA KT KW KY L LA "
    "LD LE LL LN LS LU M ME MK ML N NE NG NN NP NR NW OL OX PA PE PH PL PO PR RG RH RM S SA SE "
    "SG SK SL SM SN SO SP SR SS ST SW SY TA TD TF TN TQ TR TS TW UB W WA WC WD WF WN WR WS WV "
    "YO ZE"
)
AREAS = frozenset(_AREAS_WORDS.split())
# central London: "EC1A", "W1A"
_LETTER_AFTER_DIGIT_WORDS = "E EC N NW SE SW W WC"
LETTER_AFTER_DIGIT = frozenset(_LETTER_AFTER_DIGIT_WORDS.split())

_POSTCODE = re.compile(
    r"(?<![\w£$€/.@#-])(?P<area>[A-Za-z]{1,2})(?P<district>[0-9]{1,2}|[0-9][A-HJKMNP-Ya-hjkmnp-y])"
    r"(?P<gap>[ \u00a0]{0,2})(?P<inward>[0-9][ABD-HJLNP-UW-Zabd-hjlnp-uw-z]{2})(?![\w£$€@-])"
)
_GIRO = re.compile(r"(?<!\w)GIR ?0AA(?!\w)")
_ORDINALS = ("st", "nd", "rd", "th")


def find_postcodes(text: str) -> Iterator[Identifier]:
    """Postcodes of a real area; `value` is in capitals with one space: "SW1A 1AA"."""
    for found in _GIRO.finditer(text):
        yield Identifier("postcode", "GIR 0AA", found.start(), found.end(), found.group())
    for found in _POSTCODE.finditer(text):
        value = postcode_form(found.group())
        if value and _is_written_as_one(found):
            start, end = found.span()
            yield Identifier("postcode", value, start, end, found.group(), validity="form")


def postcode_form(written: str) -> str | None:
    """In capitals with one space, None where no such area or district can be."""
    if _GIRO.fullmatch(written.upper()):
        return "GIR 0AA"
    found = _POSTCODE.fullmatch(written)
    if not found:
        return None
    area, district, inward = (found[part].upper() for part in ("area", "district", "inward"))
    lettered = district[-1].isalpha() and area not in LETTER_AFTER_DIGIT
    return None if lettered or area not in AREAS else f"{area}{district} {inward}"


def _is_written_as_one(found: re.Match[str]) -> bool:
    """Capitals; or small letters with a space, and no ordinal ("e1 2nd edition") or unit."""
    if found.group() == found.group().upper():
        return True
    return bool(found["gap"]) and found["inward"][1:].lower() not in _ORDINALS
