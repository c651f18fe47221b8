"""A small vault to seal into: real files, a real store of openings, a book that remembers."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from cases.captures import SealedCapture
from cases.identity import CaptureId, CaseId, JobId, Outcome, Sha256
from evidence import (
    CaptureDraft,
    CaptureWriter,
    Collector,
    Exchange,
    HttpFacts,
    OpeningsStore,
    Problem,
    SealContext,
    Software,
    verify_evidence,
)

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)
REQUEST = b"GET /page HTTP/1.1\r\nHost: www.example.test\r\n\r\n"
PAGE = b"<!doctype html><title>Harbour</title><p>The ferry sails at six.</p>\n" * 20


class RememberingBook:
    """A `SealBook` that keeps what it was told, or fails when asked to."""

    def __init__(self) -> None:
        self.captures: list[SealedCapture] = []
        self.calls: list[int] = []
        self.fails: Exception | None = None

    def seal(self, captures: Sequence[SealedCapture]) -> None:
        if self.fails is not None:
            raise self.fails
        self.calls.append(len(captures))
        self.captures += captures


def http_facts(head: bytes) -> HttpFacts:
    first, *lines = head.split(b"\r\n")
    _, status, reason = first.decode("latin-1").split(" ", 2)
    headers = [line.decode("latin-1").split(":", 1) for line in lines if line]
    return HttpFacts(
        status=int(status),
        reason=reason,
        headers=tuple((name, value.strip()) for name, value in headers),
        head_bytes=len(head),
        transfer_coded=any(name.lower() == "transfer-encoding" for name, _ in headers),
    )


def exchange(
    body: bytes = PAGE,
    *headers: str,
    url: str = "http://www.example.test/page",
    status: str = "200 OK",
    **changes: Any,
) -> Exchange:
    """An exchange whose response has these header lines and this body, as sent."""
    lines = [f"HTTP/1.1 {status}", *headers, "", ""]
    head = "\r\n".join(lines).encode("latin-1")
    made = Exchange(
        url=url,
        method="GET",
        request_block=REQUEST,
        response=io.BytesIO(head + body),
        response_bytes=len(head) + len(body),
        requested_at=NOON,
        first_byte_at=NOON + timedelta(milliseconds=20),
        ended_at=NOON + timedelta(milliseconds=40),
        peer="192.0.2.7:80",
        resolved_at_exit=False,
        tls=None,
        http=http_facts(head),
        truncated=None,
        failure=None,
    )
    return replace(made, **changes)


def draft(*exchanges: Exchange, capture: str = "c-one", **changes: Any) -> CaptureDraft:
    made = CaptureDraft(
        capture=CaptureId(capture),
        requested_url=exchanges[0].url if exchanges else "http://www.example.test/page",
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=1),
        exchanges=exchanges,
        outcome=Outcome.COMPLETE,
        reason=None,
        referrer=None,
        robots="obeyed",
        depth=0,
    )
    return replace(made, **changes)


CONTEXT = SealContext(
    vault="v-aaaaaaaaaaaaaaaa",
    case=CaseId("case-aaaa"),
    case_reference="LINDEN",
    job=JobId("j-aaaa"),
    collector=Collector(
        "scrapy",
        (Software("darklantern", "0.1.0"), Software("Scrapy", "2.19.0")),
        Sha256("ab" * 32),
    ),
    method_note="scrapy/1",
    restricted={
        "persona": "Rowan Vale",
        "egress_address": "198.51.100.23",
        "machine": "desk-07",
        "operator_name": "Jo Smith",
    },
)


@dataclass
class Vault:
    """A folder with evidence and openings, and the book of what was sealed."""

    folder: Path
    context: SealContext = CONTEXT
    book: RememberingBook = field(default_factory=RememberingBook)

    def __post_init__(self) -> None:
        self.evidence = self.folder / "evidence"
        self.evidence.mkdir(parents=True)
        self.openings = OpeningsStore(self.folder / "restricted.db")

    def writer(self, **changes: Any) -> CaptureWriter:
        changes.setdefault("clock", lambda: NOON)
        context = changes.pop("context", self.context)
        return CaptureWriter(self.evidence, context, self.book, self.openings, **changes)

    def seal(self, *drafts: CaptureDraft, **changes: Any) -> list[SealedCapture]:
        with self.writer(**changes) as writer:
            return [writer.seal(each).result(timeout=60) for each in drafts]

    def file(self, number: int = 1) -> Path:
        job, case = self.context.job, self.context.case
        return self.evidence / case / job / f"{job}-{number:04d}.warc.gz"

    def problems(self, **changes: Any) -> list[Problem]:
        changes.setdefault("openings", self.openings)
        captures = changes.pop("captures", self.book.captures)
        return list(verify_evidence(self.evidence, captures, **changes))


@pytest.fixture
def vault(tmp_path: Path) -> Iterator[Vault]:
    made = Vault(tmp_path / "vault")
    yield made
    made.openings.close()


@pytest.fixture(scope="session")
def make() -> Any:
    """The builders of drafts: `make.exchange(...)`, `make.draft(...)`, `make.vault(folder)`."""

    class Builders:
        exchange = staticmethod(exchange)
        draft = staticmethod(draft)
        vault = staticmethod(Vault)
        noon = NOON
        page = PAGE
        context = CONTEXT

    return Builders
