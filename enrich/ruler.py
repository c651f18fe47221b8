"""What a model should not guess: dates, sums, measures, references to documents, weapons by name.

Each by a form or a list of our own, in one pass; the rule's name and version stand beside what it
finds, and there is no score: a form is there or it is not. A vehicle is found by its registration
(an identifier), a person by a model: neither is a rule's business.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import Final

from enrich.documents import Mention

RULER: Final = "lantern_ruler 1"
MAX_RULED: Final = 5_000  # mentions of one document: a table of a million sums is no lead
# Found by their form: no name, so neither facets nor searches for names show them.
NOT_NAMES: Final = frozenset({"DATE", "MONEY", "QUANTITY", "DOCREF"})

_MONTH = (
    r"(?:(?:January|February|March|April|May|June|July|August|September|October|November|"
    r"December)\b|(?:Jan|Feb|Mar|Apr|Jun|Jul|Aug|Sept?|Oct|Nov|Dec)\b\.?)"
)
_WEEKDAY = r"(?:Mon|Tues?|Wed(?:nes)?|Thu(?:rs)?|Fri|Sat(?:ur)?|Sun)(?:day)?\b\.?,?\ "
_DAY = r"(?:3[01]|[12]\d|0?[1-9])"
_TH = r"(?:st|nd|rd|th)?"
_YEAR = r"(?:1[5-9]|20)\d\d"
_SUM = r"\d{1,15}(?:,\d{3}){0,5}(?:\.\d{1,4})?"
_MANY = r"(?:\ ?(?:thousand|million|billion|trillion|bn|tn|[km])\b)?"
_COINS = r"(?:pounds?(?:\ sterling)?|pence|quid|dollars?|euros?|roubles?|rubles?|francs?|yen|yuan)"
_CODES = r"(?:GBP|USD|EUR|CHF|CAD|AUD|JPY|RUB|TRY|AED)"
_UNITS = (
    r"(?:kg|kilos?|kilogram(?:me)?s?|grams?|grammes?|mg|g(?=\ of\b)|oz|ounces?|lbs?|tonnes?|tons?|"
    r"km|kilomet(?:re|er)s?|miles?|met(?:re|er)s?|cm|mm|feet|ft|inch(?:es)?|yards?|acres?|"
    r"hectares?|lit(?:re|er)s?|ml|gallons?|mph|km/h|kph|per\ cent|percent|degrees?)\b"
)
_WEAPONS = (
    "hand ?gun,pistol,revolver,rifle,shot ?gun,machine gun,sub-?machine gun,firearm,air rifle,"
    "air pistol,bb gun,stun gun,taser,pepper spray,cs spray,machete,zombie knife,flick knife,"
    "kitchen knife,butterfly knife,hunting knife,lock knife,knuckle ?duster,crossbow,samurai sword,"
    "sword,dagger,bayonet,baseball bat,hand grenade,grenade,pipe bomb,nail bomb,car bomb,"
    "petrol bomb,letter bomb,barrel bomb,vehicle bomb,molotov cocktail,suicide vest,ied,vbied,"
    "improvised explosive device,rocket launcher,rocket[- ]propelled grenade,land ?mine,"
    "mortar (?:round|shell|bomb),artillery shell,chemical weapon,ballistic missile,cruise missile,"
    "ak-?47,ar-?15,kalashnikov,glock(?: \\d\\d)?,uzi,mac-?10"
)
_MASS = "ammunition,explosives,semtex,knives,high explosive"
_ACT = r"(?:[A-Z][a-z]+(?:\ (?:and|of|the|to|for|in|[A-Z][a-z]+)){0,8}\ )?Act\ (?:1[2-9]|20)\d\d"
_PART = r"\d{1,4}[A-Z]{0,2}(?:\(\w{1,3}\)){0,4}"

_FORMS: Final = (
    (
        "DATE",
        rf"(?:{_WEEKDAY})?{_DAY}{_TH}\ (?:of\ )?{_MONTH}(?:,?\ {_YEAR}\b)?|"
        rf"(?:{_WEEKDAY})?{_MONTH}\ {_DAY}{_TH}\b(?!:)(?:,?\ {_YEAR}\b)?|"
        rf"{_MONTH}\ {_YEAR}\b|{_YEAR}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12]\d|3[01])\b|"
        rf"{_DAY}/(?:1[0-2]|0?[1-9])/(?:{_YEAR}|\d\d)\b|{_DAY}\.(?:1[0-2]|0?[1-9])\.{_YEAR}\b",
    ),
    (
        "MONEY",
        rf"[£$€¥]\ ?{_SUM}{_MANY}|{_CODES}\ ?{_SUM}{_MANY}|"
        rf"{_SUM}(?:\ (?:thousand|million|billion|trillion))?\ (?:{_COINS}|{_CODES})\b",
    ),
    ("QUANTITY", rf"{_SUM}(?:[ -]?{_UNITS}|%)"),
    (
        "DOCREF",
        rf"(?:(?:[Ss]ections?|[Aa]rticles?|[Ss]chedule)\ {_PART}\ of\ the\ )?{_ACT}\b|"
        rf"(?:[Ss]ections?|[Aa]rticles?)\ {_PART}|"
        r"(?:(?:UN\ )?Security\ Council\ )?Resolutions?\ \d{3,4}\b|"
        r"\[(?:19|20)\d\d\]\ [A-Z]{2,6}(?:\ [A-Z][a-z]+)?\ \d{1,5}\b",
    ),
    ("WEAPON", rf"(?i:(?:{_WEAPONS.replace(',', '|')})s?|(?:{_MASS.replace(',', '|')}))\b"),
)
_ANY: Final = re.compile(
    r"(?<![\w/.:-])(?:"
    + "|".join(f"(?P<{label}>{form})" for label, form in _FORMS)
    + ")(?![\\w/]|\\.\\d)"
)


def ruled(text: str) -> Iterator[Mention]:
    """What the rules find in the text, in order, apart from each other."""
    for number, found in enumerate(_ANY.finditer(text)):
        if number == MAX_RULED:
            return
        assert found.lastgroup is not None  # noqa: S101 - every form has a name
        yield Mention(found[0], found.lastgroup, found.start(), found.end(), RULER)


def with_rules(text: str, found: Iterable[Mention]) -> tuple[Mention, ...]:
    """A model's names and what the rules find, in order, none overlapping.

    A form is sure of itself ("May 2026" is nobody), so a name that overlaps it goes; a weapon's
    word can be part of a name ("Sword Street"), so there the name stays.
    """
    names = sorted(found, key=lambda mention: mention.start)
    kept: list[Mention] = []
    place = 0
    for rule in ruled(text):
        while place < len(names) and names[place].end <= rule.start:
            kept.append(names[place])
            place += 1
        over = place
        while over < len(names) and names[over].start < rule.end:
            over += 1
        if over > place and rule.label not in NOT_NAMES:
            continue
        place = over
        kept.append(rule)
    return (*kept, *names[place:])
