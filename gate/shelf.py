"""Where screening's findings stand, so that a page of pictures is shown without reading evidence.

One SQLite file beside the renditions, disposable: the step `screen` makes it anew. It holds facts
and renditions of at most 8 x 8 samples, never a picture.
"""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from pathlib import Path

from cases.identity import CaptureId, CaseId, Sha256
from cases.ledger_objects import batches
from gate.pictures import Picture, Place
from gate.screener import VERSION, Screened
from gate.verdicts import Measured

_SCHEMA = """
CREATE TABLE IF NOT EXISTS picture (
  case_id TEXT NOT NULL, capture TEXT NOT NULL, ordinal INTEGER NOT NULL, sha256 TEXT NOT NULL,
  kind TEXT NOT NULL, url TEXT NOT NULL, media_type TEXT NOT NULL, alt TEXT NOT NULL,
  place TEXT, PRIMARY KEY (capture, ordinal));
CREATE TABLE IF NOT EXISTS shelved (capture TEXT PRIMARY KEY);
CREATE INDEX IF NOT EXISTS picture_sha256 ON picture (sha256);
CREATE INDEX IF NOT EXISTS picture_case ON picture (case_id, capture);
CREATE TABLE IF NOT EXISTS screened (
  sha256 TEXT PRIMARY KEY, version TEXT NOT NULL, md5 TEXT NOT NULL, format TEXT,
  width INTEGER, height INTEGER, frames INTEGER, size_bytes INTEGER NOT NULL, says TEXT,
  rendition BLOB);
"""
_CHUNK = 500


@dataclass(frozen=True, slots=True)
class Shelved:
    """A picture as the shelf has it. `url` and `alt` are collected text, not yet folded."""

    capture: CaptureId
    case: CaseId
    sha256: Sha256
    kind: str
    url: str
    media_type: str
    alt: str
    place: Place | None
    md5: str | None
    format: str | None
    measured: Measured | None


class Shelf:
    """The findings of screening. Open one per command or request; it is quick."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._db = sqlite3.connect(folder / "screened.db", timeout=60, check_same_thread=False)
        self._db.execute("PRAGMA journal_mode=WAL")
        self._db.executescript(_SCHEMA)

    def close(self) -> None:
        """Give the file back."""
        self._db.close()

    def known(self, digests: Collection[str]) -> set[str]:
        """Which of these bytes were screened at this version already."""
        found: set[str] = set()
        for chunk in batches(sorted(set(digests)), _CHUNK):
            rows = self._db.execute(
                f"SELECT sha256 FROM screened WHERE version = ? AND sha256 IN ({_marks(chunk)})",  # noqa: S608 - marks
                [VERSION, *chunk],
            )
            found |= {row[0] for row in rows}
        return found

    def keep_screened(self, sha256: Sha256, found: Screened) -> None:
        """What screening made of some bytes."""
        m = found.measured
        self._db.execute(
            "INSERT OR REPLACE INTO screened VALUES (?,?,?,?,?,?,?,?,?,?)",
            (
                *(sha256, VERSION, found.md5, found.format, m.width, m.height, m.frames),
                *(m.size_bytes, m.says, found.rendition),
            ),
        )

    def keep_pictures(self, case: CaseId, capture: CaptureId, pictures: Sequence[Picture]) -> None:
        """The pictures of a capture, in place of what stood there."""
        self._db.execute("DELETE FROM picture WHERE capture = ?", (capture,))
        self._db.execute("INSERT OR REPLACE INTO shelved VALUES (?)", (capture,))
        self._db.executemany(
            "INSERT INTO picture VALUES (?,?,?,?,?,?,?,?,?)",
            [
                (
                    *(case, capture, number, p.sha256, p.kind, p.url, p.media_type, p.alt),
                    json.dumps([p.place.x, p.place.y, p.place.width, p.place.height])
                    if p.place
                    else None,
                )
                for number, p in enumerate(pictures)
            ],
        )

    def commit(self) -> None:
        """Make it last."""
        self._db.commit()

    def holds(self, capture: CaptureId) -> bool:
        """Whether the capture's pictures were looked for."""
        found = self._db.execute("SELECT 1 FROM shelved WHERE capture = ?", (capture,))
        return found.fetchone() is not None

    def captures(self) -> set[CaptureId]:
        """Every capture whose pictures were looked for, those that have none too."""
        return {CaptureId(row[0]) for row in self._db.execute("SELECT capture FROM shelved")}

    def of_capture(self, capture: CaptureId) -> list[Shelved]:
        """The pictures of one capture, in order."""
        return self._read("WHERE p.capture = ? ORDER BY p.ordinal", [capture])

    def of_case(self, case: CaseId, without: Collection[str] = ()) -> list[Shelved]:
        """Each distinct picture of a case once, at its first place outside those captures."""
        where = (
            "WHERE p.rowid IN (SELECT MIN(rowid) FROM picture WHERE case_id = ? AND capture NOT IN "
            "(SELECT value FROM json_each(?)) GROUP BY sha256) ORDER BY p.rowid"
        )
        return self._read(where, [case, json.dumps(sorted(without))])

    def of_digest(self, sha256: str) -> list[Shelved]:
        """Every place of one picture."""
        return self._read("WHERE p.sha256 = ? ORDER BY p.rowid", [sha256])

    def copies(
        self, case: CaseId, digests: Collection[str], without: Collection[str] = ()
    ) -> dict[str, int]:
        """How many captures of the case, but for those named, hold each picture."""
        left_out = json.dumps(sorted(without))
        found: dict[str, int] = {}
        for chunk in batches(sorted(set(digests)), _CHUNK):
            rows = self._db.execute(
                "SELECT sha256, COUNT(DISTINCT capture) FROM picture WHERE case_id = ? "  # noqa: S608 - marks
                "AND capture NOT IN (SELECT value FROM json_each(?)) "
                f"AND sha256 IN ({_marks(chunk)}) GROUP BY sha256",
                [case, left_out, *chunk],
            )
            found.update((row[0], row[1]) for row in rows)
        return found

    def rendition(self, sha256: str) -> bytes | None:
        """The rendition of a picture: a PNG of at most 8 x 8 grey samples; None where none is."""
        row = self._db.execute(
            "SELECT rendition FROM screened WHERE sha256 = ?", (sha256,)
        ).fetchone()
        return row[0] if row else None

    def _read(self, where: str, values: Sequence[str]) -> list[Shelved]:
        rows = self._db.execute(
            "SELECT p.capture, p.case_id, p.sha256, p.kind, p.url, p.media_type, p.alt, p.place, "  # noqa: S608 - ours
            "s.md5, s.format, s.width, s.height, s.frames, s.size_bytes, s.says "
            f"FROM picture p LEFT JOIN screened s ON s.sha256 = p.sha256 {where}",
            values,
        )
        return [_shelved(row) for row in rows]


def _shelved(row: Sequence[object]) -> Shelved:
    capture, case, sha256, kind, url, media_type, alt, place, md5, form, *sizes = row
    width, height, frames, size, says = sizes
    measured = None
    if md5 is not None:
        measured = Measured(_int(width), _int(height), _int(frames), _int(size) or 0, _str(says))
    return Shelved(
        CaptureId(str(capture)),
        CaseId(str(case)),
        Sha256(str(sha256)),
        str(kind),
        str(url),
        str(media_type),
        str(alt),
        Place(*json.loads(str(place))) if place else None,
        _str(md5),
        _str(form),
        measured,
    )


def _int(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _str(value: object) -> str | None:
    return value if isinstance(value, str) else None


def _marks(chunk: Sequence[str]) -> str:
    return ",".join("?" * len(chunk))
