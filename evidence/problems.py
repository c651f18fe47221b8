"""What verification finds: typed problems, each with its kind, its place and a sentence."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from evidence.read_heads import DamageKind


class ProblemKind(StrEnum):
    """How evidence differs from what was sealed. Stable words, for `--json`."""

    MISSING_FILE = "missing-file"
    ADDED_FILE = "added-file"
    UNREADABLE_FILE = "unreadable-file"
    LINKED_FILE = "linked-file"  # a symbolic link: the evidence lies elsewhere
    OUTSIDE_FILE = "outside-file"  # the catalogue names a file outside the evidence folder
    CUT_FILE = "cut-file"  # shorter than what was sealed in it
    EXTRA_BYTES = "extra-bytes"  # after the last sealed record, or between records
    MISSING_RECORD = "missing-record"
    ADDED_RECORD = "added-record"
    ALTERED_RECORD = "altered-record"
    ALTERED_MANIFEST = "altered-manifest"
    ALTERED_WARCINFO = "altered-warcinfo"
    UNPROVEN_WARCINFO = "unproven-warcinfo"  # no manifest that is as sealed names it any more
    RECORD_ORDER = "record-order"
    MANIFEST_FORM = "manifest-form"  # not canonical, not of the format
    MANIFEST_RECORDS = "manifest-records"  # lists other records than there are
    MANIFEST_WARCINFO = "manifest-warcinfo"  # manifests of one file name different warcinfos
    CATALOGUE_RECORD = "catalogue-record"  # a catalogue row of a record differs
    CATALOGUE_CAPTURE = "catalogue-capture"  # a catalogue row of a capture differs
    OPENING_MISSING = "opening-missing"
    OPENING_FALSE = "opening-false"  # does not open a commitment of the manifest


@dataclass(frozen=True, slots=True)
class Problem:
    """One difference. `file` is relative to the evidence folder, or the path of a lone WARC."""

    kind: ProblemKind | DamageKind
    says: str
    file: str | None = None
    offset: int | None = None
    record: str | None = None
    capture: str | None = None

    @property
    def where(self) -> str:
        """The place in words: the file, the offset in it, the record, the capture."""
        parts = [
            self.file,
            None if self.offset is None else f"at byte {self.offset}",
            self.record,
            None if self.capture is None else f"of {self.capture}",
        ]
        return " ".join(part for part in parts if part) or "evidence"


@dataclass(slots=True)
class Tally:
    """How much was gone through: counted while problems are taken from the iterator."""

    files: int = 0
    captures: int = 0
    records: int = 0
    bytes: int = 0  # as they lie in the files
