"""Candidates: what models and rules found in a case, with what people have decided on each.

They are read out of `derived.db` at every look and are nobody's record until a person accepts one.
Names fold to one candidate whatever their spelling; the catalogue knows each by a digest. Whatever
passes here is gated, and counted in captures that the acting person may see.
"""

from __future__ import annotations

import re
from collections import Counter, OrderedDict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import dataclass, replace
from threading import Lock

from sqlalchemy.orm import Session

from cases.casebook import case_row
from cases.entities import entities_of, visible_captures
from cases.entity_decisions import MADE, WHOLE, CandidateVerdict, CandidateWord, words_of
from cases.entity_keys import candidate_digest, folded_digest, folded_name, mention_digest
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import CallerError, UsageError
from cases.identity import CaptureId, CaseId, Sha256
from cases.pole import NO_RECORD
from enrich import DerivedStore, FoundName, captures_with, names_found
from evidence.acting import Acting
from gate.text import fold_line
from jobs.contexts import Context, Reading, context_of, names_in

KEPT_CAPTURES = 20  # that a record made of a candidate names: our own limit
_DIGEST = re.compile(r"[0-9a-f]{64}")
STATES = ("open", "decided", "all")

Words = Mapping[tuple[Sha256, Sha256], CandidateWord]


class CandidateUnknown(CallerError):
    """Nothing like it was found in the captures of the case."""

    kind = "candidate-unknown"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A name or identifier that awaits a person's word, or has it. `key` names it in commands."""

    key: str
    label: str
    found_as: str  # the label under which it was found
    name: str
    captures: int
    verdict: CandidateVerdict
    version: int
    entity: str | None  # the reference of its record
    contexts: tuple[Context, ...] = ()


@dataclass(frozen=True, slots=True)
class CandidateAsk:
    """Which candidates are wanted: of one label or all, open or decided, a page of them."""

    label: str | None = None
    state: str = "open"
    limit: int = 50
    offset: int = 0


@dataclass(frozen=True, slots=True)
class CandidatePage:
    """A page of a case's candidates, those of most captures first; how many there are, by label."""

    case: str
    total: int
    labels: tuple[tuple[str, int], ...]
    items: tuple[Candidate, ...]


@dataclass(frozen=True, slots=True)
class _Folded:
    """Spellings that are one candidate, the commonest first."""

    label: str
    digest: Sha256
    spellings: tuple[str, ...]
    captures: int
    first: str


@dataclass(frozen=True, slots=True)
class Resolved:
    """A candidate as an act needs it: what it was called and where it was seen."""

    digest: Sha256
    label: str
    name: str  # as found, not gated: the rules for records decide whether it can be kept
    captures: tuple[CaptureId, ...]


def list_candidates(acting: Acting, case: str, ask: CandidateAsk) -> CandidatePage:
    """A page of a case's candidates, each with one context; one consultation. Raises `CaseUnknown`.

    Labels that make no record (NORP, WORK, MISC) are listed where they are asked for alone.
    """
    if ask.state not in STATES:
        raise UsageError(f"{ask.state[:20]!r} is no state. Choose one of: {', '.join(STATES)}.")
    with acting.catalogue.reading() as session:
        row = case_row(session, case)
        captures = visible_captures(session, CaseId(row.id))
        words, names = words_of(session, CaseId(row.id)), _references(session, CaseId(row.id))
    with closing(DerivedStore(acting.vault.derived)) as store:
        read = Reading(store)
        fitting = [
            each
            for each in _all_folded(store, CaseId(row.id), captures)
            if _state_fits(words.get((each.digest, WHOLE)), ask.state)
        ]
        wanted = [each for each in fitting if _is_asked_for(_label(each, words), ask)]
        shown = wanted[ask.offset : ask.offset + ask.limit]
        items = tuple(_candidate(each, words, names, read) for each in shown)
    counts = Counter(_label(each, words) for each in fitting)
    refs = {"candidates": str(len(wanted)), "shown": str(len(items))}
    objects = (ObjectRef(ObjectKind.CASE, row.id),)
    with acting.act(Act("access", S62.CONSULTATION, objects, refs)):
        pass
    labels = tuple(sorted(counts.items(), key=lambda each: (-each[1], each[0])))
    return CandidatePage(row.reference, len(wanted), labels, items)


def show_candidate(acting: Acting, case: str, key: str) -> Candidate:
    """One candidate with up to `KEPT_CAPTURES` contexts; one consultation. Raises
    `CandidateUnknown`, `CaseUnknown`.
    """
    with acting.catalogue.reading() as session:
        row = case_row(session, case)
        found = resolve(acting, session, CaseId(row.id), key)
        words, names = words_of(session, CaseId(row.id)), _references(session, CaseId(row.id))
    with closing(DerivedStore(acting.vault.derived)) as store:
        read = Reading(store)
        contexts = [
            context
            for capture in found.captures
            for context in _contexts(read, found, capture, words, CaseId(row.id))
        ]
    folded = _Folded(found.label, found.digest, (found.name,), len(found.captures), "")
    refs = {"candidate": found.digest}
    objects = (ObjectRef(ObjectKind.CASE, row.id),)
    with acting.act(Act("access", S62.CONSULTATION, objects, refs)):
        pass
    return replace(_candidate(folded, words, names, None), contexts=tuple(contexts[:50]))


def found_as(acting: Acting, case: str, key: str) -> Resolved:
    """`resolve` before an act begins: to look through a large case takes seconds, in which nobody
    is to wait for the catalogue. Raises `CandidateUnknown`, `CaseUnknown`.
    """
    with acting.catalogue.reading() as session:
        return resolve(acting, session, CaseId(case_row(session, case).id), key)


def resolve(acting: Acting, session: Session, case: CaseId, key: str) -> Resolved:
    """The candidate that a key names: LABEL:NAME, or LABEL:DIGEST as lists give it. Raises
    `CandidateUnknown`.
    """
    label, _, named = key.partition(":")
    captures = visible_captures(session, case)
    with closing(DerivedStore(acting.vault.derived)) as store:
        spellings = [named] if not _DIGEST.fullmatch(named) else []
        seen = captures_with(store, captures, label, spellings, KEPT_CAPTURES) if named else []
        if not seen:
            wanted = named if _DIGEST.fullmatch(named) else candidate_digest(case, label, named)
            found = _all_folded(store, case, captures)
            folded = next((e for e in found if e.label == label and e.digest == wanted), None)
            if folded is None:
                raise CandidateUnknown(
                    f"No {fold_line(label[:40])} {fold_line(named[:80])!r} was found in what you "
                    "may see of this case. List what was: lantern entity list --candidates"
                )
            spellings = list(folded.spellings)
            seen = captures_with(store, captures, label, spellings, KEPT_CAPTURES)
    ordered = tuple(CaptureId(each) for each in seen)
    return Resolved(candidate_digest(case, label, spellings[0]), label, spellings[0], ordered)


def _folded(case: CaseId, found: Sequence[FoundName]) -> Iterator[_Folded]:
    """What was found, spellings that fold alike as one, in the order of the most captures.

    A capture that spells a name in two ways counts for both spellings.
    """
    groups: dict[tuple[str, str], list[FoundName]] = {}
    for each in found:
        if name := folded_name(each.text):
            groups.setdefault((each.label, name), []).append(each)
    counted = [(sum(e.captures for e in group), key) for key, group in groups.items()]
    for count, (label, name) in sorted(counted, key=lambda each: -each[0]):
        group = groups[label, name]
        if len(group) > 1:
            group.sort(key=_commonness)
        digest = folded_digest(case, label, name)
        spellings = tuple(each.text for each in group)
        yield _Folded(label, digest, spellings, count, group[0].first)


_KEPT: OrderedDict[tuple[object, ...], tuple[_Folded, ...]] = OrderedDict()
_KEEPING = Lock()
KEPT_LISTS = 2  # cases whose candidates stay counted in a desk between two looks


def _all_folded(
    store: DerivedStore, case: CaseId, captures: Sequence[CaptureId]
) -> tuple[_Folded, ...]:
    """All candidates of these captures: counted once, and kept until `derived.db` is written to,
    for a person who decides on one asks for the list again at once.
    """
    key = (store.path, store.changed(), case, tuple(captures))
    with _KEEPING:
        if key in _KEPT:
            _KEPT.move_to_end(key)
            return _KEPT[key]
    counted = tuple(_folded(case, names_found(store, captures)))
    with _KEEPING:
        _KEPT[key] = counted
        while len(_KEPT) > KEPT_LISTS:
            _KEPT.popitem(last=False)
    return counted


def _commonness(each: FoundName) -> tuple[int, bool, bool, bool, str]:
    """Spellings of most captures first; of as many, those with a hidden sign, in capitals or
    without any last.
    """
    text = each.text
    return (-each.captures, fold_line(text) != text, text.isupper(), text.islower(), text)


def _label(each: _Folded, words: Words) -> str:
    word = words.get((each.digest, WHOLE))
    return (word.to_label if word else None) or each.label


def _is_asked_for(label: str, ask: CandidateAsk) -> bool:
    return label == ask.label if ask.label is not None else label not in NO_RECORD


def _state_fits(word: CandidateWord | None, state: str) -> bool:
    decided = word is not None and word.verdict in (*MADE, CandidateVerdict.REJECTED)
    return state == "all" or decided is (state == "decided")


def _references(session: Session, case: CaseId) -> dict[str, str]:
    return {view.id: view.reference for view in entities_of(session, case)}


def _candidate(
    each: _Folded, words: Words, names: Mapping[str, str], read: Reading | None
) -> Candidate:
    word = words.get((each.digest, WHOLE))
    name = each.spellings[0]
    shown = fold_line(name)
    candidate = Candidate(
        key=f"{each.label}:{name if shown == name else each.digest}",
        label=_label(each, words),
        found_as=each.label,
        name=shown,
        captures=each.captures,
        verdict=word.verdict if word else CandidateVerdict.OPEN,
        version=word.version if word else 0,
        entity=names.get(word.entity) if word and word.entity else None,
    )
    if read is None:
        return candidate
    found = Resolved(each.digest, each.label, name, ())
    first = _contexts(read, found, CaptureId(each.first), {}, CaseId(""))
    return replace(candidate, contexts=tuple(first[:1]))


def _contexts(
    read: Reading, found: Resolved, capture: CaptureId, words: Words, case: CaseId
) -> list[Context]:
    contexts = []
    for text, place in read.places(capture, found.label, folded_name(found.name)):
        digest = mention_digest(case, capture, place, text)
        word = words.get((found.digest, digest))
        rejected = word is not None and word.verdict is CandidateVerdict.REJECTED
        contexts.append(context_of(read.enrichment(capture), capture, place, text, rejected))
    return contexts


_PLACE = re.compile(
    r"(x-[a-z2-7]{16}):(page|link:[0-9]{1,6}|image:[0-9a-f]{64}):([0-9]{1,12})-([0-9]{1,12})"
)


def mention_of(
    acting: Acting, session: Session, case: CaseId, found: Resolved, place: str
) -> tuple[Sha256, CaptureId]:
    """The digest of one mention of a candidate, and its capture. Raises `CandidateUnknown`."""
    wanted = _PLACE.fullmatch(place)
    capture = CaptureId(wanted[1]) if wanted else CaptureId("")
    if capture and visible_captures(session, case, [capture]):
        with closing(DerivedStore(acting.vault.derived)) as store:
            enrichment = store.get(capture)
        for label, text, at in names_in(enrichment) if enrichment else ():
            if f"{capture}:{at[0]}:{at[1]}-{at[2]}" == place and (
                (label, folded_name(text)) == (found.label, folded_name(found.name))
            ):
                return mention_digest(case, capture, at, text), capture
    raise CandidateUnknown(
        f"The candidate does not stand at {fold_line(place[:120])!r}. See where it does: "
        "lantern entity show LABEL:NAME"
    )
