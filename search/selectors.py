"""Normal forms of identifiers and keywords: one value, one token, however it was written."""

from __future__ import annotations

import ipaddress
import re
from collections.abc import Callable
from typing import Final

from search.fields import IDENTIFIER_FIELDS, KIND_OF_FIELD, PLATFORM_FIELDS
from search.folding import cut, fold_selector

PLATFORM_KINDS: Final = ("profile", "invite")  # their values are platform:name
PLATFORM_NAMES: Final = tuple(field.name for field in PLATFORM_FIELDS)
_NOT_DIGITS: Final = re.compile(r"[^0-9]")
_NOT_ALPHANUMERIC: Final = re.compile(r"[^0-9a-z]")


def selector_form(kind: str, value: str) -> str:
    """`value` of an identifier of `kind` as the one token that is indexed; may be empty."""
    folded = fold_selector(value)
    return cut(_NORMAL_FORMS.get(kind, _as_it_is)(folded))


def asked_forms(name: str, typed: str) -> tuple[str, ...]:
    """The tokens of which one is what was typed in the query field called `name`; none for what
    has no letter or digit.

    The normal form is the enricher's; what it would not take for one is folded alone. Without a
    kind (`identifier:`) it is the form of each kind that it may be of.
    """
    kind = KIND_OF_FIELD.get(name)
    normal = _normal(kind, typed) if kind else ""
    if kind and normal:  # before what folding leaves: digits of any script make a telephone number
        return (selector_form(kind, normal),)
    plain = selector_form(kind or name, typed)
    if not plain:
        return ()
    if name == "identifier":
        forms = [(each, _normal(each, typed)) for each in IDENTIFIER_FIELDS]
        return tuple(dict.fromkeys([*(selector_form(*form) for form in forms if form[1]), plain]))
    if name in PLATFORM_NAMES:
        normal = next(filter(None, (_normal(kind, typed) for kind in PLATFORM_KINDS)), "")
        platform, _, known = normal.partition(":")
        return (selector_form("", known) if platform == name else _handle(plain),)
    return (plain,)


def _normal(kind: str, typed: str) -> str:
    """The enricher's normal form, empty where `typed` is none of that kind."""
    from enrich.identifiers import KINDS, normal_form  # half a second, and most queries need none

    return normal_form(kind, typed) or "" if kind in KINDS else ""


def selector_piece(kind: str, piece: str, *, first: bool) -> str:
    """A part of a value (what stands beside a wildcard), folded as the whole would be.

    `first` says that the value begins with this part.
    """
    folded = fold_selector(piece)
    if kind == "phone":
        return _phone(folded) if first else _NOT_DIGITS.sub("", folded)
    if kind == "handle":
        return folded.lstrip("@") if first else folded
    closed_up = _NORMAL_FORMS.get(kind) is _letters_and_digits
    return _letters_and_digits(folded) if closed_up else folded


def with_parents(value: str, separator: str) -> tuple[str, ...]:
    """`value` and each shorter form at a separator: `www.example.test`, `example.test`, `test`;
    with `-`, `en-gb` and `en`.
    """
    parts = [part for part in value.split(separator) if part]
    if separator == "-":
        return tuple(separator.join(parts[:count]) for count in range(len(parts), 0, -1))
    return tuple(separator.join(parts[index:]) for index in range(len(parts)))


def _as_it_is(value: str) -> str:
    return value


def _email(value: str) -> str:
    return value.removeprefix("mailto:")


def _handle(value: str) -> str:
    return value.lstrip("@")


def _phone(value: str) -> str:
    """Digits with the country's code; a number that begins with one 0 is read as a UK one."""
    bare = value.replace("(0)", "")
    digits = _NOT_DIGITS.sub("", bare)
    if bare.startswith("+") or not digits.startswith("0"):
        return digits
    return digits[2:] if digits.startswith("00") else "44" + digits[1:]


def _ip(value: str) -> str:
    try:
        return ipaddress.ip_address(value.strip("[]")).compressed
    except ValueError:
        return value


def _letters_and_digits(value: str) -> str:
    return _NOT_ALPHANUMERIC.sub("", value)


def _domain(value: str) -> str:
    return ".".join(_label(label) for label in value.strip(".").split("."))


def _label(label: str) -> str:
    """A label of a domain in letters: `xn--…` as it is read (RFC 3492), else as it stands."""
    if not label.startswith("xn--"):
        return label
    try:
        return fold_selector(label[4:].encode("ascii").decode("punycode"))
    except (UnicodeError, ValueError):
        return label


_NORMAL_FORMS: Final[dict[str, Callable[[str], str]]] = {
    "email": _email,
    "handle": _handle,
    "phone": _phone,
    "ip": _ip,
    "postcode": _letters_and_digits,
    "domain": _domain,
    **dict.fromkeys(("vrm", "nino", "iban", "imei", "pgp"), _letters_and_digits),
}
