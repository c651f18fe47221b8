"""Where a bundle's files go: a folder, or a tar stream that is encrypted as it grows."""

from __future__ import annotations

import io
import tarfile
from collections.abc import Iterable, Iterator
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
    """Members of a tar stream: owner, mode and time are the same for all, so they tell nothing."""

    def __init__(self, stream: io.BufferedWriter) -> None:
        self._tar = tarfile.open(fileobj=stream, mode="w|", format=tarfile.PAX_FORMAT)  # noqa: SIM115

    def write(self, path: str, size_bytes: int, pieces: Iterable[bytes]) -> None:
        """Writes the member."""
        member = tarfile.TarInfo(f"{TOP}/{path}")
        member.size, member.mode = size_bytes, 0o644
        self._tar.addfile(member, _Reader(pieces))

    def close(self) -> None:
        """Writes the end of the archive."""
        self._tar.close()


class _Reader(io.RawIOBase):
    """Pieces read as a file: what `tarfile` copies from."""

    def __init__(self, pieces: Iterable[bytes]) -> None:
        super().__init__()
        self._pieces: Iterator[bytes] = iter(pieces)
        self._held = b""

    def readable(self) -> bool:
        """It is."""
        return True

    def read(self, size: int = -1) -> bytes:
        """At most `size` bytes; fewer only at the end."""
        parts = [self._held]
        have = len(self._held)
        for piece in self._pieces:
            parts.append(piece)
            have += len(piece)
            if 0 <= size <= have:
                break
        whole = b"".join(parts)
        cut = len(whole) if size < 0 else size
        self._held = whole[cut:]
        return whole[:cut]
