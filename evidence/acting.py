"""Who acts, on which vault, with which key: opened once per command, closed once.

Every act of a command is recorded through here: the change and its ledger entry are one
transaction, and what the command recorded is sequenced before it returns.
"""

from __future__ import annotations

import getpass
import socket
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy.orm import Session

from cases.access import Viewer
from cases.captures import SealedCapture
from cases.catalogue import Catalogue
from cases.entries import S62, Act, ObjectKind, ObjectRef
from cases.errors import UsageError
from cases.holdings import add_sealed
from cases.identity import PersonId
from cases.ledger import Ledger
from cases.people import PersonView, keys_of, person_of
from cases.sequencer import sequence
from cases.times import Clock, system_clock
from cases.vault import Vault
from evidence.keys import KeyFolder, PersonKey, keys_root


class OperatorMissing(UsageError):
    """Nobody was named as the acting person."""

    kind = "operator-missing"


@dataclass(frozen=True, slots=True)
class Acting:
    """A person at work on a vault. `signer` is None where their key is not at hand: then acts are
    asserted.
    """

    vault: Vault
    catalogue: Catalogue
    person: PersonView
    keys: KeyFolder
    signer: PersonKey | None
    ledger: Ledger
    clock: Clock

    @contextmanager
    def act(self, *acts: Act) -> Iterator[Session]:
        """A writing transaction that ends with these acts on the ledger, or with nothing at all."""
        with self.catalogue.writing() as session:
            yield session
            if acts:
                self.ledger.record(session, acts)

    def sequence(self) -> None:
        """Number what waits and grow the tree."""
        with self.catalogue.writing() as session:
            sequence(session)


def ambient_texts(person: PersonView) -> dict[str, str]:
    """The texts that every act of a person carries: their name, the OS account and the host."""
    try:
        account = getpass.getuser()
    except (KeyError, OSError):
        account = "unknown"
    return {"name": person.name, "os_account": account, "host": socket.gethostname()}


def own_key(session: Session, keys: KeyFolder, person: PersonId) -> PersonKey | None:
    """The person's key where it is at hand and the one on record for them: somebody else's key
    under their name signs nothing.
    """
    signer = keys.person(person)
    return signer if signer is not None and signer.key in keys_of(session, person) else None


@contextmanager
def open_acting(
    vault: Vault,
    operator: str | None,
    *,
    keys: Path | None,
    environment: Mapping[str, str],
    clock: Clock = system_clock,
) -> Iterator[Acting]:
    """Open the catalogue for the person of that code, else `LANTERN_OPERATOR`, else the vault's
    default.

    Raises `OperatorMissing`, `PersonUnknown`, and what opening the catalogue and keys raises. A
    key that does not match the one on record is not used: the acts are then asserted.
    """
    code = operator or environment.get("LANTERN_OPERATOR") or vault.settings.defaults.operator
    if not code:
        raise OperatorMissing("Who is acting? Name a person: --operator JS, or LANTERN_OPERATOR.")
    folder = KeyFolder(keys_root(keys, environment), vault.id, vault.root)
    catalogue = vault.catalogue()
    try:
        with catalogue.reading() as session:
            person = person_of(session, code)
            signer = own_key(session, folder, person.id)
        catalogue.viewer = Viewer(person.id, person.role)
        ledger = Ledger(
            vault=vault.id,
            actor=person.id,
            signer=signer,
            clock=clock,
            ambient=ambient_texts(person),
        )
        yield Acting(vault, catalogue, person, folder, signer, ledger, clock)
    finally:
        catalogue.close()


class CatalogueBook:
    """The seal book of a job: captures, records and their ledger entries in one transaction."""

    def __init__(self, acting: Acting) -> None:
        self._acting = acting

    def seal(self, captures: Sequence[SealedCapture]) -> None:
        """Put sealed captures on record with one `capture.seal` entry each."""
        with self._acting.act(*(seal_act(capture) for capture in captures)) as session:
            add_sealed(session, captures)


def seal_act(capture: SealedCapture) -> Act:
    """The act that seals a capture (docs/formats.md, section 7)."""
    return Act(
        act="capture.seal",
        s62=S62.COLLECTION,
        objects=(
            ObjectRef(ObjectKind.CASE, capture.case),
            ObjectRef(ObjectKind.JOB, capture.job),
            ObjectRef(ObjectKind.CAPTURE, capture.capture),
            ObjectRef.address(capture.case, capture.requested_url),
        ),
        refs={
            "manifest_sha256": capture.manifest_sha256,
            "manifest_member_sha256": capture.manifest.member_sha256,
            "manifest_record": capture.manifest.record,
        },
    )
