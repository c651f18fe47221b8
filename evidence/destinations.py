"""Where an export is written: beside its place first, and in its place in one step at the end."""

from __future__ import annotations

import os
import secrets
import shutil
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cases.errors import CallerError, MachineError


class DestinationRefused(CallerError):
    """The folder named cannot take an export."""

    kind = "destination"


class ExportFailed(MachineError):
    """The export could not be written; nothing of it was kept."""

    kind = "export-failed"


def checked_destination(to: Path, kept_apart: Sequence[Path]) -> Path:
    """The folder, links followed, that is absent or empty and lies in none of `kept_apart`.

    Raises `DestinationRefused`.
    """
    try:
        target = to.resolve()
        for folder in kept_apart:
            kept = folder.resolve()
            if kept == target or kept in target.parents or target in kept.parents:
                raise DestinationRefused(
                    f"{to} is, holds or lies inside {folder}, which holds the vault or its keys. "
                    "Name a folder elsewhere: --to DIR",
                    to=str(to),
                )
        if not target.parent.is_dir():
            says = f"There is no folder {target.parent} to make {to} in."
            raise DestinationRefused(says, to=str(to))
        if target.exists() and (not target.is_dir() or any(target.iterdir())):
            raise DestinationRefused(
                f"{to} is not an empty folder, and nothing is ever written over. Name a new one: "
                "--to DIR",
                to=str(to),
            )
    except (OSError, ValueError, RuntimeError) as error:  # no name at all, or links in a ring
        why = getattr(error, "strerror", None) or str(error)
        shown = str(to)[:200]
        raise DestinationRefused(f"{shown!r} cannot be a folder: {why}.", to=shown) from None
    return target


@contextmanager
def built_beside(target: Path) -> Iterator[Path]:
    """A new folder beside `target`, which takes its place at the end, or is removed with all in it.

    Raises `ExportFailed` for what the system refuses; what else the caller raises goes through.
    """
    part = target.parent / f".{target.name}.{secrets.token_hex(4)}.part"
    try:
        part.mkdir(mode=0o700)
        yield part
        _settle(part, target)
    except OSError as error:
        shutil.rmtree(part, ignore_errors=True)
        raise ExportFailed(
            f"{target} could not be written: {error.strerror or error}. Free space or name another "
            "folder; nothing of it was kept.",
            to=str(target),
        ) from error
    except BaseException:
        shutil.rmtree(part, ignore_errors=True)
        raise


def _settle(part: Path, target: Path) -> None:
    if hasattr(os, "sync"):
        os.sync()  # one call for thousands of files; before the rename, so that none is empty
    if target.exists():
        target.rmdir()  # it was empty; Windows renames onto nothing that is there
    part.rename(target)
