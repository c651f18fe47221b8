"""The fields of a query and the index fields behind each: one table that every engine reads.

The parser, both compilers, the facets and the manual (docs/query.md) are made from it.
"""

from __future__ import annotations

import difflib
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final

from cases.identity import Outcome
from search.errors import QueryError, shown


class Kind(StrEnum):
    """How a field's values are turned into what is indexed."""

    WORDS = "words"  # analysed text
    SELECTOR = "selector"  # one token a value, in the normal form of its kind
    MOMENT = "moment"  # an instant
    NUMBER = "number"  # a whole number


@dataclass(frozen=True, slots=True)
class Field:
    """A field that a query may name. `exact` and `stems` are index fields of the two forms.

    What is found in a field of weight 0 is found or not: it makes no hit better than another.
    `facet` is the index field that holds its values whole, as people read them. `says` and
    `example` are what the manual says.
    """

    name: str
    kind: Kind
    exact: str
    stems: str | None = None
    weight: float = 1.0
    facet: str | None = None
    aliases: tuple[str, ...] = ()
    says: str = ""
    example: str = ""
    values: tuple[str, ...] = ()  # where there are no others


def _prose(
    name: str, example: str, says: str, aliases: str = "", *, exact: str = "", weight: float = 1.0
) -> Field:
    """A field of running text: its words are found in any of their English forms."""
    exact = exact or name
    others = tuple(aliases.split())
    return Field(
        name, Kind.WORDS, exact, f"{exact}_stem", weight, None, others, says, f"{name}:{example}"
    )


def _words(name: str, example: str, says: str, aliases: str = "", *, facet: bool = True) -> Field:
    """A field of names and addresses: its words are found as spelled."""
    whole = f"{name}_facet" if facet else None
    others = tuple(aliases.split())
    return Field(name, Kind.WORDS, name, None, 1.0, whole, others, says, f"{name}:{example}")


def _whole(
    name: str, example: str, says: str, aliases: str = "", *, exact: str = "", facet: bool = True
) -> Field:
    """A field whose values are whole tokens."""
    whole = f"{name}_facet" if facet else None
    others = tuple(aliases.split())
    return Field(
        name, Kind.SELECTOR, exact or name, None, 0.0, whole, others, says, f"{name}:{example}"
    )


def _moment(name: str, example: str, says: str, aliases: str = "") -> Field:
    others = tuple(aliases.split())
    return Field(name, Kind.MOMENT, name, None, 0.0, None, others, says, f"{name}:{example}")


PAGE: Final = _prose(
    "page", "owls", "all the text of the page, surroundings and comments too", "text whole",
    exact="text",
)  # fmt: skip
IMAGE: Final = _prose("image", "invoice", "text read in the pictures", "ocr")
TITLE: Final = _prose("title", "owls", "the page's title", weight=2.0)
URL: Final = _words(
    "url", "example.test/forum", "words of the page's address, in a row", "address", facet=False
)

# Kind of identifier (as the enricher calls it) to the field that finds it. An address and a domain
# found in the text have names of their own: url: and domain: are those of the page itself.
IDENTIFIER_FIELDS: Final[dict[str, Field]] = {
    "email": _whole("email", "jo.bloggs@example.test", "an e-mail address in the text", "mail"),
    "phone": _whole(
        "phone", '"07700 900123"', "a telephone number, however it was spaced; one that begins "
        "with 0 is read as a UK one", "tel telephone mobile",
    ),
    "url": _whole("found_url", "https://example.test/a", "a web address in the text", "urls"),
    "domain": _whole(
        "found_domain", "example.test", "a domain in the text, or one below it; the host of a web "
        "or e-mail address too", "domains",
    ),
    "ip": _whole("ip", "192.0.2.7", "an internet address, version 4 or 6", "ipv4 ipv6"),
    "mac": _whole("mac", "00:00:5e:00:53:01", "a network card's address"),
    "onion": _whole("onion", "expyuzz4wqqyqhjn*", "a Tor address", "tor"),
    "btc": _whole("btc", "bc1q*", "a Bitcoin address", "bitcoin"),
    "eth": _whole("eth", "0x5aaeb605*", "an Ethereum address", "ethereum"),
    "xmr": _whole("xmr", "44affq5k*", "a Monero address", "monero"),
    "ltc": _whole("ltc", "ltc1*", "a Litecoin address", "litecoin"),
    "trx": _whole("trx", "TJRab*", "a Tron address", "tron"),
    "iban": _whole("iban", '"GB29 NWBK 6016 1331 9268 19"', "a bank account"),
    "card": _whole("card", "*1111", "a payment card, masked as it is kept", "pan"),
    "postcode": _whole("postcode", '"EX1 1AA"', "a UK postcode, with or without its space"),
    "vrm": _whole(
        "vrm", '"AB51 ABC"', "a UK vehicle registration", "plate reg registration vehicle"
    ),
    "nino": _whole("nino", '"QQ 12 34 56 C"', "a National Insurance number", "ni"),
    "imei": _whole("imei", '"49-015420-323751-8"', "a handset's number"),
    "coordinates": _whole(
        "coordinates", "51.5*", "a place by latitude and longitude", "coords geo gps latlon"
    ),
    "handle": _whole(
        "handle", "@night_owl", "a user name, with or without the @", "user username nick"
    ),
    "profile": _whole(
        "profile", "instagram:night_owl", "a name on a platform, from its address or an @"
    ),
    "invite": _whole("invite", "abc123", "an invitation to a group", "invitation"),
    "pgp": _whole("pgp", "01234567*", "a PGP key's fingerprint", "gpg fingerprint"),
    "hash": _whole("hash", "d41d8cd9*", "a file's digest in hexadecimal", "md5 sha1"),
    "cve": _whole("cve", "CVE-2026-0001", "a known weakness in software"),
}  # fmt: skip
IDENTIFIER_KINDS: Final = tuple(IDENTIFIER_FIELDS)
KIND_OF_FIELD: Final = {field.name: kind for kind, field in IDENTIFIER_FIELDS.items()}
# Profiles and invitations, by platform.
PLATFORM_FIELDS: Final = (
    _whole("telegram", "t.me/night_owls", "a Telegram name or invitation", "tg", facet=False),
    _whole("discord", "discord.gg/abc123", "a Discord invitation", facet=False),
)

QUERY_FIELDS: Final[dict[str, Field]] = {
    field.name: field
    for field in (
        PAGE,
        _prose("body", "owls", "the article alone, without menus, comments and signatures", "main"),
        IMAGE,
        TITLE,
        URL,
        _words("author", "tarrant", "who wrote it, as the page says", "from by"),
        _words("site", "gazette", "the site's name, as the page says", "sitename"),
        _prose("alt", "owl", "the words given for pictures"),
        _prose("link", "forum", "words and addresses of the page's links", "links anchor"),
        _prose("table", "total", "rows of tables", "tables cell"),
        _words("meta", "article", "what the page says of itself for machines (JSON-LD, OpenGraph)",
               "structured", facet=False),
        _words("person", "smith", "a person's name, as the enricher found it", "who"),
        _words("org", "owls", "an organisation's name", "organisation organization company"),
        _words("place", "exeter", "a place's name", "location loc where"),
        _words("entity", "owls", "a name of any kind", "name", facet=False),
        _whole("domain", "example.test", "pages of this domain and of those below it", "host"),
        *IDENTIFIER_FIELDS.values(),
        *PLATFORM_FIELDS,
        _whole("identifier", "night_owl", "an identifier of any kind", "selector", facet=False),
        _whole("lang", "en", "the language; lang:en-gb that of one country", "language"),
        _whole("case", "LINDEN", "one case of those that you may search", exact="case_name"),
        _whole("capture", "c-abc", "one capture", facet=False),
        replace(
            _whole("outcome", "partial", f"how the capture ended: {', '.join(Outcome)}"),
            values=tuple(Outcome),
        ),
        Field("status", Kind.NUMBER, "status", None, 0.0, "status_facet", ("code",),
              "what the server said", "status:404"),
        _whole("kind", "pdf", "what was captured: html, pdf, image, …", "type filetype"),
        _whole("collector", "browser", "what collected it"),
        _whole("picture", "9f86d081*", "pages that show the picture with this SHA-256",
               "pictures"),
        _whole("digest", "9f86d081*", "pages whose whole text has this SHA-256", facet=False),
        _moment("captured", "2026-03-01", "when the page was collected", "collected"),
        _moment("published", "2026-11", "when it was published, as the page says", "dated"),
        _moment("modified", "2026-11", "when it was last changed, as the page says", "updated"),
    )
}  # fmt: skip
DEFAULT_FIELDS: Final = (TITLE, PAGE, URL, IMAGE)
NAMES: Final[dict[str, Field]] = QUERY_FIELDS | {
    alias: field for field in QUERY_FIELDS.values() for alias in field.aliases
}


def searched(name: str | None) -> tuple[Field, ...]:
    """The fields that a leaf of a query looks in; `name` None stands for title, page, address and
    the text of pictures.

    Raises `QueryError` for a field that does not exist.
    """
    return DEFAULT_FIELDS if name is None else (field_named(name),)


def field_named(name: str, column: int | None = None) -> Field:
    """The field called `name`, or one of its aliases. Raises `QueryError` that names the nearest
    one there is.
    """
    field = NAMES.get(name.lower())
    if field is not None:
        return field
    near = difflib.get_close_matches(name.lower()[:40], NAMES, n=1, cutoff=0.5)
    guess = f"Did you mean {near[0]}:? " if near else ""
    raise QueryError(
        f"there is no field {shown(name)}:",
        column=column,
        fix=f"{guess}Fields are {', '.join(QUERY_FIELDS)}; to search for the words themselves, "
        f'put them in quotes: "{shown(name)}:…"',
    )
