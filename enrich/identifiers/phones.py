"""Telephone numbers: checked against the numbering plans in `phonenumberslite`.

A national number is read as the United Kingdom's and must be one that its plan assigns, or one that
Ofcom keeps for drama; a number with "+" must be of a length that its country has. Digits that hang
on to others (prices, dates, decimals, coordinates, long strings) are none.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, ValidationResult

from enrich.documents import Identifier
from enrich.identifiers.spotting import MAX_CHECKED, leave

REGION = "GB"
NATIONAL_DIGITS = (10, 11)  # with the 0; shorter ones are service numbers
INTERNATIONAL_DIGITS = (8, 17)  # E.164, section 6: 15, and perhaps 00 before them

_CANDIDATE = re.compile(
    r"(?<![\w£$€¥#=/+@%&])(?<!\d[.,:\-'/])"
    r"(?:\(?\+|\(?0|(?=44 ?7\d))\(?\d?(?:(?:[ .\-\u00a0\u2010-\u2013/()]|\(0\)){0,3}\d){6,17}"
    r"(?![\w%£€@])(?![.,:/\-']\d)",
    re.ASCII,
)
_BEGINS = re.compile(r"(?:00|\+)[1-9]|0[1-9]")  # no country code and no area begins with 0
_GROUP_EDGE = re.compile(r"\d(?=[^\d]|$)")
_DECIMAL = re.compile(r"0[.,]\d{3}")
_EXTENSION = re.compile(r"-\d\Z")  # "034202-3090-0": how Germans write, and no UK number
# typed beside a number, and no part of it (RFC 3966 writes `;ext=5`)
_BESIDE = re.compile(r"[\s,;]*(?:ext(?:n|ension)?|x|#)[\s.:=]*\d{1,7}\Z", re.IGNORECASE | re.ASCII)
_HANGS_ON = re.compile(r"[.,:/'-]\d")
_DATE = re.compile(r"\d{1,2}([-./ ])\d{1,2}\1(?:19|20)\d\d(?!\d)|\d{4}-\d\d-\d\d")

# numbers for drama (Ofcom, "Telephone numbers for use in TV and radio drama programmes")
DRAMA = re.compile(
    r"44(?:7700900\d{3}|1632960\d{3}|2079460\d{3}|1(?:13|14|15|16|17|18|21|31|41|51|61)4960\d{3}"
    r"|1914980\d{3}|2896496\d{3}|2920180\d{3}|8081570\d{3}|9098790\d{3}|3069990\d{3})"
)


def find_phones(text: str) -> Iterator[Identifier]:
    """Telephone numbers; `value` is E.164 ("+447700900123")."""
    at = checked = 0
    while found := _CANDIDATE.search(text, at):
        if checked >= MAX_CHECKED:  # strings held against the numbering plans
            leave("phone")
            return
        at = found.end()
        written = found.group()
        if _DECIMAL.match(written) or _DATE.match(written.lstrip("(")):
            continue
        start = found.start() + (written.startswith("(") and ")" not in written)
        for end in _ends(found):
            checked += 1
            if value := e164(text[start:end]):
                validity = phone_validity(value)
                yield Identifier("phone", value, start, end, text[start:end], validity=validity)
                at = end  # what is left of the run may be another number
                break


def _ends(found: re.Match[str]) -> list[int]:
    """Where the number may end, furthest first: two numbers can stand side by side."""
    written = found.group()
    edges = [edge.end() for edge in _GROUP_EDGE.finditer(written)]
    return [found.start() + end for end in edges[::-1] if not _HANGS_ON.match(written, end)]


def phone_validity(value: str) -> str:
    """ "test-range" of a number in E.164 that is kept for drama, else "valid"."""
    return "test-range" if DRAMA.fullmatch(value[1:]) else "valid"


def e164(written: str) -> str | None:
    """The number in E.164 without its extension, None where this is no telephone number."""
    plain = _BESIDE.sub("", written.replace("(0)", "").strip())
    if plain.startswith("44"):
        plain = f"+{plain}"
    digits = sum(c.isdigit() for c in plain)
    national = plain.lstrip("(").startswith("0") and not plain.startswith("00")
    fewest, most = NATIONAL_DIGITS if national else INTERNATIONAL_DIGITS
    if (
        not fewest <= digits <= most
        or plain.count("(") > 1
        or (national and _EXTENSION.search(plain))
    ):
        return None
    if not _BEGINS.match("".join(c for c in plain if c.isdigit() or c == "+")):
        return None
    try:
        number = phonenumbers.parse(plain, REGION)
    except NumberParseException:
        return None
    value = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    return value if _exists(number, value, international=plain.startswith(("+", "(+"))) else None


def _exists(number: PhoneNumber, value: str, *, international: bool) -> bool:
    if DRAMA.fullmatch(value[1:]) or phonenumbers.is_valid_number(number):
        return True
    if not international or number.country_code == 44:
        return False
    return phonenumbers.is_possible_number_with_reason(number) == ValidationResult.IS_POSSIBLE
