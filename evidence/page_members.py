"""The members of a manifest that only a browser's capture fills: what the page showed and used.

Pure. Where there was no browser, each is "not measured" (docs/formats.md, section 7).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cases.canonical import Json
from cases.captures import SealedRecord
from cases.times import rfc3339
from evidence.exchange import CaptureDraft, Exchange

NOT_MEASURED = "not measured"
DOM = "urn:x-darklantern:dom"
VISIBLE_TEXT = "urn:x-darklantern:visible-text"
SCREENSHOT = "urn:x-darklantern:screenshot:"
SAFE_SCREENSHOT = "urn:x-darklantern:safe-screenshot:"
PICTURES = "urn:x-darklantern:pictures"
CONSOLE = "urn:x-darklantern:console"
ACTIONS = "urn:x-darklantern:actions"
NETWORK = "urn:x-darklantern:network"
FRAME = "urn:x-darklantern:frame"  # each begins with this: what a frame or a shadow tree showed
PARTS = "urn:x-darklantern:parts"  # which these are, and what stands in noscript elements
_MEDIA = ("image", "media")  # what the browser asked for as one of these


def page_members(draft: CaptureDraft, answers: Sequence[SealedRecord | None]) -> dict[str, Json]:
    """The browser's members; `answers` are the response records of the exchanges, in order."""
    if draft.page is None:
        return {
            "full_page_image": NOT_MEASURED,
            "page_file": NOT_MEASURED,
            "dom_text": NOT_MEASURED,
            "embedded_media": NOT_MEASURED,
            "embedded_metadata": NOT_MEASURED,
            "platform": NOT_MEASURED,
        }
    held = {resource.url for resource in draft.resources}
    tiles = sorted(
        (url for url in held if url.startswith(SCREENSHOT)), key=lambda url: (len(url), url)
    )
    return {
        "full_page_image": list(tiles) or NOT_MEASURED,
        "page_file": NOT_MEASURED,
        "dom_text": DOM if DOM in held else NOT_MEASURED,
        "embedded_media": [
            _medium(exchange, answer)
            for exchange, answer in zip(draft.exchanges, answers, strict=True)
            if exchange.role in _MEDIA and answer is not None
        ],
        "embedded_metadata": NOT_MEASURED,
        "platform": NOT_MEASURED,
    }


def page_times(draft: CaptureDraft) -> dict[str, Json]:
    """When state 0 was taken."""
    page = draft.page
    dom = page.dom_at if page is not None else None
    screenshot = page.screenshot_at if page is not None else None
    return {
        "dom": NOT_MEASURED if dom is None else rfc3339(dom),
        "screenshot": NOT_MEASURED if screenshot is None else rfc3339(screenshot),
    }


def failed_resources(draft: CaptureDraft) -> Json:
    """What the page asked for and did not wholly get, each by its address and reason."""
    if draft.page is None:
        return NOT_MEASURED
    own = set(draft.page.chain)
    return [
        {"url": exchange.url, "kind": exchange.failure.kind, "says": exchange.failure.says}
        for number, exchange in enumerate(draft.exchanges)
        if number not in own and exchange.failure is not None
    ]


def bodies_member(draft: CaptureDraft) -> Mapping[str, Json]:
    """`{"bodies": "decoded"}` where a browser stood between us and the wire (rule 8)."""
    return {} if draft.page is None else {"bodies": "decoded"}


def _medium(exchange: Exchange, answer: SealedRecord) -> Json:
    return {"url": exchange.url, "record": answer.record, "sha256": answer.payload_sha256}
