"""Bank accounts (IBAN) and payment cards, each by its check digits.

A card is masked where it is found: its first six and last four digits are all that leaves here
(PCI DSS 4.0, requirement 3.4.1), without a salt, so that one card is one value everywhere.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from enrich.documents import Identifier
from enrich.identifiers.spotting import (
    bounded,
    digits_of,
    luhn_holds,
    spotted,
    stands_near,
)

# the registry of SWIFT (release 99): country and length
_LENGTH_WORDS = (
    "AD24 AE23 AL28 AT20 AZ28 BA20 BE16 BG22 BH22 BI27 BR29 BY28 CH21 CR22 CY28 CZ24 DE22 DJ27 "
    "DK18 DO28 EE20 EG29 ES24 FI18 FK18 FO18 FR27 GB22 GE22 GI23 GL18 GR27 GT28 HN28 HR21 HU28 "
    "IE22 IL23 IQ23 IS26 IT27 JO30 KW30 KZ20 LB28 LC32 LI21 LT20 LU20 LV21 LY25 MC27 MD24 ME22 "
    "MK19 MN20 MR27 MT31 MU30 NI28 NL18 NO15 OM23 PK24 PL28 PS29 PT25 QA29 RO24 RS22 RU33 SA24 "
    "SC31 SD18 SE24 SI19 SK24 SM27 SO23 ST25 SV28 TL23 TN24 TR26 UA29 VA22 VG24 XK20 YE30"
)
IBAN_LENGTHS = {word[:2]: int(word[2:]) for word in _LENGTH_WORDS.split()}

_IBAN = re.compile(
    r"(?<![A-Za-z0-9])[A-Z]{2}[0-9]{2}(?:[ -]?[A-Z0-9]{4}){2,7}(?:[ -]?[A-Z0-9]{1,3})?"
    r"(?![A-Za-z0-9])"
)
_IBAN_SMALL = re.compile(r"(?<![A-Za-z0-9])[a-z]{2}[0-9]{2}[a-z0-9]{11,30}(?![A-Za-z0-9])")

# issuer ranges by first digits, and lengths (ISO/IEC 7812; the networks' published ranges)
_ISSUERS = re.compile(
    r"4(?:\d{12}|\d{15}|\d{18})|(?:5[1-5]\d\d|222[1-9]|22[3-9]\d|2[3-6]\d\d|27[01]\d|2720)\d{12}"
    r"|3[47]\d{13}|(?:30[0-5]|3095|36\d|38\d|39\d)\d*(?<=^.{14})|35(?:2[89]|[3-8]\d)\d{12}"
    r"|(?:6011|64[4-9]\d|65\d\d)\d{12}|62\d{14,17}|(?:5018|5020|5038|5893|6304|6759|676[1-3])\d{8,15}"
    r"|220[0-4]\d{12}",
    re.ASCII,
)
_CARD = re.compile(
    r"(?<![\w.,$£€+/#=-])(?:\d{4}([ -])\d{4}\1\d{4}\1\d{4}(?:\1\d{3})?|\d{4}([ -])\d{6}\2\d{4,5}"
    r"|\d{13,19})(?![\w%]|[.,]\d|[ -]\d{3})",
    re.ASCII,
)
_CARD_CUE = re.compile(
    r"(?i)\b(?:cards?|visa|mastercard|maestro|amex|american express|discover|cvv2?|cvc|ccnum|cc|pan"
    r"|fullz|expiry|exp|debit|credit)\b"
)
_CARD_TAIL = re.compile(r"\s?[|:;,/ ]\s?(?:0[1-9]|1[0-2])\s?[|:;,/ -]\s?(?:20)?[2-4]\d")
# the numbers that processors publish for tests (Stripe, Adyen, PayPal), as they are masked
_TEST_CARD_WORDS = (
    "411111******1111 424242******4242 401288******1881 422222***2222 555555******4444 "
    "510510******5100 378282*****0005 371449*****8431 601111******1117 601100******0004 "
    "305693****5904 385200****3237 353011******0000 356600******0505 400005******5556 "
    "222300******3222 222242******3222 520082******8210"
)
TEST_CARDS = frozenset(_TEST_CARD_WORDS.split())
_MASKED = re.compile(r"\d{6}\*{3,9}\d{4}", re.ASCII)


def find_ibans(text: str) -> Iterator[Identifier]:
    """Accounts whose country, length and check digits (ISO 13616, mod 97) agree."""
    for found in bounded("iban", _IBAN.finditer(text)):
        for end in _ends(found.group()):
            original = found.group()[:end]
            if value := iban_form(original):
                start = found.start()
                yield Identifier("iban", value, start, start + end, original)
                break
    yield from spotted("iban", _IBAN_SMALL, iban_form, text)


def _ends(written: str) -> list[int]:
    """Where it may end: as long as its country says, counted without its spaces."""
    wanted, seen = IBAN_LENGTHS.get(written[:2], 0), 0
    for at, letter in enumerate(written):
        seen += letter not in " -"
        if seen == wanted:
            return [at + 1] if not written[at + 1 : at + 2].isalnum() else []
    return []


def iban_form(written: str) -> str | None:
    """The account in capitals without spaces, None where it cannot be one."""
    account = written.replace(" ", "").replace("-", "").upper()
    if not account.isascii() or not account.isalnum():
        return None
    if len(account) != IBAN_LENGTHS.get(account[:2]) or not account[2:4].isdigit():
        return None
    turned = account[4:] + account[:4]
    return account if int("".join(str(int(c, 36)) for c in turned)) % 97 == 1 else None


def find_cards(text: str) -> Iterator[Identifier]:
    """Cards, masked. One written without gaps wants a word about cards near it, an expiry after
    it, or a line of its own: one in ten of all numbers has a right check digit.
    """
    for found in bounded("card", _CARD.finditer(text)):
        value = card_form(found.group())
        if value is None or not (found[1] or found[2] or _is_explained(found, text)):
            continue
        validity = "test-range" if value in TEST_CARDS else "valid"
        start, end = found.span()
        yield Identifier("card", value, start, end, masked(found.group()), validity=validity)


def _is_explained(found: re.Match[str], text: str) -> bool:
    start, end = found.span()
    if _CARD_TAIL.match(text, end):
        return True
    if text[start - 1 : start] in ("", "\n") and text[end : end + 1] in ("", "\n"):
        return len(found.group()) in (15, 16)
    return stands_near(_CARD_CUE, text, start, end, before=60, after=30)


def card_form(written: str) -> str | None:
    """The card as it is kept: "411111******1111"; None where this is no card."""
    bare = written.replace(" ", "").replace("-", "")
    if _MASKED.fullmatch(bare):
        return bare
    if not bare.isascii() or not bare.isdigit() or not _ISSUERS.fullmatch(bare):
        return None
    return masked(bare) if luhn_holds(bare) and len(set(bare)) > 1 else None


def masked(written: str) -> str:
    """The same characters with all digits but the first six and the last four as "*"."""
    count, seen, shown = len(digits_of(written)), 0, []
    for letter in written:
        digit = "0" <= letter <= "9"
        seen += digit
        shown.append("*" if digit and 6 < seen <= count - 4 else letter)
    return "".join(shown)
