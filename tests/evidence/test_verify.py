"""Each kind of tampering has its own problem, in the place where it was done."""

from __future__ import annotations

import gzip
import hashlib
import json
import sqlite3
import tempfile
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cases.captures import SealedCapture
from cases.identity import JobId, Outcome, Sha256
from evidence import ProblemKind, Tally, TlsFacts, sweep, verify_warc
from evidence.errors import EvidenceMissing

K = ProblemKind


@pytest.fixture
def sealed(vault: Any, make: Any) -> Any:
    """Three captures in one file: warcinfo, then request, response, chain and manifest each."""
    tls = TlsFacts("TLSv1.3", "TLS_AES_128_GCM_SHA256", (b"leaf",))
    vault.seal(*(make.draft(make.exchange(tls=tls), capture=f"c-{each}") for each in "abc"))
    assert vault.problems() == []
    return vault


def members(vault: Any) -> list[bytes]:
    """The file's members: the warcinfo, then each record."""
    raw = vault.file().read_bytes()
    starts = [0, *(record.offset for capture in vault.book.captures for record in capture.records)]
    return [raw[a:b] for a, b in zip(starts, [*starts[1:], len(raw)], strict=True)]


def edited(member: bytes, old: bytes, new: bytes) -> bytes:
    """The member with its record changed and its head kept in step, as a forger would."""
    clear = gzip.decompress(member)
    assert old in clear
    return gzip.compress(clear.replace(old, new), mtime=0)


def flipped(raw: bytes, at: int) -> bytes:
    return raw[:at] + bytes([raw[at] ^ 0x40]) + raw[at + 1 :]


Edit = Callable[[list[bytes]], list[bytes]]


def at(number: int, change: Callable[[bytes], bytes]) -> Edit:
    return lambda all_: [*all_[:number], change(all_[number]), *all_[number + 1 :]]


# Members 0: warcinfo; 1-4, 5-8, 9-12: request, response, chain, manifest of captures a, b, c.
TAMPERED: dict[str, tuple[Edit, set[tuple[ProblemKind, int]]]] = {
    "a flipped byte in a response": (
        at(2, lambda member: flipped(member, len(member) // 2)),
        {(K.ALTERED_RECORD, 2)},
    ),
    "a flipped byte in a gzip header's time": (
        at(6, lambda member: flipped(member, 5)),
        {(K.ALTERED_RECORD, 6)},
    ),
    "a flipped byte in a gzip magic": (
        at(6, lambda member: flipped(member, 0)),
        {(K.ALTERED_RECORD, 6)},
    ),
    "a flipped byte in a gzip checksum": (
        at(5, lambda member: flipped(member, len(member) - 6)),
        {(K.ALTERED_RECORD, 5)},
    ),
    "an edited response": (
        at(6, lambda member: edited(member, b"six", b"ten")),
        {(K.ALTERED_RECORD, 6)},
    ),
    "a record's date edited": (
        at(5, lambda member: edited(member, b"WARC-Date: 2026", b"WARC-Date: 2025")),
        {(K.ALTERED_RECORD, 5)},
    ),
    "an edited manifest": (
        at(8, lambda member: edited(member, b"complete", b"failed__")),
        {(K.ALTERED_MANIFEST, 8)},
    ),
    "a manifest's bytes flipped": (
        at(12, lambda member: flipped(member, 40)),
        {(K.ALTERED_MANIFEST, 12)},
    ),
    "an edited warcinfo": (
        at(0, lambda member: edited(member, b"Scrapy", b"Wscrap")),
        {(K.ALTERED_WARCINFO, 0)},
    ),
    "a record taken out": (lambda all_: all_[:5] + all_[6:], {(K.MISSING_RECORD, 5)}),
    "a capture taken out": (
        lambda all_: all_[:5] + all_[9:],
        {(K.MISSING_RECORD, number) for number in (5, 6, 7, 8)},
    ),
    "the warcinfo taken out": (lambda all_: all_[1:], {(K.MISSING_RECORD, 0)}),
    "a record put in": (
        lambda all_: [*all_[:5], edited(all_[1], b"urn:uuid:", b"urn:uuid:0"), *all_[5:]],
        {(K.ADDED_RECORD, 5)},
    ),
    "a record doubled": (lambda all_: [*all_[:6], all_[5], *all_[6:]], {(K.ADDED_RECORD, 6)}),
    "two records exchanged": (
        lambda all_: [*all_[:5], all_[6], all_[5], *all_[7:]],
        {(K.RECORD_ORDER, 6)},
    ),
    "bytes after the last record": (lambda all_: [*all_, b"more"], {(K.EXTRA_BYTES, 13)}),
    "a record after the last one": (
        lambda all_: [*all_, edited(all_[1], b"urn:uuid:", b"urn:uuid:0")],
        {(K.EXTRA_BYTES, 13)},
    ),
    "bytes between records": (
        lambda all_: [*all_[:5], b"more", *all_[5:]],
        {(K.EXTRA_BYTES, 5)},
    ),
}


@pytest.mark.standard("CAP-3")
@pytest.mark.parametrize(("edit", "expected"), TAMPERED.values(), ids=TAMPERED.keys())
def test_each_kind_of_tampering_is_named_and_placed(
    sealed: Any, edit: Edit, expected: set[tuple[ProblemKind, int]]
) -> None:
    before = members(sealed)
    offsets = [sum(map(len, before[:number])) for number in range(len(before) + 1)]
    sealed.file().write_bytes(b"".join(edit(before)))
    problems = sealed.problems()
    cut = [problem for problem in problems if problem.kind is K.CUT_FILE]
    found = {(problem.kind, problem.offset) for problem in problems if problem not in cut}
    assert found == {(kind, offsets[number]) for kind, number in expected}
    assert all(problem.file == "case-aaaa/j-aaaa/j-aaaa-0001.warc.gz" for problem in problems)
    assert all(problem.says and problem.where for problem in problems)


@pytest.mark.promise("P-1")
@pytest.mark.standard("CAP-3")
def test_a_flip_of_any_byte_is_one_altered_record(sealed: Any) -> None:
    raw = sealed.file().read_bytes()
    kinds = {0: K.ALTERED_WARCINFO}
    for capture in sealed.book.captures:
        kinds |= {record.offset: K.ALTERED_RECORD for record in capture.records}
        kinds[capture.manifest.offset] = K.ALTERED_MANIFEST
    for position in [*range(20), *range(20, len(raw), 41), *range(len(raw) - 10, len(raw))]:
        sealed.file().write_bytes(flipped(raw, position))
        (problem,) = sealed.problems(openings=None, workers=1)
        place = max(offset for offset in kinds if offset <= position)
        assert (problem.kind, problem.offset) == (kinds[place], place), position


@pytest.mark.standard("CAP-3")
def test_a_file_that_was_deleted_is_missing(sealed: Any) -> None:
    sealed.file().unlink()
    (problem,) = sealed.problems()
    assert problem.kind is K.MISSING_FILE
    assert "3 captures" in problem.says


@pytest.mark.standard("CAP-3")
@pytest.mark.parametrize("name", ["case-aaaa/j-aaaa/j-aaaa-0002.warc.gz", "stray.txt"])
def test_a_file_that_was_added_is_named(sealed: Any, name: str) -> None:
    path = sealed.evidence / name
    path.write_bytes(sealed.file().read_bytes())
    (problem,) = sealed.problems()
    assert (problem.kind, problem.file) == (K.ADDED_FILE, name)


def test_a_file_of_an_unfinished_job_may_have_a_tail(sealed: Any) -> None:
    with sealed.file().open("ab") as file:
        file.write(b"\x1f\x8b\x08 on its way")
    (sealed.file().parent / "j-aaaa-0002.warc.gz").write_bytes(b"")
    assert sealed.problems(unfinished={JobId("j-aaaa")}) == []
    assert {problem.kind for problem in sealed.problems()} == {K.EXTRA_BYTES, K.ADDED_FILE}


def test_a_file_that_cannot_be_read_is_a_problem_and_no_error(sealed: Any) -> None:
    sealed.file().unlink()
    sealed.file().mkdir()
    (problem,) = sealed.problems()
    assert problem.kind is K.UNREADABLE_FILE


@pytest.mark.parametrize("kept", [0, 1, 5, 300, 1000, -1])
def test_a_file_cut_short_is_told_with_each_record_that_is_lost(sealed: Any, kept: int) -> None:
    raw = sealed.file().read_bytes()
    sealed.file().write_bytes(raw[:kept])
    problems = sealed.problems()
    assert problems[0].kind is K.CUT_FILE
    lost = {
        record.record
        for capture in sealed.book.captures
        for record in capture.records
        if record.offset + record.member_bytes > len(raw[:kept])
    }
    told = {problem.record for problem in problems if problem.offset != 0 and problem.record}
    assert told == lost


def edited_capture(vault: Any, **changes: Any) -> list[SealedCapture]:
    first, *others = vault.book.captures
    return [replace(first, **changes), *others]


@pytest.mark.promise("P-1")
@pytest.mark.parametrize(
    "changes",
    [
        {"requested_url": "http://other.example.test/"},
        {"final_url": "http://other.example.test/"},
        {"status": 404},
        {"outcome": Outcome.FAILED},
        {"reason": "because"},
        {"depth": 3},
        {"manifest_sha256": Sha256("0" * 64)},
        {"capture": "c-other"},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_capture_row_that_disagrees_with_its_manifest_is_found(
    sealed: Any, changes: dict[str, Any]
) -> None:
    problems = sealed.problems(captures=edited_capture(sealed, **changes), openings=None)
    assert {problem.kind for problem in problems} == {K.CATALOGUE_CAPTURE}


@pytest.mark.parametrize(
    "changes",
    [
        {"offset": 7},
        {"member_bytes": 12},
        {"member_sha256": Sha256("0" * 64)},
        {"block_sha256": Sha256("0" * 64)},
        {"block_bytes": 4},
        {"url": "http://other.example.test/"},
        {"type": "resource"},
        {"media_type": "text/plain"},
        {"record": "urn:uuid:0"},
        {"payload_sha256": None},
    ],
    ids=lambda changes: next(iter(changes)),
)
def test_a_record_row_that_disagrees_with_the_evidence_is_found(
    sealed: Any, changes: dict[str, Any]
) -> None:
    request, response, *others = sealed.book.captures[1].records
    captures = list(sealed.book.captures)
    captures[1] = replace(captures[1], records=(request, replace(response, **changes), *others))
    problems = sealed.problems(captures=captures)
    assert problems
    assert {problem.kind for problem in problems} <= {K.CATALOGUE_RECORD, K.MANIFEST_RECORDS}
    if next(iter(changes)) in ("url", "media_type"):  # the manifest does not hold these
        assert {problem.kind for problem in problems} == {K.CATALOGUE_RECORD}


def test_a_capture_that_the_catalogue_lost_leaves_records_that_nobody_claims(sealed: Any) -> None:
    captures = [sealed.book.captures[0], sealed.book.captures[2]]
    problems = sealed.problems(captures=captures)
    assert [problem.kind for problem in problems] == [K.ADDED_RECORD] * 4


def test_an_opening_that_was_lost_changed_or_renamed_is_found(sealed: Any) -> None:
    store = sealed.folder / "restricted.db"
    with sqlite3.connect(store) as database:
        database.execute("delete from openings where capture='c-a' and name='persona'")
        database.execute(
            "update openings set disclosure='WyJ4Il0' where capture='c-b' and name='machine'"
        )
        database.execute(
            "update openings set disclosure=(select disclosure from openings where capture='c-c'"
            " and name='purpose') where capture='c-c' and name='machine'"
        )
    database.close()
    found = [(problem.kind, problem.capture) for problem in sealed.problems()]
    assert found == [
        (K.OPENING_MISSING, "c-a"),
        (K.OPENING_FALSE, "c-b"),
        (K.OPENING_FALSE, "c-c"),
    ]


def test_an_erased_opening_is_as_it_should_be(sealed: Any) -> None:
    assert sealed.openings.erase(sealed.book.captures[0].capture, ["persona", "machine"]) == 2
    assert sealed.problems() == []


def test_everything_is_counted(sealed: Any) -> None:
    tally = Tally()
    assert sealed.problems(tally=tally) == []
    size = sealed.file().stat().st_size
    assert (tally.files, tally.captures, tally.records, tally.bytes) == (1, 3, 13, size)


@pytest.mark.parametrize("workers", [1, 2, 5])
def test_many_files_are_verified_by_any_number_of_threads(
    vault: Any, make: Any, workers: int
) -> None:
    for job in "abcdefg":
        context = replace(make.context, job=JobId(f"j-{job}"))
        vault.seal(make.draft(make.exchange(), capture=f"c-{job}"), context=context)
    assert vault.problems(workers=workers) == []
    broken = vault.evidence / "case-aaaa" / "j-d" / "j-d-0001.warc.gz"
    broken.write_bytes(flipped(broken.read_bytes(), 600))
    (problem,) = vault.problems(workers=workers)
    assert problem.file == "case-aaaa/j-d/j-d-0001.warc.gz"


def test_a_large_member_is_verified_as_it_streams(vault: Any, make: Any) -> None:
    vault.seal(make.draft(make.exchange(bytes(20 << 20))))
    assert vault.problems() == []
    raw = vault.file().read_bytes()
    vault.file().write_bytes(flipped(raw, 9000))
    (problem,) = vault.problems()
    assert problem.kind is K.ALTERED_RECORD


# A lone WARC, with neither catalogue nor openings.


def test_a_lone_warc_of_ours_verifies_by_itself(sealed: Any) -> None:
    tally = Tally()
    assert list(verify_warc(sealed.file(), tally=tally)) == []
    assert (tally.records, tally.captures) == (13, 3)


LONE: dict[str, set[ProblemKind]] = {
    "a flipped byte in a gzip header's time": {K.ALTERED_RECORD},
    "an edited warcinfo": {K.ALTERED_WARCINFO},
    "a record taken out": {K.MISSING_RECORD},
    "the warcinfo taken out": {K.ALTERED_WARCINFO},
    "a record put in": {K.ADDED_RECORD},
    "two records exchanged": {K.RECORD_ORDER},
}


@pytest.mark.parametrize("tampering", LONE)
def test_a_lone_warc_names_what_was_done_to_it(sealed: Any, tampering: str) -> None:
    edit, _ = TAMPERED[tampering]
    sealed.file().write_bytes(b"".join(edit(members(sealed))))
    assert LONE[tampering] <= {problem.kind for problem in verify_warc(sealed.file())}


@pytest.mark.parametrize("tampering", [name for name in TAMPERED if name != "a capture taken out"])
def test_a_lone_warc_shows_every_tampering_but_a_capture_wholly_removed(
    sealed: Any, tampering: str
) -> None:
    edit, _ = TAMPERED[tampering]
    sealed.file().write_bytes(b"".join(edit(members(sealed))))
    assert list(verify_warc(sealed.file()))


def test_a_manifest_out_of_its_canonical_form_is_told(sealed: Any, tmp_path: Path) -> None:
    all_ = members(sealed)
    clear = gzip.decompress(all_[4])
    head, _, rest = clear.partition(b"\r\n\r\n")
    loose = json.dumps(json.loads(rest), indent=1).encode()
    length = head.rpartition(b": ")[0] + b": " + str(len(loose)).encode()
    all_[4] = gzip.compress(length + b"\r\n\r\n" + loose + b"\r\n\r\n")
    lone = tmp_path / "loose.warc.gz"
    lone.write_bytes(b"".join(all_))
    assert K.MANIFEST_FORM in {problem.kind for problem in verify_warc(lone)}


# After a crash.


@pytest.fixture
def quick_folder(tmp_path: Path) -> Iterator[Path]:
    """A folder in memory where there is one: thousands of fsyncs to a disk take a minute."""
    if not Path("/dev/shm").is_dir():
        yield tmp_path
        return
    with tempfile.TemporaryDirectory(dir="/dev/shm") as folder:
        yield Path(folder)


@pytest.mark.promise("P-3")
def test_a_crash_at_any_byte_of_the_last_capture_leaves_a_vault_that_verifies(
    quick_folder: Path, make: Any
) -> None:
    """As if the writer had been killed between any two bytes of a capture never recorded."""
    vault = make.vault(quick_folder / "vault")
    vault.seal(*(make.draft(make.exchange(b"short"), capture=f"c-{each}") for each in "ab"))
    kept, last = vault.book.captures
    raw = vault.file().read_bytes()
    sealed_end = last.records[0].offset
    assert sweep(vault.file(), len(raw)) is None
    for length in range(sealed_end + 1, len(raw) + 1):
        vault.file().write_bytes(raw[:length])
        swept = sweep(vault.file(), sealed_end)
        assert swept is not None
        assert (swept.offset, swept.cut_bytes) == (sealed_end, length - sealed_end)
        assert swept.sha256 == hashlib.sha256(raw[sealed_end:length]).hexdigest()
        assert vault.file().read_bytes() == raw[:sealed_end]
    assert vault.openings.forget_unsealed(last.job, [kept.capture]) == 12
    assert vault.problems(captures=[kept]) == []
    vault.openings.close()


def test_a_file_in_which_nothing_was_sealed_is_swept_away(tmp_path: Path) -> None:
    file = tmp_path / "j-0001.warc.gz"
    file.write_bytes(b"half a warcinfo")
    swept = sweep(file, 0)
    assert swept is not None
    assert (swept.cut_bytes, file.exists()) == (15, False)
    assert sweep(file, 0) is None


def test_the_sweep_never_hides_that_sealed_bytes_are_gone(sealed: Any) -> None:
    size = sealed.file().stat().st_size
    with pytest.raises(EvidenceMissing, match="Put it back"):
        sweep(sealed.file(), size + 1)
    assert sealed.file().stat().st_size == size
    with pytest.raises(EvidenceMissing):
        sweep(sealed.file().with_name("gone.warc.gz"), 10)
