"""The kinds of POLE records (POL-1): Person, Object, Location, Event, and their subtypes. Pure.

After the NPCC Minimum POLE Data Standards Dictionary 1.1, sections 1.4, 2 and 3, as
docs/standards.md gives them.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum


def words(listed: str) -> frozenset[str]:
    """The words of a list that is written as one text."""
    return frozenset(listed.split())


class Pole(StrEnum):
    """The class of a record, and the letter of its reference."""

    PERSON = "P"
    OBJECT = "O"
    LOCATION = "L"
    EVENT = "E"

    @property
    def says(self) -> str:
        """The class in a word."""
        return self.name.lower()


class Basis(StrEnum):
    """What an attribute rests on (DPA-4)."""

    FACT = "fact"
    ASSESSMENT = "assessment"


SUBTYPES: Mapping[Pole, tuple[str, ...]] = {
    Pole.PERSON: (
        "offender",
        "suspect-known",
        "suspect-unknown",
        "victim",
        "witness",
        "person-of-interest-known",
        "person-of-interest-unknown",
        "vulnerable-child",
        "vulnerable-adult",
        "involved-party",
        "association",
        "missing-person",
        "person-reporting",
    ),
    Pole.OBJECT: (
        "vehicle-known",
        "vehicle-suspicious",
        "telephone",
        "email",
        "passport",
        "driving-licence",
        "cro",
        "pnc-id",
        "ni-number",
        "photograph",
        "social-media-tag",
        "online_account",
        "url",
        "ip_address",
        "crypto_address",
        "domain",
        "bank-account",
        "payment-card",
        "device",
        "organisation",
        "product",
        "other",
    ),
    Pole.LOCATION: ("address", "postcode", "coordinates", "place"),
    Pole.EVENT: ("incident", "meeting", "transaction", "publication", "other-event"),
}
CATEGORIES = ("suspect", "convicted", "victim", "witness", "other", "not-yet-categorised")
NOT_YET = "not-yet-categorised"

# What a found label becomes when a person accepts it: class and subtype. A handle is an object,
# never a person by itself (POL-1). Names of nations, faiths and parties (NORP), of works and of
# the rest are nobody's record: accepting one would write down what DPA-6 keeps apart.
NAMES: Mapping[str, tuple[Pole, str | None]] = {
    "PERSON": (Pole.PERSON, None),
    "ORG": (Pole.OBJECT, "organisation"),
    "LOC": (Pole.LOCATION, None),
    "EVENT": (Pole.EVENT, None),
    "PRODUCT": (Pole.OBJECT, "product"),
}
_CRYPTO = ("btc", "eth", "xmr", "ltc", "trx")
IDENTIFIERS: Mapping[str, tuple[Pole, str | None]] = {
    "email": (Pole.OBJECT, "email"),
    "phone": (Pole.OBJECT, "telephone"),
    "url": (Pole.OBJECT, "url"),
    "onion": (Pole.OBJECT, "domain"),
    "domain": (Pole.OBJECT, "domain"),
    "ip": (Pole.OBJECT, "ip_address"),
    "mac": (Pole.OBJECT, "device"),
    "imei": (Pole.OBJECT, "device"),
    "iban": (Pole.OBJECT, "bank-account"),
    "card": (Pole.OBJECT, "payment-card"),
    "handle": (Pole.OBJECT, "online_account"),
    "profile": (Pole.OBJECT, "online_account"),
    "invite": (Pole.OBJECT, "online_account"),
    "vehicle": (Pole.OBJECT, "vehicle-known"),
    "ni_number": (Pole.OBJECT, "ni-number"),
    "postcode": (Pole.LOCATION, "postcode"),
    "coordinates": (Pole.LOCATION, "coordinates"),
    **dict.fromkeys(_CRYPTO, (Pole.OBJECT, "crypto_address")),
}
NO_RECORD = ("NORP", "WORK", "MISC", "DATE", "MONEY", "QUANTITY", "DOCREF", "WEAPON")
# Tied to a person, these want a graded link (POL-1, TEL-4).
ATTRIBUTED = words(
    "telephone email social-media-tag online_account ip_address crypto_address device bank-account "
    "payment-card"
)
# Kept apart, off by default (DPA-6; DPA 2018, section 35(8)).
SPECIAL_FIELDS = (
    "racial-or-ethnic-origin",
    "political-opinions",
    "religious-or-philosophical-beliefs",
    "trade-union-membership",
    "genetic-data",
    "biometric-data",
    "health",
    "sex-life",
    "sexual-orientation",
)
SPECIAL_WORDS = words(
    "race racial ethnic ethnicity religion religious faith belief beliefs politics political union "
    "genetic biometric health disability diagnosis sexuality sexual orientation"
)


def becomes(label: str) -> tuple[Pole, str | None] | None:
    """The class and subtype of the record that a found label makes; None where it makes none."""
    if label in NO_RECORD:
        return None
    if label in NAMES:
        return NAMES[label]
    return IDENTIFIERS.get(label, (Pole.OBJECT, "other"))


def is_name(label: str) -> bool:
    """Whether a label is of a name that a model found, and not of an identifier found by rule."""
    return label in NAMES or label in NO_RECORD
