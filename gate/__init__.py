"""The gate: the only door between collected content and eyes.

Text: control characters, overrides and hidden characters are made visible, one for one, and written
out pictures are hidden. Pictures: found, screened apart, judged, covered (docs/gate.md). The doors
for pictures are modules imported by name (`pictures`, `screener`, `shelf`, `verdicts`, `exposure`).
"""

from gate.passage import (
    Found,
    GatedHit,
    GatedIdentifier,
    GatedMention,
    GatedReading,
    gate_document,
    gate_hits,
    gate_reading,
)
from gate.text import fold_line, fold_text

__all__ = [
    "Found",
    "GatedHit",
    "GatedIdentifier",
    "GatedMention",
    "GatedReading",
    "fold_line",
    "fold_text",
    "gate_document",
    "gate_hits",
    "gate_reading",
]
