"""Where a bundle's files go: a folder, or a tar stream that is encrypted as it grows."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable
from pathlib import Path
from typing import Protocol

TOP = "bundle"  # the folder that an unpacked bundle lies in


class Sink(Protocol):
    """Takes a bundle's files, each once, in the order given."""

    def write(self, path: str, size_bytes: int, pieces: Iterable[bytes]) -> None:
        """The file at `path` (forward slashes, inside the bundle) with exactly these bytes."""
        ...


class FolderSink:
    """Files in a folder that is there and empty. Raises `OSError` as the system gave it."""

    def __init__(self, root: Path) -> None:
        self.root = root

    def write(self, path: str, size_bytes: int, pieces: Iterable[bytes]) -> None:
        """Writes the file, its folders made as needed."""
        target = self.root.joinpath(*path.split("/"))
        target.parent.mkdir(parents=True, exist_ok=True)
        with target.open("xb") as file:
            for piece in pieces:
                file.write(piece)
            if file.tell() != size_bytes:
                raise ValueError(f"{path} has {file.tell()} bytes, not {size_bytes}")


class TarSink:
    """Members of a tar stream: owner, mode and time are the same for all, so they tell nothing.

    Written out block by block: `tarfile`'s own stream tries to end an archive whose reader died.
    """

    def __init__(self, stream: io.BufferedWriter) -> None:
        self._stream = stream

    def write(self, path: str, size_bytes: int, pieces: Iterable[bytes]) -> None:
        """Writes the member: its head, its bytes, and what fills the last block."""
        member = tarfile.TarInfo(f"{TOP}/{path}")
        member.size, member.mode = size_bytes, 0o644
        self._stream.write(member.tobuf(tarfile.PAX_FORMAT))
        written = 0
        for piece in pieces:
            self._stream.write(piece)
            written += len(piece)
        if written != size_bytes:
            raise ValueError(f"{path} has {written} bytes, not {size_bytes}")
        self._stream.write(bytes(-written % tarfile.BLOCKSIZE))

    def close(self) -> None:
        """Writes the end of the archive: two empty blocks."""
        self._stream.write(bytes(2 * tarfile.BLOCKSIZE))
