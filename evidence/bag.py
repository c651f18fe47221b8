"""A BagIt bag (RFC 8493) being filled: files go to a sink, their digests are kept for the lists."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from cases.identity import Sha256
from evidence.bundle_sinks import Sink

DECLARATION = "BagIt-Version: 1.0\nTag-File-Character-Encoding: UTF-8\n"
SUMS = "SHA256SUMS"


@dataclass(slots=True)
class Bag:
    """A bag on its way into `sink`. `digests` has every file written so far."""

    sink: Sink
    digests: dict[str, Sha256] = field(default_factory=dict)
    payload_bytes: int = 0
    payload_files: int = 0

    def add(self, path: str, content: bytes) -> Sha256:
        """Writes a small file; its digest."""
        return self.add_stream(path, len(content), [content])

    def add_stream(self, path: str, size_bytes: int, pieces: Iterable[bytes]) -> Sha256:
        """Writes a file piece by piece; its digest."""
        digest = hashlib.sha256()

        def hashed() -> Iterator[bytes]:
            for piece in pieces:
                digest.update(piece)
                yield piece

        self.sink.write(path, size_bytes, hashed())
        found = Sha256(digest.hexdigest())
        self.digests[path] = found
        if path.startswith("data/"):
            self.payload_bytes += size_bytes
            self.payload_files += 1
        return found

    def finish(self, facts: Mapping[str, str]) -> Sha256:
        """Writes the bag's own files and `SHA256SUMS`; the digest of `SHA256SUMS`."""
        self.add("bagit.txt", DECLARATION.encode())
        oxum = f"{self.payload_bytes}.{self.payload_files}"
        lines = [*facts.items(), ("Payload-Oxum", oxum)]
        self.add("bag-info.txt", "".join(f"{name}: {text}\n" for name, text in lines).encode())
        payload = [path for path in self.digests if path.startswith("data/")]
        self.add("manifest-sha256.txt", self._listed(payload))
        sums = self.add(SUMS, self._listed(path for path in self.digests))
        tags = [path for path in self.digests if not path.startswith("data/")]
        self.add("tagmanifest-sha256.txt", self._listed(tags))
        return sums

    def _listed(self, paths: Iterable[str]) -> bytes:
        chosen = sorted(path for path in paths)
        return "".join(f"{self.digests[path]}  {path}\n" for path in chosen).encode()
