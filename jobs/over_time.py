"""One address over time: every capture of it that a person may see, compared by sentence.

Two captures are of one address where their requested or final addresses agree but for scheme,
default port, a closing slash and what follows "#". Sentences are compared as a set, so that a
paragraph that only moved is no difference; what is alike is told as changed.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import dataclass
from itertools import pairwise
from typing import Final
from urllib.parse import urlsplit

from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import CallerError
from cases.holdings import CaptureView, captures_at_host
from enrich import DerivedStore, Enrichment
from evidence.acting import Acting
from gate import fold_line
from jobs.sight import scope_of

MAX_CAPTURES: Final = 1_000  # the newest ones of an address
MAX_SENTENCES: Final = 5_000  # of a capture
MAX_SENTENCE: Final = 1_000  # characters
MAX_TOLD: Final = 200  # differences of a kind between two captures
_PAIRED: Final = 100  # sentences of each side that are held against each other
_ALIKE: Final = 0.5  # words in common, of all words of both: told as one sentence that changed
_END: Final = re.compile(r"(?<=[.!?\u2026\u3002\uff01\uff1f])\s+|\n+")


class AddressNeverCaptured(CallerError):
    """No capture of that address is held, or none that this person may see."""

    kind = "address-never-captured"


@dataclass(frozen=True, slots=True)
class Difference:
    """What differs in `capture` from `since`, the capture before it that was read. Gated.

    `changed` are pairs (before, after); `more` counts differences past the bound.
    """

    capture: CaptureView
    since: CaptureView
    added: tuple[str, ...]
    vanished: tuple[str, ...]
    changed: tuple[tuple[str, str], ...]
    more: int


@dataclass(frozen=True, slots=True)
class Vanished:
    """A sentence that the newest capture no longer has. `missing` is the first without it."""

    sentence: str
    first: CaptureView
    last: CaptureView
    missing: CaptureView


@dataclass(frozen=True, slots=True)
class History:
    """An address over time, oldest capture first. `unread` have no text to compare (yet)."""

    address: str
    captures: tuple[CaptureView, ...]
    unread: tuple[CaptureView, ...]
    differences: tuple[Difference, ...]
    vanished: tuple[Vanished, ...]
    left_out: int  # older captures past the bound


def address_key(url: str) -> str | None:
    """What two spellings of one address share, None for no address of the web."""
    try:
        parts = urlsplit(url if "://" in url else f"http://{url}")
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if not host:
        return None
    shown = f":{port}" if port not in (None, 80, 443) else ""
    query = f"?{parts.query}" if parts.query else ""
    return f"{host.rstrip('.')}{shown}{parts.path.rstrip('/')}{query}"


def history_of(acting: Acting, url: str, case: str | None = None) -> History:
    """The address over time, in one case or in all that the person may see; one consultation
    entry with the captures shown.

    Raises `AddressNeverCaptured`, `CaseUnknown`.
    """
    held, left_out = _captures(acting, url, case)
    with closing(DerivedStore(acting.vault.derived)) as store:
        walked = [(view, store.get(view.capture)) for view in held]
    read = [(view, sentences(_text(found))) for view, found in walked if found and _text(found)]
    objects = [ObjectRef(ObjectKind.CASE, each) for each in sorted({v.case for v in held})]
    objects += [ObjectRef(ObjectKind.CAPTURE, view.capture) for view in held]
    with acting.act(
        Act("access", S62.CONSULTATION, tuple(objects), {"captures": str(len(held))}, {"url": url})
    ):
        pass
    seen = {view.capture for view, _ in read}
    return History(
        address=fold_line(url),
        captures=tuple(held),
        unread=tuple(view for view in held if view.capture not in seen),
        differences=tuple(_differences(read)),
        vanished=tuple(_vanished(read)),
        left_out=left_out,
    )


def _captures(acting: Acting, url: str, case: str | None) -> tuple[list[CaptureView], int]:
    """Those of the address within the person's sight, oldest first, and how many are left out."""
    scope = scope_of(acting, [case] if case else None)
    key = address_key(url.strip())
    host = key.partition("/")[0].partition("?")[0].partition(":")[0] if key else ""
    with acting.catalogue.reading() as session:
        near = captures_at_host(session, host) if host else []
    held = [
        view
        for view in near
        if key in (address_key(view.requested_url), address_key(view.final_url))
        and view.case in scope.cases
        and view.capture not in scope.without
    ]
    if not held:
        raise AddressNeverCaptured(
            f"No capture of {fold_line(url)[:200]} is held. Collect it: lantern collect URL, or "
            "look for its domain: lantern search domain:…"
        )
    held.sort(key=lambda view: (view.started_at, view.seq))
    return held[-MAX_CAPTURES:], max(0, len(held) - MAX_CAPTURES)


def _text(found: Enrichment) -> str:
    return found.texts.whole


def sentences(text: str) -> tuple[str, ...]:
    """The text's sentences with single spaces, each once, in order; bounded."""
    parts = (" ".join(part.split())[:MAX_SENTENCE] for part in _END.split(text))
    told = dict.fromkeys(part for part in parts if any(c.isalnum() for c in part))
    return tuple(told)[:MAX_SENTENCES]


def compared(
    before: Sequence[str], after: Sequence[str]
) -> tuple[list[str], list[str], list[tuple[str, str]]]:
    """Sentences added, vanished and changed (before, after), each in its text's order."""
    old, new = set(before), set(after)
    vanished = [sentence for sentence in before if sentence not in new]
    added = [sentence for sentence in after if sentence not in old]
    changed = []
    words = {sentence: _words(sentence) for sentence in added[:_PAIRED]}
    for sentence in vanished[:_PAIRED]:
        mine = _words(sentence)
        alike, likeliest = max(
            ((_share(mine, theirs), other) for other, theirs in words.items()),
            default=(0.0, ""),
            key=lambda pair: pair[0],
        )
        if alike >= _ALIKE:
            changed.append((sentence, likeliest))
            del words[likeliest]
    gone, come = {pair[0] for pair in changed}, {pair[1] for pair in changed}
    return (
        [sentence for sentence in added if sentence not in come],
        [sentence for sentence in vanished if sentence not in gone],
        changed,
    )


def _words(sentence: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", sentence.casefold()))


def _share(mine: frozenset[str], theirs: frozenset[str]) -> float:
    return len(mine & theirs) / (len(mine | theirs) or 1)


Read = Sequence[tuple[CaptureView, tuple[str, ...]]]


def _differences(read: Read) -> Iterator[Difference]:
    for (since, before), (view, after) in pairwise(read):
        if before == after:
            continue
        added, vanished, changed = compared(before, after)
        more = sum(max(0, len(each) - MAX_TOLD) for each in (added, vanished, changed))
        yield Difference(
            view,
            since,
            tuple(map(fold_line, added[:MAX_TOLD])),
            tuple(map(fold_line, vanished[:MAX_TOLD])),
            tuple((fold_line(old), fold_line(new)) for old, new in changed[:MAX_TOLD]),
            more,
        )


def _vanished(read: Read) -> Iterator[Vanished]:
    """Sentences that the newest lacks, latest to vanish first."""
    seen: dict[str, tuple[int, int]] = {}
    for place, (_, told) in enumerate(read):
        for sentence in told:
            seen[sentence] = (seen.get(sentence, (place, 0))[0], place)
    newest = len(read) - 1
    gone = [(last, first, sentence) for sentence, (first, last) in seen.items() if last < newest]
    for last, first, sentence in sorted(gone, key=lambda each: -each[0])[:MAX_TOLD]:
        yield Vanished(fold_line(sentence), read[first][0], read[last][0], read[last + 1][0])
