"""Identifiers: every marked one is found, and what is found on ordinary pages.

The marked set is ours: ranges for fiction, examples of standards, checksums made for it.
"""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import dataclass
from pathlib import Path

from enrich import SourceDocument, enrich
from enrich.identifiers import KINDS, find_identifiers

PAGES = Path(__file__).parents[3] / "shared" / "corpora" / "pages"
# hits on those pages that are none, each hit having been read: kind and value
FALSE_HITS = frozenset(
    {
        ("email", "git@github.com"),
        ("handle", "@e"),
        ("handle", "@me"),
        ("handle", "@mentioned"),
        ("handle", "@mentions"),
        ("url", "http://range.pic.twitter.com/TKpAdCBJt2"),
        ("url", "http://range.pic.twitter.com/YO67l8ooRc"),
        ("url", "http://rangepic.twitter.com/ZZ8hTV1gie"),
        ("url", "http://rangepic.twitter.com/mDnMnYXpDa"),
        ("url", "http://rangepic.twitter.com/uEfynUpiy7"),
        ("url", "http://rangepic.twitter.com/wtCvpweTKa"),
        ("url", "http://rangepic.twitter.com/zVJKbI72JP"),
        ("url", "http://windowspic.twitter.com/eDJu0qRTb8"),
        ("url", "https://t.co/F8by2FQAOapic.twitter.com/Rikoq31Xnq"),
    }
)


@dataclass(frozen=True, slots=True)
class Marked:
    """An identifier as written between two pieces of text, and what should be made of it."""

    kind: str
    written: str
    value: str
    before: str = "see"
    after: str = " today."
    validity: str = ""


_ETH = "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAed"  # EIP-55's own example
_XMR = (
    "44AFFq5kSiGBoZ4NMDwYtN18obc8AemS33DBLWs3H7otXft3"
    "XjrpDtQGv7SqSsaBYBb98uNbr2VBBEt7f2wfn3RVGQBEP3A"
)
_ONION = "duckduckgogg42xjoc72x3sjasowoarfbgcmvfimaftt6twagswzczad"
_FPR = "0123 4567 89AB CDEF 0123  4567 89AB CDEF 0123 4567"
MARKED = (
    Marked("email", "jo (at) example [dot] test", "jo@example.test", validity="test-range"),
    Marked("email", "jo[@]example[.]test", "jo@example.test"),
    Marked("phone", "07700 900123", "+447700900123", validity="test-range"),
    Marked("phone", "０７７００ ９００１２３", "+447700900123"),
    Marked("url", "hxxps[:]//bad[.]example[.]test/a", "https://bad.example.test/a"),
    Marked("domain", "evil[.]example[.]com", "evil.example.com"),
    Marked("domain", "night-owls.co.uk", "night-owls.co.uk", validity="valid"),
    Marked("ip", "192[.]0[.]2[.]7", "192.0.2.7", validity="test-range"),
    Marked("ip", "2001:db8::1", "2001:db8::1"),
    Marked("mac", "00-00-5E-00-53-01", "00:00:5e:00:53:01"),
    Marked("mac", "0000.5e00.5301", "00:00:5e:00:53:01"),
    Marked("onion", f"{_ONION}.onion", f"{_ONION}.onion"),
    Marked("btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNa"),
    Marked(
        "btc",
        "BC1QW508D6QEJXTDG4Y5R3ZARVARY0C5XW7KV8F3T4",
        "bc1qw508d6qejxtdg4y5r3zarvary0c5xw7kv8f3t4",
    ),
    Marked(
        "btc",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
        "bc1p0xlxvlhemja6c4dqv22uapctqupfhlxm9h8z3k2e72q4k9hcz7vqzk5jj0",
    ),
    Marked("eth", _ETH, _ETH, validity="valid"),
    Marked("eth", _ETH.lower(), _ETH, validity="unchecked"),
    Marked("xmr", _XMR, _XMR),
    Marked("ltc", "LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1", "LM2WMpR1Rp6j3Sa59cMXMs1SPzj9eXpGc1"),
    Marked("trx", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t", "TR7NHqjeKQxGTCi8q8ZY4pL8otSzgjLj6t"),
    Marked("iban", "GB29 NWBK 6016 1331 9268 19", "GB29NWBK60161331926819"),
    Marked("card", "4111-1111-1111-1111", "411111******1111", validity="test-range"),
    Marked("card", "378282246310005", "378282*****0005", before="Amex card"),
    Marked("postcode", "ex1 1aa", "EX1 1AA"),
    Marked("vrm", "AB51 ABC", "AB51ABC"),
    Marked("vrm", "A123 BCD", "A123BCD", before="a red van,"),
    Marked("vrm", "ABC 123D", "ABC123D", before="the car"),
    Marked("vrm", "ABC 123", "ABC123", before="registration"),
    Marked("nino", "QQ 12 34 56 C", "QQ123456C", validity="test-range"),
    Marked("nino", "AB123456C", "AB123456C", validity="form"),
    Marked("imei", "49-015420-323751-8", "490154203237518"),
    Marked("imei", "490154203237518", "490154203237518", before="IMEI:"),
    Marked("coordinates", "51.50735, -0.12776", "51.50735,-0.12776"),
    Marked("coordinates", "51°30'26\"N 0°07'40\"W", "51.50722,-0.12778"),
    Marked("coordinates", "51.50735° N, 0.12776° W", "51.50735,-0.12776"),
    Marked("coordinates", "geo:51.50735,-0.12776", "51.50735,-0.12776"),
    Marked(
        "coordinates",
        "https://www.google.com/maps/@51.50735,-0.12776,17z",
        "51.50735,-0.12776",
    ),
    Marked("coordinates", "9C3XGV4C+XV", "51.50744,-0.12781"),
    Marked("handle", "@Night_Owl", "@night_owl"),
    Marked("profile", "https://x.com/Night_Owl?s=20", "x:night_owl"),
    Marked("profile", "https://www.instagram.com/night.owl/", "instagram:night.owl"),
    Marked("profile", "https://t.me/night_owl", "telegram:night_owl"),
    Marked("profile", "https://www.reddit.com/user/Night_Owl/", "reddit:night_owl"),
    Marked(
        "profile",
        "https://www.youtube.com/channel/UCabcdefghijklmnopqrstuv",
        "youtube:UCabcdefghijklmnopqrstuv",
    ),
    Marked("profile", "https://bsky.app/profile/owl.example.test", "bluesky:owl.example.test"),
    Marked("profile", "https://mastodon.social/@owl", "mastodon:owl@mastodon.social"),
    Marked(
        "profile",
        "https://steamcommunity.com/profiles/76561197960287930",
        "steam:76561197960287930",
    ),
    Marked("invite", "https://t.me/+AbCdEfGhIjKlMnOp", "telegram:AbCdEfGhIjKlMnOp"),
    Marked("invite", "discord.gg/AbC123", "discord:AbC123"),
    Marked("pgp", _FPR, _FPR.replace(" ", "")),
    Marked("hash", "d41d8cd98f00b204e9800998ecf8427e", "d41d8cd98f00b204e9800998ecf8427e"),
    Marked("cve", "cve-2026-0001", "CVE-2026-0001"),
)
NONE_IN = (
    ("card", "Order 4111 1111 1111 1112 and id 4111111111111111x"),
    ("card", "reference 4012888888881881 of the archive"),
    ("iban", "GB29 NWBK 6016 1331 9268 18"),
    ("onion", "a" * 56 + ".onion"),
    ("eth", "0x5aAeb6053F3E94C9b9A09f33669435E7Ef1BeAeD"),
    ("btc", "1A1zP1eP5QGefi2DMPTfTL5SLmv7DivfNb"),
    ("imei", "490154203237518 views"),
    ("nino", "GB123456C and DA123456C"),
    ("vrm", "the M25 THE A40 AND B12 VIT"),
    ("coordinates", "0.1234, 0.5678 and doi:10.1118/1.3267037 and 12.5, 13.5"),
    ("domain", "readme.md main.py Node.js end.So it.In desktop.app e.g. i.e."),
    ("hash", "1" * 32 + " and " + "abcdef" * 5),
    ("mac", "12-03-19-04-05-06 and std::ab"),
    ("profile", "https://x.com/search?q=a https://x.com/home https://github.com/features"),
    ("ip", "version 1.2.3.4"),
    ("cve", "CVE-20-1"),
)


def section() -> str:
    """The figures as markdown: the marked set, then every hit on the saved pages."""
    found, words, pages = _on_pages()
    rows = []
    for kind in KINDS:
        marked = [each for each in MARKED if each.kind == kind]
        right = sum(_is_found(each) for each in marked)
        hits = {value: count for (of, value), count in found.items() if of == kind}
        false = sum(count for value, count in hits.items() if (kind, value) in FALSE_HITS)
        rows.append(f"| {kind} | {right} of {len(marked)} | {sum(hits.values())} | {false} |")
    quiet = sum(not any(i.kind == kind for i in find_identifiers(text)) for kind, text in NONE_IN)
    return f"""## Identifiers

Found by parsers that check (`enrich/identifiers/`). The marked set is ours: ranges for fiction,
examples of standards; {quiet} of {len(NONE_IN)} texts that only look like an identifier give none.
The saved pages are {pages} ordinary ones of {words:,} words: every hit was read, and the rules
tuned on them; "false" are those that are none (words that the page runs together among them).

| kind | marked ones found | hits on the pages | false |
| --- | --- | --- | --- |
{chr(10).join(rows)}
"""


def _is_found(marked: Marked) -> bool:
    text = f"{marked.before} {marked.written}{marked.after}"
    return marked.value in [i.value for i in find_identifiers(text) if i.kind == marked.kind]


def _on_pages() -> tuple[Counter[tuple[str, str]], int, int]:
    """Of each kind and value how often it was found; words and pages read."""
    found: Counter[tuple[str, str]] = Counter()
    words = 0
    lines = (PAGES / "gold.jsonl").read_text("utf-8").splitlines()
    for line in lines:
        page = json.loads(line)
        body = (PAGES / page["file"]).read_bytes()
        source = SourceDocument(body, media_type="text/html", url=page.get("url"))
        read = enrich(source, model=None)
        words += len(read.texts.whole.split())
        found.update((each.kind, each.value) for each in read.identifiers)
    return found, words, len(lines)
