"""What tantivy's files and errors say about an index: whole, damaged, locked or unwritable."""

from __future__ import annotations

import json
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from search.errors import IndexNeedsRebuild, IndexUnwritable

_FOOTER_MAGIC: Final = 1337  # tantivy's directory/footer.rs: JSON, its length, this, both u32


def verify_checksums(folder: Path, limit_bytes: int | None = None) -> None:
    """Read the files of the index in use against the checksums at their ends; none where they are
    more than `limit_bytes`.

    tantivy looks at the checksums only when asked, which its Python binding cannot: a flipped bit
    would be a missed hit, or a panic that prints itself. Raises `IndexNeedsRebuild`.
    """
    paths = _segment_files(folder)
    if limit_bytes is not None and sum(_size(path) for path in paths) > limit_bytes:
        return
    for path in paths:
        try:
            content = path.read_bytes()
        except FileNotFoundError:  # merged away by another program meanwhile, or missed at opening
            continue
        if not _sound(content):
            raise IndexNeedsRebuild(folder, "damaged", f"{path.name} fails its checksum")


def _segment_files(folder: Path) -> list[Path]:
    """The files of the segments in use: others may be half written."""
    try:
        meta = json.loads((folder / "meta.json").read_text("utf-8"))
        segments = tuple(str(each["segment_id"]).replace("-", "") for each in meta["segments"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise IndexNeedsRebuild(folder, "damaged", "its meta.json cannot be read") from error
    return sorted(path for path in folder.iterdir() if path.name.startswith(segments))


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


def _sound(content: bytes) -> bool:
    """Whether the content before the footer has the checksum that the footer says."""
    length = int.from_bytes(content[-8:-4], "little")
    try:
        footer = json.loads(content[-8 - length : -8])
        return (
            int.from_bytes(content[-4:], "little") == _FOOTER_MAGIC
            and zlib.crc32(content[: -8 - length]) == footer["crc"]
        )
    except (ValueError, KeyError, TypeError):
        return False


class LockHeld(Exception):
    """Somebody else writes this index."""


@contextmanager
def mapped(folder: Path) -> Iterator[None]:
    """Turn what tantivy raises into our errors; what it does not explain is raised as it is.

    A panic (a damaged file that its checks let through) comes as a `BaseException` of pyo3.
    """
    try:
        yield
    except (ValueError, OSError) as error:
        text = str(error)
        if "LockBusy" in text:
            raise LockHeld from error
        if "StorageFull" in text or "No space left" in text or "PermissionDenied" in text:
            raise IndexUnwritable(folder, _first_line(text)) from error
        if isinstance(error, OSError) or any(sign in text for sign in _SIGNS_OF_DAMAGE):
            raise IndexNeedsRebuild(folder, "damaged", _first_line(text)) from error
        raise
    except BaseException as error:
        if type(error).__name__ == "PanicException":
            raise IndexNeedsRebuild(folder, "damaged", "the index made its engine fail") from error
        raise


_SIGNS_OF_DAMAGE: Final = (
    "orrupt",
    "Failed to open",
    "DoesNotExist",
    "IoError",
    "InvalidData",
    "UnexpectedEof",
    "An IO error",
    "incompatible",
)


def _first_line(text: str) -> str:
    return text.splitlines()[0][:200] if text else "no reason given"
