"""Where candidates stand: the words around them, gated, and each place by its name."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from cases.entity_keys import folded_name
from cases.identity import CaptureId
from enrich import DerivedStore, Enrichment
from enrich.documents import link_number
from gate.text import fold_line

AROUND = 70  # characters of context on each side
_ROOM = 600  # read around, so that a picture written out is seen for what it is


@dataclass(frozen=True, slots=True)
class Context:
    """A place where a candidate was found, gated. `place` names it for a decision on it alone."""

    capture: CaptureId
    before: str
    text: str
    after: str
    place: str  # "CAPTURE:SOURCE:START-END"
    rejected: bool = False


Spot = tuple[str, tuple[str, int, int]]  # the text, and its source, start and end
MOST_SPOTS = 50  # of one candidate in one capture: our own limit


class Reading:
    """What was read of captures, each unpacked once: many candidates of a page are of one."""

    KEPT = 8

    def __init__(self, store: DerivedStore) -> None:
        self._store = store
        self._held: OrderedDict[str, tuple[Enrichment, dict[tuple[str, str], list[Spot]]]]
        self._held = OrderedDict()

    def places(self, capture: CaptureId, label: str, folded: str) -> list[Spot]:
        """Where the folded name stands in the capture under the label, up to `MOST_SPOTS`."""
        if capture not in self._held:
            enrichment = self._store.get(capture)
            if enrichment is None:
                return []
            spots: dict[tuple[str, str], list[Spot]] = {}
            for kind, text, place in names_in(enrichment):
                at = spots.setdefault((kind, folded_name(text)), [])
                if len(at) < MOST_SPOTS:
                    at.append((text, place))
            self._held[capture] = (enrichment, spots)
            if len(self._held) > self.KEPT:
                self._held.popitem(last=False)
        return self._held[capture][1].get((label, folded), [])

    def enrichment(self, capture: CaptureId) -> Enrichment:
        """What was read of a capture whose places were asked for just now."""
        return self._held[capture][0]


def names_in(enrichment: Enrichment) -> Iterator[tuple[str, str, tuple[str, int, int]]]:
    """Every name and identifier: label, text, and its source, start and end."""
    for mention in enrichment.mentions:
        yield mention.label, mention.name, (mention.source, mention.start, mention.end)
    for each in enrichment.identifiers:
        yield each.kind, each.value, (each.source, each.start, each.end)


def context_of(
    enrichment: Enrichment,
    capture: CaptureId,
    place: tuple[str, int, int],
    text: str,
    rejected: bool,
) -> Context:
    """The words around a place, gated; of a link its address, of a picture's words none."""
    source, start, end = place
    named = f"{capture}:{source}:{start}-{end}"
    number = link_number(source)
    if number is not None:
        links = enrichment.texts.link_list
        address = fold_line(links[number].url if number < len(links) else text)
        before, after = address[max(0, start - AROUND) : start], address[end : end + AROUND]
        shown = address[start:end] or fold_line(text)
        return Context(capture, before, shown, f"{after} (in a link)", named, rejected)
    if source != "page":
        return Context(capture, "", fold_line(text), "(read in a picture)", named, rejected)
    low = max(0, start - _ROOM)
    around = fold_line(enrichment.texts.whole[low : end + _ROOM])  # keeps every length
    start, end = start - low, end - low
    return Context(
        capture,
        around[max(0, start - AROUND) : start],
        around[start:end],
        around[end : end + AROUND],
        named,
        rejected,
    )
