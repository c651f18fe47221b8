from __future__ import annotations

import json
from dataclasses import replace

import pytest

from cases.entries import Act, ObjectKind, ObjectRef
from cases.errors import LanternError
from cases.proofs import (
    ConsistencyProof,
    EntryProof,
    LeafProof,
    ObjectHistory,
    verify_continuation,
    verify_history,
    verify_proof,
)
from cases.proving import Prover

EXHIBIT = ObjectRef(ObjectKind.EXHIBIT, "x-js1")
CASE = ObjectRef(ObjectKind.CASE, "c-aaaaaaaaaaaaaaaa")


@pytest.fixture
def full(book, seal_act):
    """Three acts on one exhibit among others, under two checkpoints, and one after them."""
    look = Act("access", objects=(CASE, EXHIBIT))
    book.first = book.record(seal_act(1), look, seal_act(2), look)
    book.old = book.checkpoint()
    book.second = book.record(seal_act(1), look)
    book.new = book.checkpoint()
    book.third = book.record(look)
    book.sequence()
    return book


@pytest.fixture
def with_prover(full):
    def make(size=None):
        return Prover(opened, size)

    with full.session() as opened:
        yield make


def _keys(book):
    return {**book.keys, book.vault_key.key: book.vault_key.public_key}


@pytest.mark.parametrize("which", ["old", "new"])
def test_the_proof_of_every_entry_verifies_against_every_checkpoint_that_covers_it(
    full, with_prover, check, which
) -> None:
    prover = with_prover(getattr(full, which).size)
    for entry in full.first:
        proof = prover.entry(entry)
        assert json.loads(proof.entry.leaf)["entry"]["id"] == entry
        assert verify_proof(proof, full.key, check, _keys(full)) == []


@pytest.mark.parametrize(("which", "count"), [("old", 2), ("new", 3)])
def test_an_objects_history_is_whole_up_to_each_checkpoint(
    full, with_prover, check, which, count
) -> None:
    history = with_prover(getattr(full, which).size).history(EXHIBIT)
    assert (len(history.leaves), history.head.count) == (count, count)
    assert verify_history(history, full.key, check, _keys(full)) == []


def test_a_history_discloses_no_other_operation(full, with_prover) -> None:
    written = json.dumps(with_prover().history(EXHIBIT).document())
    assert full.first[0] not in written
    assert CASE.id not in written


def test_the_newer_checkpoint_continues_the_older(full, with_prover, check) -> None:
    proof = with_prover().continuation(full.old.size)
    assert (proof.old, proof.new) == (full.old.note, full.new.note)
    assert verify_continuation(proof, full.key, check) == []
    assert verify_continuation(with_prover().continuation(full.new.size), full.key, check) == []


def test_proofs_are_json_that_names_its_format(full, with_prover) -> None:
    prover = with_prover()
    formats = [
        json.loads(json.dumps(document))["format"]
        for document in (
            prover.entry(full.first[0]).document(),
            prover.history(EXHIBIT).document(),
            prover.continuation(full.old.size).document(),
        )
    ]
    assert formats == [
        "darklantern-ledger-entry-proof/1",
        "darklantern-ledger-history-proof/1",
        "darklantern-ledger-consistency-proof/1",
    ]


def _leaf(proof: LeafProof, old: str, new: str) -> LeafProof:
    assert old in proof.leaf
    return replace(proof, leaf=proof.leaf.replace(old, new, 1))


ENTRY_ATTACKS = {
    "leaf edited": (
        lambda p: replace(p, entry=_leaf(p.entry, '"access"', '"excess"')),
        "proof-inclusion",
    ),
    "leaf of no format": (
        lambda p: replace(p, entry=replace(p.entry, leaf="{}")),
        "proof-unreadable",
    ),
    "leaf not unicode": (
        lambda p: replace(p, entry=replace(p.entry, leaf="\ud800")),
        "proof-unreadable",
    ),
    "hash dropped": (
        lambda p: replace(p, entry=replace(p.entry, inclusion=p.entry.inclusion[1:])),
        "proof-inclusion",
    ),
    "hash no hex": (
        lambda p: replace(p, entry=replace(p.entry, inclusion=("x",))),
        "proof-unreadable",
    ),
    "checkpoint cut": (
        lambda p: replace(p, checkpoint=p.checkpoint[:-1]),
        "checkpoint-unreadable",
    ),
    "checkpoint of another size": (
        lambda p: replace(p, checkpoint=p.checkpoint.replace("\n8\n", "\n9\n")),
        "checkpoint-signature",
    ),
    "heads of another line": (lambda p: replace(p, heads=p.entry), "proof-head"),
    "object left out": (lambda p: replace(p, objects=p.objects[1:]), "proof-head"),
    "count raised": (
        lambda p: replace(p, objects=(replace(p.objects[0], count=99), *p.objects[1:])),
        "proof-head",
    ),
    "count beyond its field": (
        lambda p: replace(p, objects=(replace(p.objects[0], count=2**64), *p.objects[1:])),
        "proof-unreadable",
    ),
    "head of another object": (
        lambda p: replace(p, objects=p.objects[::-1]),
        "proof-head",
    ),
}


@pytest.mark.parametrize("attack", ENTRY_ATTACKS)
def test_a_changed_proof_of_an_entry_does_not_verify(full, with_prover, check, attack) -> None:
    change, kind = ENTRY_ATTACKS[attack]
    proof: EntryProof = change(with_prover().entry(full.first[1]))
    assert [found.kind for found in verify_proof(proof, full.key, check)] == [kind]


HISTORY_ATTACKS = {
    "newest left out": (lambda h: replace(h, leaves=h.leaves[:-1]), "proof-gap"),
    "oldest left out": (lambda h: replace(h, leaves=h.leaves[1:]), "proof-gap"),
    "one left out": (lambda h: replace(h, leaves=(h.leaves[0], h.leaves[2])), "proof-gap"),
    "all left out": (lambda h: replace(h, leaves=()), "proof-gap"),
    "order changed": (lambda h: replace(h, leaves=h.leaves[::-1]), "proof-gap"),
    "one twice": (lambda h: replace(h, leaves=(*h.leaves, h.leaves[-1])), "proof-gap"),
    "another object": (
        lambda h: replace(h, object=ObjectRef(ObjectKind.EXHIBIT, "x-js2")),
        "proof-head",
    ),
    "another salt": (lambda h: replace(h, salt=bytes(16)), "proof-head"),
    "salt too short": (lambda h: replace(h, salt=b""), "proof-unreadable"),
    "count lowered": (
        lambda h: replace(h, leaves=h.leaves[:-1], head=replace(h.head, count=2)),
        "proof-head",
    ),
}


@pytest.mark.parametrize("attack", HISTORY_ATTACKS)
def test_a_history_with_a_gap_or_of_another_object_does_not_verify(
    full, with_prover, check, attack
) -> None:
    change, kind = HISTORY_ATTACKS[attack]
    history: ObjectHistory = change(with_prover().history(EXHIBIT))
    assert [found.kind for found in verify_history(history, full.key, check)] == [kind]


def test_the_heads_of_an_older_checkpoint_do_not_hide_newer_leaves(
    full, with_prover, check
) -> None:
    """Rollback: the old heads with the new checkpoint are refused."""
    old, new = with_prover(full.old.size).history(EXHIBIT), with_prover().history(EXHIBIT)
    mixed = replace(new, leaves=new.leaves[:2], heads=old.heads, head=old.head)
    assert [found.kind for found in verify_history(mixed, full.key, check)] == ["proof-inclusion"]


def test_another_vaults_key_verifies_nothing(full, with_prover, check, key_of) -> None:
    other = replace(full.key, public_key=key_of(9).public_key)
    prover = with_prover()
    found = [
        *verify_proof(prover.entry(full.first[0]), other, check),
        *verify_history(prover.history(EXHIBIT), other, check),
        *verify_continuation(prover.continuation(full.old.size), other, check),
    ]
    assert [finding.kind for finding in found] == ["checkpoint-signature"] * 3


def test_with_keys_at_hand_the_entrys_own_signature_is_checked(full, with_prover, check) -> None:
    proof = with_prover().entry(full.first[0])
    assert [f.kind for f in verify_proof(proof, full.key, check, {})] == ["ledger-key-unknown"]
    wrong = {full.jo.key: full.ab.public_key}
    assert [f.kind for f in verify_proof(proof, full.key, check, wrong)] == ["ledger-signature"]


def test_a_consistency_proof_the_other_way_round_does_not_verify(full, with_prover, check) -> None:
    proof = with_prover().continuation(full.old.size)
    swapped = ConsistencyProof(proof.new, proof.old, proof.hashes)
    cut = replace(proof, hashes=proof.hashes[:-1])
    for attack in (swapped, cut):
        kinds = [finding.kind for finding in verify_continuation(attack, full.key, check)]
        assert kinds == ["proof-consistency"]


def test_what_no_checkpoint_covers_has_no_proof_yet(full, with_prover) -> None:
    with pytest.raises(LanternError, match="does not cover the entry"):
        with_prover().entry(full.third[0])
    with pytest.raises(LanternError, match="does not cover the entry"):
        with_prover(full.old.size).entry(full.second[0])


def test_an_object_that_the_checkpoint_does_not_know_has_no_history(full, with_prover) -> None:
    with pytest.raises(LanternError, match="knows no exhibit x-none"):
        with_prover().history(ObjectRef(ObjectKind.EXHIBIT, "x-none"))


def test_a_checkpoint_that_is_not_there_is_named(full, with_prover, new_book) -> None:
    with pytest.raises(LanternError, match="no checkpoint of 3 lines"):
        with_prover(3)
    with pytest.raises(LanternError, match="is newer than that of"):
        with_prover(full.old.size).continuation(full.new.size)
    empty = new_book()
    with pytest.raises(LanternError, match="no checkpoint yet"), empty.session() as session:
        Prover(session)


@pytest.mark.parametrize(
    ("sql", "says"),
    [
        ("DELETE FROM ledger_link WHERE object_seq = 1", "are not as it fixed them"),
        ("UPDATE ledger_entry SET leaf = NULL WHERE leaf_index = 1", "Line 1 .* is missing"),
        ("DELETE FROM ledger_node WHERE level = 1", "lacks its node"),
    ],
    ids=["links", "line", "node"],
)
def test_no_proof_is_made_from_a_ledger_that_was_changed(full, sql, says) -> None:
    full.tamper(sql)
    with pytest.raises(LanternError, match=says):
        _prove_all(full)


def _prove_all(book) -> None:
    with book.session() as session:
        prover = Prover(session, book.old.size)
        prover.history(EXHIBIT)
        for entry in book.first:
            prover.entry(entry)
