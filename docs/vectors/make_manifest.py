"""Writes manifest.json: one capture sealed with fixed dice, byte for byte, for other readers.

Run from the repository's root: python docs/vectors/make_manifest.py > docs/vectors/manifest.json
"""

from __future__ import annotations

import base64
import hashlib
import io
import json
import sys
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from cases.captures import SealedCapture
from cases.identity import CaptureId, CaseId, JobId, Outcome, Sha256
from evidence import (
    CaptureDraft,
    CaptureOpenings,
    CaptureWriter,
    Collector,
    Exchange,
    HttpFacts,
    SealContext,
    Software,
    TlsFacts,
    Truncation,
    read_block,
)

NOON = datetime(2026, 3, 1, 12, 0, 0, tzinfo=UTC)


class Dice:
    """Bytes that look random and are the same each time: SHA-256 of a counter, as needed."""

    def __init__(self) -> None:
        self._numbers = count()

    def __call__(self, size: int) -> bytes:
        """`size` bytes: shake_256 of "darklantern vectors" and a running number."""
        seed = f"darklantern vectors {next(self._numbers)}".encode("ascii")
        return hashlib.shake_256(seed).digest(size)


class Kept:
    """A book and a store of openings that only remember."""

    def __init__(self) -> None:
        self.captures: list[SealedCapture] = []
        self.openings: list[CaptureOpenings] = []

    def seal(self, captures: Sequence[SealedCapture]) -> None:
        """Remembers captures."""
        self.captures += captures

    def keep(self, openings: Sequence[CaptureOpenings]) -> None:
        """Remembers openings."""
        self.openings += openings


CONTEXT = SealContext(
    vault="v-abcdefghijklmnop",
    case=CaseId("c-qrstuvwxyz234567"),
    case_reference="LINDEN",
    urn="01TS0900123",
    operation="Copper Beech",
    job=JobId("j-aaaabbbbccccdddd"),
    collector=Collector(
        "scrapy",
        (Software("darklantern", "0.1.0"), Software("Scrapy", "2.19.0")),
        Sha256(hashlib.sha256(b"the configuration").hexdigest()),
    ),
    method_note="scrapy/1",
    restricted={
        "persona": "Rowan Vale",
        "persona_account": "rowan.vale@example.test",
        "signed_in": False,
        "way_out": "direct",
        "egress_address": "198.51.100.23",
        "machine": "desk-07",
        "os_account": "jsmith",
        "operator_name": "Jo Smith — Café Team",
        "operator_role": "investigator",
        "authority_reference": "LINDEN/2",
        "purpose": "To find out who sells the boats",
    },
    utc_offset="+00:00",
)


def exchanges() -> tuple[Exchange, ...]:
    """A redirect, then a page sent in chunks over TLS and cut off."""
    redirect = b"HTTP/1.1 301 Moved Permanently\r\nLocation: https://www.example.test/\r\n\r\n"
    head = (
        b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n"
        b"X-Caf\xe9: \xff\r\nTransfer-Encoding: chunked\r\n\r\n"
    )
    page = head + b"8\r\nThe boat\r\n0\r\n\r\n"
    return (
        Exchange(
            url="http://www.example.test/caf\u00e9 menu",
            method="GET",
            request_block=b"GET /caf%C3%A9%20menu HTTP/1.1\r\nHost: www.example.test\r\n\r\n",
            response=io.BytesIO(redirect),
            response_bytes=len(redirect),
            requested_at=NOON,
            first_byte_at=NOON + timedelta(milliseconds=31),
            ended_at=NOON + timedelta(milliseconds=32),
            peer="192.0.2.7:80",
            resolved_at_exit=False,
            tls=None,
            http=HttpFacts(
                301,
                "Moved Permanently",
                (("Location", "https://www.example.test/"),),
                len(redirect),
                False,
            ),
            truncated=None,
            failure=None,
        ),
        Exchange(
            url="https://www.example.test/",
            method="GET",
            request_block=b"GET / HTTP/1.1\r\nHost: www.example.test\r\n\r\n",
            response=io.BytesIO(page),
            response_bytes=len(page),
            requested_at=NOON + timedelta(milliseconds=40),
            first_byte_at=NOON + timedelta(milliseconds=90),
            ended_at=NOON + timedelta(seconds=1, microseconds=7),
            peer="[2001:db8::7]:443",
            resolved_at_exit=False,
            tls=TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", (b"leaf (DER)", b"issuer (DER)")),
            http=HttpFacts(
                200,
                "OK",
                (
                    ("Content-Type", "text/html; charset=utf-8"),
                    ("X-Caf\u00e9", "\u00ff"),
                    ("Transfer-Encoding", "chunked"),
                ),
                len(head),
                True,
            ),
            truncated=Truncation.TIME,
            failure=None,
        ),
    )


def vectors() -> dict[str, object]:
    """The document of vectors."""
    kept = Kept()
    made = exchanges()
    draft = CaptureDraft(
        capture=CaptureId("p-2222333344445555"),
        requested_url=made[0].url,
        started_at=NOON,
        ended_at=NOON + timedelta(seconds=1, microseconds=8),
        exchanges=made,
        outcome=Outcome.PARTIAL,
        reason="our limit on time",
        referrer="http://www.example.test/",
        robots="obeyed",
        depth=1,
    )
    with tempfile.TemporaryDirectory() as folder:
        evidence = Path(folder)
        with CaptureWriter(
            evidence, CONTEXT, kept, kept, clock=lambda: NOON, random=Dice()
        ) as writer:
            capture = writer.seal(draft).result()
        warc = (evidence / capture.manifest.file).read_bytes()
        block = read_block(evidence, capture.manifest)
    return {
        "what": "One capture as docs/formats.md sections 1, 6 and 7 have it. The WARC's gzip "
        "members depend on the version of zlib; the records in them do not.",
        "zlib_members_sha256": [record["member_sha256"] for record in json.loads(block)["records"]],
        "warc_base64": base64.b64encode(warc).decode("ascii"),
        "manifest": block.decode("utf-8"),
        "manifest_sha256": capture.manifest_sha256,
        "manifest_member_sha256": capture.manifest.member_sha256,
        "disclosures": {each.name: each.text for each in kept.openings[0].disclosures},
    }


if __name__ == "__main__":
    json.dump(vectors(), sys.stdout, indent=1, ensure_ascii=True)
    sys.stdout.write("\n")
