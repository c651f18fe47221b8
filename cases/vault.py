"""The vault: one folder, and where things lie in it."""

from __future__ import annotations

import fcntl
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from cases.catalogue import Catalogue, open_catalogue, sqlite_url
from cases.errors import CallerError, MachineError
from cases.identity import new_id
from cases.settings import (
    DefaultsSection,
    EgressSection,
    Settings,
    VaultSection,
    read_settings,
    write_settings,
)

SETTINGS_FILE = "lantern.toml"


class VaultMissing(CallerError):
    """No vault was named and none lies in this folder or above it."""

    kind = "vault-missing"


class VaultExists(CallerError):
    """The folder already holds something: a vault is made in an empty one."""

    kind = "vault-exists"


class VaultUnwritable(MachineError):
    """The folder cannot be written: space, permissions."""

    kind = "vault-unwritable"


@dataclass(frozen=True, slots=True)
class Vault:
    """A vault's folder and settings. The parts marked disposable can be deleted and are made
    again.
    """

    root: Path
    settings: Settings

    @property
    def id(self) -> str:
        """The vault's opaque id, `v-…`."""
        return self.settings.vault.id

    @property
    def settings_path(self) -> Path:
        """`lantern.toml`."""
        return self.root / SETTINGS_FILE

    @property
    def catalogue_url(self) -> str:
        """The SQLAlchemy address of the catalogue."""
        return self.settings.database.url or sqlite_url(self.root / "catalogue.db")

    @property
    def evidence(self) -> Path:
        """The WARC files: evidence/<case>/<job>/*.warc.gz."""
        return self.root / "evidence"

    @property
    def spool(self) -> Path:
        """Bodies on their way in, swept at start."""
        return self.root / "spool"

    def job_spool(self, job: str) -> Path:
        """A job's bodies on their way in."""
        return self.spool / job

    def job_lock(self, job: str) -> Path:
        """The lock that a job's process holds for as long as it lives."""
        return self.spool / f"{job}.lock"

    def job_log(self, job: str) -> Path:
        """What a job's process said on standard error; gone where it said nothing."""
        return self.spool / f"{job}.log"

    @property
    def restricted(self) -> Path:
        """Openings of restricted fields."""
        return self.root / "restricted.db"

    @property
    def exposure(self) -> Path:
        """Who saw what: its own key and retention."""
        return self.root / "exposure.db"

    @property
    def renditions(self) -> Path:
        """What screening found, and covered copies: disposable."""
        return self.root / "renditions"

    @property
    def derived(self) -> Path:
        """Text, metadata, mentions: disposable."""
        return self.root / "derived.db"

    @property
    def index(self) -> Path:
        """The embedded full-text index: disposable."""
        return self.root / "index"

    def catalogue(self) -> Catalogue:
        """Open the catalogue. Raises as `open_catalogue` does."""
        return open_catalogue(self.catalogue_url)


def create_vault(root: Path, *, way_out: str, operator: str, encrypted: str) -> Vault:
    """A new vault in `root`, which must be absent or empty; its settings file is written last.

    All of it or nothing: whatever fails, `root` is absent or empty again. Raises `VaultExists`, or
    `VaultUnwritable` where the machine will not have it.
    """
    absent = [folder for folder in (root, *root.parents) if not folder.exists()]
    try:
        root.mkdir(parents=True, exist_ok=True)
        held = sorted(entry.name for entry in root.iterdir())
    except OSError as fault:
        raise _unwritable(root, fault) from None
    if held:
        what = "already holds a vault" if SETTINGS_FILE in held else f"is not empty ({held[0]} …)"
        raise VaultExists(f"{root} {what}. Name an empty or new folder: lantern init DIR …")
    vault = Vault(
        root,
        Settings.model_validate(
            {
                "vault": VaultSection(id=new_id("v"), volume_encrypted=encrypted),  # type: ignore[arg-type] # validated
                "egress": EgressSection(way_out=way_out),
                "defaults": DefaultsSection(operator=operator),
            }
        ),
    )
    try:
        _furnish(vault)
    except OSError as fault:
        _take_back(root, absent)
        raise _unwritable(root, fault) from None
    except BaseException:
        _take_back(root, absent)
        raise
    return vault


def _furnish(vault: Vault) -> None:
    vault.root.chmod(0o700)
    for folder in (vault.evidence, vault.spool):
        folder.mkdir()
    open_catalogue(vault.catalogue_url, create=True).close()
    write_settings(vault.settings_path, vault.settings)


def _take_back(root: Path, made: list[Path]) -> None:
    """Remove what was put into a folder that was empty, and the folders that were not there."""
    for entry in root.iterdir():
        shutil.rmtree(entry, ignore_errors=True) if entry.is_dir() else entry.unlink()
    for folder in made:  # the vault's own first, then those above it
        folder.rmdir()


def _unwritable(root: Path, fault: OSError) -> VaultUnwritable:
    return VaultUnwritable(
        f"{root} cannot be made a vault: {fault.strerror}. Name a folder that you may write in: "
        "lantern init DIR …"
    )


def open_vault(root: Path) -> Vault:
    """The vault in that folder. Raises `VaultMissing`, `SettingsError` or `NewerVault`."""
    settings = root / SETTINGS_FILE
    if not settings.is_file():
        raise VaultMissing(
            f"There is no vault at {root}. Make one: lantern init {root} --operator JS --name …"
        )
    return Vault(root.resolve(), read_settings(settings))


def find_vault(named: str | None, environment: Mapping[str, str], here: Path) -> Vault:
    """The vault named, else `LANTERN_VAULT`, else the nearest folder upward with a
    `lantern.toml`.
    """
    stated = named or environment.get("LANTERN_VAULT")
    if stated:
        return open_vault(Path(stated).expanduser())
    for folder in (here, *here.parents):
        if (folder / SETTINGS_FILE).is_file():
            return open_vault(folder)
    raise VaultMissing(
        f"There is no vault in {here} or above it. Name one with --vault DIR, or make one: "
        "lantern init DIR --operator JS --name …"
    )


@contextmanager
def held_alone(lock: Path) -> Iterator[bool]:
    """Hold a lock file for as long as the block runs; yields whether it was free. Never waits.

    The lock ends with the process, however it ends: that is how a dead job is told from a live one.
    Raises `VaultUnwritable` where the lock file cannot be made.
    """
    try:
        lock.parent.mkdir(parents=True, exist_ok=True)
        handle = lock.open("a")
    except OSError as fault:
        raise VaultUnwritable(
            f"The lock {lock} cannot be taken: {fault.strerror}. Check the vault's permissions "
            "and free space."
        ) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True
