"""An act on the entities of a case while it is being done: its rows and what it concerns, put on
record as one entry at its end.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from sqlalchemy.orm import Session

from cases.casebook import case_row
from cases.entities import (
    EntityView,
    NewVersion,
    add_version,
    entity_named,
)
from cases.entity_decisions import (
    follow_record,
)
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import CallerError
from cases.identity import CaseId
from cases.models import Case
from cases.pole_rules import Broken, checked, uk_today
from cases.row_texts import ROW, rows_text
from cases.tables import Base
from evidence.acting import Acting

LONGEST_REASON = 2000


class NotAcceptable(CallerError):
    """The candidate cannot become a record, or is one already."""

    kind = "not-acceptable"


@dataclass(frozen=True, slots=True)
class Saved:
    """An entity as an act left it, and the warnings of the rules."""

    entity: EntityView
    warnings: tuple[Broken, ...] = ()
    link: str | None = None


@dataclass(slots=True)
class Deed:
    """An act as it is being done: its rows, refs and objects are put on record at its end."""

    session: Session
    case: Case
    act: str
    s62: S62
    rows: list[Base] = field(default_factory=list)
    refs: dict[str, str] = field(default_factory=dict)
    entities: list[str] = field(default_factory=list)
    reason: str = ""

    @property
    def case_id(self) -> CaseId:
        """The case that is acted in."""
        return CaseId(self.case.id)

    def of(self, view: EntityView) -> EntityView:
        """Note that the act concerns the entity; the entity as it stands now."""
        self.entities.append(view.id)
        self.refs.setdefault("entity", view.id)
        return entity_named(self.session, self.case, view.id)


@contextmanager
def doing(acting: Acting, case: str, act: str, s62: S62, reason: str = "") -> Iterator[Deed]:
    """One transaction that ends with one entry: the act, with every row it made."""
    with acting.catalogue.writing() as session:
        deed = Deed(session, case_row(session, case), act, s62, reason=reason)
        yield deed
        objects = [ObjectRef(ObjectKind.CASE, deed.case.id)]
        objects += [ObjectRef(ObjectKind.ENTITY, each) for each in dict.fromkeys(deed.entities)]
        texts = {ROW: rows_text(deed.rows)} if deed.rows else {}
        if deed.reason:
            texts["reason"] = deed.reason[:LONGEST_REASON]
        done = Act(deed.act, deed.s62, tuple(objects), deed.refs, texts)
        acting.ledger.record(session, [done])


def save_version(
    acting: Acting, deed: Deed, view: EntityView, new: NewVersion, *, follow: bool = True
) -> Saved:
    """A next version of an entity, checked; its candidates follow it."""
    warnings: list[Broken] = []
    if new.standing:
        warnings = checked(new.record.draft(view.pole), today=uk_today(acting.clock()))
    by, now = acting.person.id, acting.clock()
    deed.rows.append(add_version(deed.session, view, new, by=by, now=now))
    if follow:
        deed.rows += follow_record(deed.session, view, new, by=by, now=now)
    saved = deed.of(view)
    deed.refs["version"] = str(saved.version)
    return Saved(saved, tuple(warnings))
