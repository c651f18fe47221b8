"""The manifest of a capture: canonical JSON that lists its records and how they came to be.

Byte for byte as docs/formats.md, section 7. Pure: the salted commitments come in.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise

from cases.canonical import Json
from cases.captures import SealedRecord
from cases.commitments import CommitmentSet
from cases.identity import RecordId, Sha256
from cases.times import rfc3339
from evidence.context import RESTRICTED_SET, SealContext
from evidence.digests import sha256_of
from evidence.exchange import CaptureDraft, Exchange, HttpFacts, TlsFacts
from evidence.page_members import bodies_member, failed_resources, page_members, page_times

FORMAT = "darklantern-manifest/1"
NOT_MEASURED = "not measured"
REDIRECTS = frozenset({301, 302, 303, 307, 308})


@dataclass(frozen=True, slots=True)
class ListedRecord:
    """A record as a manifest lists it: what it is and hashes to, not where it lies."""

    record: RecordId
    type: str
    block_sha256: Sha256
    block_bytes: int
    payload_sha256: Sha256 | None
    member_sha256: Sha256
    member_bytes: int

    @classmethod
    def of(cls, record: SealedRecord) -> ListedRecord:
        """What a manifest says of `record`."""
        return cls(
            record=record.record,
            type=record.type,
            block_sha256=record.block_sha256,
            block_bytes=record.block_bytes,
            payload_sha256=record.payload_sha256,
            member_sha256=record.member_sha256,
            member_bytes=record.member_bytes,
        )

    def document(self) -> dict[str, Json]:
        """The record's object in the manifest."""
        return {
            "id": self.record,
            "type": self.type,
            "block_sha256": self.block_sha256,
            "block_bytes": self.block_bytes,
            "payload_sha256": self.payload_sha256,
            "member_sha256": self.member_sha256,
            "member_bytes": self.member_bytes,
        }


# For documents whose keys are ASCII and that hold no fraction this is RFC 8785's form: the tests
# hold it equal to `cases.canonical`, which looks at every value first and takes twice as long.
_encode = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":")).encode


def canonical_form(document: Mapping[str, object]) -> bytes:
    """The canonical bytes of a manifest's members. Raises `ValueError` for a lone surrogate."""
    return _encode(document).encode("utf-8")


def clean(text: str) -> str:
    """`text` as UTF-8 can hold it: a lone surrogate is written as its escape."""
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:
        return text.encode("utf-8", "backslashreplace").decode("utf-8")
    return text


def manifest_bytes(
    context: SealContext,
    draft: CaptureDraft,
    records: Sequence[ListedRecord],
    warcinfo: ListedRecord,
    restricted: CommitmentSet,
    answers: Sequence[SealedRecord | None] = (),
) -> bytes:
    """The manifest's block: canonical JSON of exactly the members of the format.

    `answers` are the response records of the draft's exchanges, for a browser's capture.
    """
    last = draft.chain[-1] if draft.chain else None
    document: dict[str, Json] = {
        "format": FORMAT,
        "vault": context.vault,
        "case": context.case,
        "job": context.job,
        "capture": draft.capture,
        "case_reference": clean(context.case_reference),
        "urn": clean(context.urn),
        "operation": clean(context.operation),
        "requested_url": clean(draft.requested_url),
        "final_url": clean(draft.final_url),
        "referrer": None if draft.referrer is None else clean(draft.referrer),
        "redirects": _redirects(draft.chain),
        "http": None if last is None or last.http is None else _http(last.http),
        "server_address": NOT_MEASURED if last is None else _server_address(last),
        "tls": None if last is None or last.tls is None else _tls(last.tls),
        "started": rfc3339(draft.started_at),
        "ended": rfc3339(draft.ended_at),
        "utc_offset": context.utc_offset,
        "clock": {"source": clean(context.clock_source), "ntp_offset": clean(context.ntp_offset)},
        "times": {
            "bodies": [rfc3339(exchange.ended_at) for exchange in draft.exchanges],
            **page_times(draft),
        },
        "newest_external_time": clean(context.newest_external_time),
        "collector": {
            "kind": context.collector.kind,
            "software": [
                {"name": clean(part.name), "version": clean(part.version)}
                for part in context.collector.software
            ],
            "config_sha256": context.collector.config_sha256,
            **bodies_member(draft),
        },
        "method_note": context.method_note,
        "robots": clean(draft.robots),
        "depth": draft.depth,
        **_cleaned(page_members(draft, answers)),
        "result": _result(draft),
        "records": [record.document() for record in records],
        "warcinfo": warcinfo.document(),
        "restricted": {"set": RESTRICTED_SET, **restricted.document()},
    }
    return canonical_form(document)


def _clean_json(value: Json) -> Json:
    """Every text in `value` as a manifest can hold it."""
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, list):
        return [_clean_json(each) for each in value]
    if isinstance(value, dict):
        return {name: _clean_json(each) for name, each in value.items()}
    return value


def _cleaned(members: Mapping[str, Json]) -> dict[str, Json]:
    return {name: _clean_json(value) for name, value in members.items()}


def _redirects(exchanges: Sequence[Exchange]) -> list[Json]:
    """The redirects that were followed: a retry of the same address is none."""
    return [
        {"from": clean(here.url), "status": here.http.status, "to": clean(there.url)}
        for here, there in pairwise(exchanges)
        if here.http is not None
        and here.http.status in REDIRECTS
        and any(name.lower() == "location" for name, _ in here.http.headers)
    ]


def _http(http: HttpFacts) -> Json:
    return {
        "status": http.status,
        "reason": clean(http.reason),
        "headers": [[clean(name), clean(value)] for name, value in http.headers],
    }


def _server_address(exchange: Exchange) -> str:
    if exchange.peer is not None:
        return clean(exchange.peer)
    return "resolved at the exit" if exchange.resolved_at_exit else NOT_MEASURED


def _tls(tls: TlsFacts) -> Json:
    return {
        "version": clean(tls.version),
        "cipher": clean(tls.cipher),
        "chain_sha256": [sha256_of(certificate) for certificate in tls.chain_der],
    }


def _result(draft: CaptureDraft) -> Json:
    return {
        "outcome": draft.outcome.value,
        "reason": None if draft.reason is None else clean(draft.reason),
        "failures": [
            {"kind": clean(exchange.failure.kind), "says": clean(exchange.failure.says)}
            for exchange in draft.chain
            if exchange.failure is not None
        ],
        "failed_resources": _clean_json(failed_resources(draft)),
    }
