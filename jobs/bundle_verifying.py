"""An exhibit bundle proved by the checks that go out inside it, wherever it came from.

Where a vault is at hand, the bundle's vault key is held against that vault's own.
"""

from __future__ import annotations

from pathlib import Path

from cases.errors import LanternError
from cases.vault import find_vault
from evidence.acting import open_acting
from evidence.verifier import Check, check_bundle
from evidence.walk import WalkedRecord, walk_warc
from jobs.verdicts import Fault, Verdict
from jobs.workplace import Named

MARKS = ("bagit.txt", "bundle.tar.age", "VIEWING-COPY.txt")


def is_bundle(path: Path) -> bool:
    """Whether the folder says that it is an exhibit bundle, encrypted or not, or a viewing copy."""
    return path.is_dir() and any((path / mark).exists() for mark in MARKS)


def bundle_verdict(named: Named, path: Path) -> Verdict:
    """The verdict of every check of the bundle; nothing of it is trusted, none of it is run."""
    checks = check_bundle(str(path), _vault_key(named, path))
    verdict = Verdict(str(path), recorded=False)
    verdict.problems = [_fault(check) for check in checks if check.says is not None]
    if not verdict.ok:
        return verdict  # what does not hold is not walked: a link in it could lead elsewhere
    for warc in sorted(path.glob("data/exhibits/*/capture.warc.gz")):
        verdict.captures += 1
        for step in walk_warc(warc):
            if isinstance(step, WalkedRecord):
                verdict.records += 1
                verdict.bytes += step.member_bytes
    return verdict


def _fault(check: Check) -> Fault:
    return Fault(check.kind, check.where, str(check.says))


def _vault_key(named: Named, bundle: Path) -> str | None:
    """The key of the vault that the bundle names, where that vault is the one at hand."""
    try:
        vault = find_vault(named.vault, named.environment, named.here)
        with open_acting(
            vault, named.operator, keys=named.keys, environment=named.environment
        ) as acting:
            key = acting.keys.vault()
    except LanternError:
        return None
    document = bundle / "data" / "bundle.json"
    try:
        ours = f'"vault":"{vault.id}"' in document.read_text(encoding="utf-8")
    except (OSError, ValueError):
        return None
    return str(key.key) if key is not None and ours else None
