from __future__ import annotations

import threading

import pytest

from cases.entries import Act, ObjectKind, ObjectRef
from cases.errors import LanternError
from cases.heads import Head, head_hashes
from cases.ledger_reading import read_leaf
from cases.merkle import leaf_hash, root_of
from cases.notes import read_checkpoint, read_note
from cases.sequencer import last_checkpoint, sequence, tree_size, waiting_count


def _leaves(book):
    rows = book.rows("SELECT leaf FROM ledger_entry WHERE leaf IS NOT NULL ORDER BY leaf_index")
    return [read_leaf(raw) for (raw,) in rows]


def _hashes(book):
    rows = book.rows("SELECT leaf FROM ledger_entry WHERE leaf IS NOT NULL ORDER BY leaf_index")
    return [leaf_hash(raw) for (raw,) in rows]


def test_waiting_entries_get_their_leaves_in_the_order_they_came(book, seal_act) -> None:
    ids = book.record(*[seal_act(page) for page in range(5)])
    assert book.sequence() == 5
    assert [leaf.entry.id for leaf in _leaves(book)] == ids
    assert [leaf.index for leaf in _leaves(book)] == [0, 1, 2, 3, 4]
    with book.session() as session:
        assert (tree_size(session), waiting_count(session)) == (5, 0)


def test_nothing_waiting_is_nothing_done(book) -> None:
    assert book.sequence() == 0


def test_each_object_counts_its_leaves_and_names_the_one_before(book) -> None:
    case, job = ObjectRef(ObjectKind.CASE, "c-x"), ObjectRef(ObjectKind.JOB, "j-x")
    book.record(Act("case.open", objects=(case,)), Act("job.start", objects=(case, job)))
    book.sequence()
    book.record(Act("job.stop", objects=(job,)), Act("note", objects=(case,)))
    book.sequence()
    hashes = [hashed.hex() for hashed in _hashes(book)]
    numbers = [{(o.n, o.previous) for o in leaf.objects} for leaf in _leaves(book)]
    assert numbers == [
        {(1, None)},
        {(2, hashes[0]), (1, None)},
        {(2, hashes[1])},
        {(3, hashes[1])},
    ]


def test_many_small_steps_and_one_large_one_make_the_same_tree(book, seal_act) -> None:
    for page in range(13):
        book.record(seal_act(page))
        book.sequence()
    book.record(*[seal_act(page) for page in range(20)])
    book.sequence()
    made = book.checkpoint()
    hashes = _hashes(book)
    assert read_checkpoint(read_note(made.note)).root == root_of(hashes)
    assert made.size == len(hashes) == 34


def test_more_than_one_chunk_is_sequenced_without_a_seam(book, monkeypatch, seal_act) -> None:
    monkeypatch.setattr("cases.sequencer.CHUNK", 7)
    book.record(*[seal_act(page % 3) for page in range(30)])
    assert book.sequence() == 30
    book.checkpoint()
    assert not book.audit()


def test_a_checkpoint_is_preceded_by_the_heads_of_all_objects(book, seal_act) -> None:
    book.record(seal_act(1), seal_act(2), seal_act(1))
    made = book.checkpoint()
    heads_leaf = _leaves(book)[-1]
    hashes = _hashes(book)
    last: dict[str, Head] = {}
    for leaf, hashed in zip(_leaves(book)[:-1], hashes, strict=False):
        last |= {o.id: Head(o.id, o.n, hashed) for o in leaf.objects}
    root = root_of(head_hashes(sorted(last.values(), key=lambda head: head.id)))
    assert made.size == 4
    assert heads_leaf.entry.act == "ledger.heads"
    assert heads_leaf.entry.actor == heads_leaf.entry.vault == book.vault
    assert heads_leaf.signature.key == book.vault_key.key
    assert dict(heads_leaf.entry.refs) == {
        "heads_root": root.hex(),
        "heads_count": "3",
        "heads_size": "3",
    }


def test_a_checkpoint_is_the_last_one_where_nothing_came_since(book, seal_act) -> None:
    book.record(seal_act(1))
    made = book.checkpoint()
    assert book.checkpoint() == made
    with book.session() as session:
        assert last_checkpoint(session) == made
    book.record(seal_act(2))
    assert book.checkpoint().size == made.size + 2


def test_a_checkpoint_of_an_empty_ledger_covers_its_own_heads(book) -> None:
    assert book.checkpoint().size == 1
    assert not book.audit()


def test_a_checkpoint_is_signed_by_the_vault_in_its_own_name(book, check) -> None:
    note = read_note(book.checkpoint().note)
    assert note.holds(book.key, check)
    assert read_checkpoint(note).origin == "darklantern/v-aaaaaaaaaaaaaaaa"


def test_two_sequencers_at_once_give_every_entry_one_place(book, seal_act) -> None:
    def write() -> None:
        for page in range(8):
            book.record(seal_act(page))
            book.sequence()

    threads = [threading.Thread(target=write) for _ in range(3)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    book.checkpoint()
    assert [leaf.index for leaf in _leaves(book)] == list(range(25))
    assert not book.audit()


def test_a_sequencer_stops_at_a_waiting_entry_that_was_changed(book, seal_act) -> None:
    book.record(seal_act(1))
    book.tamper("UPDATE ledger_entry SET entry = :raw", raw=b"{")
    with pytest.raises(LanternError, match="is not as it was written"):
        book.sequence()


def test_a_sequencer_stops_where_an_object_is_lost(book, seal_act) -> None:
    book.record(seal_act(1))
    book.tamper("DELETE FROM ledger_object")
    with pytest.raises(LanternError, match="the catalogue has lost"):
        book.sequence()


def test_a_sequencer_stops_where_the_edge_of_the_tree_is_lost(book, seal_act) -> None:
    book.record(seal_act(1))
    book.sequence()
    book.tamper("DELETE FROM ledger_node")
    with (
        pytest.raises(LanternError, match="lacks its node 0 of level 0"),
        book.session() as session,
    ):
        sequence(session)
