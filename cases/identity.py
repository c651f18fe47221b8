"""Names for the things that travel between rooms: ids, digests, outcomes."""

from __future__ import annotations

import secrets
from enum import StrEnum
from typing import NewType

Sha256 = NewType("Sha256", str)  # 64 lower-case hexadecimal digits
CaseId = NewType("CaseId", str)
PersonId = NewType("PersonId", str)
AuthorityId = NewType("AuthorityId", str)
JobId = NewType("JobId", str)
CaptureId = NewType("CaptureId", str)
RecordId = NewType("RecordId", str)  # "urn:uuid:…", as in WARC-Record-ID without its angle brackets
EntryId = NewType("EntryId", str)


def new_id(prefix: str) -> str:
    """A fresh opaque id: `prefix`, a hyphen, and 80 random bits in lower-case base 32 (RFC 4648
    letters).
    """
    letters = "abcdefghijklmnopqrstuvwxyz234567"
    number = secrets.randbits(80)
    return f"{prefix}-" + "".join(letters[(number >> shift) & 31] for shift in range(0, 80, 5))


class Outcome(StrEnum):
    """How a capture ended."""

    COMPLETE = "complete"  # the server's whole answer, whatever its status
    PARTIAL = "partial"  # cut off
    WALLED = "walled"  # a challenge, login or block page came instead
    FAILED = "failed"  # nothing usable came
    REFUSED = "refused"  # by us: scope, authority, robots, address, limit
