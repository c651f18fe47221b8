"""The folder that an index lies in: a stamp that says who made it, and one generation of index.

    index/
      format.json         what the tokens were made by, and which generation is in use
      generation-…/       the engine's own files

A new generation is filled before the stamp names it, so a rebuild cut short leaves the old index
in use, and nothing is ever half one version.
"""

from __future__ import annotations

import json
import os
import secrets
import shutil
from collections.abc import Iterable
from hashlib import sha256
from pathlib import Path
from typing import Final

from search.analysis import ANALYSIS_VERSION
from search.document import INDEX_FIELDS, SearchDocument
from search.errors import IndexNeedsRebuild, IndexUnwritable
from search.tantivy_engine import TANTIVY_VERSION, TantivyEngine

STAMP_NAME: Final = "format.json"
_GENERATION: Final = "generation-"
_MADE_BY: Final = {
    "format": "darklantern-index/3",
    "analysis": ANALYSIS_VERSION,
    "engine": f"tantivy {TANTIVY_VERSION}",
    "fields": sha256(" ".join(INDEX_FIELDS).encode()).hexdigest()[:16],
}


def open_engine(folder: Path, *, lock_wait_s: float = 10.0) -> TantivyEngine:
    """The engine over the index in `folder`.

    Raises `IndexNeedsRebuild` for an index that is missing, damaged or made by another version.
    """
    stamp = _stamp(folder)
    for what, ours in _MADE_BY.items():
        if stamp.get(what) != ours:
            detail = f"its {what} is {stamp.get(what)!r} and this program's is {ours!r}"
            raise IndexNeedsRebuild(folder, "other-version", detail)
    generation = stamp.get("generation", "")
    if not generation.startswith(_GENERATION) or not generation.removeprefix(_GENERATION).isalnum():
        raise IndexNeedsRebuild(folder, "damaged", f"{STAMP_NAME} names no generation")
    if not (folder / generation).is_dir():
        raise IndexNeedsRebuild(folder, "damaged", f"its {generation} is not there")
    return TantivyEngine(folder / generation, lock_wait_s=lock_wait_s)


def rebuild_engine(
    folder: Path, documents: Iterable[SearchDocument] = (), *, lock_wait_s: float = 10.0
) -> TantivyEngine:
    """The engine over a fresh index of `documents` in `folder`, in place of what was there.

    The index in use is left alone until the new one is whole. Raises `IndexUnwritable`.
    """
    generation = f"{_GENERATION}{secrets.token_hex(8)}"
    fresh = folder / generation
    try:
        fresh.mkdir(parents=True)
        engine = TantivyEngine.create(fresh, lock_wait_s=lock_wait_s)
        engine.index(documents)
        engine.commit()
        _write_stamp(folder, generation)
    except OSError as error:
        raise IndexUnwritable(folder, str(error.strerror or error)) from error
    _sweep(folder, generation)
    return engine


def check_index(folder: Path) -> int:
    """How many documents the index in `folder` holds, every byte of it read and found whole.

    For `doctor`: opening checks less. Raises `IndexNeedsRebuild`.
    """
    engine = open_engine(folder)
    engine.verify()
    return engine.count()


def _stamp(folder: Path) -> dict[str, str]:
    try:
        stamp = json.loads((folder / STAMP_NAME).read_text("utf-8"))
    except FileNotFoundError:
        raise IndexNeedsRebuild(folder, "missing", "there is none yet") from None
    except (OSError, ValueError) as error:
        raise IndexNeedsRebuild(folder, "damaged", f"{STAMP_NAME} cannot be read") from error
    if not isinstance(stamp, dict):
        raise IndexNeedsRebuild(folder, "damaged", f"{STAMP_NAME} is not a stamp")
    return {str(name): str(value) for name, value in stamp.items()}


def _write_stamp(folder: Path, generation: str) -> None:
    """Swap the stamp in one step, so that a reader sees the old one or the new one."""
    draft = folder / f"{STAMP_NAME}.{generation}"
    with draft.open("w", encoding="utf-8") as file:
        json.dump(_MADE_BY | {"generation": generation}, file, indent=2)
        file.flush()
        os.fsync(file.fileno())
    draft.replace(folder / STAMP_NAME)


def _sweep(folder: Path, kept: str) -> None:
    """Take away generations that no stamp names; one still open elsewhere goes next time."""
    for path in folder.iterdir():
        if path.name.startswith(_GENERATION) and path.name != kept:
            shutil.rmtree(path, ignore_errors=True)
        elif path.name.startswith(f"{STAMP_NAME}."):
            path.unlink(missing_ok=True)
