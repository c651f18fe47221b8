"""A local file as a document to read: the edge where this room touches the disk for a user."""

from __future__ import annotations

from pathlib import Path

from enrich.documents import MAX_BYTES, SourceDocument
from enrich.errors import UnreadableFile

# a name is a hint, weaker than the bytes (`enrich.kinds`): only types that bytes do not show
_TYPES = {
    ".html": "text/html",
    ".htm": "text/html",
    ".xhtml": "application/xhtml+xml",
    ".txt": "text/plain",
    ".md": "text/plain",
    ".csv": "text/csv",
    ".tsv": "text/tab-separated-values",
    ".json": "application/json",
    ".xml": "application/xml",
    ".rss": "application/xml",
    ".atom": "application/xml",
    ".log": "text/plain",
}


def read_file(path: Path) -> SourceDocument:
    """The file as a document, its media type guessed from its name where the name says one.

    Raises `UnreadableFile` where there is none, it is no plain file, may not be read, or is larger
    than is read of any document.
    """
    try:
        if not path.exists():
            raise UnreadableFile(f"There is no file {path}. Check the name.", path=str(path))
        if not path.is_file():
            raise UnreadableFile(f"{path} is not a plain file. Name a file.", path=str(path))
        size = path.stat().st_size
        if size > MAX_BYTES:
            raise UnreadableFile(
                f"{path} has {size:,} bytes, more than the {MAX_BYTES:,} that can be read at once. "
                "Split it, or name a smaller file.",
                path=str(path),
                bytes=size,
            )
        body = path.read_bytes()
    except (OSError, ValueError) as error:
        why = getattr(error, "strerror", None) or str(error)
        raise UnreadableFile(
            f"{path} could not be read: {why}. Check its name and permissions.", path=str(path)
        ) from error
    return SourceDocument(body=body, media_type=_TYPES.get(path.suffix.lower()))
