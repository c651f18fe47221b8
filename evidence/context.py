"""What every capture of one job carries besides its own bytes. Typed records, no I/O."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass

from cases.canonical import Json
from cases.identity import CaseId, JobId, Sha256
from evidence.errors import ContextRefused

RESTRICTED_SET = 1
RESTRICTED_NAMES = (  # restricted set 1 of docs/formats.md, section 7: the same in every capture
    "persona",
    "persona_account",
    "signed_in",
    "way_out",
    "egress_address",
    "machine",
    "os_account",
    "operator_name",
    "operator_role",
    "authority_reference",
    "authority_type",
    "purpose",
)
_SAFE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,62}")  # a folder's name, on NTFS too
_OFFSET = re.compile(r"[+-][0-9]{2}:[0-9]{2}")


@dataclass(frozen=True, slots=True)
class Software:
    """A program that had a part in the capture."""

    name: str
    version: str


@dataclass(frozen=True, slots=True)
class Collector:
    """What collects: `kind` ("scrapy"), its programs, and the SHA-256 of its configuration."""

    kind: str
    software: tuple[Software, ...]
    config_sha256: Sha256


@dataclass(frozen=True, slots=True)
class SealContext:
    """The facts of a job that stand in each of its manifests.

    `restricted` gives a value or None for names of restricted set 1; names left out are None.
    Raises `ContextRefused` for a name outside the set and for ids that cannot name a folder.
    """

    vault: str
    case: CaseId
    case_reference: str
    job: JobId
    collector: Collector
    method_note: str
    restricted: Mapping[str, Json]
    urn: str = "not recorded"
    operation: str = "not recorded"
    utc_offset: str = "+00:00"
    clock_source: str = "system clock"
    ntp_offset: str = "not measured"
    newest_external_time: str = "none held"

    def __post_init__(self) -> None:
        unknown = sorted(set(self.restricted) - set(RESTRICTED_NAMES))
        if unknown:
            raise ContextRefused(
                f"{', '.join(unknown)}: not in restricted set {RESTRICTED_SET}, whose fields are "
                f"{', '.join(RESTRICTED_NAMES)}."
            )
        for name in (self.case, self.job):
            if _SAFE_NAME.fullmatch(name) is None:
                raise ContextRefused(f"The id {name!r} cannot be the name of a folder.")
        if _OFFSET.fullmatch(self.utc_offset) is None:
            raise ContextRefused(f"{self.utc_offset!r} is not a UTC offset such as +00:00.")

    def restricted_values(self) -> dict[str, Json]:
        """Every field of the set in its order, None where there is no value."""
        return {name: self.restricted.get(name) for name in RESTRICTED_NAMES}
