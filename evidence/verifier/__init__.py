"""The verifier that goes out inside every exhibit bundle: one file, standard library alone.

`verify.py` is read as it stands, by Python 3.8 or later, on machines that have nothing of ours. So
it imports nothing of ours; our own `lantern verify` runs the same checks.
"""

from evidence.verifier.verify import Check, check_bundle

__all__ = ["Check", "check_bundle"]
