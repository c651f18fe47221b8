from __future__ import annotations

from base64 import b64decode, b64encode

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.errors import LanternError
from cases.notes import (
    Checkpoint,
    NoteKey,
    NoteSignature,
    SignedNote,
    read_checkpoint,
    read_note,
    sign_note,
)

# The example that Go's `sumdb/note` and the C2SP specifications use
GO_NOTE = (
    "If you think cryptography is the answer to your problem,\n"
    "then you don't know what your problem is.\n"
    "\n"
    "— PeterNeumann x08go/ZJkuBS9UG/SffcvIAQxVBtiFupLLr8pAcElZInNIuGUgYN1FFYC2pZSNXgKvqfqdngotpRZb6KE6RyyBwJnAM=\n"  # noqa: E501
)
GO_KEY = "ARpc2QcUPDhMQegwxbzhKqiBfsVkmqq/LDE4izWy10TW"  # type byte and public key

LINES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=20)
NAMES = st.text("abcxyz./-é", min_size=1, max_size=12)


def test_the_note_of_the_reference_implementation_verifies(check) -> None:
    note = read_note(GO_NOTE)
    key = NoteKey("PeterNeumann", b64decode(GO_KEY)[1:])
    assert key.key_hash.hex() == "c74f20a3"
    assert note.holds(key, check)
    assert note.written() == GO_NOTE


@given(st.lists(LINES, min_size=1, max_size=4), st.lists(NAMES, min_size=1, max_size=3))
@settings(max_examples=60)
def test_every_note_reads_back_as_written(lines: list[str], names: list[str]) -> None:
    signatures = tuple(NoteSignature(name, b"\x01\x02\x03\x04", b"x" * 64) for name in names)
    note = SignedNote("\n".join(lines) + "\n", signatures)
    assert read_note(note.written()) == note


@given(name=NAMES, size=st.integers(0, 2**50), root=st.binary(min_size=32, max_size=32))
@settings(max_examples=40)
def test_every_checkpoint_reads_back_as_signed(name: str, size: int, root: bytes, key_of, check):
    key = key_of(7)
    made = Checkpoint(name, size, root)
    note = read_note(sign_note(made.text(), name, key).written())
    assert read_checkpoint(note) == made
    assert note.holds(NoteKey(name, key.public_key), check)
    assert not note.holds(NoteKey(name, key_of(8).public_key), check)
    assert not note.holds(NoteKey(name + "x", key.public_key), check)


def test_a_text_with_empty_lines_is_divided_at_the_last(key_of) -> None:
    note = sign_note("one\n\ntwo\n", "log", key_of(7))
    assert read_note(note.written()).text == "one\n\ntwo\n"


def test_signatures_of_unknown_keys_are_kept_and_ignored(key_of, check) -> None:
    ours, witness = key_of(7), key_of(8)
    note = sign_note("text\n", "log", ours)
    both = SignedNote(
        note.text, (*sign_note("text\n", "witness", witness).signatures, *note.signatures)
    )
    again = read_note(both.written())
    assert again.holds(NoteKey("log", ours.public_key), check)
    assert [signature.name for signature in again.signatures] == ["witness", "log"]


def test_a_bad_signature_by_the_known_key_condemns_the_note(key_of, check) -> None:
    key = key_of(7)
    good = sign_note("text\n", "log", key)
    bad = sign_note("other\n", "log", key)
    for signatures in ((*good.signatures, *bad.signatures), (*bad.signatures, *good.signatures)):
        assert not SignedNote("text\n", signatures).holds(NoteKey("log", key.public_key), check)


def test_extension_lines_of_a_checkpoint_are_opaque() -> None:
    note = SignedNote(f"log\n7\n{b64encode(bytes(32)).decode()}\nmore\n", ())
    assert read_checkpoint(note) == Checkpoint("log", 7, bytes(32))


SIGNATURE = "— log " + b64encode(bytes(68)).decode()


@pytest.mark.parametrize(
    ("written", "says"),
    [
        ("", "no empty line"),
        ("text\n" + SIGNATURE + "\n", "no empty line"),
        ("text\n\n" + SIGNATURE, "cut off"),
        ("text\n\n", "cut off"),
        ("text\r\n\n" + SIGNATURE + "\n", "control character"),
        ("te\x00xt\n\n" + SIGNATURE + "\n", "control character"),
        ("te\ud800xt\n\n" + SIGNATURE + "\n", "lone surrogate"),
        ("text\n\n" + SIGNATURE.replace("— ", "- ") + "\n", "is not a signature line"),
        ("text\n\n" + SIGNATURE.replace("log", "l+g") + "\n", "is not a signature line"),
        ("text\n\n— log \n", "too short"),
        ("text\n\n— log AAAA\n", "too short"),
        ("text\n\n— log A!AA\n", "is not base64"),
        ("text\n\n— log AAAAAAB=\n", "only form"),
        ("text\n\n" + (SIGNATURE + "\n") * 101, "more than 100 signatures"),
    ],
)
def test_what_is_no_note_is_refused_with_the_reason(written: str, says: str) -> None:
    with pytest.raises(LanternError, match=says):
        read_note(written)


ROOT = b64encode(bytes(32)).decode()


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("log\n7\n", "three lines or more"),
        (f"log\n\n7\n{ROOT}\n", "none empty"),
        (f"log\n07\n{ROOT}\n", "'07' is not a decimal number"),
        (f"log\n-7\n{ROOT}\n", "is not a decimal number"),
        (f"log\n7７\n{ROOT}\n", "is not a decimal number"),
        (f"log\n{'9' * 5000}\n{ROOT}\n", "is not a decimal number"),
        ("log\n7\nAAAA\n", "its root is 3 bytes, not 32"),
        (f"log\n7\n{ROOT[:-1]}\n", "is not base64"),
    ],
)
def test_a_text_that_is_no_checkpoint_is_refused_with_the_reason(text: str, says: str) -> None:
    with pytest.raises(LanternError, match=says):
        read_checkpoint(SignedNote(text, ()))


@pytest.mark.parametrize(
    ("text", "name", "says"),
    [
        ("no end", "log", "does not end with a newline"),
        ("bell\x07\n", "log", "control character"),
        ("text\n", "", "empty or has a space"),
        ("text\n", "a log", "empty or has a space"),
    ],
)
def test_what_could_not_be_read_back_is_not_signed(text: str, name: str, says: str, key_of) -> None:
    with pytest.raises(LanternError, match=says):
        sign_note(text, name, key_of(7))
