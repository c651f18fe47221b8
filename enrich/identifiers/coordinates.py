"""Places by latitude and longitude, in every usual spelling, as one: "51.50735,-0.12776".

Decimal pairs, degrees with minutes and seconds, `geo:` (RFC 5870), addresses of maps, the Ordnance
Survey's grid, full plus codes (Open Location Code). Five decimals: a metre.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from enrich.documents import Identifier
from enrich.identifiers.national_grid import SQUARES, grid_to_degrees
from enrich.identifiers.spotting import spotted, stands_near

_NUMBER = r"[+-\u2212]?\d{1,3}\.\d{1,16}".replace("+-\u2212", "+\u2212-")
_SEPARATOR = r"(?:\s?[,;/|]\s?|\s)"
_PAIR = re.compile(
    rf"(?<![\w.,%$£€+/=-])(?P<lat>{_NUMBER}){_SEPARATOR}(?P<lon>{_NUMBER})(?![\w%°º]|[.,;]?\s?\d)",
    re.ASCII,
)
_CUE = re.compile(
    r"(?i)\b(?:lat(?:itude)?|lon(?:g(?:itude)?)?|lng|coord(?:inate)?s?|co-ordinates|gps|geo|location"
    r"|position|pin)\b"
)
MIN_DECIMALS, MIN_DECIMALS_EXPLAINED = 4, 2

# one axis: degrees, perhaps minutes and seconds, and its half of the world
_MINUTES = r"(?:\s?(?P<{0}m>\d{{1,2}}(?:\.\d{{1,8}})?)\s?(?:['\u2019\u2032\u02b9]|m(?!\w)))?"
_SECONDS = r"(?:\s?(?P<{0}s>\d{{1,2}}(?:\.\d{{1,8}})?)\s?(?:[\"\u201d\u2033s]|'{{2}}|\u2019{{2}}))?"
_DEGREES = r"(?P<{0}d>\d{{1,3}}(?:\.\d{{1,12}})?)\s?(?:[°º˚]|deg(?:rees)?\.?(?!\w))"
_AXIS = _DEGREES + _MINUTES + _SECONDS
_DMS = re.compile(
    rf"(?<![\w.,-]){_AXIS.format('n')}\s?(?P<north>[NSns])(?![a-z])[\s,;/]{{0,3}}(?:and\s)?"
    rf"{_AXIS.format('e')}\s?(?P<east>[EWew])(?!\w)",
    re.ASCII,
)
_LETTERED = re.compile(
    r"(?<![\w.,-])(?P<nd>\d{1,2}\.\d{2,12})\s?(?P<north>[NS])[\s,;/]{1,3}(?P<ed>\d{1,3}\.\d{2,12})\s?"
    r"(?P<east>[EW])(?!\w)",
    re.ASCII,
)
_SIGNED = re.compile(
    r"(?<![\w.,])(?P<lat>[+\u2212-]?\d{1,2}\.\d{2,12})\s?[°º˚][\s,;/]{1,3}(?P<lon>[+\u2212-]?\d{1,3}\.\d{2,12})\s?"
    r"[°º˚](?!\s?[CFNSEWK])",
    re.ASCII,
)
_GEO = re.compile(
    r"(?i)(?<!\w)geo:(?P<lat>-?\d{1,2}(?:\.\d{1,16})?),(?P<lon>-?\d{1,3}(?:\.\d{1,16})?)"
)
_GRID = re.compile(
    r"(?<![\w-])(?P<square>[HNOST][A-HJ-Z])"
    r"(?: (?P<e>\d{3,5}) (?P<n>\d{3,5})| ?(?P<run>\d{6}|\d{8}|\d{10}))"
    r"(?![\w-]|[.,]\d| \d)",
    re.ASCII,
)
_GRID_CUE = re.compile(r"(?i)\b(?:grid|ngr|os ?ref|gridref|osgr|ordnance)\b")
_PLUS = re.compile(
    r"(?<![\w+/])[23456789C][23456789CFGHJMPQRV][23456789CFGHJMPQRVWX]{6}\+[23456789CFGHJMPQRVWX]{2,3}"
    r"(?![\w+])"
)
_PLUS_DIGITS = "23456789CFGHJMPQRVWX"

_MAP_HOSTS = re.compile(
    r"(?i)https?://(?:[\w-]+\.)*(?:google\.[a-z.]{2,6}|goo\.gl|openstreetmap\.org|osm\.org|apple\.com"
    r"|bing\.com|waze\.com|here\.com|yandex\.[a-z]{2,3}|2gis\.[a-z]{2,3}|wego\.here\.com)[:/]"
)
_N = r"(-?\d{1,3}\.\d{1,16})"
_MAP_PLACES = tuple(
    re.compile(pattern)
    for pattern in (
        rf"!3d{_N}!4d{_N}",
        rf"[?&](?:q|ll|sll|query|center|daddr|saddr|destination|origin|cp|near|at|map)="
        rf"(?:loc:)?{_N}(?:,|%2C|~|/|\+|,\+|%20)+{_N}",
        rf"[?&]mlat={_N}&mlon={_N}",
        rf"/(?:place|search|dir)/{_N}(?:,|%2C)\+?{_N}",
        rf"@{_N},{_N},",
        rf"#map=[\d.]{{1,5}}/{_N}/{_N}",
    )
)


def find_coordinates(text: str) -> Iterator[Identifier]:
    """Places in the text; a pair of decimals without a word that explains it wants four each."""
    for pattern in (_DMS, _LETTERED, _SIGNED, _GEO):
        yield from spotted("coordinates", pattern, coordinates_form, text)
    for found in _PAIR.finditer(text):
        least = min(len(found[axis].partition(".")[2]) for axis in ("lat", "lon"))
        start, end = found.span()
        explained = stands_near(_CUE, text, start, end)
        if least < (MIN_DECIMALS_EXPLAINED if explained else MIN_DECIMALS):
            continue
        if not explained and _looks_like_figures(found):
            continue
        if value := coordinates_form(found.group()):
            yield Identifier("coordinates", value, start, end, found.group())
    for square in spotted("coordinates", _GRID, coordinates_form, text):
        digits = sum(c.isdigit() for c in square.original)
        precise = square.original.count(" ") == 2 and digits >= 8
        if precise or stands_near(_GRID_CUE, text, square.start, square.end):
            yield square
    yield from spotted("coordinates", _PLUS, coordinates_form, text)


def _looks_like_figures(found: re.Match[str]) -> bool:
    """Two shares, or two numbers with no comma between: figures, or a DOI, not a place."""
    small = all(abs(_signed(found[axis])) < 1 for axis in ("lat", "lon"))
    return small or not set(",;|") & set(found.group())


def coordinates_in_url(url: Identifier) -> Iterator[Identifier]:
    """The place that the address of a map names, at the place of the address."""
    if value := map_form(url.value):
        yield Identifier("coordinates", value, url.start, url.end, url.original)


def map_form(address: str) -> str | None:
    """The place in an address of a map, None where it is none or names none."""
    if not _MAP_HOSTS.match(address):
        return None
    for pattern in _MAP_PLACES:
        if place := pattern.search(address):
            return _normal(_signed(place[1]), _signed(place[2]))
    return None


def coordinates_form(written: str) -> str | None:
    """ "latitude,longitude" in degrees with five decimals, None for what is no place on Earth."""
    written = written.strip()
    if found := _DMS.fullmatch(written) or _LETTERED.fullmatch(written):
        parts = found.groupdict()
        lat, lon = _degrees(parts, "n"), _degrees(parts, "e")
        if lat is None or lon is None:
            return None
        south, west = parts["north"] in "Ss", parts["east"] in "Ww"
        return _normal(-lat if south else lat, -lon if west else lon)
    if found := _GEO.fullmatch(written) or _SIGNED.fullmatch(written) or _PAIR.fullmatch(written):
        return _normal(_signed(found["lat"]), _signed(found["lon"]))
    if found := _GRID.fullmatch(written):
        digits = found["run"] or found["e"] + found["n"]
        uneven = not found["run"] and len(found["e"]) != len(found["n"])
        if uneven or found["square"] not in SQUARES:
            return None
        return _normal(*grid_to_degrees(found["square"], digits))
    if _PLUS.fullmatch(written):
        return _plus_code(written)
    return None


def _degrees(parts: dict[str, str | None], axis: str) -> float | None:
    minutes, seconds = (float(parts.get(axis + unit) or 0) for unit in "ms")
    whole = parts[f"{axis}d"] or "0"
    if minutes >= 60 or seconds >= 60 or ("." in whole and (minutes or seconds)):
        return None
    return float(whole) + minutes / 60 + seconds / 3600


def _signed(number: str) -> float:
    return float(number.replace("\u2212", "-"))


def _normal(latitude: float, longitude: float) -> str | None:
    if abs(latitude) > 90 or abs(longitude) > 180 or (latitude, longitude) == (0, 0):
        return None
    shown = f"{latitude:.5f},{longitude:.5f}"
    return re.sub(r"-(0\.00000)(?!\d)", r"\1", shown)


def _plus_code(code: str) -> str | None:
    """The middle of the area (Open Location Code specification, "Decoding")."""
    digits = [_PLUS_DIGITS.index(letter) for letter in code.replace("+", "")]
    latitude, longitude, size = -90.0, -180.0, 400.0
    for first, second in zip(digits[0:10:2], digits[1:10:2], strict=True):
        size /= 20
        latitude, longitude = latitude + first * size, longitude + second * size
    tall = wide = size
    if len(digits) == 11:  # the eleventh divides the area into 5 rows of 4
        tall, wide = size / 5, size / 4
        latitude, longitude = latitude + digits[10] // 4 * tall, longitude + digits[10] % 4 * wide
    return _normal(latitude + tall / 2, longitude + wide / 2)
