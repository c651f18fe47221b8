"""The WARC records of one capture: request, response and certificates of each exchange, then
the manifest. Written in order to a file that is open; nothing here syncs or records.
"""

from __future__ import annotations

import ssl
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import lru_cache
from typing import BinaryIO

from cases.captures import SealedCapture, SealedRecord
from cases.commitments import Random
from cases.identity import RecordId
from evidence.context import SealContext
from evidence.digests import BlockDigests, digest_block, labelled, pieces
from evidence.errors import DraftRefused
from evidence.exchange import CaptureDraft, Exchange, HttpFacts, Resource
from evidence.manifest import ListedRecord, clean, manifest_bytes
from evidence.restricted import CaptureOpenings
from evidence.restricted_fields import RestrictedFields
from evidence.warc_records import (
    CERTIFICATE_CHAIN,
    HTTP_REQUEST,
    HTTP_RESPONSE,
    MANIFEST,
    UNPARSED,
    WARC_FIELDS,
    RecordHead,
    concurrent_to,
    head_end_seen_by_validators,
    head_to_bytes,
    peer_address,
    target_uri,
    tls_protocol,
)
from evidence.warc_writer import WarcFile

HEAD_LIMIT_BYTES = 1_048_576  # an HTTP head beyond this gets no WARC-Payload-Digest
CONFORMS_TO = "http://iipc.github.io/warc-specifications/specifications/warc-format/warc-1.1/"


@dataclass(frozen=True, slots=True)
class FileOpening:
    """A file's name in the evidence folder and its `warcinfo` record."""

    name: str
    warcinfo: ListedRecord


@dataclass(frozen=True, slots=True)
class _Payload:
    """Where a block's payload starts, whether chunk framing lies over it, and whether validators
    would take the same bytes for it."""

    head_bytes: int | None
    chunked: bool = False
    agreed: bool = False


def new_record_id(random: Random) -> RecordId:
    """A fresh `urn:uuid:` of version 4 (RFC 9562)."""
    digits = random(16).hex()
    variant = "89ab"[int(digits[16], 16) & 3]
    return RecordId(
        f"urn:uuid:{digits[:8]}-{digits[8:12]}-4{digits[13:16]}-{variant}{digits[17:20]}-{digits[20:]}"
    )


def open_file_record(
    file: WarcFile, name: str, context: SealContext, moment: datetime, random: Random
) -> FileOpening:
    """The file's `warcinfo`, written first: software and format, nothing restricted."""
    software = ", ".join(f"{part.name}/{part.version}" for part in context.collector.software)
    lines = [
        ("software", software),
        ("format", "WARC file version 1.1"),
        ("conformsTo", CONFORMS_TO),
        ("isPartOf", context.job),
    ]
    block = "".join(f"{key}: {' '.join(clean(text).split())}\r\n" for key, text in lines).encode()
    head = RecordHead(
        record=new_record_id(random),
        type="warcinfo",
        date=moment,
        media_type=WARC_FIELDS,
        extra=(("WARC-Filename", name.rpartition("/")[2]),),
    )
    return FileOpening(name, ListedRecord.of(_append(file, name, head, [block], _Payload(None))))


class CaptureRecords:
    """Writes the members of one capture to `file`."""

    def __init__(
        self,
        file: WarcFile,
        opening: FileOpening,
        context: SealContext,
        fields: RestrictedFields,
        random: Random,
    ) -> None:
        self._file = file
        self._opening = opening
        self._context = context
        self._fields = fields
        self._random = random
        self._records: list[SealedRecord] = []
        self._answers: list[SealedRecord | None] = []

    def write(self, draft: CaptureDraft) -> tuple[SealedCapture, CaptureOpenings]:
        """The capture as written and the openings of its restricted fields.

        Raises `DraftRefused` where a response cannot be read, `OSError` where writing fails.
        """
        for exchange in draft.exchanges:
            self._write_exchange(exchange)
        for resource in draft.resources:
            self._write_resource(resource)
        restricted, disclosures = self._fields.commit(self._random)
        listed = [ListedRecord.of(record) for record in self._records]
        opening, answers = self._opening.warcinfo, self._answers
        block = manifest_bytes(self._context, draft, listed, opening, restricted, answers)
        ties = tuple(concurrent_to(record.record) for record in self._records)
        manifest = RecordHead(
            record=new_record_id(self._random),
            type="metadata",
            date=draft.ended_at,
            media_type=MANIFEST,
            url=target_uri(draft.requested_url),
            extra=ties,
        )
        self._write(manifest, [block], _Payload(None))
        capture = self._sealed(draft)
        return capture, CaptureOpenings(self._context.job, draft.capture, disclosures)

    def _sealed(self, draft: CaptureDraft) -> SealedCapture:
        last = draft.chain[-1] if draft.chain else None
        return SealedCapture(
            capture=draft.capture,
            case=self._context.case,
            job=self._context.job,
            requested_url=clean(draft.requested_url),
            final_url=clean(draft.final_url),
            status=None if last is None or last.http is None else last.http.status,
            outcome=draft.outcome,
            reason=None if draft.reason is None else clean(draft.reason),
            started_at=draft.started_at,
            ended_at=draft.ended_at,
            depth=draft.depth,
            manifest_sha256=self._records[-1].block_sha256,
            records=tuple(self._records),
        )

    def _write_exchange(self, exchange: Exchange) -> None:
        url, connection = target_uri(exchange.url), _connection_fields(exchange)
        request, response = new_record_id(self._random), new_record_id(self._random)
        answered = exchange.response is not None
        if exchange.request_block:
            ties = (concurrent_to(response),) if answered else ()
            head = RecordHead(
                request, "request", exchange.requested_at, HTTP_REQUEST, url, ties + connection
            )
            self._write(head, [exchange.request_block], _request_payload(exchange, url))
        if exchange.response is not None:
            head = _response_head(exchange, response, url, connection)
            self._write_response(head, exchange, exchange.response)
        self._answers.append(self._records[-1] if answered else None)
        if exchange.tls is not None and exchange.tls.chain_der:
            tied = response if answered else request if exchange.request_block else None
            head = RecordHead(
                record=new_record_id(self._random),
                type="metadata",
                date=exchange.first_byte_at or exchange.requested_at,
                media_type=CERTIFICATE_CHAIN,
                url=url,
                extra=() if tied is None else (concurrent_to(tied),),
            )
            self._write(head, [_pem(exchange.tls.chain_der)], _Payload(None))

    def _write_resource(self, resource: Resource) -> None:
        head = RecordHead(
            record=new_record_id(self._random),
            type="resource",
            date=resource.at,
            media_type=resource.media_type,
            url=target_uri(resource.url),
        )
        self._write(head, [resource.content], _Payload(0, agreed=True))

    def _write_response(self, head: RecordHead, exchange: Exchange, response: BinaryIO) -> None:
        """The response record: its file is read twice, for a WARC wants length and digest first."""
        payload = _response_payload(exchange.http, response, exchange.response_bytes, head)
        blocks = list(_read(response, exchange)) if exchange.response_bytes <= 262_144 else None
        digests = digest_block(
            _read(response, exchange) if blocks is None else blocks,
            payload.head_bytes,
            payload.chunked,
        )
        if digests.block_bytes != exchange.response_bytes:
            raise DraftRefused(
                f"{exchange.url} was to have {exchange.response_bytes} response bytes, and its "
                f"file holds {digests.block_bytes}: it was not sealed. Collect it again.",
                url=exchange.url,
            )
        again = _read(response, exchange) if blocks is None else blocks
        self._records.append(
            _append_digested(self._file, self._opening.name, head, again, payload, digests)
        )

    def _write(self, head: RecordHead, blocks: list[bytes], payload: _Payload) -> None:
        self._records.append(_append(self._file, self._opening.name, head, blocks, payload))


def _append(
    file: WarcFile, name: str, head: RecordHead, blocks: list[bytes], payload: _Payload
) -> SealedRecord:
    digests = digest_block(blocks, payload.head_bytes, payload.chunked)
    return _append_digested(file, name, head, blocks, payload, digests)


def _append_digested(
    file: WarcFile,
    name: str,
    head: RecordHead,
    blocks: Iterable[bytes],
    payload: _Payload,
    digests: BlockDigests,
) -> SealedRecord:
    fields = [("WARC-Block-Digest", labelled(digests.block_sha256))]
    if digests.payload_sha256 is not None and payload.agreed:
        fields.append(("WARC-Payload-Digest", labelled(digests.payload_sha256)))
    member = file.append(head_to_bytes(head, digests.block_bytes, fields), blocks)
    return SealedRecord(
        record=head.record,
        type=head.type,
        url=head.url,
        media_type=head.media_type,
        file=name,
        offset=member.offset,
        member_bytes=member.member_bytes,
        member_sha256=member.member_sha256,
        block_bytes=digests.block_bytes,
        block_sha256=digests.block_sha256,
        payload_sha256=digests.payload_sha256,
    )


def _read(response: BinaryIO, exchange: Exchange) -> Iterator[bytes]:
    try:
        response.seek(0)
        yield from pieces(response, exchange.response_bytes)
    except (OSError, ValueError) as error:  # ValueError: the file was closed
        raise DraftRefused(
            f"The response of {exchange.url} could not be read from its spool: {error}. "
            "It was not sealed. Collect it again.",
            url=exchange.url,
        ) from error


def _connection_fields(exchange: Exchange) -> tuple[tuple[str, str], ...]:
    fields = []
    address = peer_address(exchange.peer)
    if address is not None:
        fields.append(("WARC-IP-Address", address))
    if exchange.protocol is not None:
        fields.append(("WARC-Protocol", exchange.protocol))
    if exchange.tls is not None:
        fields.append(("WARC-Protocol", tls_protocol(exchange.tls.version)))
        fields.append(("WARC-Cipher-Suite", exchange.tls.cipher))
    return tuple(fields)


def _response_head(
    exchange: Exchange, record: RecordId, url: str, connection: tuple[tuple[str, str], ...]
) -> RecordHead:
    cut = exchange.truncated
    return RecordHead(
        record=record,
        type="response",
        date=exchange.first_byte_at or exchange.requested_at,
        media_type=UNPARSED if exchange.http is None else HTTP_RESPONSE,
        url=url,
        extra=connection if cut is None else (*connection, ("WARC-Truncated", cut.value)),
    )


def _request_payload(exchange: Exchange, url: str) -> _Payload:
    block = exchange.request_block
    end = block.find(b"\r\n\r\n")
    if end < 0 or b"\ntransfer-encoding:" in block[:end].lower():
        return _Payload(None)
    return _Payload(end + 4, agreed=_validators_agree(block, end + 4, url))


def _response_payload(
    http: HttpFacts | None, response: BinaryIO, size_bytes: int, head: RecordHead
) -> _Payload:
    if http is None or http.head_bytes > size_bytes:
        return _Payload(None)
    if http.transfer_coded:
        codings = _transfer_codings(http)
        if codings not in (["chunked"], ["identity"]):
            return _Payload(None)  # compressed in transfer: we do not take that off
        return _Payload(http.head_bytes, chunked=codings == ["chunked"])
    if http.head_bytes > HEAD_LIMIT_BYTES:
        return _Payload(http.head_bytes)
    try:
        response.seek(0)
        block = response.read(http.head_bytes)
    except (OSError, ValueError):  # the digests' pass meets it again, and says so
        return _Payload(None)
    agreed = _validators_agree(block, http.head_bytes, head.url or "")
    return _Payload(http.head_bytes, agreed=agreed)


def _validators_agree(block: bytes, head_bytes: int, url: str) -> bool:
    """Whether warcio and its like take the payload to start at `head_bytes`."""
    known_scheme = url.startswith(("http:", "https:"))
    return known_scheme and head_end_seen_by_validators(block) == head_bytes


def _transfer_codings(http: HttpFacts) -> list[str]:
    values = [value for name, value in http.headers if name.lower() == "transfer-encoding"]
    return [part.strip().lower() for value in values for part in value.split(",") if part.strip()]


@lru_cache(maxsize=64)
def _pem(chain: tuple[bytes, ...]) -> bytes:
    """The certificates in PEM, leaf first (RFC 7468); a site's chain is the same on every page."""
    return "".join(ssl.DER_cert_to_PEM_cert(certificate) for certificate in chain).encode("ascii")
