"""Exports of exhibits: the bundle and the viewing copy, each a disclosure on the ledger.

The order never bends. The slices are copied first, into a folder beside the destination. Then, in
one transaction, the pages are made from the ledger as it stands, every file's digest goes into
`bundle.json`, its digest into the lines of the disclosure, and a checkpoint is signed over them.
Only then are the proofs written and the folder put in its place. So a bundle that left is on
record, whatever happens at whatever moment; a record without a bundle is possible (a crash, a
full disk in between), and where the program lives to tell it, `export.failed` follows.
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from pathlib import Path

from sqlalchemy.orm import Session

import evidence.verifier.verify as verifier
from cases.canonical import Json, canonical
from cases.casebook import case_row
from cases.continuity import actors_on, signing_keys
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import LanternError, UsageError
from cases.exhibits import exhibits_named, gaps_of
from cases.identity import CaseId, Sha256
from cases.notes import NoteKey, origin_of
from cases.people import keys_of
from cases.proofs import ObjectHistory, verify_history
from cases.proving import Prover
from cases.sequencer import checkpoint, sequence
from cases.times import rfc3339
from evidence.acting import Acting
from evidence.age_stream import Recipient, RecipientMissing, encrypting, read_recipients
from evidence.bag import Bag
from evidence.bundle_proofs import (
    history_document,
    key_files,
    ledger_document,
    note_by_hand,
    seal_by_hand,
)
from evidence.bundle_sinks import FolderSink, Sink, TarSink
from evidence.capture_slice import CaptureSlice, capture_slice
from evidence.destinations import built_beside, checked_destination
from evidence.keys import signature_holds
from jobs.exhibit_documents import bundle_documents
from jobs.exhibit_pictures import covered_in
from jobs.exhibit_reading import HeldExhibit, damaged, held_exhibits
from products.how_to import CheckedExhibit, how_to_verify

BUNDLE = "darklantern-bundle/1"
CIPHERTEXT = "bundle.tar.age"
README = """\
An exhibit bundle of Dark Lantern, encrypted with age (https://age-encryption.org).

To open it, with the recipient's secret key in key.txt:

    sha256sum -c SHA256SUMS
    age -d -i key.txt bundle.tar.age | tar -x

A folder named bundle comes out. Read HOW-TO-VERIFY.md in it. It may hold disturbing pictures, which
is why it is encrypted: open it where it cannot be seen by chance.
"""


@dataclass(frozen=True, slots=True)
class Exported:
    """What left. `sha256` is of `SHA256SUMS`, or of the encrypted file; `covered` counts pictures
    that the gate covers; `withheld` other captures of the exhibits' addresses, listed alone.
    """

    bundle: Path
    sha256: Sha256
    encrypted: bool
    covered: int
    withheld: int
    exhibits: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class _Order:
    """What is to be exported, read before anything is written."""

    case: ObjectRef
    case_reference: str
    held: tuple[HeldExhibit, ...]
    slices: tuple[CaptureSlice, ...]
    recipients: tuple[Recipient, ...]


@dataclass(frozen=True, slots=True)
class _Filled:
    """A bundle whose files are all written."""

    sha256: Sha256
    bundle_sha256: Sha256
    withheld: int


def export_bundle(
    acting: Acting,
    case_ref: str,
    references: Sequence[str],
    to: Path,
    recipients: Sequence[str] = (),
) -> Exported:
    """Write the exhibit bundle of these exhibits to `to`, encrypted where recipients are named.

    Raises `RecipientMissing` where covered material would leave in clear, `DestinationRefused`,
    `RecipientRefused`, `ExhibitUnknown`, `KeyMissing`, `EvidenceDamaged`, `ExportFailed`.
    """
    acting.keys.needed_vault()
    target = destination(acting, to)
    chosen = read_recipients(recipients)
    case, held = exhibits_to_export(acting, case_ref, references)
    covered = sum(covered_in(acting, each.capture) for each in held)
    if covered and not chosen:
        raise RecipientMissing(
            f"The exhibits hold {covered} picture{'s' if covered != 1 else ''} that the gate "
            "covers, so the bundle leaves encrypted or not at all. Name who may open it: "
            "--recipient age1…",
            covered=covered,
        )
    slices = tuple(capture_slice(acting.vault.evidence, each.capture) for each in held)
    reference = str(held[0].record["case_reference"])
    asked = _Order(case, reference, held, slices, tuple(chosen))
    with built_beside(target) as part:
        filled = _encrypted(acting, asked, part) if chosen else _plain(acting, asked, part)
    _record_finish(acting, asked, filled)
    names = tuple(each.view.reference for each in held)
    return Exported(target, filled.sha256, bool(chosen), covered, filled.withheld, names)


def destination(acting: Acting, to: Path) -> Path:
    """The checked folder that an export goes to: never inside the vault or the keys."""
    return checked_destination(to, (acting.vault.root, acting.keys.folder.parent))


def exhibits_to_export(
    acting: Acting, case_ref: str, references: Sequence[str]
) -> tuple[ObjectRef, tuple[HeldExhibit, ...]]:
    """The case and those of its exhibits. Raises `UsageError` where none is named."""
    if not references:
        raise UsageError("Name the exhibits: --exhibits JS/1,JS/2")
    with acting.catalogue.reading() as session:
        case = case_row(session, case_ref)
        views = exhibits_named(session, case, references)
        return ObjectRef(ObjectKind.CASE, case.id), tuple(held_exhibits(session, views))


def _plain(acting: Acting, asked: _Order, part: Path) -> _Filled:
    return _fill(acting, asked, FolderSink(part))


def _encrypted(acting: Acting, asked: _Order, part: Path) -> _Filled:
    """Nothing of the bundle touches the disk but as ciphertext."""
    path = part / CIPHERTEXT
    with encrypting(path, asked.recipients) as stream:
        sink = TarSink(stream)
        filled = _fill(acting, asked, sink)
        sink.close()
    (part / "README.txt").write_text(README, encoding="utf-8")
    with path.open("rb") as file:
        sha256 = Sha256(hashlib.file_digest(file, "sha256").hexdigest())
    readme = hashlib.sha256(README.encode()).hexdigest()
    sums = f"{readme}  README.txt\n{sha256}  {CIPHERTEXT}\n"
    (part / "SHA256SUMS").write_text(sums, encoding="utf-8")
    return replace(filled, sha256=sha256)


def _fill(acting: Acting, asked: _Order, sink: Sink) -> _Filled:
    """Every file of the bundle, in the order that the module's first lines give."""
    bag = Bag(sink)
    for each, slice_ in zip(asked.held, asked.slices, strict=True):
        folder = f"data/exhibits/{each.view.safe_name}"
        bag.add_stream(f"{folder}/capture.warc.gz", slice_.size_bytes, slice_.pieces())
        bag.add(f"{folder}/manifest.json", slice_.manifest)
    disclosed = _disclose(acting, asked, bag)
    try:
        for path, content in disclosed.files.items():
            bag.add(path, content)
        for path, content in _proofs(acting, asked, disclosed).items():
            bag.add(path, content)
        sums = bag.finish(_bag_info(acting, disclosed))
    except BaseException:
        _record_failure(acting, asked, disclosed.bundle_sha256)
        raise
    return _Filled(sums, disclosed.bundle_sha256, disclosed.withheld)


@dataclass(frozen=True, slots=True)
class _Disclosed:
    """A disclosure on record: the files that it fixes, the checkpoint that covers it, the keys."""

    files: dict[str, bytes]
    bundle_sha256: Sha256
    withheld: int
    size: int
    at: str
    keys: Mapping[Sha256, tuple[str, bytes]]


def _disclose(acting: Acting, asked: _Order, bag: Bag) -> _Disclosed:
    """One transaction: the pages as the ledger stands, the disclosure's lines, a checkpoint."""
    signer = acting.keys.needed_vault()
    with acting.catalogue.writing() as session:
        sequence(session)
        gaps = gaps_of(session, CaseId(asked.case.id))
        blocks = [slice_.manifest for slice_ in asked.slices]
        made = bundle_documents(session, asked.held, blocks, gaps)
        keys = _keys_concerned(session, acting, asked)
        now = rfc3339(acting.clock())
        files = {**made.files, **_guides(session, acting, asked, keys)}
        contents = {**bag.digests, **{path: _sha256(raw) for path, raw in files.items()}}
        document = _bundle_document(acting, asked, keys, now, contents)
        digest = _sha256(document)
        acting.ledger.record(session, _disclosures(asked, digest))
        noted = checkpoint(session, acting.vault.id, signer, acting.clock)
    files["data/bundle.json"] = document
    return _Disclosed(files, digest, made.withheld, noted.size, now, keys)


def _sha256(raw: bytes) -> Sha256:
    return Sha256(hashlib.sha256(raw).hexdigest())


def _keys_concerned(
    session: Session, acting: Acting, asked: _Order
) -> dict[Sha256, tuple[str, bytes]]:
    """The public keys of the vault and of everybody who did something to these objects."""
    refs = {ref for each in asked.held for ref in each.objects}
    owners = sorted(actors_on(session, refs) | {acting.person.id, acting.vault.id})
    found: dict[Sha256, tuple[str, bytes]] = {}
    for owner in owners:
        found |= {name: (owner, public) for name, public in keys_of(session, owner).items()}
    return found


def _bundle_document(
    acting: Acting,
    asked: _Order,
    keys: Mapping[Sha256, tuple[str, bytes]],
    now: str,
    contents: Mapping[str, Sha256],
) -> bytes:
    exhibits: list[Json] = [
        {
            "reference": each.view.reference,
            "safe_name": each.view.safe_name,
            "exhibit": each.view.id,
            "capture": each.view.capture,
            "manifest_sha256": each.view.manifest_sha256,
        }
        for each in asked.held
    ]
    listed: list[Json] = [
        {"key": name, "owner": owner, "public": public.hex()}
        for name, (owner, public) in sorted(keys.items())
    ]
    return canonical(
        {
            "format": BUNDLE,
            "vault": acting.vault.id,
            "case": asked.case.id,
            "case_reference": asked.case_reference,
            "made": now,
            "exhibits": exhibits,
            "keys": listed,
            "restricted": "withheld",
            "files": dict(contents),
        }
    )


def _disclosures(asked: _Order, bundle: Sha256) -> list[Act]:
    """A line for each exhibit, so that each exhibit's own history tells of the disclosure and no
    line grows with the bundle.
    """
    names = ", ".join(each.view.reference for each in asked.held)
    to = " ".join(recipient.text for recipient in asked.recipients) or "in clear, to whom it may go"
    return [
        Act(
            "exhibit.export",
            S62.DISCLOSURE,
            (asked.case, *each.objects),
            {"bundle_sha256": bundle},
            {"reason": f"Exhibit bundle of {names}"[:2000], "recipients": to},
        )
        for each in asked.held
    ]


def _guides(
    session: Session,
    acting: Acting,
    asked: _Order,
    keys: Mapping[Sha256, tuple[str, bytes]],
) -> dict[str, bytes]:
    """The instructions and the program for whoever checks."""
    seals = [each.seal_leaf for each in asked.held]
    signed_by = signing_keys(session, seals)
    checked = []
    for each, slice_ in zip(asked.held, asked.slices, strict=True):
        view, key = each.view, signed_by.get(each.seal_leaf)
        pem = _pem_name(keys, key) if key else None
        size = len(slice_.manifest)
        checked.append(
            CheckedExhibit(view.reference, view.safe_name, view.manifest_sha256, size, pem)
        )
    source = Path(verifier.__file__).read_bytes()
    vault = acting.keys.needed_vault().key
    how = how_to_verify(checked, vault, _pem_name(keys, vault), _sha256(source))
    return {"HOW-TO-VERIFY.md": how.encode(), "verify.py": source}


def _pem_name(keys: Mapping[Sha256, tuple[str, bytes]], key: Sha256) -> str:
    if key not in keys:
        raise damaged(f"The public key {key}")
    return f"{keys[key][0]}-{key[:16]}.pem"


def _proofs(acting: Acting, asked: _Order, disclosed: _Disclosed) -> dict[str, bytes]:
    """The proofs to the disclosure's checkpoint, and the files for checks by hand."""
    files: dict[str, bytes] = {}
    hand = "data/by-hand"
    vault = NoteKey(origin_of(acting.vault.id), acting.keys.needed_vault().public_key)
    with acting.catalogue.reading() as session:
        prover = Prover(session, disclosed.size)
        files["data/ledger.json"] = ledger_document(prover, asked.case)
        prover.prepare([ref for each in asked.held for ref in each.objects])
        for each in asked.held:
            name = each.view.safe_name
            histories = [_held_history(prover, ref, disclosed, vault) for ref in each.objects]
            files[f"data/exhibits/{name}/history.json"] = history_document(histories)
            message, signature = seal_by_hand(histories[0].leaves[0])
            files[f"{hand}/{name}/seal.message"] = message
            if signature is not None:
                files[f"{hand}/{name}/seal.sig"] = signature
        note = prover.note
    files[f"{hand}/checkpoint.message"], files[f"{hand}/checkpoint.sig"] = note_by_hand(note)
    files |= {f"{hand}/{name}": raw for name, raw in key_files(disclosed.keys).items()}
    return files


def _held_history(
    prover: Prover, ref: ObjectRef, disclosed: _Disclosed, vault: NoteKey
) -> ObjectHistory:
    """The history, checked as its reader will: what does not hold is not given out."""
    history = prover.history(ref)
    keys = {name: public for name, (_, public) in disclosed.keys.items()}
    if verify_history(history, vault, signature_holds, keys):
        raise damaged(f"The history of the {ref.kind}")
    return history


def _bag_info(acting: Acting, disclosed: _Disclosed) -> dict[str, str]:
    return {
        "Bagging-Date": disclosed.at[:10],
        "Bag-Software-Agent": "Dark Lantern",
        "External-Identifier": disclosed.bundle_sha256,
        "Internal-Sender-Identifier": acting.vault.id,
    }


def _record_finish(acting: Acting, asked: _Order, filled: _Filled) -> None:
    refs = {"bundle_sha256": filled.bundle_sha256, "sha256": filled.sha256}
    with acting.act(Act("export.finished", None, (asked.case,), refs)):
        pass


def _record_failure(acting: Acting, asked: _Order, bundle: Sha256) -> None:
    # A full disk takes the catalogue too: then the disclosure alone stands, which errs rightly
    with (
        suppress(LanternError),
        acting.act(Act("export.failed", None, (asked.case,), {"bundle_sha256": bundle})),
    ):
        pass
