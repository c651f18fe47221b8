"""The rules for POLE records (POL-2): what a person's words must be to be kept. Pure.

After the NPCC Minimum POLE Data Standards Dictionary 1.1, section 1.4. An error refuses the
record; a warning is told and kept with it.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from ipaddress import ip_address

from cases.errors import UsageError
from cases.pole import SPECIAL_WORDS, SUBTYPES, Pole, words
from cases.times import UK


class Severity(StrEnum):
    """How a broken rule is taken."""

    ERROR = "error"
    WARNING = "warning"


@dataclass(frozen=True, slots=True)
class Broken:
    """A rule that a field breaks, and what to write instead."""

    rule: str
    field: str
    severity: Severity
    says: str


class RecordRefused(UsageError):
    """The record breaks a rule of the POLE standard (POL-2)."""

    kind = "pole-rule"


@dataclass(frozen=True, slots=True)
class Draft:
    """A record as it would be kept: its class, name, subtype, attributes by name."""

    pole: Pole
    name: str
    subtype: str | None = None
    aliases: Sequence[str] = ()
    attributes: Mapping[str, str] | None = None


LONGEST = 300  # characters of a name or value: our own limit
_TITLES = words(
    "mr mrs ms miss mx dr doctor prof professor rev reverend sir dame lord lady fr father sister "
    "brother imam rabbi capt captain col colonel major sgt sergeant pc dc"
)
_PLACEHOLDERS = frozenset(
    (
        "unknown",
        "n/a",
        "none",
        "null",
        "tbc",
        "tba",
        "not known",
        "n/k",
        "not given",
        "anon",
        "anonymous",
        "no name",
        "xx",
        "test",
        "blank",
        "john doe",
        "jane doe",
    )
)
_BUSINESS = re.compile(
    r"\b(ltd|limited|plc|llp|llc|inc|gmbh|corp|company|holdings|(?<=& )co|cic)\b\.?", re.IGNORECASE
)
_NAMES = frozenset({"forename", "surname", "other-names"})
_DATES = frozenset({"date-of-birth", "date", "date-of-death"})
PHYSICAL = frozenset({"height", "build", "hair", "eyes", "marks", "apparent-age", "clothing"})
_POSTCODE = re.compile(r"(GIR ?0AA|[A-Z]{1,2}[0-9][A-Z0-9]? ?[0-9][ABD-HJLNP-UW-Z]{2})")
_NI = re.compile(r"(?!BG|GB|NK|KN|TN|NT|ZZ)[A-CEGHJ-PR-TW-Z][A-CEGHJ-NPR-TW-Z][0-9]{6}[A-D]")
_EMAIL = re.compile(r"[^@\s]{1,64}@[^@\s]+\.[^@\s.]{2,63}")
_ADDRESS = re.compile(r"[a-z][a-z0-9+.-]{1,20}:\S+", re.IGNORECASE)
_FIELD = re.compile(r"[a-z][a-z0-9-]{0,39}")


def broken_rules(draft: Draft, *, today: date) -> list[Broken]:
    """Every rule that the record breaks, errors and warnings."""
    attributes = dict(draft.attributes or {})
    found = [*_common("name", draft.name)] if draft.name else []
    for alias in draft.aliases:
        found += _common("alias", alias)
    found += _typed(draft)
    for field, value in attributes.items():
        found += _attribute(field, value, today)
    if draft.pole is Pole.PERSON:
        found += _person(draft, attributes)
    elif not draft.name:
        found.append(_error("no-name", "name", f"An entity of class {draft.pole} needs a name."))
    else:
        found += _valued(draft.subtype, draft.name)
    return found


def checked(draft: Draft, *, today: date) -> list[Broken]:
    """The warnings of a record that may be kept. Raises `RecordRefused` with every error."""
    found = broken_rules(draft, today=today)
    errors = [each for each in found if each.severity is Severity.ERROR]
    if errors:
        raise RecordRefused(
            " ".join(each.says for each in errors), rules=", ".join(e.rule for e in errors)
        )
    return found


def missing(draft: Draft) -> list[str]:
    """What a person's record still lacks of the "4+1" minimum: to be completed once known."""
    if draft.pole is not Pole.PERSON:
        return []
    held = draft.attributes or {}
    wanted = ("forename", "surname", "date-of-birth", "gender")
    lacking = [field for field in wanted if not held.get(field)]
    if not any(held.get(field) for field in ("phone", "email", "postcode", "address")):
        lacking.append("contact reference")
    return lacking


def uk_today(now: datetime) -> date:
    """The day in the United Kingdom at that instant: what "no future date" is measured by."""
    return now.astimezone(UK).date()


def _error(rule: str, field: str, says: str) -> Broken:
    return Broken(rule, field, Severity.ERROR, says)


def _common(field: str, value: str) -> Iterator[Broken]:
    """Blank beats a made-up value; no sign that nobody can see."""
    if len(value) > LONGEST:
        yield _error("too-long", field, f"The {field} has more than {LONGEST} characters.")
        return
    plain = value.strip().casefold()
    signs = [sign for sign in plain if sign.isalnum()]
    repeats = len(set(signs)) == 1 and len(signs) > 2 and signs[0].isalpha()
    if plain in _PLACEHOLDERS or not signs or repeats:
        yield _error(
            "placeholder",
            field,
            f"{value[:40]!r} stands for nothing known: leave the {field} out instead.",
        )
    if any(unicodedata.category(sign) in ("Cc", "Cf", "Cs", "Co") for sign in value):
        yield _error("unseen", field, f"The {field} holds a character that nobody can see.")


def _typed(draft: Draft) -> Iterator[Broken]:
    if draft.subtype is not None and draft.subtype not in SUBTYPES[draft.pole]:
        known = ", ".join(SUBTYPES[draft.pole])
        yield _error(
            "subtype",
            "subtype",
            f"{draft.subtype[:40]!r} is no subtype of {draft.pole.says}. Choose one of: {known}.",
        )


def _person(draft: Draft, attributes: Mapping[str, str]) -> Iterator[Broken]:
    for field, value in (("name", draft.name), *(("alias", alias) for alias in draft.aliases)):
        if value:
            yield from _personal_name(field, value)
    identifying = ("forename", "surname", "date-of-birth", "phone", "email")
    if not draft.name and not any(attributes.get(f) for f in (*identifying, *PHYSICAL)):
        yield _error(
            "nobody",
            "name",
            "A person needs a name, another identifying detail, or a physical attribute "
            f"({', '.join(sorted(PHYSICAL))}).",
        )


def _personal_name(field: str, value: str) -> Iterator[Broken]:
    if _BUSINESS.search(value):
        yield _error(
            "business", field, f"{value[:60]!r} is a business, which is an object, not a person."
        )
        return
    odd = sorted({sign for sign in value if not _may_stand_in_a_name(sign)})
    if odd:
        yield _error(
            "name-signs",
            field,
            f"The {field} {value[:60]!r} holds {' '.join(odd)!r}: a person's name is letters, with "
            "hyphen and apostrophe alone besides.",
        )
    first, *rest = value.split() or [""]
    if rest and first.rstrip(".").casefold() in _TITLES:
        yield _error("title", field, f"{first!r} is a title. Write {' '.join(rest)!r}.")


def _may_stand_in_a_name(sign: str) -> bool:
    return sign in " -'’‐" or unicodedata.category(sign)[0] in "LM"


def _attribute(field: str, value: str, today: date) -> Iterator[Broken]:
    if not _FIELD.fullmatch(field):
        yield _error("field", field, f"{field[:40]!r} is no attribute's name: write hair-colour.")
        return
    if SPECIAL_WORDS & set(field.split("-")):
        yield _error(
            "special-category",
            field,
            f"{field!r} is of a special category, which is kept apart and off by default: "
            "lantern entity special",
        )
        return
    yield from _common(field, value)
    if field in _NAMES:
        yield from _personal_name(field, value)
    elif field in _DATES:
        yield from _day(field, value, today)
    elif field == "phone":
        yield from _valued("telephone", value)
    elif field in ("postcode", "email"):
        yield from _valued(field, value)


def _day(field: str, value: str, today: date) -> Iterator[Broken]:
    try:
        if not re.fullmatch(r"[0-9]{2}/[0-9]{2}/[0-9]{4}", value):
            raise ValueError(value)
        day = datetime.strptime(value, "%d/%m/%Y").date()
    except ValueError:
        yield _error("date", field, f"The {field} {value[:20]!r} is no day: write dd/mm/yyyy.")
        return
    if day > today:
        yield _error("future", field, f"The {field} {value} has not come yet.")


def _valued(subtype: str | None, value: str) -> Iterator[Broken]:
    """What the value of an object or location must be, by its subtype."""
    plain = value.strip()
    if subtype == "telephone":
        yield from _phone(plain)
    elif subtype == "postcode" and not _POSTCODE.fullmatch(plain.upper()):
        yield _error("postcode", "postcode", f"{plain[:20]!r} is no UK postcode.")
    elif subtype == "email" and not _EMAIL.fullmatch(plain):
        yield _error("email", "email", f"{plain[:60]!r} is no e-mail address.")
    elif subtype == "url" and not _ADDRESS.fullmatch(plain):
        yield _error("url", "name", f"{plain[:60]!r} is no address: write https://host/path.")
    elif subtype == "ni-number" and not _NI.fullmatch(re.sub(r"\s", "", plain).upper()):
        yield _error("ni-number", "name", f"{plain[:20]!r} is no National Insurance number.")
    elif subtype == "ip_address":
        try:
            ip_address(plain.strip("[]"))
        except ValueError:
            yield _error("ip", "name", f"{plain[:60]!r} is no IP address.")


def _phone(value: str) -> Iterator[Broken]:
    digits = re.sub(r"[\s().-]", "", value)
    if not re.fullmatch(r"\+?[0-9]{3,15}", digits):
        yield _error("phone", "phone", f"{value[:30]!r} is no telephone number.")
    elif not digits.startswith("+") and (not digits.startswith("0") or len(digits) < 9):
        yield Broken(
            "dialling-code",
            "phone",
            Severity.WARNING,
            f"{value} has no dialling code: write it as +44 … once it is known.",
        )
