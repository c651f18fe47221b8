# ruff: noqa: E501 - a table of attacks reads best with one SQL statement a line
from __future__ import annotations

import json

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select
from sqlalchemy.orm import Session

from cases.canonical import canonical
from cases.commitments import disclose
from cases.entries import EntrySignature, entry_message, leaf_bytes
from cases.ledger_reading import read_leaf
from cases.ledger_tables import ENTRIES
from cases.merkle import leaf_hash
from cases.notes import read_note, sign_note
from cases.proofs import verify_continuation, verify_proof
from cases.proving import Prover
from cases.sequencer import StoredCheckpoint


@pytest.fixture
def full(book, seal_act):
    """Twelve lines, two checkpoints among them, then two lines after and one that waits."""
    book.record(*[seal_act(page % 3) for page in range(5)])
    book.checkpoint()
    book.record(*[seal_act(page % 3) for page in range(3)])
    book.record(seal_act(9), pen=book.pen(None, host="desk-2"))
    book.checkpoint()
    book.record(seal_act(1), seal_act(2))
    book.sequence()
    book.record(seal_act(4))
    assert not book.audit()
    return book


def test_a_ledger_as_written_has_nothing_wrong(full) -> None:
    assert full.audit() == []


def test_waiting_entries_are_no_finding(book, seal_act) -> None:
    book.record(seal_act(1))
    assert book.audit() == []


TAMPERS = [
    # what an attacker does to the file, and the kind that must be among the findings
    ("UPDATE ledger_entry SET act = 'case.close' WHERE leaf_index = 3", "ledger-entry-changed"),
    ("UPDATE ledger_entry SET time = replace(time, '2026', '2025') WHERE leaf_index = 3", "ledger-entry-changed"),
    ("UPDATE ledger_entry SET s62 = NULL WHERE leaf_index = 3", "ledger-entry-changed"),
    ("UPDATE ledger_entry SET actor = 'p-abaaaaaaaaaaaaaa' WHERE leaf_index = 3", "ledger-entry-changed"),
    ("UPDATE ledger_entry SET id = 'e-zzzzzzzzzzzzzzzz' WHERE leaf_index = 3", "ledger-entry-changed"),
    ("UPDATE ledger_entry SET entry = replace(entry, 'capture.seal', 'capture.sell') WHERE leaf_index = 3", "ledger-entry-changed"),
    ("UPDATE ledger_entry SET signature = zeroblob(64) WHERE leaf_index = 3", "ledger-entry-changed"),
    ("UPDATE ledger_entry SET signature_key = NULL, signature = NULL WHERE leaf_index = 3", "ledger-entry-changed"),
    ("UPDATE ledger_entry SET leaf = replace(leaf, 'capture.seal', 'capture.sell') WHERE leaf_index = 3", "ledger-leaf-changed"),
    ("UPDATE ledger_entry SET leaf = x'00' WHERE leaf_index = 3", "ledger-leaf-changed"),
    ("UPDATE ledger_entry SET leaf = NULL WHERE leaf_index = 3", "ledger-leaf-changed"),
    ("UPDATE ledger_entry SET leaf_hash = zeroblob(32) WHERE leaf_index = 3", "ledger-leaf-changed"),
    ("UPDATE ledger_entry SET leaf_hash = NULL WHERE leaf_index = 3", "ledger-leaf-changed"),
    ("UPDATE ledger_entry SET leaf_index = 1099511627776 WHERE leaf_index = 3", "ledger-line-missing"),
    ("UPDATE ledger_entry SET leaf_index = -4 WHERE leaf_index = 3", "ledger-reordered"),
    ("UPDATE ledger_entry SET leaf_index = 'three' WHERE leaf_index = 3", "ledger-reordered"),
    ("UPDATE ledger_entry SET leaf_index = NULL WHERE leaf_index = 3", "ledger-reordered"),
    ("UPDATE ledger_entry SET leaf_index = leaf_index + 1 WHERE leaf_index = 12", "ledger-reordered"),
    ("DELETE FROM ledger_entry WHERE leaf_index = 0", "ledger-line-missing"),
    ("DELETE FROM ledger_entry WHERE leaf_index = 3", "ledger-line-missing"),
    ("DELETE FROM ledger_entry WHERE leaf_index = 3", "ledger-number"),
    ("DELETE FROM ledger_entry WHERE leaf_index >= 8", "ledger-truncated"),
    ("DELETE FROM ledger_entry WHERE leaf_index >= 11", "object-count"),
    ("DELETE FROM ledger_entry WHERE leaf_index IS NULL", "text-changed"),
    ("DELETE FROM ledger_entry", "ledger-truncated"),
    ("UPDATE ledger_entry SET signature = zeroblob(64) WHERE leaf_index IS NULL", "ledger-signature"),
    ("UPDATE ledger_entry SET signature_key = NULL, signature = NULL WHERE leaf_index IS NULL", "ledger-signature"),
    ("UPDATE ledger_entry SET entry = replace(entry, 'capture.seal', 'capture.sell') WHERE leaf_index IS NULL", "ledger-signature"),
    ("UPDATE ledger_entry SET leaf = x'00' WHERE leaf_index IS NULL", "ledger-reordered"),
    ("UPDATE ledger_node SET hash = zeroblob(32) WHERE level = 0 AND number = 3", "ledger-node"),
    ("UPDATE ledger_node SET hash = zeroblob(32) WHERE level = 2 AND number = 1", "ledger-node"),
    ("DELETE FROM ledger_node WHERE level = 1 AND number = 2", "ledger-node"),
    ("UPDATE ledger_node SET level = 40 WHERE level = 0 AND number = 3", "ledger-node"),
    ("INSERT INTO ledger_node VALUES (0, 99, zeroblob(32))", "ledger-node"),
    ("UPDATE ledger_checkpoint SET note = replace(note, '6', '7')", "checkpoint-signature"),
    ("UPDATE ledger_checkpoint SET note = 'x'", "checkpoint-unreadable"),
    ("UPDATE ledger_checkpoint SET size = size + 1 WHERE size = 6", "checkpoint-changed"),
    ("UPDATE ledger_checkpoint SET time = replace(time, '2026', '2025') WHERE size = 6", "checkpoint-changed"),
    ("DELETE FROM ledger_checkpoint WHERE size = 6", "checkpoint-missing"),
    ("UPDATE ledger_object SET ref = ref || 'x' WHERE seq = 1", "object-changed"),
    ("UPDATE ledger_object SET kind = 'job' WHERE seq = 1", "object-changed"),
    ("UPDATE ledger_object SET kind = 'x' WHERE seq = 1", "object-changed"),
    ("UPDATE ledger_object SET salt = zeroblob(16) WHERE seq = 1", "object-changed"),
    ("UPDATE ledger_object SET salt = 'x' WHERE seq = 1", "object-changed"),
    ("UPDATE ledger_object SET lookup = zeroblob(32) WHERE seq = 1", "object-changed"),
    ("UPDATE ledger_object SET salted = 'x' WHERE seq = 1", "object-missing"),
    ("UPDATE ledger_object SET leaf_count = leaf_count + 1 WHERE seq = 1", "object-count"),
    ("UPDATE ledger_object SET last_leaf = zeroblob(32) WHERE seq = 1", "object-count"),
    ("DELETE FROM ledger_object WHERE seq = 2", "object-missing"),
    ("UPDATE ledger_link SET object_seq = 2 WHERE object_seq = 1 AND entry_id = (SELECT id FROM ledger_entry WHERE leaf_index = 11)", "link-changed"),
    ("DELETE FROM ledger_link WHERE object_seq = 2", "link-changed"),
    ("UPDATE ledger_link SET entry_id = 'e-none' WHERE object_seq = 5", "link-changed"),
    ("UPDATE ledger_text SET name = 'query' WHERE name = 'reason'", "text-changed"),
    ("UPDATE ledger_text SET disclosure = 'x' WHERE name = 'reason'", "text-changed"),
    ("UPDATE ledger_text SET disclosure = 'é' WHERE name = 'reason'", "text-changed"),
    ("UPDATE ledger_text SET entry_id = 'e-none' WHERE name = 'reason' AND entry_id = (SELECT id FROM ledger_entry WHERE leaf_index = 0)", "text-changed"),
]  # fmt: skip


@pytest.mark.promise("P-1")
@pytest.mark.promise("P-2")
@pytest.mark.standard("CAP-3")
@pytest.mark.standard("DPA-2")
@pytest.mark.parametrize(("sql", "kind"), TAMPERS, ids=[sql[:90] for sql, _ in TAMPERS])
def test_every_change_to_the_stored_ledger_is_found_by_its_own_kind(full, sql, kind) -> None:
    assert full.tamper(sql) > 0
    assert kind in full.kinds()


def test_a_change_of_one_byte_in_a_stored_leaf_is_one_finding_with_its_place(full) -> None:
    full.tamper("UPDATE ledger_entry SET leaf_hash = zeroblob(32) WHERE leaf_index = 3")
    assert [(found.kind, found.where) for found in full.audit()] == [
        ("ledger-leaf-changed", "line 3")
    ]


def test_one_lost_line_does_not_take_the_proof_of_the_others_with_it(full) -> None:
    full.tamper("DELETE FROM ledger_entry WHERE leaf_index = 3")
    kinds = full.kinds()
    assert "ledger-line-missing" in kinds
    assert not kinds & {"checkpoint-root", "ledger-node", "ledger-truncated"}


def test_a_line_lost_with_its_hash_leaves_roots_that_cannot_be_recomputed(full) -> None:
    full.tamper("DELETE FROM ledger_entry WHERE leaf_index = 3")
    full.tamper("DELETE FROM ledger_node WHERE level = 0 AND number = 3")
    found = {(finding.kind.value, finding.where) for finding in full.audit()}
    assert ("ledger-line-missing", "line 3") in found
    assert ("checkpoint-root", "checkpoint 6") in found


@pytest.mark.promise("P-2")
@pytest.mark.standard("CAP-3")
def test_two_lines_swapped_are_found_as_reordered(full) -> None:
    full.tamper("UPDATE ledger_entry SET leaf_index = -1 WHERE leaf_index = 2")
    full.tamper("UPDATE ledger_entry SET leaf_index = 2 WHERE leaf_index = 4")
    full.tamper("UPDATE ledger_entry SET leaf_index = 4 WHERE leaf_index = -1")
    reordered = [found.where for found in full.audit() if found.kind == "ledger-reordered"]
    assert reordered == ["line 2", "line 4"]


def test_a_leaf_rewritten_with_its_hashes_is_found_against_the_checkpoint(full) -> None:
    """Whoever has the file can make lines, nodes and counts agree; not the vault's signature."""
    leaf = full.rows("SELECT leaf FROM ledger_entry WHERE leaf_index = 3")[0][0]
    forged = leaf.replace(b"capture.seal", b"capture.sell")
    full.tamper(
        "UPDATE ledger_entry SET leaf = :leaf, leaf_hash = :hash WHERE leaf_index = 3",
        leaf=forged,
        hash=leaf_hash(forged),
    )
    full.tamper(
        "UPDATE ledger_node SET hash = :hash WHERE level = 0 AND number = 3", hash=leaf_hash(forged)
    )
    found = full.audit()
    assert {"checkpoint-root", "ledger-node", "ledger-entry-changed"} <= full.kinds()
    assert {f.where for f in found if f.kind == "checkpoint-root"} == {
        "checkpoint 6",
        "checkpoint 11",
    }


def _resign(book, key) -> None:
    raw = book.rows("SELECT entry FROM ledger_entry WHERE leaf_index IS NULL")[0][0]
    book.tamper(
        "UPDATE ledger_entry SET signature_key = :key, signature = :value WHERE leaf_index IS NULL",
        key=key.key,
        value=key.sign(entry_message(raw)),
    )


def test_an_entry_signed_again_by_an_unknown_key_is_found(full, key_of) -> None:
    _resign(full, key_of(9))
    assert full.kinds() == {"ledger-key-unknown"}


def test_an_entry_signed_again_by_somebody_elses_key_is_found(full) -> None:
    _resign(full, full.ab)
    assert full.kinds() == {"ledger-signer"}


def test_a_line_signed_again_differs_from_its_leaf(full) -> None:
    leaf = read_leaf(full.rows("SELECT leaf FROM ledger_entry WHERE leaf_index = 3")[0][0])
    raw = canonical(leaf.entry.document())
    value = full.ab.sign(entry_message(raw))
    forged = leaf_bytes(3, raw, EntrySignature(full.ab.key, value), leaf.objects)
    full.tamper("UPDATE ledger_entry SET leaf = :leaf WHERE leaf_index = 3", leaf=forged)
    assert {"ledger-leaf-changed", "ledger-entry-changed"} <= full.kinds()


def test_a_checkpoint_signed_by_another_key_is_found(full, key_of) -> None:
    note = read_note(full.rows("SELECT note FROM ledger_checkpoint WHERE size = 6")[0][0])
    forged = sign_note(note.text, note.signatures[0].name, key_of(9))
    full.tamper("UPDATE ledger_checkpoint SET note = :n WHERE size = 6", n=forged.written())
    assert full.kinds() == {"checkpoint-signature"}


def test_a_text_replaced_by_another_well_formed_one_is_found(full) -> None:
    other = disclose("reason", "something else", bytes(16)).text
    full.tamper("UPDATE ledger_text SET disclosure = :other WHERE name = 'reason'", other=other)
    assert full.kinds() == {"text-changed"}


@pytest.mark.promise("P-2")
def test_lines_cut_off_with_their_checkpoint_show_against_one_held_elsewhere(book, seal_act):
    """Inside the file this attack leaves nothing: only a checkpoint that left it tells."""
    book.record(seal_act(1))
    book.checkpoint()
    book.record(seal_act(1))
    held = book.checkpoint().note
    hashed = book.rows("SELECT leaf_hash FROM ledger_entry WHERE leaf_index = 0")[0][0]
    for table, what in (
        ("text", "entry_id IN (SELECT id FROM ledger_entry WHERE leaf_index >= 2)"),
        ("link", "entry_id IN (SELECT id FROM ledger_entry WHERE leaf_index >= 2)"),
        ("entry", "leaf_index >= 2"),
        ("checkpoint", "size > 2"),
        ("node", "(level = 0 AND number >= 2) OR (level = 1 AND number >= 1) OR level >= 2"),
    ):
        assert book.tamper(f"DELETE FROM ledger_{table} WHERE {what}") > 0
    book.tamper("UPDATE ledger_object SET leaf_count = 1, last_leaf = :hash", hash=hashed)
    assert book.audit() == []
    assert book.kinds(held) == {"ledger-truncated"}


@pytest.mark.promise("P-2")
def test_a_log_that_was_forked_shows_against_a_checkpoint_held_elsewhere(
    book, new_book, seal_act
) -> None:
    other = new_book()
    for fork, page in ((book, 1), (other, 2)):
        fork.record(seal_act(page))
        fork.checkpoint()
    held = other.checkpoint().note
    assert book.kinds(held) == {"checkpoint-root"}


def test_a_heads_entry_that_left_an_object_out_is_found(book, seal_act) -> None:
    book.record(seal_act(1), seal_act(2))
    book.sequence()
    book.tamper("UPDATE ledger_object SET leaf_count = 0 WHERE seq = 3")
    book.checkpoint()
    assert "heads-root" in book.kinds()


def test_an_entry_of_another_vault_is_found(full) -> None:
    raw = full.rows("SELECT entry FROM ledger_entry WHERE leaf_index IS NULL")[0][0]
    foreign = canonical({**json.loads(raw), "vault": "v-bbbbbbbbbbbbbbbb"})
    full.tamper("UPDATE ledger_entry SET entry = :e WHERE leaf_index IS NULL", e=foreign)
    assert full.kinds() == {"ledger-foreign", "ledger-signature"}


def test_an_audit_reads_in_chunks_without_a_seam(book, monkeypatch, seal_act) -> None:
    monkeypatch.setattr("cases.audit.CHUNK", 3)
    book.record(*[seal_act(page % 4) for page in range(20)])
    book.checkpoint()
    book.record(*[seal_act(page % 4) for page in range(7)])
    assert book.audit() == []
    book.tamper("DELETE FROM ledger_entry WHERE leaf_index BETWEEN 5 AND 9")
    assert ("ledger-line-missing", "lines 5 to 9") in {(f.kind, f.where) for f in book.audit()}


# Every column that an audit can check against something else. `seq` orders what waits and says
# nothing once a line has its place; flipping a byte of any other must be found.
COLUMNS = [
    *[("ledger_entry", c) for c in ("id", "time", "act", "s62", "actor", "entry", "signature_key")],
    *[("ledger_entry", c) for c in ("signature", "leaf", "leaf_hash")],
    *[("ledger_text", c) for c in ("entry_id", "name", "disclosure")],
    *[("ledger_object", c) for c in ("lookup", "kind", "ref", "salt", "salted", "last_leaf")],
    ("ledger_link", "entry_id"),
    ("ledger_node", "hash"),
    *[("ledger_checkpoint", c) for c in ("time", "note")],
]


@pytest.mark.promise("P-1")
@given(
    where=st.sampled_from(COLUMNS), row=st.integers(0), byte=st.integers(0), bit=st.integers(0, 6)
)
@settings(max_examples=80, deadline=None)
def test_a_flip_of_any_bit_of_any_stored_value_is_found(new_book, seal_act, where, row, byte, bit):
    table, column = where
    book = new_book()
    book.record(seal_act(1), seal_act(2))
    book.checkpoint()
    book.record(seal_act(1))
    values = book.rows(f"SELECT {column} FROM {table} WHERE {column} IS NOT NULL")
    value = values[row % len(values)][0]
    raw = bytearray(value if isinstance(value, bytes) else value.encode())
    raw[byte % len(raw)] ^= 1 << bit
    flipped = bytes(raw) if isinstance(value, bytes) else raw.decode("ascii", "replace")
    book.tamper(f"UPDATE {table} SET {column} = :new WHERE {column} = :old", new=flipped, old=value)
    assert book.audit() != []
    book.engine.dispose()


class LedgerMachine(RuleBasedStateMachine):
    """Random acts, sequencing, checkpoints and erasures: what may go on in a vault."""

    new_book: object = None
    seal_act: object = None
    check: object = None

    def __init__(self) -> None:
        super().__init__()
        self.book = type(self).new_book()
        self.entries: list[str] = []
        self.checkpoints: list[StoredCheckpoint] = []
        self.pages: set[int] = set()

    @rule(pages=st.lists(st.integers(0, 5), min_size=1, max_size=6), signed=st.booleans())
    def acts(self, pages: list[int], signed: bool) -> None:
        pen = self.book.pen(self.book.jo if signed else None, host="desk-1")
        self.entries += self.book.record(*map(type(self).seal_act, pages), pen=pen)
        self.pages.update(pages)

    @rule()
    def sequencing(self) -> None:
        self.book.sequence()

    @rule()
    def checkpoint(self) -> None:
        made = self.book.checkpoint()
        if made not in self.checkpoints:
            self.checkpoints.append(made)

    @precondition(lambda self: self.entries)
    @rule(data=st.data())
    def erasure(self, data: st.DataObject) -> None:
        entry = data.draw(st.sampled_from(self.entries))
        with self.book.session() as session:
            self.book.pen(self.book.jo).erase_texts(session, entry)

    @precondition(lambda self: self.checkpoints)
    @rule(data=st.data())
    def proofs(self, data: st.DataObject) -> None:
        chosen = data.draw(st.sampled_from(self.checkpoints))
        old = data.draw(st.sampled_from(self.checkpoints))
        key, check = self.book.key, type(self).check
        with Session(self.book.engine) as session:
            prover = Prover(session, chosen.size)
            covered = session.execute(
                select(ENTRIES.c.id).where(ENTRIES.c.leaf_index < chosen.size)
            ).scalars()
            keys = {**self.book.keys, self.book.vault_key.key: self.book.vault_key.public_key}
            for entry in covered:
                assert verify_proof(prover.entry(entry), key, check, keys) == []
            if old.size <= chosen.size:
                assert verify_continuation(prover.continuation(old.size), key, check) == []

    @invariant()
    def nothing_is_wrong(self) -> None:
        assert self.book.audit(*[made.note for made in self.checkpoints]) == []

    def teardown(self) -> None:
        self.book.engine.dispose()


def test_whatever_goes_on_in_a_vault_its_ledger_holds(new_book, seal_act, check) -> None:
    machine = type(
        "Machine",
        (LedgerMachine,),
        {
            "new_book": staticmethod(new_book),
            "seal_act": staticmethod(seal_act),
            "check": staticmethod(check),
        },
    )
    run_state_machine_as_test(
        machine, settings=settings(max_examples=15, stateful_step_count=15, deadline=None)
    )
