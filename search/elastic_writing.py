"""Writes to Elasticsearch: in bulk, in portions that it can take, each refused one tried again."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

from cases.canonical import Json
from cases.identity import CaptureId
from search.elastic_client import (
    FIRST_PAUSE_S,
    LONGEST_PAUSE_S,
    Connection,
    TooLarge,
    body,
    unavailable,
)
from search.errors import EngineBusy, IndexNeedsRebuild

PORTION_BYTES: Final = 8 << 20  # of one request: what the makers advise is 5 to 15 MB
PORTION_PATIENCE_S: Final = 2.0  # before a portion that it will not take is halved
TOO_LARGE: Final = (
    "its text is larger than the cluster takes at once: give its nodes more memory (heap)"
)
# What a node counts of one write (four times its bytes, beside them) and the most that it takes at
# once, a tenth of its heap: "… primary_operation_bytes=122371864, max_primary_bytes=77850214]"
_PRESSURE: Final = re.compile(r"operation_bytes=(\d+), max_\w+_bytes=(\d+)", re.ASCII)
_NOT_OURS: Final = ("strict_dynamic_mapping_exception", "index_not_found_exception")


@dataclass(frozen=True, slots=True)
class Write:
    """One document put in place, or taken out (`text` None)."""

    capture: CaptureId
    text: bytes | None

    @property
    def lines(self) -> list[bytes]:
        """Its lines in a bulk request."""
        act = {"index" if self.text is not None else "delete": {"_id": self.capture}}
        head = json.dumps(act).encode()
        return [head] if self.text is None else [head, self.text]

    @property
    def size_bytes(self) -> int:
        """About how large it is."""
        return 80 + len(self.text or b"")


def write_of(capture: CaptureId, row: dict[str, Json]) -> Write:
    """The write that puts `row` in place."""
    text = json.dumps(row, ensure_ascii=False, separators=(",", ":"))
    return Write(capture, text.encode("utf-8", "replace"))


def send(
    connection: Connection, index: str, writes: Sequence[Write], *, alias: bool
) -> dict[str, str]:
    """Send `writes` in order, in portions; of those refused for good, why, by capture.

    `alias` says that `index` must be one: a bulk request to a name that is gone would make an
    index of it. Raises an `EngineUnavailable` when patience ends, `IndexNeedsRebuild` where the
    index is gone or its mapping is not ours.
    """
    refused: dict[str, str] = {}
    portion: list[Write] = []
    size = 0
    for write in writes:
        if portion and size + write.size_bytes > PORTION_BYTES:
            refused |= _send_portion(connection, index, portion, alias)
            portion, size = [], 0
        portion.append(write)
        size += write.size_bytes
    return refused | (_send_portion(connection, index, portion, alias) if portion else {})


def _send_portion(
    connection: Connection, index: str, portion: Sequence[Write], alias: bool
) -> dict[str, str]:
    """Send one portion; halves of it, where the whole is more than the cluster takes at once."""
    last = len(portion) == 1
    try:
        answer = _bulk(connection, index, portion, alias, None if last else PORTION_PATIENCE_S)
    except EngineBusy as fault:
        if last and isinstance(fault, TooLarge):
            return {portion[0].capture: TOO_LARGE}
        if last:
            raise
        middle = len(portion) // 2
        halves = (portion[:middle], portion[middle:])
        first, second = (_send_portion(connection, index, half, alias) for half in halves)
        return first | second
    return _look_again(connection, index, portion, answer, alias)


def _look_again(
    connection: Connection,
    index: str,
    portion: Sequence[Write],
    answer: list[dict[str, Any]],
    alias: bool,
) -> dict[str, str]:
    """What came of each write; those that the cluster had no room for are sent again, later."""
    refused: dict[str, str] = {}
    pause, give_up = FIRST_PAUSE_S, time.monotonic() + connection.patience_s
    while True:
        again: list[Write] = []
        for write, item in zip(portion, answer, strict=True):
            error = item.get("error")
            if error is None:
                continue
            if error["type"] in _NOT_OURS:
                why = "other-version" if "mapping" in error["type"] else "missing"
                raise IndexNeedsRebuild(connection.place.alias, why, str(error["reason"])[:160])
            state = unavailable(connection.place, item["status"], str(error["reason"]))
            if _never_fits(write, str(error["reason"])):
                refused[write.capture] = TOO_LARGE
            elif state is None:
                refused[write.capture] = str(error["reason"])[:200]
            elif isinstance(state, EngineBusy) and time.monotonic() + pause < give_up:
                again.append(write)
            else:
                raise state
        if not again:
            return refused
        time.sleep(pause)
        pause = min(pause * 2, LONGEST_PAUSE_S)
        portion, answer = again, _bulk(connection, index, again, alias, None)


def _never_fits(write: Write, reason: str) -> bool:
    """Whether the cluster has no room for this write even when it does nothing else: sent again
    and again, one page would keep every other from being found.
    """
    said = _PRESSURE.search(reason)
    return said is not None and int(said[1]) + write.size_bytes > int(said[2])


def _bulk(
    connection: Connection,
    index: str,
    portion: Sequence[Write],
    alias: bool,
    patience_s: float | None,
) -> list[dict[str, Any]]:
    """What the cluster says of each write."""
    lines = [line for write in portion for line in write.lines]
    answer = body(
        connection.ask(
            lambda client: client.bulk(
                index=index,
                operations=lines,  # type: ignore[arg-type]  # lines are taken as they are
                require_alias=alias,
                filter_path="items.*.status,items.*.error",
            ),
            patience_s=patience_s,
        )
    )
    return [next(iter(item.values())) for item in answer["items"]]
