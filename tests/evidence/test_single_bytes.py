"""Five thousand changes of one byte, anywhere under the evidence folder: each found and placed."""

from __future__ import annotations

import random
from dataclasses import replace
from typing import Any

import pytest

from cases.identity import JobId
from evidence import ProblemKind, TlsFacts

CHANGES = 5_000
SEED = 20_260_301  # fixed: a failure can be run again


@pytest.fixture
def sealed(vault: Any, make: Any) -> Any:
    """Two jobs' files: exchanges with and without TLS, an empty body, one that does not pack."""
    noise = random.Random(SEED).randbytes(3_000)
    tls = TlsFacts("TLSv1.3", "TLS_AES_128_GCM_SHA256", (b"leaf",))
    vault.seal(
        make.draft(make.exchange(tls=tls), make.exchange(noise), capture="c-a"),
        make.draft(make.exchange(b""), capture="c-b"),
    )
    other = replace(make.context, job=JobId("j-bbbb"))
    vault.seal(make.draft(make.exchange(), capture="c-c"), context=other)
    assert vault.problems() == []
    return vault


@pytest.mark.promise("P-1")
@pytest.mark.standard("CAP-3")
def test_five_thousand_changes_of_one_byte_are_each_found_in_their_record(sealed: Any) -> None:
    files = sorted(path for path in sealed.evidence.rglob("*") if path.is_file())
    raws = {path: path.read_bytes() for path in files}
    places = [(path, at) for path in files for at in range(len(raws[path]))]
    kinds: dict[str, dict[int, ProblemKind]] = {}
    for capture in sealed.book.captures:
        of_file = kinds.setdefault(capture.manifest.file, {0: ProblemKind.ALTERED_WARCINFO})
        of_file |= {record.offset: ProblemKind.ALTERED_RECORD for record in capture.records}
        of_file[capture.manifest.offset] = ProblemKind.ALTERED_MANIFEST
    chance = random.Random(SEED)
    for _ in range(CHANGES):
        path, at = chance.choice(places)
        changed = bytearray(raws[path])
        changed[at] ^= chance.randrange(1, 256)
        path.write_bytes(changed)
        problems = sealed.problems(openings=None, workers=1)
        path.write_bytes(raws[path])
        name = path.relative_to(sealed.evidence).as_posix()
        start = max(offset for offset in kinds[name] if offset <= at)
        found = [(problem.kind, problem.file, problem.offset) for problem in problems]
        expected = [(kinds[name][start], name, start)]
        if kinds[name][start] is ProblemKind.ALTERED_MANIFEST and "j-bbbb" in name:
            # The only manifest of its file: nothing else says what the warcinfo was.
            expected.insert(0, (ProblemKind.UNPROVEN_WARCINFO, name, 0))
        assert found == expected, (name, at, changed[at])
    assert sealed.problems() == []
