"""What can be wrong with a ledger or a proof, each kind with its own word."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class FindingKind(StrEnum):
    """Stable words for `verify --json`."""

    LEAF_CHANGED = "ledger-leaf-changed"  # a leaf's bytes are not those that were hashed
    ENTRY_CHANGED = "ledger-entry-changed"  # a stored entry is not the one in its leaf
    LINE_MISSING = "ledger-line-missing"  # a gap in the index
    REORDERED = "ledger-reordered"  # a leaf stands at another place than it says
    TRUNCATED = "ledger-truncated"  # a checkpoint covers more lines than there are
    FOREIGN = "ledger-foreign"  # an entry of another vault
    SIGNATURE = "ledger-signature"  # an entry's signature does not hold
    KEY_UNKNOWN = "ledger-key-unknown"  # signed by a key that is not known here
    SIGNER = "ledger-signer"  # signed by somebody else's key
    NUMBER = "ledger-number"  # a running number or previous leaf does not follow
    NODE = "ledger-node"  # a stored node of the tree is not what its leaves give
    HEADS_ROOT = "heads-root"  # a heads entry is not the heads as they stood
    CHECKPOINT_UNREADABLE = "checkpoint-unreadable"
    CHECKPOINT_CHANGED = "checkpoint-changed"  # its row says other than its note or heads entry
    CHECKPOINT_MISSING = "checkpoint-missing"  # heads were recorded, their checkpoint is gone
    CHECKPOINT_ROOT = "checkpoint-root"  # the lines do not give its root
    CHECKPOINT_SIGNATURE = "checkpoint-signature"
    OBJECT_CHANGED = "object-changed"  # kind, id, salt and salted id do not belong together
    OBJECT_COUNT = "object-count"  # count or last leaf is not what the leaves give
    OBJECT_MISSING = "object-missing"  # leaves concern an object that is not there
    LINK_CHANGED = "link-changed"  # links do not say what the entry says
    TEXT_CHANGED = "text-changed"  # a text does not open a commitment of its entry
    PROOF_UNREADABLE = "proof-unreadable"
    PROOF_INCLUSION = "proof-inclusion"  # the hashes do not tie the leaf to the checkpoint
    PROOF_HEAD = "proof-head"  # the hashes do not tie the head to the heads entry
    PROOF_GAP = "proof-gap"  # an object's history has a gap or lacks its newest leaf
    PROOF_CONSISTENCY = "proof-consistency"  # one checkpoint does not continue the other


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that is wrong: its kind, where, and a sentence."""

    kind: FindingKind
    where: str
    says: str
