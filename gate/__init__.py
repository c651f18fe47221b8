"""The gate: the only door between collected content and eyes.

So far its text door: control characters, overrides and hidden characters are made visible, one for
one, and pictures are counted, never shown. Every path to a person's eyes passes here.
"""

from gate.passage import (
    CoveredImage,
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
    "CoveredImage",
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
