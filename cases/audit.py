"""Recomputes the whole ledger from its leaves in one pass and names everything that is wrong.

Streaming: memory grows with the number of objects, not of lines. One fault gives its own finding
and is then taken as read, so that the rest is still proved.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import Select, and_, func, or_, select
from sqlalchemy.orm import Session

from cases.audit_lines import (
    COLUMNS,
    Heads,
    StoredLine,
    Trust,
    check_heads,
    check_numbers,
    check_signature,
    check_texts_and_links,
    read_line,
)
from cases.audit_marks import (
    HeldNote,
    TreeFacts,
    check_checkpoints,
    check_objects,
    check_strays,
    stored_notes,
)
from cases.entries import HEADS_ACT
from cases.findings import Finding, FindingKind
from cases.identity import Sha256
from cases.ledger_tables import ENTRIES, LINKS, NODES, OBJECTS, TEXTS
from cases.merkle import Growth, Node, leaf_hash
from cases.notes import NoteKey
from cases.signing import SignatureCheck
from cases.times import rfc3339

LAST_PLACE = 2**53 - 1  # the largest index that a leaf can say
CHUNK = 256  # lines read at once, with their texts, links and nodes


@dataclass(slots=True)
class _State:
    """What the lines so far make."""

    trust: Trust
    wanted: frozenset[int]  # sizes at which somebody signed a root
    growth: Growth = field(default_factory=Growth)
    heads: Heads = field(default_factory=Heads)
    next: int = 0  # the index that the next line should have
    broken: bool = False  # a leaf hash is lost for good: roots past it cannot be recomputed
    roots: dict[int, bytes] = field(default_factory=dict)
    heads_times: dict[int, str] = field(default_factory=dict)  # of heads entries, by tree size


def audit(
    session: Session,
    keys: Mapping[Sha256, bytes],
    check: SignatureCheck,
    vault_key: NoteKey,
    holders: Mapping[Sha256, str] | None = None,
    held: Sequence[str] = (),
) -> Iterator[Finding]:
    """Everything that is wrong with the stored ledger, as it is found; nothing, where it is whole.

    `keys` are public keys by their SHA-256; `holders` says whose they are (actor ids), where that
    is to be checked. `held` are checkpoints kept elsewhere (in a bundle, by a witness): against
    them, a log that was cut back together with its own checkpoints shows. Entries that wait are no
    finding (`sequencer.waiting_count`), nor are erased texts.
    """
    trust = Trust.of(keys, holders, vault_key, check)
    notes = [*stored_notes(session), *(HeldNote(None, None, note) for note in held)]
    state = _State(trust, frozenset(size for note in notes for size in note.sizes()))
    for chunk in _sequenced(session):
        yield from _check_chunk(session, state, chunk)
    yield from _check_odd_places(session)
    for chunk in _waiting(session):
        for line in chunk:
            yield from _check_waiting(line, trust)
    yield from _check_extra_nodes(session, state.next)
    facts = TreeFacts(state.next, state.broken, state.roots, state.heads_times)
    yield from check_checkpoints(notes, facts, trust)
    yield from check_objects(session, state.heads)
    yield from check_strays(session)


def _check_chunk(session: Session, state: _State, chunk: Sequence[StoredLine]) -> Iterator[Finding]:
    stored = _nodes_completed(session, state.next, chunk[-1].index or 0)
    for line in chunk:
        index = line.index or 0
        if index > state.next:
            yield from _step_over(state, index, stored)
        yield from _check_line(state, line, stored)
        state.next = index + 1


def _step_over(state: _State, index: int, stored: Mapping[Node, bytes]) -> Iterator[Finding]:
    """Names the lines that are missing before `index`; their hashes may still stand in the tree."""
    last = index - 1
    where = f"line {last}" if last == state.next else f"lines {state.next} to {last}"
    yield Finding(FindingKind.LINE_MISSING, where, "The log has a gap here.")
    while state.next < index and not state.broken:
        hashed = stored.get(Node(0, state.next))
        yield from _grow(state, hashed, stored)
        state.next += 1


def _check_line(state: _State, line: StoredLine, stored: Mapping[Node, bytes]) -> Iterator[Finding]:
    leaf, entry, findings = read_line(line)
    yield from findings
    in_place = leaf is not None and leaf.index == line.index
    if leaf is not None and not in_place:
        says = f"This line says that it is line {leaf.index}."
        yield Finding(FindingKind.REORDERED, line.where, says)
    hashed = _trusted_hash(line, stored, in_place)
    yield from _grow(state, hashed, stored)
    if entry is not None:
        yield from check_signature(line, entry, state.trust)
        yield from check_texts_and_links(line, entry)
    if leaf is not None:
        yield from check_numbers(leaf, state.heads, hashed)
        yield from check_heads(leaf, state.heads, state.trust)
        if leaf.entry.act == HEADS_ACT:
            state.heads_times[leaf.index + 1] = rfc3339(leaf.entry.time)
    elif entry is not None:
        state.heads.step_over(entry, hashed)


def _trusted_hash(line: StoredLine, stored: Mapping[Node, bytes], in_place: bool) -> bytes:
    """The hash to go on with: that of the bytes, unless two others say that they were changed."""
    computed = leaf_hash(line.leaf or b"")
    node = stored.get(Node(0, line.index or 0))
    if in_place and computed in (line.leaf_hash, node):
        return computed
    return node or line.leaf_hash or computed


def _grow(state: _State, hashed: bytes | None, stored: Mapping[Node, bytes]) -> Iterator[Finding]:
    if hashed is None:
        state.broken = True
    if state.broken or hashed is None:
        return
    for node, value in state.growth.append(hashed):
        if stored.get(node) != value:
            says = (
                "It is not what the leaves below it give." if node in stored else "It is missing."
            )
            where = f"node {node.number} of level {node.level}"
            yield Finding(FindingKind.NODE, where, says)
    if state.growth.size in state.wanted:
        state.roots[state.growth.size] = state.growth.root


def _check_waiting(line: StoredLine, trust: Trust) -> Iterator[Finding]:
    _, entry, findings = read_line(line)
    yield from findings
    if line.leaf is not None or line.leaf_hash is not None:
        says = "It has a leaf, yet no place in the log."
        yield Finding(FindingKind.REORDERED, line.where, says)
    if entry is not None:
        yield from check_signature(line, entry, trust)
        yield from check_texts_and_links(line, entry)


def _sequenced(session: Session) -> Iterator[list[StoredLine]]:
    """The lines that have a leaf, by index, in chunks."""
    after: int | None = -1
    while True:
        place = ENTRIES.c.leaf_index
        chosen = select(*COLUMNS).where(place > after, place <= LAST_PLACE)
        chunk = _read(session, chosen.order_by(place).limit(CHUNK))
        if not chunk:
            return
        yield chunk
        after = chunk[-1].index


def _check_odd_places(session: Session) -> Iterator[Finding]:
    """Lines that were moved out of the log. (SQLite sorts a text after every number.)"""
    place = ENTRIES.c.leaf_index
    odd = select(ENTRIES.c.id).where(or_(place < 0, place > LAST_PLACE)).order_by(ENTRIES.c.seq)
    for id_ in session.scalars(odd):
        says = "Its index is no place in the log."
        yield Finding(FindingKind.REORDERED, f"entry {id_}", says)


def _waiting(session: Session) -> Iterator[list[StoredLine]]:
    """The lines that wait, in the order they came, in chunks."""
    after: int | None = None
    while True:
        chosen = select(*COLUMNS).where(ENTRIES.c.leaf_index.is_(None))
        if after is not None:
            chosen = chosen.where(ENTRIES.c.seq > after)
        chunk = _read(session, chosen.order_by(ENTRIES.c.seq).limit(CHUNK))
        if not chunk:
            return
        yield chunk
        after = chunk[-1].seq


def _read(session: Session, chosen: Select[Any]) -> list[StoredLine]:
    """Lines with their texts and links: three queries a chunk."""
    lines = [StoredLine(*row) for row in session.execute(chosen)]
    ids = [line.id for line in lines]
    texts: dict[str, list[tuple[str, str]]] = {}
    links: dict[str, list[str]] = {}
    for entry, name, disclosure in session.execute(
        select(TEXTS.c.entry_id, TEXTS.c.name, TEXTS.c.disclosure).where(TEXTS.c.entry_id.in_(ids))
    ):
        texts.setdefault(entry, []).append((str(name), str(disclosure)))
    for entry, salted in session.execute(
        select(LINKS.c.entry_id, OBJECTS.c.salted)
        .join(OBJECTS, OBJECTS.c.seq == LINKS.c.object_seq, isouter=True)
        .where(LINKS.c.entry_id.in_(ids))
    ):
        links.setdefault(entry, []).append(str(salted))
    return [
        replace(line, texts=texts.get(line.id, ()), links=links.get(line.id, ())) for line in lines
    ]


def _nodes_completed(session: Session, first: int, last: int) -> dict[Node, bytes]:
    """The stored nodes that leaves `first` to `last` complete: node n of level k ends at leaf
    (n + 1) * 2**k - 1.
    """
    bounds = [
        and_(NODES.c.level == level, NODES.c.number.between(first >> level, end - 1))
        for level in range((last + 1).bit_length())
        if (end := (last + 1) >> level) > first >> level
    ]
    if not bounds:
        return {}
    rows = session.execute(select(NODES.c.level, NODES.c.number, NODES.c.hash).where(or_(*bounds)))
    return {Node(level, number): value for level, number, value in rows}


def _check_extra_nodes(session: Session, size: int) -> Iterator[Finding]:
    """Nodes that no lines make: those of lines that were taken away at the end."""
    levels = range(size.bit_length())
    beyond = [and_(NODES.c.level == level, NODES.c.number >= size >> level) for level in levels]
    outside = or_(NODES.c.level >= size.bit_length(), NODES.c.level < 0, NODES.c.number < 0)
    count = session.scalar(select(func.count()).select_from(NODES).where(or_(outside, *beyond)))
    if count:
        says = f"{count} stored nodes belong to no line that is there."
        yield Finding(FindingKind.NODE, "tree", says)
