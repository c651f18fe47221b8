"""What people say of candidates, and how it is taken back: each act on the ledger.

Nothing here changes evidence or what was derived from it. A candidate becomes a record when a
person accepts it (POL-3), checked against the rules of the POLE standard (POL-2).
"""

from __future__ import annotations

from dataclasses import dataclass, replace

from cases.entities import (
    EntityRecord,
    EntityView,
    NewVersion,
    add_entity,
    entities_of,
    entity_named,
    versions_of,
)
from cases.entity_decisions import (
    MADE,
    WHOLE,
    CandidateVerdict,
    CandidateWord,
    NewWord,
    add_word,
    words_on,
)
from cases.entity_links import (
    end_link,
    links_of,
    refuse_orphan,
)
from cases.entity_merges import MergeRefused, merges_of, undo_merge
from cases.entries import S62
from cases.errors import CallerError, UsageError
from cases.identity import Sha256
from cases.pole import Pole, becomes, is_name
from cases.pole_rules import checked, uk_today
from evidence.acting import Acting
from jobs.candidates import Resolved, found_as, mention_of
from jobs.deeds import Deed, NotAcceptable, Saved, doing, save_version


class NothingToUndo(CallerError):
    """Nothing was decided that could be taken back."""

    kind = "nothing-to-undo"


@dataclass(frozen=True, slots=True)
class Accepting:
    """How a candidate is to be kept: under which name and subtype, or as another name of `into`."""

    name: str | None = None
    subtype: str | None = None
    into: str | None = None
    seen: int | None = None


def accept(acting: Acting, case: str, key: str, how: Accepting | None = None) -> Saved:
    """Make a candidate a record, or another name of one. Raises `NotAcceptable`,
    `CandidateUnknown`, `CandidateChanged`, `RecordRefused`.
    """
    how = how or Accepting()
    s62 = S62.COMBINATION if how.into else S62.ALTERATION
    found = found_as(acting, case, key)
    with doing(acting, case, "entity.accept", s62) as deed:
        held = _held(deed, found)
        if held is not None and held.verdict in MADE:
            raise NotAcceptable(f"{key[:80]!r} was accepted already. See: lantern entity list")
        label = (held.to_label if held else None) or found.label
        made = becomes(label)
        if made is None:
            raise NotAcceptable(
                f"What is labelled {label} becomes nobody's record (DPA-6). Where the label is "
                "wrong, say what it is: lantern entity relabel"
            )
        keep = _joined if how.into else _made
        saved, verdict = keep(acting, deed, found, how, made)
        word = NewWord(
            deed.case_id,
            found.digest,
            found.label,
            verdict,
            held.to_label if held else None,
            saved.entity.id,
            seen=how.seen,
        )
        deed.rows.append(add_word(deed.session, word, by=acting.person.id, now=acting.clock()))
        deed.refs |= {"candidate": found.digest, "verdict": str(verdict)}
        return saved


def _made(
    acting: Acting, deed: Deed, found: Resolved, how: Accepting, made: tuple[Pole, str | None]
) -> tuple[Saved, CandidateVerdict]:
    pole, subtype = made
    name = " ".join((how.name if how.name is not None else found.name).split())
    record = EntityRecord(name, how.subtype or subtype, captures=found.captures)
    warnings = checked(record.draft(pole), today=uk_today(acting.clock()))
    row, version = add_entity(
        deed.session, deed.case_id, pole, record, by=acting.person.id, now=acting.clock()
    )
    deed.rows += [row, version]
    view = deed.of(entity_named(deed.session, deed.case, row.id))
    return Saved(view, tuple(warnings)), CandidateVerdict.ACCEPTED


def _joined(
    acting: Acting, deed: Deed, found: Resolved, how: Accepting, made: tuple[Pole, str | None]
) -> tuple[Saved, CandidateVerdict]:
    view = entity_named(deed.session, deed.case, how.into or "")
    if view.pole is not made[0]:
        raise NotAcceptable(
            f"{view.reference} is a {view.pole.says}, and what was found is a {made[0].says}: "
            "accept it, then tie them by a link."
        )
    alias = " ".join(found.name.split())
    record = replace(
        view.record,
        aliases=tuple(dict.fromkeys([*view.record.aliases, alias])),
        captures=tuple(dict.fromkeys([*view.record.captures, *found.captures])),
    )
    saved = save_version(acting, deed, view, NewVersion(record), follow=False)
    return saved, CandidateVerdict.JOINED


def _held(deed: Deed, found: Resolved, mention: Sha256 = WHOLE) -> CandidateWord | None:
    said = words_on(deed.session, deed.case_id, found.digest, mention)
    return said[-1] if said else None


@dataclass(frozen=True, slots=True)
class Turning:
    """A word against a candidate, or against one mention of it (`place`, as contexts name it)."""

    reason: str = ""
    place: str | None = None
    seen: int | None = None


def reject(acting: Acting, case: str, key: str, how: Turning | None = None) -> CandidateWord:
    """Say that a candidate, or one mention of it, is none. Raises `CandidateUnknown`,
    `CandidateChanged`, `NotAcceptable` for one that is a record.
    """
    return _turn(acting, case, key, None, how or Turning())


def relabel(
    acting: Acting, case: str, key: str, label: str, how: Turning | None = None
) -> CandidateWord:
    """Say that a candidate is of another label: ORG, not PERSON. Raises as `reject` does."""
    if not is_name(label):
        raise UsageError(f"{label[:20]!r} is no label of names: PERSON, ORG, LOC, EVENT, PRODUCT.")
    return _turn(acting, case, key, label, how or Turning())


def _turn(acting: Acting, case: str, key: str, label: str | None, how: Turning) -> CandidateWord:
    act = "entity.relabel" if label else "entity.reject"
    found = found_as(acting, case, key)
    with doing(acting, case, act, S62.ALTERATION, how.reason) as deed:
        if label and not is_name(found.label):
            raise NotAcceptable(f"{found.label} was found by rule and checked: it is no name.")
        mention, capture = WHOLE, None
        if how.place:
            mention, capture = mention_of(acting, deed.session, deed.case_id, found, how.place)
        held = _held(deed, found, mention)
        if held is not None and held.verdict in MADE:
            raise NotAcceptable(
                f"{key[:80]!r} is a record: take that back first: lantern entity undo"
            )
        verdict = CandidateVerdict.RELABELLED if label else CandidateVerdict.REJECTED
        kept = label or (held.to_label if held else None)
        word = NewWord(
            *(deed.case_id, found.digest, found.label, verdict, kept, None, mention, capture),
            seen=how.seen,
        )
        deed.rows.append(add_word(deed.session, word, by=acting.person.id, now=acting.clock()))
        deed.refs |= {"candidate": found.digest, "verdict": str(verdict)}
        return words_on(deed.session, deed.case_id, found.digest, mention)[-1]


def undo(acting: Acting, case: str, named: str, reason: str = "") -> str:
    """Take back the newest act on what is named: an entity (P_001), a candidate (LABEL:NAME), a
    merge (m-…) or a link (k-…); one line of what holds now. Raises `NothingToUndo` and as the acts
    do.
    """
    found = found_as(acting, case, named) if ":" in named else None
    with doing(acting, case, "entity.undo", S62.ALTERATION, reason) as deed:
        by, now = acting.person.id, acting.clock()
        if named.startswith("m-"):
            row = undo_merge(deed.session, deed.case_id, named, by=by, now=now)
            deed.rows.append(row)
            deed.entities += [row.kept, *row.merged]
            deed.refs["merge"] = named
            return "Each stands for itself again."
        if named.startswith("k-"):
            ended = end_link(deed.session, deed.case_id, named, by=by, now=now)
            deed.rows.append(ended)
            deed.entities += [ended.from_entity, ended.to_entity]
            deed.refs["link"] = named
            return "The link is taken back."
        if found is not None:
            return _undo_candidate(acting, deed, found)
        view = entity_named(deed.session, deed.case, named)
        if view.version == 1:
            return _restored(acting, deed, view, NewVersion(view.record, standing=False))
        history = versions_of(deed.session, view)
        before = next((each for each in history if each.version == view.version - 1), None)
        if before is None:
            raise NothingToUndo(f"What {named} said before is not for you to see.")
        return _restored(acting, deed, view, NewVersion(before.record, standing=before.standing))


def _restored(acting: Acting, deed: Deed, view: EntityView, new: NewVersion) -> str:
    if not new.standing:
        _refuse_tied(deed, view)
    elif not new.record.captures:
        held = entities_of(deed.session, deed.case_id)
        refuse_orphan(replace(view, record=new.record), links_of(deed.session, deed.case_id, held))
    saved = save_version(acting, deed, view, new)
    stands = "stands as it did before" if new.standing else "is taken back"
    return f"{saved.entity.reference} {stands} (version {saved.entity.version})."


def _refuse_tied(deed: Deed, view: EntityView) -> None:
    """What other records lean on is not taken back under them."""
    merges = merges_of(deed.session, deed.case_id)
    for merged, (kept, made) in merges.items():
        if view.id in (merged, kept):
            raise MergeRefused(f"{view.reference} is merged: lantern entity undo {made}")
    for each in links_of(deed.session, deed.case_id, entities_of(deed.session, deed.case_id)):
        if view.id in (each.from_entity, each.to_entity):
            raise MergeRefused(f"{view.reference} is linked: lantern entity undo {each.id}")


def _undo_candidate(acting: Acting, deed: Deed, found: Resolved) -> str:
    said = words_on(deed.session, deed.case_id, found.digest)
    if not said:
        raise NothingToUndo(f"Nothing was decided on {found.name[:80]!r}.")
    newest = said[-1]
    if newest.verdict in MADE and newest.entity is not None:
        view = entity_named(deed.session, deed.case, newest.entity)
        if newest.verdict is CandidateVerdict.ACCEPTED:
            return _restored(acting, deed, view, NewVersion(view.record, standing=False))
        alias = " ".join(found.name.split()).casefold()
        left = tuple(each for each in view.record.aliases if each.casefold() != alias)
        return _restored(acting, deed, view, NewVersion(replace(view.record, aliases=left)))
    before = said[-2] if len(said) > 1 else None
    is_open = before is None or before.verdict in MADE  # its record is taken back by itself
    word = NewWord(
        deed.case_id,
        found.digest,
        found.label,
        CandidateVerdict.OPEN if is_open or before is None else before.verdict,
        before.to_label if before else None,
    )
    deed.rows.append(add_word(deed.session, word, by=acting.person.id, now=acting.clock()))
    deed.refs |= {"candidate": found.digest, "verdict": str(word.verdict)}
    return f"The candidate is {word.verdict} again."
