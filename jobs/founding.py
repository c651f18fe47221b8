"""A vault is founded: folder, catalogue, keys outside it, its first person, its first ledger
entry.
"""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from cases.entries import Act, ObjectKind, ObjectRef
from cases.errors import LanternError
from cases.ledger import Ledger
from cases.models import Person
from cases.people import PersonView, add_person, register_key
from cases.row_texts import ROW, row_text
from cases.sequencer import sequence
from cases.settings import change_setting
from cases.times import Clock, system_clock
from cases.vault import Vault, create_vault
from collectors.ways_out import parse_way_out
from evidence.acting import ambient_texts
from evidence.keys import KeyFolder, keys_root


@dataclass(frozen=True, slots=True)
class Founded:
    """A new vault, where its keys are, and what its way out says aloud (None: none set yet)."""

    vault: Vault
    keys: Path
    operator: PersonView
    way_out: str | None


@dataclass(frozen=True, slots=True)
class NewVault:
    """What `lantern init` is told."""

    root: Path
    operator: str
    name: str
    role: str
    egress: str
    keys: Path | None


def found_vault(
    new: NewVault, environment: Mapping[str, str], clock: Clock = system_clock
) -> Founded:
    """Make a vault; all of it or nothing.

    Raises `VaultExists`, `VaultUnwritable`, `KeysInsideVault`, `KeyFolderUnusable`, and
    `UsageError` for a way out, code, name or role that cannot be.
    """
    said = parse_way_out(new.egress).sentence if new.egress else None
    existed = new.root.is_dir()
    vault = create_vault(
        new.root,
        way_out=new.egress,
        operator=new.operator,
        encrypted=volume_encrypted(new.root, Path("/proc/self/mounts"), Path("/sys/class/block")),
    )
    try:
        person, folder = _first_person(vault, new, environment, clock)
    except (LanternError, OSError):
        _take_back(new.root, keep_folder=existed)
        raise
    return Founded(vault, folder, person, said)


def _first_person(
    vault: Vault, new: NewVault, environment: Mapping[str, str], clock: Clock
) -> tuple[PersonView, Path]:
    keys = KeyFolder(keys_root(new.keys, environment), vault.id, vault.root)
    catalogue = vault.catalogue()
    try:
        with catalogue.writing() as session:
            person = add_person(session, new.operator, new.name, new.role, now=clock())
            vault_key, person_key = keys.create_vault(), keys.create_person(person.id)
            register_key(session, vault.id, vault_key, now=clock())
            register_key(session, person.id, person_key, now=clock())
            row = row_text(session.get_one(Person, person.id))
            ledger = Ledger(vault.id, person.id, person_key, clock, ambient_texts(person))
            ledger.record(
                session, [_founding_act(vault, person, row, vault_key.key, person_key.key)]
            )
        with catalogue.writing() as session:
            sequence(session)
    finally:
        catalogue.close()
    return person, keys.folder


def _founding_act(
    vault: Vault, person: PersonView, row: str, vault_key: str, person_key: str
) -> Act:
    return Act(
        act="vault.init",
        objects=(ObjectRef(ObjectKind.PERSON, person.id),),
        refs={
            "vault_key": vault_key,
            "person_key": person_key,
            "volume_encrypted": vault.settings.vault.volume_encrypted,
        },
        texts={"way_out": vault.settings.egress.way_out or "none set", ROW: row},
    )


def _take_back(root: Path, *, keep_folder: bool) -> None:
    """Remove what `create_vault` made in a folder that was empty or absent before."""
    for entry in root.iterdir():
        shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
    if not keep_folder:
        root.rmdir()


def volume_encrypted(
    root: Path, mounts: Path, blocks: Path
) -> Literal["yes", "no", "not measured"]:
    """Whether the volume under `root` is dm-crypt, as far as Linux tells: recorded, not required.

    "no" is said only of a device whose whole stack was seen; anything else is "not measured".
    """
    device = _device_of(root.resolve(), mounts)
    if device is None or not device.startswith("/dev/"):
        return "not measured"
    return _stack_encrypted(blocks / Path(device).resolve().name)


def _device_of(root: Path, mounts: Path) -> str | None:
    try:
        lines = mounts.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return None
    best, device = "", None
    for line in lines:
        source, point, *_ = line.split(" ")
        under = root.is_relative_to(point.replace("\\040", " "))
        if under and len(point) >= len(best):
            best, device = point, source
    return device


def _stack_encrypted(block: Path) -> Literal["yes", "no", "not measured"]:
    if not block.exists():
        return "not measured"
    uuid = block / "dm" / "uuid"
    if uuid.is_file() and uuid.read_text(encoding="ascii", errors="replace").startswith("CRYPT-"):
        return "yes"
    below = block / "slaves"
    under = [_stack_encrypted(child) for child in below.iterdir()] if below.is_dir() else []
    if not under:
        return "no"
    return "yes" if all(kind == "yes" for kind in under) else under[0]


def set_way_out(vault: Vault, egress: str) -> str:
    """Change the vault's way out; the sentence that says it aloud. Raises `UsageError`."""
    sentence = parse_way_out(egress).sentence
    change_setting(vault.settings_path, "egress", "way_out", egress)
    return sentence
