from __future__ import annotations

import json

import pytest

from cases.entries import S62, Act, ObjectKind, ObjectRef, entry_message
from cases.errors import LanternError
from cases.ledger import open_texts
from cases.ledger_reading import read_entry
from cases.sequencer import waiting_count


def _entries(book):
    return [read_entry(raw) for (raw,) in book.rows("SELECT entry FROM ledger_entry ORDER BY seq")]


@pytest.mark.standard("DPA-1")
def test_an_entry_says_who_when_what_and_to_which_object(book, seal_act) -> None:
    (entry_id,) = book.record(seal_act(1))
    (entry,) = _entries(book)
    assert (entry.id, entry.actor, entry.act) == (entry_id, "p-joaaaaaaaaaaaaaa", "capture.seal")
    assert entry.s62 is S62.COLLECTION
    assert entry.time == book.clock.now
    assert len(entry.objects) == 2


@pytest.mark.promise("P-13")
def test_an_entry_is_signed_where_the_key_is_at_hand_and_asserted_where_not(book, check) -> None:
    book.record(Act("case.open"), pen=book.pen(book.jo))
    book.record(Act("case.open"), pen=book.pen(None))
    rows = book.rows("SELECT entry, signature_key, signature FROM ledger_entry ORDER BY seq")
    (raw, key, signature), (bare, no_key, no_signature) = rows
    assert read_entry(raw).auth == "signed"
    assert key == book.jo.key
    assert check(book.jo.public_key, entry_message(raw), signature)
    assert read_entry(bare).auth == "asserted"
    assert (no_key, no_signature) == (None, None)


def test_what_the_caller_undoes_leaves_no_entry(book, seal_act) -> None:
    with book.session() as session:
        book.pen(book.jo).record(session, [seal_act(1)])
        session.rollback()
    tables = ("entry", "text", "link", "object")
    assert [book.rows(f"SELECT count(*) FROM ledger_{table}") for table in tables] == [[(0,)]] * 4


def test_entries_wait_in_the_order_of_the_acts(book, seal_act) -> None:
    ids = book.record(*[seal_act(page) for page in range(30)])
    assert [id_ for (id_,) in book.rows("SELECT id FROM ledger_entry ORDER BY seq")] == ids
    with book.session() as session:
        assert waiting_count(session) == 30


def test_nothing_to_record_is_nothing_done(book) -> None:
    assert book.record() == []


def test_an_object_keeps_its_salt_through_batches_and_acts(book, seal_act) -> None:
    book.record(seal_act(1), seal_act(1), seal_act(2))
    book.record(seal_act(1))
    entries = _entries(book)
    assert entries[0].objects == entries[1].objects == entries[3].objects
    assert len(set(entries[0].objects) & set(entries[2].objects)) == 1  # the case
    assert book.rows("SELECT count(*), count(DISTINCT salt) FROM ledger_object") == [(3, 3)]


def test_more_objects_than_one_question_holds_are_found_again(book) -> None:
    refs = tuple(ObjectRef(ObjectKind.CAPTURE, f"k-{number}") for number in range(1200))
    book.record(Act("access", objects=refs))
    book.record(Act("access", objects=refs))
    first, second = _entries(book)
    assert len(first.objects) == 1200
    assert first.objects == second.objects


def test_an_object_named_twice_by_one_act_counts_once(book) -> None:
    case = ObjectRef(ObjectKind.CASE, "c-x")
    book.record(Act("note", objects=(case, case)))
    assert len(_entries(book)[0].objects) == 1


def test_an_address_longer_than_an_index_can_hold_is_an_object_like_any_other(book) -> None:
    address = ObjectRef.address("c-x", "https://example.test/" + "a" * 100_000)
    book.record(Act("access", objects=(address,)))
    book.record(Act("access", objects=(address,)))
    assert book.rows("SELECT count(*) FROM ledger_object") == [(1,)]


@pytest.mark.promise("P-12")
def test_no_text_stands_in_the_entry_and_each_opens_its_commitment(book, seal_act) -> None:
    pen = book.pen(book.jo, host="desk-1", os_account="jo", operator_name="Jo Smith")
    (id_,) = book.record(seal_act(1, reason="the seller of 07700 900123"), pen=pen)
    (raw,) = book.rows("SELECT entry FROM ledger_entry")[0]
    assert not any(word in raw for word in (b"07700", b"desk-1", b"Smith", b"seller"))
    with book.session() as session:
        opened = open_texts(session, [id_])
    assert opened == {
        id_: {
            "host": "desk-1",
            "operator_name": "Jo Smith",
            "os_account": "jo",
            "reason": "the seller of 07700 900123",
        }
    }


@pytest.mark.promise("P-12")
def test_a_reveal_looks_like_any_look(book) -> None:
    capture = ObjectRef(ObjectKind.CAPTURE, "k-x")
    look = Act("access", S62.CONSULTATION, (capture,))
    reveal = Act("access", S62.CONSULTATION, (capture,), texts={"reveal": "1", "reason": "triage"})
    book.record(look, reveal)
    shapes = []
    for (raw,) in book.rows("SELECT entry FROM ledger_entry ORDER BY seq"):
        document = json.loads(raw)
        shapes.append((len(raw), document.keys(), document["act"], len(document["texts"]["_sd"])))
    assert shapes[0] == shapes[1]


def test_odd_bytes_of_an_argument_are_spelt_out_in_a_text(book) -> None:
    (id_,) = book.record(Act("search", texts={"query": "caf\udce9"}))
    with book.session() as session:
        assert open_texts(session, [id_])[id_]["query"] == "caf\\udce9"


@pytest.mark.parametrize(
    ("act", "says"),
    [
        (Act("search", texts={f"t{n}": "" for n in range(8)}), "at most 8 texts.*has 9"),
        (Act("search", texts={"host": "other"}), "a text named host"),
        (Act("No Word"), "dotted lower-case word"),
        (Act("search", objects=(ObjectRef(ObjectKind.CASE, "\udcff"),)), "not Unicode"),
        (Act("search", refs={"a": "\udcff"}), "no canonical form"),
    ],
    ids=["too many texts", "a name taken", "not a word", "object", "ref"],
)
def test_an_act_that_cannot_be_recorded_is_refused_and_nothing_is_added(book, act, says) -> None:
    with pytest.raises(LanternError, match=says):
        book.record(Act("case.open"), act)
    assert book.rows("SELECT count(*) FROM ledger_entry") == [(0,)]


@pytest.mark.standard("DPA-1")
def test_an_erased_text_is_gone_its_commitment_stays_and_the_erasure_is_on_record(
    book, seal_act
) -> None:
    (id_,) = book.record(seal_act(1, reason="a name"))
    before = book.rows("SELECT entry FROM ledger_entry")
    with book.session() as session:
        erased = book.pen(book.ab, "p-abaaaaaaaaaaaaaa").erase_texts(
            session, id_, ["reason"], "asked by the person"
        )
    assert erased == 1
    assert book.rows("SELECT name FROM ledger_text WHERE entry_id = :id", id=id_) == [("host",)]
    _, erasure = _entries(book)
    assert book.rows("SELECT entry FROM ledger_entry ORDER BY seq")[:1] == before
    assert (erasure.act, erasure.s62, dict(erasure.refs)) == (
        "ledger.erase",
        S62.ERASURE,
        {"entry": id_},
    )
    assert not book.audit()


def test_all_texts_of_an_entry_can_be_erased_at_once(book, seal_act) -> None:
    (id_,) = book.record(seal_act(1))
    with book.session() as session:
        assert book.pen(book.jo).erase_texts(session, id_) == 2


def test_an_entry_that_is_not_there_cannot_be_erased(book) -> None:
    with pytest.raises(LanternError, match="no ledger entry e-none"), book.session() as session:
        book.pen(book.jo).erase_texts(session, "e-none")
