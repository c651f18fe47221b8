"""Lists of digests as people hand them over."""

from __future__ import annotations

import hashlib

import pytest

from gate.lists import read_list

A, B = (hashlib.sha256(word).hexdigest() for word in (b"a", b"b"))
M = hashlib.md5(b"m", usedforsecurity=False).hexdigest()


@pytest.mark.parametrize(
    "content",
    [
        f"{A}\n{M}\n".encode(),
        f"sha256,note\r\n{A.upper()},x\r\n{M},y\r\n".encode("utf-8-sig"),
        f'# from a partner\nHash;Note\n"{A}";"x, y"\n{M};z\n'.encode(),
        f"SHA-256\tkind\n{A}\t1\n{M}\t2\n".encode("utf-16"),
        f"\n\n  {A}  \n\n'{M}'".encode(),
        f"id,md5,sha256\n1,{M},{A}\n".encode(),
    ],
)
def test_every_usual_shape_is_read(content: bytes) -> None:
    found = read_list(content)
    assert found.digests == {A: "sha256", M: "md5"}
    assert found.refused == ()


def test_each_bad_row_of_ten_thousand_is_named_by_its_line() -> None:
    rows = [hashlib.sha256(str(n).encode()).hexdigest() for n in range(10_000)]
    rows[6] = rows[6][:-1]
    rows[70] = "not a digest"
    rows[700] = hashlib.sha1(b"", usedforsecurity=False).hexdigest()
    rows[7000] = hashlib.sha256(b"").hexdigest()
    found = read_list("\n".join(rows).encode())
    assert len(found.digests) == 9_996
    assert [row.line for row in found.refused] == [7, 71, 701, 7001]
    assert "SHA-1" in found.refused[2].says
    assert "empty file" in found.refused[3].says


def test_rows_given_twice_are_counted_and_taken_once() -> None:
    found = read_list(f"{A}\n{A.upper()}\n{B}\n".encode())
    assert (len(found.digests), found.duplicates) == (2, 1)


def test_a_blank_pixel_is_refused() -> None:
    pixel = bytes.fromhex(
        "47494638396101000100800000000000ffffff21f90401000000002c00000000010001000002014400 3b"
    )
    found = read_list(hashlib.md5(pixel, usedforsecurity=False).hexdigest().encode())
    assert found.digests == {}
    assert "blank pixel" in found.refused[0].says


def test_a_list_that_clears_takes_no_md5() -> None:
    found = read_list(f"{M}\n{A}\n{B},{M}\n".encode(), clearing=True)
    assert set(found.digests) == {A, B}
    assert [(row.line, row.says[:18]) for row in found.refused] == [(1, "MD5 clears nothing")]


@pytest.mark.parametrize("content", [b"", b"\xff\xfe", bytes(range(256)) * 20, b'"' * 200_000])
def test_what_is_no_list_gives_no_digest_and_no_error(content: bytes) -> None:
    assert read_list(content).digests == {}
