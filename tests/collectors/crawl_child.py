"""Runs one crawl in a process of its own (a Twisted reactor runs once) and writes what it sealed.

Started by the `crawl` fixture: reads one JSON order from standard input, writes each sealed draft
as DIR/N.json with DIR/N.M.response beside it, and prints the report as one JSON line.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, fields, is_dataclass
from datetime import datetime
from enum import Enum
from pathlib import Path
from typing import Any

from cases.captures import SealedCapture
from cases.errors import MachineError
from cases.identity import CaseId, JobId, Sha256
from collectors.collection import Collection
from collectors.crawl import run
from collectors.events import CollectionEvent, CollectionStarted
from collectors.guard import Guard
from collectors.guard_rules import parse_allowed
from collectors.plan import CollectionPlan, Limits, RobotsChoice, ScopeKind
from collectors.ways_out import parse_way_out
from evidence.exchange import CaptureDraft


class FolderSink:
    """Seals nothing: writes each draft to a folder, in a thread, as the real writer would."""

    def __init__(self, folder: Path, fail_after: int | None, keep: bool) -> None:
        self.folder = folder
        self.count = 0
        self.fail_after = fail_after
        self.keep = keep
        self.pool = ThreadPoolExecutor(1)

    def seal(self, draft: CaptureDraft) -> Future[SealedCapture]:
        return self.pool.submit(self._write, draft)

    def _write(self, draft: CaptureDraft) -> SealedCapture:
        if self.fail_after is not None and self.count >= self.fail_after:
            raise MachineError("The disk is full. Free some space and run the job again.")
        number, self.count = self.count, self.count + 1
        for place, exchange in enumerate(draft.exchanges):
            if exchange.response is not None and self.keep:
                exchange.response.seek(0)
                with (self.folder / f"{number}.{place}.response").open("wb") as kept:
                    shutil.copyfileobj(exchange.response, kept, 1 << 20)
        text = json.dumps(_plain(draft))
        (self.folder / f"{number}.json").write_text(text, encoding="utf-8")
        last = draft.exchanges[-1] if draft.exchanges else None
        return SealedCapture(
            capture=draft.capture,
            case=CaseId("c-test"),
            job=JobId("j-test"),
            requested_url=draft.requested_url,
            final_url=draft.final_url,
            status=last.http.status if last and last.http else None,
            outcome=draft.outcome,
            reason=draft.reason,
            started_at=draft.started_at,
            ended_at=draft.ended_at,
            depth=draft.depth,
            manifest_sha256=Sha256("0" * 64),
            records=(),
        )


class ListPermit:
    """Refuses addresses that start with one of the given texts; ends after a number of asks."""

    def __init__(self, refused: list[str], ends_after: int | None) -> None:
        self.refused = tuple(refused)
        self.ends_after = ends_after
        self.asked: list[str] = []

    def __call__(self, url: str) -> str | None:
        self.asked.append(url)
        if self.ended() is not None or url.startswith(self.refused or ("\0",)):
            return f"The authority does not cover {url}."
        return None

    def ended(self) -> str | None:
        if self.ends_after is not None and len(self.asked) > self.ends_after:
            return "The authority has ended."
        return None


def peak_rss_kb() -> int:
    """The most memory that this program itself held (getrusage counts its parent's, over exec)."""
    status = Path("/proc/self/status").read_text(encoding="ascii")
    return int(next(line for line in status.splitlines() if line.startswith("VmHWM")).split()[1])


def _plain(value: Any) -> Any:
    if is_dataclass(value) and not isinstance(value, type):
        return {each.name: _plain(getattr(value, each.name)) for each in fields(value)}
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, bytes):
        return value.decode("latin-1")
    if hasattr(value, "read"):
        return None
    return value


def main() -> None:
    order = json.load(sys.stdin)
    folder = Path(order["folder"])
    plan = CollectionPlan(
        case=CaseId("c-test"),
        job=JobId("j-test"),
        seeds=tuple(order["seeds"]),
        scope=ScopeKind(order.get("scope", "page")),
        spool=folder / "spool",
        way_out=order.get("way_out", "direct"),
        depth=order.get("depth", 0),
        max_pages=order.get("max_pages", 1000),
        delay_s=order.get("delay_s", 0.0),
        robots=RobotsChoice(order.get("robots", "not asked")),
        allow_addresses=tuple(order.get("allow", ())),
        limits=Limits(**order.get("limits", {})),
    )
    permit = ListPermit(order.get("refused", []), order.get("ends_after"))
    events: list[str] = []

    def listener(event: CollectionEvent) -> None:
        events.append(type(event).__name__)
        if order.get("lose_spool") and isinstance(event, CollectionStarted):
            plan.spool.rmdir()
        if events.count("CaptureSealed") == order.get("terminate_after"):
            os.kill(os.getpid(), signal.SIGTERM)

    collection = Collection(
        plan=plan,
        permit=permit,
        sink=FolderSink(folder, order.get("fail_after"), order.get("keep", True)),
        guard=Guard(
            way_out=parse_way_out(plan.way_out),
            allow=[parse_allowed(each) for each in plan.allow_addresses],
        ),
        listener=listener,
    )
    report = run(collection, order.get("spider", "page"), **order.get("settings", {}))
    told = asdict(report) | {
        "fault": report.fault.says if report.fault else None,
        "outcomes": {key.value: value for key, value in report.outcomes.items()},
        "events": events,
        "asked": permit.asked,
        "peak_rss_kb": peak_rss_kb(),
        "spool_left": sorted(path.name for path in plan.spool.glob("*")),
    }
    print(json.dumps(told))


if __name__ == "__main__":
    main()
