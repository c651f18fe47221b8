"""Everything proved again: evidence against catalogue, catalogue against ledger, ledger against
keys.

One pass, all problems typed. A lone WARC is proved by the manifests inside it, without a vault.
"""

from __future__ import annotations

import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import AbstractContextManager
from pathlib import Path

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from cases.audit import audit
from cases.captures import SealedCapture
from cases.catalogue import CatalogueDamaged, CatalogueUnusable, sqlite_url
from cases.entries import Act
from cases.errors import CallerError, LanternError
from cases.holdings import sealed_captures
from cases.identity import Sha256
from cases.job_book import RUNNING, jobs_of
from cases.ledger_tables import LedgerEntry
from cases.models import Key
from cases.notes import NoteKey, origin_of
from cases.people import keys_of, public_keys
from cases.row_texts import row_differences
from cases.sequencer import sequence, waiting_count
from cases.settings import DatabaseSection
from cases.vault import SETTINGS_FILE, Vault, find_vault
from evidence.acting import Acting, open_acting
from evidence.keys import signature_holds
from evidence.problems import Problem, Tally
from evidence.restricted import OpeningsStore
from evidence.verify import verify_evidence
from evidence.verify_lone import verify_warc
from jobs.bundle_verifying import bundle_verdict, is_bundle
from jobs.standing_rows import standing_faults
from jobs.sweeping import sweep_dead_jobs
from jobs.verdicts import Fault, Verdict
from jobs.workplace import Named

NOTE_LIMIT_BYTES = 64 << 10


class NothingToVerify(CallerError):
    """The path is neither a vault nor a WARC."""

    kind = "nothing-to-verify"


class CheckpointUnusable(CallerError):
    """A checkpoint held elsewhere that cannot be read, or that only a vault can be held against."""

    kind = "checkpoint-unusable"


def verify(named: Named, path: Path | None, held: Sequence[Path] = ()) -> Verdict:
    """The verdict on a vault (named, or the folder `path`), an exhibit bundle, a lone WARC, or a
    folder of WARCs.

    `held` are files of checkpoints that were handed out before: against them a ledger shows that
    was written anew with the vault's own key, or rolled back with everything else.
    Where the catalogue cannot be used, each WARC is proved by its own manifests, and the catalogue
    is a problem. On a read-only medium the catalogue is read from a copy, and the verification is
    not put on the ledger. Raises `NothingToVerify` for a path that is none of these,
    `CheckpointUnusable`, and what finding the vault and its operator raises.
    """
    notes = [_held_note(each) for each in held]
    if notes and path is not None and not (path / SETTINGS_FILE).is_file():
        raise CheckpointUnusable(
            f"{path} has no ledger of its own; a checkpoint is held against a vault. "
            "Leave --checkpoint out, or name the vault."
        )
    if path is not None and path.is_file():
        return _lone(str(path), [path])
    if path is not None and is_bundle(path):
        return bundle_verdict(named, path)
    if path is not None and not (path / SETTINGS_FILE).is_file():
        warcs = sorted(p for p in path.rglob("*") if p.name.endswith((".warc", ".warc.gz")))
        if not warcs:
            raise NothingToVerify(
                f"{path} is neither a vault (a folder with {SETTINGS_FILE}) nor a WARC file, and "
                "holds none."
            )
        return _lone(str(path), warcs)
    if path is not None:
        named = Named(named.environment, named.here, str(path), named.operator, named.keys)
    vault = find_vault(named.vault, named.environment, named.here)
    try:
        if not os.access(vault.root, os.W_OK):
            return _read_only(vault, named, notes)
        with _acting(vault, named) as acting:
            sweep_dead_jobs(acting)
            verdict = _vault(acting, vault.restricted, notes)
            verdict.problems += _recorded(acting, verdict)
        return verdict
    except (CatalogueDamaged, CatalogueUnusable) as fault:
        verdict = _lone(str(vault.root), sorted(vault.evidence.rglob("*.warc.gz")))
        verdict.problems.insert(0, Fault("catalogue-damaged", "catalogue", fault.says))
        return verdict


def _acting(vault: Vault, named: Named) -> AbstractContextManager[Acting]:
    return open_acting(vault, named.operator, keys=named.keys, environment=named.environment)


def _read_only(vault: Vault, named: Named, held: Sequence[str]) -> Verdict:
    """A vault on a medium that cannot be written: the databases are read from copies."""
    with tempfile.TemporaryDirectory(prefix="lantern-verify-") as folder:
        for name in ("catalogue.db", "catalogue.db-wal", "restricted.db", "restricted.db-wal"):
            if (vault.root / name).is_file():
                shutil.copy(vault.root / name, folder)
        url = vault.settings.database.url or sqlite_url(Path(folder, "catalogue.db"))
        database = DatabaseSection(url=url)
        settings = vault.settings.model_copy(update={"database": database})
        with _acting(Vault(vault.root, settings), named) as acting:
            verdict = _vault(acting, Path(folder, "restricted.db"), held)
    verdict.recorded = False
    return verdict


def _lone(what: str, paths: Sequence[Path]) -> Verdict:
    tally = Tally()
    problems = [_fault(found) for path in paths for found in verify_warc(path, tally=tally)]
    return Verdict(
        what, tally.records, tally.bytes, tally.captures, problems=problems, recorded=False
    )


def _fault(problem: Problem) -> Fault:
    return Fault(str(problem.kind), problem.where, problem.says)


def _vault(acting: Acting, restricted: Path, held: Sequence[str] = ()) -> Verdict:
    tally = Tally()
    verdict = Verdict(str(acting.vault.root))
    with acting.catalogue.reading() as session:
        unfinished = [job.id for job in jobs_of(session, None, state=RUNNING)]
        seals = _seals_on_record(session)
        captures = list(_checked(sealed_captures(session), seals, verdict.problems))
        openings = OpeningsStore(restricted) if captures else None
        found = verify_evidence(
            acting.vault.evidence,
            captures,
            openings=openings,
            unfinished=unfinished,
            tally=tally,
        )
        verdict.problems += [_fault(problem) for problem in found]
        verdict.problems += [
            Fault("capture-missing", record, "Its seal is on the ledger, its row is gone.")
            for record in sorted(record for record, _, _ in seals)
        ]
        verdict.problems += list(_ledger_faults(acting, session, held))
        verdict.problems += [
            Fault(_ROW_KINDS.get(found.table, f"catalogue-{found.table}"), found.row, found.says)
            for found in row_differences(session)
        ]
        verdict.problems += list(standing_faults(session))
        verdict.waiting = waiting_count(session)
        verdict.entries = _entries(session)
        if openings is not None:
            openings.close()
    verdict.records, verdict.bytes, verdict.captures = tally.records, tally.bytes, len(captures)
    return verdict


_ROW_KINDS = {
    "person": "catalogue-person",
    "investigation": "catalogue-case",
    "authority": "catalogue-authority",
    "job": "catalogue-job",
    "note": "catalogue-note",
    "exhibit": "catalogue-exhibit",
    "exhibit_gap": "catalogue-exhibit-gap",
}
Seal = tuple[str, str, str]  # manifest's record, block digest, member digest


def _seals_on_record(session: Session) -> set[Seal]:
    seals = set()
    rows = session.scalars(select(LedgerEntry.entry).where(LedgerEntry.act == "capture.seal"))
    for raw in rows:
        try:
            refs = json.loads(raw)["refs"]
            seals.add(
                (refs["manifest_record"], refs["manifest_sha256"], refs["manifest_member_sha256"])
            )
        except (ValueError, KeyError, TypeError):
            continue  # the audit names the entry that cannot be read
    return seals


def _checked(
    captures: Iterator[SealedCapture], seals: set[Seal], problems: list[Fault]
) -> Iterator[SealedCapture]:
    """Pass the captures on; name those whose seal is not on the ledger, strike out those that
    are.
    """
    for capture in captures:
        if not capture.records:
            problems.append(
                Fault("catalogue-record", capture.capture, "The rows of its records are gone.")
            )
            continue
        manifest = capture.manifest
        problems += [
            Fault("catalogue-record", record.record, f"Its row names another file, {record.file}.")
            for record in capture.records
            if record.file != manifest.file
        ]
        seal = (manifest.record, capture.manifest_sha256, manifest.member_sha256)
        if seal in seals:
            seals.discard(seal)
        else:
            problems.append(
                Fault(
                    "seal-missing",
                    capture.capture,
                    "The ledger holds no seal of this capture with these digests.",
                )
            )
        yield capture


def _entries(session: Session) -> int:
    return session.scalar(select(func.count()).select_from(LedgerEntry)) or 0


def _held_note(path: Path) -> str:
    try:
        with path.open("rb") as opened:
            raw = opened.read(NOTE_LIMIT_BYTES + 1)
        if len(raw) <= NOTE_LIMIT_BYTES:
            return raw.decode("utf-8")
        fault = "it is too long to be one"
    except OSError as error:
        fault = error.strerror or str(error)
    except UnicodeDecodeError:
        fault = "it is not text"
    raise CheckpointUnusable(
        f"No checkpoint can be read from {path}: {fault}. Give a file that "
        "`lantern ledger checkpoint` wrote."
    )


def _ledger_faults(acting: Acting, session: Session, held: Sequence[str]) -> Iterator[Fault]:
    vault = acting.vault
    registered = keys_of(session, vault.id)
    yield from _planted_keys(session)
    at_hand = acting.keys.vault()
    if at_hand is not None and at_hand.key not in registered:
        yield Fault(
            "vault-key",
            str(acting.keys.folder),
            "The vault's key is not the one on record in the catalogue.",
        )
    public = at_hand.public_key if at_hand else next(iter(registered.values()), None)
    if public is None:
        yield Fault("vault-key", "catalogue", "The catalogue holds no key of the vault.")
        return
    findings = audit(
        session,
        public_keys(session),
        signature_holds,
        NoteKey(origin_of(vault.id), public),
        holders=_holders(session),
        held=held,
    )
    for finding in findings:
        yield Fault(str(finding.kind), finding.where, finding.says)


def _planted_keys(session: Session) -> Iterator[Fault]:
    """Keys in the catalogue that no entry brought in: whoever holds one could sign as its owner."""
    brought: set[str] = set()
    brings = LedgerEntry.act.in_(("vault.init", "person.add"))
    for raw in session.scalars(select(LedgerEntry.entry).where(brings)):
        try:
            refs = json.loads(raw)["refs"]
            brought |= {refs.get("vault_key"), refs.get("person_key")}
        except (ValueError, KeyError, TypeError, AttributeError):
            continue  # the audit names the entry that cannot be read
    for key in session.scalars(select(Key).order_by(Key.sha256)):
        if key.sha256 not in brought:
            yield Fault("planted-key", key.sha256, f"No entry of the ledger gave {key.owner} it.")


def _holders(session: Session) -> dict[Sha256, str]:
    return {
        Sha256(digest): owner for digest, owner in session.execute(select(Key.sha256, Key.owner))
    }


def _recorded(acting: Acting, verdict: Verdict) -> list[Fault]:
    """Put the verification itself on the ledger; where the ledger cannot take it, say so."""
    refs = {
        "records": str(verdict.records),
        "bytes": str(verdict.bytes),
        "problems": str(len(verdict.problems)),
    }
    try:
        with acting.act(Act("verify", None, (), refs)):
            pass
        with acting.catalogue.writing() as session:
            sequence(session)
    except LanternError as fault:
        return [Fault("verify-unrecorded", "ledger", fault.says)]
    return []
