"""Numbers of registers: vehicles, National Insurance, handsets, network cards, weaknesses."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from enrich.documents import Identifier
from enrich.identifiers.spotting import (
    Form,
    bounded,
    digits_of,
    luhn_holds,
    spotted,
    stands_near,
)

# --- vehicles (DVLA INF104): no I, Q or Z in an area; I and Q nowhere; ages in use and to come
_CURRENT = r"[A-HK-PRSVWXY][A-HJ-PR-Y] ?(?:0[2-9]|[123]\d|5[1-9]|[678]\d) ?[A-HJ-PR-Z]{3}"
_PREFIX = r"[A-HJ-NP-TV-Y][1-9]\d{0,2} ?[A-HJ-PR-Z]{3}"
_SUFFIX = r"[A-HJ-PR-Z]{3} ?[1-9]\d{0,2}[A-HJ-NPRSTV-Y]"
_DATELESS = r"(?:[A-Z]{1,3} ?[1-9]\d{0,3}|[1-9]\d{0,3} ?[A-Z]{1,3})"
_OLDER = re.compile(rf"(?<![\w£$€.@#/-])(?:{_CURRENT}|{_PREFIX}|{_SUFFIX})(?![\w-])")
_SPACED = re.compile(_CURRENT.replace(" ?", "", 1).replace(" ?", " ", 1))
_PLATE = re.compile(
    rf"(?i:\b(?:registration(?: numbers?| marks?| plates?)?|number ?plates?|reg(?: no\.?)?|vrm"
    rf"|plates?|index))[:.]?\s(?:(?:was|is|number|mark|reads?|reading|of|no\.?)\s)?"
    rf"[\"“'‘]?(?P<plate>{_DATELESS})(?![\w-])"
)
_VEHICLE_CUE = re.compile(
    r"(?i)\b(?:cars?|vans?|vehicles?|registration|registered|reg|number ?plates?|plates?|vrm|lorry"
    r"|lorries|motorcycles?|motorbikes?|moped|drove|driving|driven|hatchback|saloon|estate car|suv"
    r"|pick-?up|ford|vauxhall|volkswagen|vw|audi|bmw|mercedes|toyota|nissan|peugeot|renault|citroen"
    r"|skoda|seat|fiat|kia|hyundai|mazda|honda|volvo|land rover|range rover|tesla|mini)\b"
)
_PLATE_FORM = re.compile(rf"{_CURRENT}|{_PREFIX}|{_SUFFIX}|{_DATELESS}")


def find_vehicles(text: str) -> Iterator[Identifier]:
    """UK registrations. The current form, in capitals with its gap, stands alone; every other
    wants a word about vehicles near, a dateless one a word about plates just before it.
    """
    for found in bounded("vrm", _OLDER.finditer(text)):
        start, end = found.span()
        alone = _SPACED.fullmatch(found.group())
        if alone or stands_near(_VEHICLE_CUE, text, start, end, before=60, after=30):
            yield _vehicle(found.group(), start)
    for found in bounded("vrm", _PLATE.finditer(text)):
        yield _vehicle(found["plate"], found.start("plate"))


def _vehicle(original: str, start: int) -> Identifier:
    value = original.replace(" ", "")
    return Identifier("vrm", value, start, start + len(original), original, validity="form")


def vehicle_form(written: str) -> str | None:
    """The registration in capitals without its gap."""
    plate = " ".join(written.upper().split())
    return plate.replace(" ", "") if _PLATE_FORM.fullmatch(plate) else None


# --- National Insurance numbers (HMRC NIM39110)
_NINO = re.compile(
    r"(?i)(?<![\w-])[A-Z]{2}(?P<gap>[ -]?)[0-9]{2}(?P=gap)[0-9]{2}(?P=gap)[0-9]{2}"
    r"(?P=gap)[A-D](?![\w-])"
)
_NEVER_ISSUED = frozenset("BG GB KN NK NT TN ZZ".split())  # noqa: SIM905


def find_ninos(text: str) -> Iterator[Identifier]:
    """National Insurance numbers; "QQ", which the forms use as an example, is of a test range."""
    for found in spotted("nino", _NINO, nino_form, text, "form"):
        if found.original[:2].isupper() or " " in found.original:
            test = found.value.startswith("QQ")
            yield replace(found, validity="test-range") if test else found


def nino_form(written: str) -> str | None:
    """The number in capitals without gaps, None where its prefix is never issued."""
    number = "".join(c for c in written.upper() if c not in " -")
    if not _NINO.fullmatch(number):
        return None
    first, second = number[0], number[1]
    if number.startswith("QQ"):
        return number
    allowed = first not in "DFIQUV" and second not in "DFIOQUV"
    return number if allowed and number[:2] not in _NEVER_ISSUED else None


# --- handsets (3GPP TS 23.003, 6.2): the first two digits are the body that allocated the type
_IMEI = re.compile(
    r"(?<![\w.,$£€+-])(?:\d{15,16}|\d{2}([- /])\d{6}\1\d{6}\1\d|\d{6}([- /])\d{2}\2\d{6}\2\d)"
    r"(?![\w]|[.,]\d)",
    re.ASCII,
)
_IMEI_CUE = re.compile(r"(?i)\b(?:IMEIs?|handset|\*#06#)\b")
_BODIES = frozenset("01 10 30 33 35 44 45 49 50 51 52 53 54 86 91 98 99".split())  # noqa: SIM905


def find_imeis(text: str) -> Iterator[Identifier]:
    """Numbers of handsets, where "IMEI" or "handset" says that they are such or they are grouped
    as such: the check digit alone lets one number in ten through.
    """
    for found in spotted("imei", _IMEI, imei_form, text):
        grouped = len(found.original) == 18
        if grouped or stands_near(_IMEI_CUE, text, found.start, found.end, before=60):
            test = found.value.startswith("00")
            yield replace(found, validity="test-range") if test else found


def imei_form(written: str) -> str | None:
    """The 15 digits (of an IMEISV the 14 it shares are not checked: None)."""
    digits = digits_of(written)
    if len(digits) != 15 or len(written) > 18 or len(set(digits)) < 3:
        return None
    plausible = digits[:2] in _BODIES or digits.startswith("00")
    return digits if plausible and luhn_holds(digits) else None


# --- network cards (IEEE 802)
_MAC = re.compile(
    r"(?i)(?<![\w:.-])(?:[0-9a-f]{2}([:-])(?:[0-9a-f]{2}\1){4}[0-9a-f]{2}"
    r"|[0-9a-f]{4}\.[0-9a-f]{4}\.[0-9a-f]{4})(?![\w:-]|\.\w)"
)


def find_macs(text: str) -> Iterator[Identifier]:
    """Hardware addresses; one of digits alone is taken with colons only, as dates have hyphens."""
    for found in spotted("mac", _MAC, mac_form, text, "form"):
        if ":" in found.original or any(c.isalpha() for c in found.original):
            yield found


def mac_form(written: str) -> str | None:
    """Small letters with colons; None for no address and for those of nobody (all 0, all f)."""
    digits = "".join(c for c in written.lower() if c in "0123456789abcdef")
    if len(digits) != 12 or len(set(digits)) < 2 or not _MAC.fullmatch(written):
        return None
    return ":".join(digits[at : at + 2] for at in range(0, 12, 2))


# --- known weaknesses, by the list of cve.org
_CVE = re.compile(
    r"(?i)(?<![\w-])CVE[-\u2010-\u2013 ](?:1999|20\d\d)[-\u2010-\u2013]\d{4,7}(?![\w]|-\d)",
    re.ASCII,
)


def find_cves(text: str) -> Iterator[Identifier]:
    """Numbers of known weaknesses: "CVE-2026-0001"."""
    yield from spotted("cve", _CVE, cve_form, text, "form")


def cve_form(written: str) -> str | None:
    """In capitals with hyphens."""
    if not _CVE.fullmatch(written):
        return None
    return f"CVE-{written[4:8]}-{written[9:]}"


FORMS: dict[str, Form] = {
    "vrm": vehicle_form,
    "nino": nino_form,
    "imei": imei_form,
    "mac": mac_form,
    "cve": cve_form,
}
