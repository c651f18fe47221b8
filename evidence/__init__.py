"""Evidence: captures sealed as WARC, read back, and verified.

The room keeps bytes. It promises that a capture's future is done only when its records lie
fsynced in a WARC file and the catalogue has recorded them; that nothing half-written stays; that
what is read back is what was sealed; and that `verify_evidence` names every byte that is not.
"""

from evidence.context import RESTRICTED_NAMES, Collector, SealContext, Software
from evidence.errors import (
    DraftRefused,
    EvidenceDamaged,
    EvidenceMissing,
    KeyMissing,
    SealingFailed,
)
from evidence.exchange import (
    CaptureDraft,
    Exchange,
    Failure,
    HttpFacts,
    TlsFacts,
    Truncation,
)
from evidence.keys import KeyFolder, PersonKey, VaultKey, keys_root, signature_holds
from evidence.problems import Problem, ProblemKind, Tally
from evidence.read_heads import DamageKind
from evidence.reader import SealedBody, block_pieces, read_block, read_body, read_member
from evidence.restricted import CaptureOpenings, OpeningsStore
from evidence.sealing import CaptureWriter, Openings, SealBook, local_utc_offset
from evidence.sweeping import Swept, sweep
from evidence.verify import OpeningsReader, verify_evidence
from evidence.verify_lone import verify_warc
from evidence.walk import Damage, WalkedRecord, walk_warc

__all__ = [
    "RESTRICTED_NAMES",
    "CaptureDraft",
    "CaptureOpenings",
    "CaptureWriter",
    "Collector",
    "Damage",
    "DamageKind",
    "DraftRefused",
    "EvidenceDamaged",
    "EvidenceMissing",
    "Exchange",
    "Failure",
    "HttpFacts",
    "KeyFolder",
    "KeyMissing",
    "Openings",
    "OpeningsReader",
    "OpeningsStore",
    "PersonKey",
    "Problem",
    "ProblemKind",
    "SealBook",
    "SealContext",
    "SealedBody",
    "SealingFailed",
    "Software",
    "Swept",
    "Tally",
    "TlsFacts",
    "Truncation",
    "VaultKey",
    "WalkedRecord",
    "block_pieces",
    "keys_root",
    "local_utc_offset",
    "read_block",
    "read_body",
    "read_member",
    "signature_holds",
    "sweep",
    "verify_evidence",
    "verify_warc",
    "walk_warc",
]
