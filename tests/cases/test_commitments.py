from __future__ import annotations

import json
import random
import secrets
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Callable
from hashlib import sha256

import pytest
import rfc8785
from hypothesis import given, settings
from hypothesis import strategies as st

from cases.canonical import NotCanonical, canonical, read_canonical
from cases.commitments import commit, disclose, from_b64u, open_disclosure, read_set
from cases.errors import LanternError

SCALARS = (
    st.none()
    | st.booleans()
    | st.integers(-(2**53) + 1, 2**53 - 1)
    | st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
)
KEYS = st.text(st.characters(exclude_categories=["Cs"]), max_size=5)
DOCUMENTS = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=4),
    max_leaves=12,
)


def dice(seed: int) -> Callable[[int], bytes]:
    return random.Random(seed).randbytes


@given(DOCUMENTS)
@settings(max_examples=150)
def test_our_canonical_bytes_are_those_of_the_rfc8785_library(document: object) -> None:
    written = canonical(document)
    assert written == rfc8785.dumps(document)
    assert read_canonical(written) == document


def test_keys_beyond_ascii_are_sorted_by_utf16_as_rfc_8785_asks() -> None:
    assert canonical({"\U0001f600": 1, "\ufb33": 2}) == '{"\U0001f600":1,"\ufb33":2}'.encode()


@pytest.mark.parametrize(
    "document",
    [
        pytest.param(1.0, id="fraction"),
        pytest.param({"a": float("nan")}, id="nan"),
        pytest.param([2**53], id="integer too large"),
        pytest.param({1: 2}, id="key that is no string"),
        pytest.param(["\ud800"], id="lone surrogate"),
        pytest.param({"\ud800": 1}, id="lone surrogate in a key"),
        pytest.param({"ü": [b""]}, id="bytes"),
    ],
)
def test_what_our_formats_never_hold_has_no_canonical_form(document: object) -> None:
    with pytest.raises(NotCanonical):
        canonical(document)


@pytest.mark.parametrize(
    "raw",
    [
        pytest.param(b'{"a": 1}', id="a space"),
        pytest.param(b'{"b":1,"a":2}', id="another order"),
        pytest.param(b'{"a":1,"a":1}', id="a key twice"),
        pytest.param(b'"\\u0061"', id="an escape too many"),
        pytest.param(b"1.0", id="a fraction"),
        pytest.param(b"\xff", id="not utf-8"),
        pytest.param(b"{", id="cut"),
        pytest.param(b"[" * 9999, id="too deep"),
    ],
)
def test_json_in_any_other_form_is_refused(raw: bytes) -> None:
    with pytest.raises(NotCanonical):
        read_canonical(raw)


def test_a_disclosure_is_salt_name_and_value_and_its_digest_is_over_its_text() -> None:
    made = disclose("reason", "to find the seller’s name", bytes(range(16)))
    padded = made.text + "=" * (-len(made.text) % 4)
    assert json.loads(urlsafe_b64decode(padded)) == [
        "AAECAwQFBgcICQoLDA0ODw",
        "reason",
        "to find the seller’s name",
    ]
    digest = urlsafe_b64encode(sha256(made.text.encode()).digest()).decode().rstrip("=")
    assert made.digest == digest


@given(
    st.dictionaries(st.text("abc_", min_size=1, max_size=6), SCALARS, max_size=8),
    st.integers(0, 2**32),
)
@settings(max_examples=60)
def test_every_value_opens_and_the_set_shows_only_its_fixed_size(
    values: dict[str, object], seed: int
) -> None:
    made, disclosures = commit(values, 8, dice(seed))
    assert len(set(made.digests)) == 8
    assert list(made.digests) == sorted(made.digests)
    assert read_set(json.loads(json.dumps(made.document())), 8) == made
    assert {d.name: open_disclosure(d.text).value for d in disclosures} == values
    assert all(made.holds(disclosure.text) for disclosure in disclosures)
    assert not made.holds(disclose("other", "", bytes(16)).text)


def test_the_same_text_twice_gives_different_digests() -> None:
    first, _ = commit({"reason": "x"}, 8, secrets.token_bytes)
    second, _ = commit({"reason": "x"}, 8, secrets.token_bytes)
    assert not set(first.digests) & set(second.digests)


def test_more_texts_than_the_set_holds_are_refused_by_name() -> None:
    with pytest.raises(LanternError, match="at most 2 texts, and this one has 3: a, b, c"):
        commit({"a": 1, "b": 2, "c": 3}, 2, dice(0))


def test_a_salt_of_another_length_is_refused() -> None:
    with pytest.raises(ValueError, match="a salt is 16 bytes, not 4"):
        disclose("a", "b", b"salt")


@pytest.mark.parametrize(
    "text",
    [
        pytest.param("", id="empty"),
        pytest.param("WzFd", id="not three members"),
        pytest.param("WyJhIiwiYiIsImMiXQ==", id="padding"),
        pytest.param("WyJhIiwiYiIsImMiXQ", id="short salt"),
        pytest.param("née", id="not ascii"),
        pytest.param("A", id="impossible length"),
    ],
)
def test_a_text_that_is_no_disclosure_is_refused(text: str) -> None:
    with pytest.raises(LanternError, match="is not a disclosure"):
        open_disclosure(text)


def test_two_texts_for_the_same_bytes_are_not_both_base64url() -> None:
    assert from_b64u("AA") == b"\x00"
    with pytest.raises(ValueError, match="only form"):
        from_b64u("AB")


@pytest.mark.parametrize(
    "change",
    [
        pytest.param(lambda d: d["_sd"].pop(), id="one short"),
        pytest.param(lambda d: d["_sd"].reverse(), id="out of order"),
        pytest.param(lambda d: d["_sd"].__setitem__(1, d["_sd"][0]), id="twice the same"),
        pytest.param(lambda d: d["_sd"].__setitem__(0, "+" * 43), id="not base64url"),
        pytest.param(lambda d: d.update(_sd_alg="md5"), id="another hash"),
        pytest.param(lambda d: d.update(more=1), id="one member more"),
    ],
)
def test_a_set_that_is_not_in_its_form_is_refused(
    change: Callable[[dict[str, object]], object],
) -> None:
    made, _ = commit({"a": 1}, 8, dice(1))
    document = made.document()
    change(document)
    with pytest.raises(LanternError, match="must hold 8 different digests"):
        read_set(document, 8)
