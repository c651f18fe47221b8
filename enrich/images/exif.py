"""What a camera or a program wrote into a picture's EXIF: claims, each checked for its form alone.

EXIF 3.0 (CIPA DC-008-2023). Hostile tags never raise: what cannot be read as its tag says is left
out. A thumbnail is named, never given out.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from PIL import ExifTags, Image

LONGEST = 120  # characters of a device's or a program's name
_TIME = re.compile(r"(\d{4})[:/-](\d\d)[:/-](\d\d)[ T](\d\d):(\d\d):(\d\d)")
_DAY = re.compile(r"(\d{4})[:/-](\d\d)[:/-](\d\d)")
_OFFSET = re.compile(r"[+-](0\d|1[0-4]):[0-5]\d")

_Tags = Mapping[int, Any]


def exif_facts(image: Image.Image) -> dict[str, object]:
    """The facts by name (`PictureReading`), those that are there; `{}` where there is no EXIF."""
    try:
        exif = image.getexif()
        main: _Tags = dict(exif)
    except Exception:
        return {}
    shot, place = _ifd(exif, ExifTags.IFD.Exif), _ifd(exif, ExifTags.IFD.GPSInfo)
    facts = {
        "taken": _taken(shot),
        "gps": _position(place),
        "gps_at": _gps_time(place),
        "device": _device(main),
        "software": _words(main.get(ExifTags.Base.Software)),
        "orientation": _orientation(main.get(ExifTags.Base.Orientation)),
        "thumbnail": _has_thumbnail(exif),
    }
    return {name: fact for name, fact in facts.items() if fact}


def _ifd(exif: Image.Exif, which: int) -> _Tags:
    try:
        return dict(exif.get_ifd(which))
    except Exception:
        return {}


def _has_thumbnail(exif: Image.Exif) -> bool:
    tags = _ifd(exif, ExifTags.IFD.IFD1)
    return ExifTags.Base.JpegIFOffset in tags or ExifTags.Base.StripOffsets in tags


def _taken(shot: _Tags) -> str | None:
    """When the shutter opened, else when it was scanned; never when a program saved it last."""
    for time, offset in (
        (ExifTags.Base.DateTimeOriginal, ExifTags.Base.OffsetTimeOriginal),
        (ExifTags.Base.DateTimeDigitized, ExifTags.Base.OffsetTimeDigitized),
    ):
        found = _TIME.match(_words(shot.get(time)) or "")
        moment = _moment(*found.groups()) if found else None
        if moment is not None:
            zone = _words(shot.get(offset)) or ""
            return moment + (zone if _OFFSET.fullmatch(zone) else "")
    return None


def _gps_time(place: _Tags) -> str | None:
    """The satellites' own time, in UTC."""
    day = _DAY.match(_words(place.get(ExifTags.GPS.GPSDateStamp)) or "")
    clock = _three(place.get(ExifTags.GPS.GPSTimeStamp))
    if day is None or clock is None:
        return None
    hour, minute, second = (f"{int(each):02d}" for each in clock)
    moment = _moment(*day.groups(), hour, minute, second)
    return f"{moment}Z" if moment else None


def _moment(*parts: str) -> str | None:
    try:
        moment = datetime(*(int(part) for part in parts))  # type: ignore[arg-type]
    except ValueError:
        return None
    return moment.isoformat() if moment.year >= 1826 else None  # the first photograph kept


def _position(place: _Tags) -> tuple[float, float] | None:
    """Latitude and longitude in degrees, south and west negative."""
    found = []
    for degrees, side, negative, most in (
        (ExifTags.GPS.GPSLatitude, ExifTags.GPS.GPSLatitudeRef, "S", 90.0),
        (ExifTags.GPS.GPSLongitude, ExifTags.GPS.GPSLongitudeRef, "W", 180.0),
    ):
        parts = _three(place.get(degrees))
        towards = (_words(place.get(side)) or "").upper()
        if parts is None or towards not in ("N", "S", "E", "W"):
            return None
        value = parts[0] + parts[1] / 60 + parts[2] / 3600
        if parts[1] >= 60 or parts[2] >= 60 or value > most:
            return None
        found.append(round(-value if towards == negative else value, 7))
    return found[0], found[1]


def _three(value: object) -> tuple[float, float, float] | None:
    """Three numbers of 0 and more; None for anything else."""
    if not isinstance(value, (tuple, list)) or len(value) != 3:
        return None
    try:
        first, second, third = (float(each) for each in value)
    except (TypeError, ValueError, ArithmeticError):
        return None
    if not all(math.isfinite(each) and each >= 0 for each in (first, second, third)):
        return None
    return first, second, third


def _device(main: _Tags) -> str | None:
    make, model = _words(main.get(ExifTags.Base.Make)), _words(main.get(ExifTags.Base.Model))
    if make and model and not model.lower().startswith(make.lower().split()[0]):
        return f"{make} {model}"
    return model or make


def _orientation(value: object) -> int | None:
    return value if isinstance(value, int) and 1 <= value <= 8 else None


def _words(value: object) -> str | None:
    """A tag's text: printable, without the NULs and blanks that pad it; None where it has none."""
    if isinstance(value, bytes):
        value = value[: LONGEST * 4].decode("utf-8", "replace")
    if not isinstance(value, str):
        return None
    text = value.partition("\0")[0][: LONGEST * 4]
    kept = "".join(sign if sign.isprintable() else " " for sign in text)
    return " ".join(kept.split())[:LONGEST] or None
