"""People, cases, authorities, notes: each change and its ledger entry in one transaction."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from pathlib import Path

from sqlalchemy.orm import Session

from cases.authorities import (
    AuthorityView,
    NewAuthority,
    add_authority,
    authorities_of,
    cancel,
    named_authority,
)
from cases.authority_types import authority_type
from cases.casebook import (
    CaseView,
    NewCase,
    add_note,
    case_row,
    cases,
    close_case,
    open_case,
    open_case_row,
    view_of,
)
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import AuthorityError, CallerError, UsageError
from cases.holdings import capture_view
from cases.identity import AuthorityId, CaptureId, CaseId, PersonId, Sha256
from cases.models import Authority, Note, Person
from cases.people import PersonView, add_person, people, person_of, register_key
from cases.row_texts import ROW, row_text
from cases.settings import TemplateSection, change_setting
from cases.signing import Signer
from cases.times import rfc3339
from evidence.acting import Acting, own_key


class FormUnreadable(CallerError):
    """The signed form cannot be read."""

    kind = "form-unreadable"


class ApproverKeyMissing(AuthorityError):
    """The approver's key is not at hand, so the approval cannot be signed."""

    kind = "approver-key-missing"


def add_colleague(acting: Acting, code: str, name: str, role: str) -> PersonView:
    """Put a person on record with a key of their own."""
    now = acting.clock()
    with acting.catalogue.writing() as session:
        person = add_person(session, code, name, role, now=now)
        key = acting.keys.create_person(person.id)
        register_key(session, person.id, key, now=now)
        acting.ledger.record(
            session,
            [
                Act(
                    "person.add",
                    S62.COLLECTION,
                    (ObjectRef(ObjectKind.PERSON, person.id),),
                    {"person_key": key.key},
                    {
                        "added": f"{code} {person.name}, {role}",
                        ROW: row_text(session.get_one(Person, person.id)),
                    },
                )
            ],
        )
    return person


def colleagues(acting: Acting) -> list[PersonView]:
    """Everybody on record."""
    with acting.catalogue.reading() as session:
        return people(session)


def open_new_case(acting: Acting, new: NewCase) -> CaseView:
    """Open a case; the acting person is in charge of it (CAP-8)."""
    if new.template is not None:
        template_of(acting, new.template)
    with acting.catalogue.writing() as session:
        row = open_case(session, new, in_charge=acting.person.id, now=acting.clock())
        acting.ledger.record(
            session,
            [_case_act("case.open", row.id, {"reason": new.title, ROW: row_text(row)})],
        )
        return view_of(session, row)


def _case_act(act: str, case: str, texts: dict[str, str]) -> Act:
    return Act(act, None, (ObjectRef(ObjectKind.CASE, case),), {}, texts)


def close_the_case(acting: Acting, reference: str, reason: str) -> CaseView:
    """Close a case: nothing more is collected in it."""
    with acting.catalogue.writing() as session:
        row = close_case(session, reference, now=acting.clock())
        acting.ledger.record(session, [_case_act("case.close", row.id, {"reason": reason})])
        return view_of(session, row)


def all_cases(acting: Acting) -> list[CaseView]:
    """Every case."""
    with acting.catalogue.reading() as session:
        return cases(session)


@dataclass(frozen=True, slots=True)
class CaseFile:
    """A case and its authorities."""

    case: CaseView
    authorities: list[AuthorityView]


def case_file(acting: Acting, reference: str) -> CaseFile:
    """A case with its authorities."""
    with acting.catalogue.reading() as session:
        row = case_row(session, reference)
        return CaseFile(view_of(session, row), authorities_of(session, CaseId(row.id)))


def chosen_case(acting: Acting, named: str | None, environment_case: str | None) -> str:
    """The reference of the case meant: the option, else LANTERN_CASE, else what `use` chose.

    Raises `UsageError` where none is, `CaseUnknown` where there is no such case.
    """
    stated = named or environment_case or acting.vault.settings.defaults.case
    if not stated:
        raise UsageError("Which case? Name it: --case LINDEN, or choose one: lantern use LINDEN")
    with acting.catalogue.reading() as session:
        return case_row(session, stated).reference


def use_case(acting: Acting, reference: str) -> str:
    """Make a case the one meant where none is named."""
    with acting.catalogue.reading() as session:
        found = case_row(session, reference).reference
    change_setting(acting.vault.settings_path, "defaults", "case", found)
    return found


def template_of(acting: Acting, name: str) -> TemplateSection:
    """The template of that name in `lantern.toml`. Raises `UsageError` naming those there are."""
    held = acting.vault.settings.templates
    if name not in held:
        raise UsageError(
            f"There is no template {name!r} in lantern.toml. There are: {', '.join(sorted(held))}."
        )
    return held[name]


@dataclass(frozen=True, slots=True)
class AuthorityForm:
    """An authority as typed: None where the option was left out and a template may fill it."""

    type: str | None
    purpose: str | None
    necessity: str | None
    proportionality: str | None
    scope: tuple[str, ...]
    granted_by: str | None
    until: datetime | None
    granted_at: datetime | None = None
    oral: bool = False
    level: str | None = None
    conduct: str | None = None
    subjects: tuple[str, ...] = ()
    accounts: tuple[str, ...] = ()
    form: Path | None = None
    template: str | None = None
    approver: str | None = None
    renews: AuthorityId | None = None


@dataclass(frozen=True, slots=True)
class Entered:
    """An authority on record, and whether its end should be confirmed with the authorising
    officer.
    """

    authority: AuthorityView
    confirm_end: bool


def enter_authority(acting: Acting, case: str, form: AuthorityForm) -> Entered:
    """Enter an authority, its texts the person's own or their template's (AUT-1).

    With an approver, their key signs the approval (rule: an approval names `--approver AB` and is
    signed by AB's key); without, the authority is recorded as asserted.
    """
    now = acting.clock()
    digest = _form_digest(form.form) if form.form else None
    with acting.catalogue.writing() as session:
        row = open_case_row(session, case)
        new = _filled(acting, form, row.template, digest, now)
        approval = None
        if form.approver is not None:
            approver = person_of(session, form.approver)
            approval = _approval_signer(acting, session, approver.id, form.approver)
            new = replace(new, approver=approver.id, approval="signed")
        authority, confirm = add_authority(session, row, new, by=acting.person.id, now=now)
        text = row_text(session.get_one(Authority, authority.id))
        acting.ledger.record(session, [_authority_act("authority.add", authority, new, text)])
        if approval is not None and new.approver is not None:
            by = replace(acting.ledger, actor=new.approver, signer=approval)
            by.record(session, [_authority_act("authority.approve", authority, new, text)])
        return Entered(authority, confirm)


def _approval_signer(acting: Acting, session: Session, person: PersonId, code: str) -> Signer:
    key = own_key(session, acting.keys, person)
    if key is None:
        raise ApproverKeyMissing(
            f"The key of {code} is not at hand, so their approval cannot be signed. Let {code} run "
            "the command on their machine, or leave out --approver: it is then asserted."
        )
    return key


def _filled(
    acting: Acting,
    form: AuthorityForm,
    case_template: str | None,
    digest: Sha256 | None,
    now: datetime,
) -> NewAuthority:
    name = form.template or (case_template if form.type in (None, "research") else None)
    template = template_of(acting, name) if name else None
    kind = form.type or (template.type if template else "research")
    own = acting.person.name if not authority_type(kind).needs_grant else ""
    granted = form.granted_by or own
    until = form.until
    if until is None and template is not None:
        until = now + timedelta(days=template.days)
    return NewAuthority(
        type=kind,
        purpose=form.purpose or (template.purpose if template else ""),
        necessity=form.necessity or (template.necessity if template else ""),
        proportionality=form.proportionality or (template.proportionality if template else ""),
        scope=form.scope,
        granted_by=granted,
        granted_at=form.granted_at or now,
        mode="oral" if form.oral else "written",
        until=until,
        level=form.level,
        conduct=form.conduct,
        subjects=form.subjects,
        accounts=form.accounts,
        form_sha256=digest,
        for_review=form.oral or kind == "immediate",
        renews=form.renews,
    )


def _form_digest(path: Path) -> Sha256:
    try:
        return Sha256(hashlib.sha256(path.read_bytes()).hexdigest())
    except OSError as fault:
        raise FormUnreadable(f"The form {path} cannot be read: {fault.strerror}.") from None


def _authority_act(act: str, authority: AuthorityView, new: NewAuthority, row: str) -> Act:
    return Act(
        act,
        None,
        (
            ObjectRef(ObjectKind.CASE, authority.case),
            ObjectRef(ObjectKind.AUTHORITY, authority.id),
        ),
        {
            "until": rfc3339(authority.until),
            **({"form_sha256": new.form_sha256} if new.form_sha256 else {}),
        },
        {
            "reason": new.purpose,
            "granted_by": new.granted_by,
            "scope": " ".join(authority.scope),
            "reference": authority.reference,
            ROW: row,
        },
    )


def list_authorities(acting: Acting, case: str) -> list[AuthorityView]:
    """The authorities of a case."""
    return case_file(acting, case).authorities


def cancel_authority(acting: Acting, case: str, named: str, reason: str) -> AuthorityView:
    """Cancel an authority: running jobs under it stop at their next fetch (AUT-8)."""
    with acting.catalogue.writing() as session:
        row = case_row(session, case)
        authority = named_authority(authorities_of(session, CaseId(row.id)), named)
        now = acting.clock()
        cancel(session, authority, now=now)
        acting.ledger.record(
            session,
            [
                Act(
                    "authority.cancel",
                    None,
                    (
                        ObjectRef(ObjectKind.CASE, row.id),
                        ObjectRef(ObjectKind.AUTHORITY, authority.id),
                    ),
                    {"cancelled_at": rfc3339(now)},
                    {"reason": reason, "reference": authority.reference},
                )
            ],
        )
        return named_authority(authorities_of(session, CaseId(row.id)), named)


def renew_authority(acting: Acting, case: str, named: str, form: AuthorityForm) -> Entered:
    """Enter a renewal: a new authority with the old one's words where none are given."""
    with acting.catalogue.reading() as session:
        row = case_row(session, case)
        old = named_authority(authorities_of(session, CaseId(row.id)), named)
        held = session.get_one(Authority, old.id)
        filled = replace(
            form,
            type=form.type or held.type,
            purpose=form.purpose or held.purpose,
            necessity=form.necessity or held.necessity,
            proportionality=form.proportionality or held.proportionality,
            scope=form.scope or tuple(held.scope),
            granted_by=form.granted_by or held.granted_by,
            level=form.level or held.level,
            conduct=form.conduct or held.conduct,
            subjects=form.subjects or tuple(held.subjects),
            accounts=form.accounts or tuple(held.accounts),
            renews=old.id,
        )
    return enter_authority(acting, case, filled)


def keep_note(acting: Acting, case: str, capture: str | None, words: str) -> str:
    """Keep a note on a case or one of its captures; the note's id."""
    with acting.catalogue.writing() as session:
        row = case_row(session, case)
        named = CaptureId(capture) if capture else None
        if named is not None:
            capture_view(session, named)
        note = add_note(session, CaseId(row.id), named, words, acting.person.id, acting.clock())
        objects = [ObjectRef(ObjectKind.CASE, row.id)]
        if named is not None:
            objects.append(ObjectRef(ObjectKind.CAPTURE, named))
        acting.ledger.record(
            session,
            [
                Act(
                    "note.add",
                    None,
                    tuple(objects),
                    {"note": note},
                    {"reason": words, ROW: row_text(session.get_one(Note, note))},
                )
            ],
        )
        return note
