"""What stands beside the model: where its texts and words are from, under which licences."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version

from enrich.training.scoring import Score

NAME = "lantern_names"
VERSION = "0.3.0"
LICENCE = "CC BY-SA 4.0"  # the strictest of the sources' own

_TEXTS = (
    ("uner-ewt", "Universal NER over the English Web Treebank", "CC BY-SA 4.0"),
    ("wnut17", "WNUT-17 emerging entities", "CC BY 4.0"),
    ("btc", "Broad Twitter Corpus", "CC BY 4.0"),
    ("wikigold", "Wikigold", "CC BY 4.0"),
    ("re3d", "re3d, relationship and entity extraction", "OGL 3.0, CC BY-SA, public domain"),
)
_WORDS = (("all-MiniLM-L6-v2", "sentence-transformers, on Microsoft's MiniLM", "Apache-2.0"),)


def meta(counted: Mapping[str, Score], course: str) -> dict[str, object]:
    """The entries of the model's `meta.json`."""
    every, labels = counted["all"].as_numbers(), ("PERSON", "ORG", "LOC")
    return {
        "name": NAME,
        "version": VERSION,
        "description": "Names in English web text: PERSON, ORG, LOC (countries and towns too)",
        "author": "Dark Lantern",
        "license": LICENCE,
        "notes": f"{course}, spaCy {version('spacy')}, "
        f"Python {platform.python_version()}; made by python -m enrich.training",
        "sources": [
            {"name": name, "author": author, "license": licence, "url": ""}
            for name, author, licence in (*_TEXTS, *_WORDS)
        ],
        "performance": {
            "ents_p": every["p"],
            "ents_r": every["r"],
            "ents_f": every["f"],
            "ents_per_type": {label: counted[label].as_numbers() for label in labels},
            "ents_per_source": {
                name: counted[name].as_numbers() for name, _, _ in _TEXTS if name in counted
            },
        },
    }
