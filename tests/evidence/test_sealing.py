"""A capture is sealed whole or not at all, and its future is done only once it is recorded."""

from __future__ import annotations

import gzip
import hashlib
import io
import json
import resource
import subprocess
import sys
import tracemalloc
from concurrent.futures import wait
from contextlib import redirect_stderr, redirect_stdout
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any, BinaryIO

import pytest
from warcio.archiveiterator import ArchiveIterator
from warcio.bufferedreaders import BufferedReader
from warcio.checker import Checker

from cases.identity import JobId, Outcome
from evidence import Failure, TlsFacts, Truncation, read_block
from evidence.errors import ContextRefused, DraftRefused, SealingEnded, SealingFailed


def chunked(*parts: bytes) -> bytes:
    return b"".join(b"%x\r\n%s\r\n" % (len(part), part) for part in parts) + b"0\r\n\r\n"


def warcio_records(path: Path) -> list[tuple[str, dict[str, str], bytes]]:
    with path.open("rb") as file:
        return [
            (record.rec_type, dict(record.rec_headers.headers), record.raw_stream.read())
            for record in ArchiveIterator(file, no_record_parse=True)
        ]


def assert_warcio_check_passes(path: Path) -> None:
    """What `warcio check -v` does, without starting a program for each file.

    warcio 1.8.1 knows brotlipy alone and falls over Google's brotli, which Scrapy needs, at every
    "Content-Encoding: br" (its issue 73). Where no brotli is there it leaves the coding on.
    """
    brotli = BufferedReader.DECOMPRESSORS.pop("br", None)
    said, errors = io.StringIO(), io.StringIO()
    try:
        with redirect_stdout(said), redirect_stderr(errors):
            code = Checker(SimpleNamespace(inputs=[str(path)], verbose=True)).process_all()
    finally:
        if brotli is not None:
            BufferedReader.DECOMPRESSORS["br"] = brotli
    assert (code, errors.getvalue()) == (0, "")
    assert "digest pass" in said.getvalue()
    assert "no digest" not in said.getvalue()


def test_a_capture_has_its_records_in_order_and_warcio_reads_them(vault: Any, make: Any) -> None:
    (capture,) = vault.seal(make.draft(make.exchange()))
    records = warcio_records(vault.file())
    assert [kind for kind, _, _ in records] == ["warcinfo", "request", "response", "metadata"]
    assert records[1][2] == make.exchange().request_block
    assert records[2][2] == make.exchange().response.read()
    assert [f"<{each.record}>" for each in capture.records] == [
        fields["WARC-Record-ID"] for _, fields, _ in records[1:]
    ]
    assert capture.manifest.media_type == "application/vnd.darklantern.manifest+json"
    assert_warcio_check_passes(vault.file())


def test_records_are_tied_to_each_other_and_carry_the_peers_address(vault: Any, make: Any) -> None:
    request, response, manifest = vault.seal(make.draft(make.exchange()))[0].records
    (_, _, _), (_, asked, _), (_, answered, _), (_, _, _) = warcio_records(vault.file())
    assert asked["WARC-Concurrent-To"] == f"<{response.record}>"
    assert "WARC-Concurrent-To" not in answered
    assert asked["WARC-IP-Address"] == answered["WARC-IP-Address"] == "192.0.2.7"
    text = gzip.decompress(
        vault.file().read_bytes()[manifest.offset : manifest.offset + manifest.member_bytes]
    ).decode()
    ties = [line for line in text.split("\r\n") if line.startswith("WARC-Concurrent-To")]
    assert ties == [f"WARC-Concurrent-To: <{each.record}>" for each in (request, response)]


def test_the_warcio_program_finds_nothing_wrong(vault: Any, make: Any) -> None:
    vault.seal(make.draft(make.exchange()), make.draft(make.exchange(), capture="c-two"))
    program = Path(sys.executable).with_name("warcio")
    checked = subprocess.run([program, "check", vault.file()], capture_output=True, text=True)
    assert (checked.returncode, checked.stdout, checked.stderr) == (0, "", "")


def test_each_member_is_one_gzip_member_without_name_or_time(vault: Any, make: Any) -> None:
    (capture,) = vault.seal(make.draft(make.exchange()))
    raw = vault.file().read_bytes()
    for record in capture.records:
        member = raw[record.offset : record.offset + record.member_bytes]
        assert member[:8] == b"\x1f\x8b\x08\x00\x00\x00\x00\x00"
        assert hashlib.sha256(member).hexdigest() == record.member_sha256
        assert gzip.decompress(member).startswith(b"WARC/1.1\r\n")


@pytest.mark.parametrize(
    ("body", "header", "payload"),
    [
        (b"plain", "Content-Length: 5", b"plain"),
        (b"", "Content-Length: 0", b""),
        (chunked(b"pla", b"in"), "Transfer-Encoding: chunked", b"plain"),
        (b"3;x=y\r\nabc\r\n0\r\nTrailer: t\r\n\r\n", "Transfer-Encoding: chunked", b"abc"),
        (b"3\nabc\n0\n\n", "Transfer-Encoding: Chunked", b"abc"),
        (chunked(gzip.compress(b"z", mtime=0)), "Transfer-Encoding: chunked", None),
        (b"5\r\nhel", "Transfer-Encoding: chunked", "none"),
        (b"xyz\r\nhello", "Transfer-Encoding: chunked", "none"),
        (b"5\r\nhelloBAD\r\n0\r\n\r\n", "Transfer-Encoding: chunked", "none"),
        (b"anything", "Transfer-Encoding: gzip, chunked", "none"),
        (b"as it is", "Transfer-Encoding: identity", b"as it is"),
    ],
    ids=[
        "plain",
        "empty",
        "chunked",
        "chunked with extension and trailer",
        "chunked with bare line feeds",
        "coded and chunked",
        "chunked and cut off",
        "no chunk size",
        "no line end after a chunk",
        "compressed in transfer",
        "identity",
    ],
)
def test_the_payload_digest_is_of_the_body_without_its_transfer_coding(
    vault: Any, make: Any, body: bytes, header: str, payload: bytes | str | None
) -> None:
    (capture,) = vault.seal(make.draft(make.exchange(body, header)))
    wanted = gzip.compress(b"z", mtime=0) if payload is None else payload
    found = capture.records[1].payload_sha256
    if isinstance(wanted, bytes):
        assert found == hashlib.sha256(wanted).hexdigest()
    else:
        assert found is None
    head = warcio_records(vault.file())[2][1]
    assert ("WARC-Payload-Digest" in head) == ("Transfer" not in header)
    assert_warcio_check_passes(vault.file())


HOSTILE_BLOCKS = [
    b"",
    b"\r\n\r\n",
    b"SSH-2.0-OpenSSH_9.6\r\n",
    b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n",
    b"HTTP/1.1 200 OK\r\nContent-Encoding: br\r\n\r\nnot brotli at all" * 3,
    b"HTTP/1.1 200 OK\r\n\xa0\r\nX: y\r\n\r\nbody",
    b"\x00\xff" * 40_000,
    b"WARC/1.1\r\nContent-Length: 5\r\n\r\n",
]


@pytest.mark.parametrize("block", HOSTILE_BLOCKS, ids=range(len(HOSTILE_BLOCKS)))
def test_a_response_that_is_not_http_is_kept_raw_as_octet_stream(
    vault: Any, make: Any, block: bytes
) -> None:
    raw = make.exchange(response=io.BytesIO(block), response_bytes=len(block), http=None)
    (capture,) = vault.seal(make.draft(raw))
    _, _, (_, fields, kept), _ = warcio_records(vault.file())
    assert kept == block
    assert fields["Content-Type"] == "application/octet-stream"
    assert "WARC-Payload-Digest" not in fields
    assert capture.records[1].payload_sha256 is None
    assert_warcio_check_passes(vault.file())


@pytest.mark.parametrize(
    "head",
    [
        b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nX-A: 1\r\n \r\nX-B: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\r\n\x85\r\nX-B: 2\r\n\r\n",
        b"HTTP/1.1 200 OK\nX-B: 2\n\n",
    ],
    ids=["interim response", "blank folded line", "a line of one odd space", "bare line feeds"],
)
def test_no_payload_digest_is_written_that_validators_would_dispute(
    vault: Any, make: Any, head: bytes
) -> None:
    facts = replace(make.exchange().http, head_bytes=len(head))
    block = head + b"body"
    odd = make.exchange(response=io.BytesIO(block), response_bytes=len(block), http=facts)
    (capture,) = vault.seal(make.draft(odd))
    assert capture.records[1].payload_sha256 == hashlib.sha256(b"body").hexdigest()
    assert_warcio_check_passes(vault.file())


HOSTILE_URLS = {
    "http://www.example.test/\r\nWARC-Type: warcinfo": "%0D%0AWARC-Type:%20warcinfo",
    "http://www.example.test/a b\tc": "/a%20b%09c",
    "http://www.example.test/café/ñ": "/caf%C3%A9/%C3%B1",
    "http://www.example.test/\x00\x1b[31m": "/%00%1B[31m",
    "http://www.example.test/<script>\"'": "/%3Cscript%3E%22'",
    "http://www.example.test/%41%zz": "/%41%zz",
    "http://www.example.test/\ud800": "/%ED%A0%80",
    "http://www.example.test/\u2028x\x85": "/%E2%80%A8x%C2%85",
}


@pytest.mark.promise("P-8")
@pytest.mark.parametrize(("url", "ending"), HOSTILE_URLS.items(), ids=range(len(HOSTILE_URLS)))
def test_an_address_never_ends_a_header_line(vault: Any, make: Any, url: str, ending: str) -> None:
    (capture,) = vault.seal(make.draft(make.exchange(url=url)))
    records = warcio_records(vault.file())
    assert [kind for kind, _, _ in records] == ["warcinfo", "request", "response", "metadata"]
    for _, fields, _ in records[1:]:
        assert fields["WARC-Target-URI"].endswith(ending)
        assert fields["WARC-Target-URI"].isascii()
    assert capture.records[0].url == records[1][1]["WARC-Target-URI"]
    assert_warcio_check_passes(vault.file())
    assert vault.problems() == []


@pytest.mark.promise("P-8")
def test_a_hostile_cipher_or_peer_adds_no_header_line(vault: Any, make: Any) -> None:
    tls = TlsFacts("TLSv1.3", "AES\r\nWARC-Type: x", ())
    vault.seal(make.draft(make.exchange(tls=tls, peer="evil\r\nX: y:80")))
    _, _, (_, fields, _), _ = warcio_records(vault.file())
    assert fields["WARC-Type"] == "response"
    assert "X" not in fields
    assert "WARC-IP-Address" not in fields


def test_tls_facts_and_the_certificate_chain_stand_beside_the_response(
    vault: Any, make: Any
) -> None:
    tls = TlsFacts("TLSv1.3", "TLS_AES_256_GCM_SHA384", (b"leaf", b"issuer"))
    secure = make.exchange(url="https://www.example.test/", tls=tls, peer="[2001:db8::1]:443")
    (capture,) = vault.seal(make.draft(secure))
    _, _, (_, response, _), (_, chain, pem), _ = warcio_records(vault.file())
    assert response["WARC-Protocol"] == "tls/1.3"
    assert response["WARC-Cipher-Suite"] == "TLS_AES_256_GCM_SHA384"
    assert response["WARC-IP-Address"] == "2001:db8::1"
    assert chain["Content-Type"] == "application/pem-certificate-chain"
    assert chain["WARC-Concurrent-To"] == response["WARC-Record-ID"]
    assert pem.count(b"BEGIN CERTIFICATE") == 2
    manifest = json.loads(read_block(vault.evidence, capture.manifest))
    assert manifest["tls"]["chain_sha256"] == [
        hashlib.sha256(certificate).hexdigest() for certificate in (b"leaf", b"issuer")
    ]
    assert_warcio_check_passes(vault.file())


@pytest.mark.parametrize("cut", list(Truncation))
def test_a_body_cut_off_is_recorded_as_truncated(vault: Any, make: Any, cut: Truncation) -> None:
    vault.seal(make.draft(make.exchange(truncated=cut), outcome=Outcome.PARTIAL))
    assert warcio_records(vault.file())[2][1]["WARC-Truncated"] == cut.value


@pytest.mark.standard("CAP-5")
def test_a_fetch_that_got_nothing_is_sealed_as_a_failure(vault: Any, make: Any) -> None:
    nothing = make.exchange(
        response=None,
        response_bytes=0,
        http=None,
        request_block=b"",
        first_byte_at=None,
        peer=None,
        failure=Failure("dns", "The name www.example.test does not resolve."),
    )
    failed = make.draft(nothing, outcome=Outcome.FAILED, reason="no address")
    refused = make.draft(capture="c-two", outcome=Outcome.REFUSED, reason="outside the scope")
    first, second = vault.seal(failed, refused)
    assert [record.type for record in first.records] == ["metadata"]
    manifest = json.loads(read_block(vault.evidence, first.manifest))
    assert manifest["result"] == {
        "outcome": "failed",
        "reason": "no address",
        "failures": [{"kind": "dns", "says": "The name www.example.test does not resolve."}],
        "failed_resources": "not measured",
    }
    assert manifest["http"] is None
    assert json.loads(read_block(vault.evidence, second.manifest))["records"] == []
    assert vault.problems() == []


def test_captures_that_wait_together_are_recorded_together(vault: Any, make: Any) -> None:
    drafts = [make.draft(make.exchange(), capture=f"c-{number}") for number in range(40)]
    with vault.writer() as writer:
        futures = [writer.seal(each) for each in drafts]
        wait(futures, timeout=60)
    assert [future.result().capture for future in futures] == [each.capture for each in drafts]
    assert sum(vault.book.calls) == 40
    assert len(vault.book.calls) < 40
    assert vault.problems() == []


def test_a_file_rolls_at_its_size_and_each_starts_with_a_warcinfo(vault: Any, make: Any) -> None:
    drafts = [make.draft(make.exchange(), capture=f"c-{number}") for number in range(5)]
    captures = vault.seal(*drafts, roll_bytes=2000)
    files = sorted({capture.manifest.file for capture in captures})
    assert len(files) > 1
    assert files[0] == "case-aaaa/j-aaaa/j-aaaa-0001.warc.gz"
    for name in files:
        assert warcio_records(vault.evidence / name)[0][0] == "warcinfo"
    assert vault.problems() == []


def test_a_job_run_again_starts_a_new_file(vault: Any, make: Any) -> None:
    vault.seal(make.draft(make.exchange()))
    before = vault.file(1).read_bytes()
    vault.seal(make.draft(make.exchange(), capture="c-two"))
    assert vault.file(1).read_bytes() == before
    assert vault.file(2).exists()
    assert vault.problems() == []


def test_a_job_that_sealed_nothing_leaves_no_file(vault: Any) -> None:
    with vault.writer():
        pass
    assert list(vault.evidence.rglob("*")) == []


def test_the_warcinfo_names_software_and_nothing_restricted(vault: Any, make: Any) -> None:
    vault.seal(make.draft(make.exchange()))
    _, fields, block = warcio_records(vault.file())[0]
    assert b"software: darklantern/0.1.0, Scrapy/2.19.0\r\n" in block
    assert b"conformsTo: http://iipc.github.io/" in block
    assert fields["WARC-Filename"] == "j-aaaa-0001.warc.gz"


@pytest.mark.promise("P-10")
@pytest.mark.standard("CAP-2")
def test_no_restricted_value_stands_anywhere_in_the_evidence(vault: Any, make: Any) -> None:
    (capture,) = vault.seal(make.draft(make.exchange()))
    clear = gzip.decompress(vault.file().read_bytes())
    for value in ("Rowan Vale", "198.51.100.23", "desk-07", "Jo Smith"):
        assert value.encode() not in clear
    opened = vault.openings.of(capture.capture)
    assert set(opened) >= {"persona", "egress_address", "machine", "operator_name", "purpose"}
    assert len(opened) == 12


def test_restricted_fields_outside_the_set_are_refused(make: Any) -> None:
    with pytest.raises(ContextRefused, match="shoe_size"):
        replace(make.context, restricted={"shoe_size": "9"})


@pytest.mark.promise("P-8")
@pytest.mark.parametrize("job", ["../up", "a/b", "", ".", "CON:"])
def test_a_job_id_that_is_no_folder_name_is_refused(make: Any, job: str) -> None:
    with pytest.raises(ContextRefused, match="folder"):
        replace(make.context, job=JobId(job))


class Unreadable(io.BytesIO):
    def read(self, size: int | None = -1) -> bytes:
        raise OSError(5, "Input/output error")


def closed_file() -> BinaryIO:
    file = io.BytesIO(b"gone")
    file.close()
    return file


@pytest.mark.parametrize(
    "response",
    [lambda: Unreadable(b""), closed_file, lambda: io.BytesIO(b"short")],
    ids=["unreadable", "closed", "shorter than said"],
)
def test_a_response_that_cannot_be_read_fails_alone(vault: Any, make: Any, response: Any) -> None:
    bad = make.draft(make.exchange(response=response(), response_bytes=500), capture="c-bad")
    good = [make.draft(make.exchange(), capture=f"c-{number}") for number in range(3)]
    with vault.writer() as writer:
        futures = [writer.seal(each) for each in (good[0], bad, good[1], good[2])]
        wait(futures, timeout=60)
    assert isinstance(futures[1].exception(), DraftRefused)
    assert [capture.capture for capture in vault.book.captures] == ["c-0", "c-1", "c-2"]
    assert vault.problems() == []


def test_a_book_that_fails_leaves_no_trace_of_what_it_did_not_record(vault: Any, make: Any) -> None:
    with vault.writer() as writer:
        writer.seal(make.draft(make.exchange())).result(timeout=60)
        sealed = vault.file().read_bytes()
        vault.book.fails = RuntimeError("database or disk is full")
        failed = writer.seal(make.draft(make.exchange(), capture="c-two"))
        with pytest.raises(SealingFailed, match=r"disk is full.*run the job again"):
            failed.result(timeout=60)
        vault.book.fails = None
        with pytest.raises(SealingFailed, match="disk is full"):
            writer.seal(make.draft(make.exchange(), capture="c-three")).result(timeout=60)
    assert vault.file().read_bytes() == sealed
    assert vault.problems() == []


def test_a_first_capture_that_fails_leaves_no_file(vault: Any, make: Any) -> None:
    vault.book.fails = RuntimeError("no")
    with vault.writer() as writer, pytest.raises(SealingFailed):
        writer.seal(make.draft(make.exchange())).result(timeout=60)
    assert not vault.file().exists()


def test_a_full_disk_is_one_clear_error_and_nothing_half_written_stays(
    vault: Any, make: Any
) -> None:
    """The limit on a file's size makes the system refuse in the middle of a write, as a full disk
    does."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    noise = hashlib.shake_256(b"seed").digest(3_000_000)
    with vault.writer() as writer:
        writer.seal(make.draft(make.exchange())).result(timeout=60)
        sealed = vault.file().read_bytes()
        resource.setrlimit(resource.RLIMIT_FSIZE, (1_500_000, hard))
        try:
            failed = writer.seal(make.draft(make.exchange(noise), capture="c-two"))
            with pytest.raises(SealingFailed, match=r"File too large.*Free space"):
                failed.result(timeout=60)
        finally:
            resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
        with pytest.raises(SealingFailed, match="File too large"):
            writer.seal(make.draft(make.exchange(), capture="c-three")).result(timeout=60)
    assert vault.file().read_bytes() == sealed
    assert [capture.capture for capture in vault.book.captures] == ["c-one"]
    assert vault.problems() == []


def test_a_closed_writer_takes_no_more(vault: Any, make: Any) -> None:
    writer = vault.writer()
    writer.close()
    with pytest.raises(SealingEnded, match="closed"):
        writer.seal(make.draft(make.exchange())).result(timeout=60)


def test_a_large_response_needs_little_memory(vault: Any, make: Any, tmp_path: Path) -> None:
    spool = tmp_path / "spool"
    head = b"HTTP/1.1 200 OK\r\n\r\n"
    with spool.open("wb") as file:
        file.write(head)
        file.truncate(120 << 20)
    with spool.open("rb") as response:
        large = make.exchange(
            response=response,
            response_bytes=120 << 20,
            http=replace(make.exchange().http, head_bytes=len(head)),
        )
        tracemalloc.start()
        (capture,) = vault.seal(make.draft(large))
        _, peak = tracemalloc.get_traced_memory()
        tracemalloc.stop()
    assert capture.records[1].block_bytes == 120 << 20
    assert peak < 12 << 20
    assert vault.problems() == []
