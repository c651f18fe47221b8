"""The untrained pipeline: English tokens, word features, a small convolutional name finder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import cast

import spacy
from spacy.attrs import LOWER  # type: ignore[import-not-found]  # compiled, no stubs
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]  # compiled, no stubs
from spacy.util import compile_infix_regex, compile_suffix_regex
from spacy.vectors import Vectors  # type: ignore[import-not-found]  # the same

from enrich.training.corpus import LABELS

WIDTH, DEPTH, HIDDEN = 96, 4, 64
ATTRIBUTES = {"NORM": 4000, "PREFIX": 1000, "SUFFIX": 2000, "SHAPE": 1500}  # rows of each table


def network(vectors: Vectors) -> Language:
    """A blank English pipeline with the vector table and an untrained `ner` for `LABELS`."""
    nlp = spacy.blank("en")
    split_web_punctuation(nlp)
    vectors.strings = nlp.vocab.strings
    nlp.vocab.vectors = vectors
    ner = nlp.add_pipe("ner", config={"model": parser_config()})
    for label in LABELS:
        ner.add_label(label)  # type: ignore[attr-defined]
    return nlp


def split_web_punctuation(nlp: Language) -> None:
    """Let the tokenizer part names from what is glued to them on the web ("Iraq.[3]", "AC/DC|")."""
    tokenizer = cast("Tokenizer", nlp.tokenizer)
    infixes = [*(nlp.Defaults.infixes or ()), r"[\[\]()|/\u200e\u200f]"]
    suffixes = [*(nlp.Defaults.suffixes or ()), r"\.\[\d+", r"[\u200e\u200f]"]
    tokenizer.infix_finditer = compile_infix_regex(infixes).finditer
    tokenizer.suffix_search = compile_suffix_regex(suffixes).search


def parser_config() -> dict[str, object]:
    """spaCy's own architectures, by their registered names: stock spaCy loads the result."""
    return {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": HIDDEN,
        "maxout_pieces": 2,
        "use_upper": True,
        "nO": None,
        "tok2vec": {
            "@architectures": "spacy.Tok2Vec.v2",
            "embed": {
                "@architectures": "spacy.MultiHashEmbed.v2",
                "width": WIDTH,
                "attrs": list(ATTRIBUTES),
                "rows": list(ATTRIBUTES.values()),
                "include_static_vectors": True,
            },
            "encode": {
                "@architectures": "spacy.MaxoutWindowEncoder.v2",
                "width": WIDTH,
                "depth": DEPTH,
                "window_size": 1,
                "maxout_pieces": 3,
            },
        },
    }


def stored_vectors(folder: Path) -> Vectors:
    """The word table of a stored model, looked up by a word's lower form."""
    vectors = Vectors(name="words", attr="LOWER")
    return vectors.from_disk(folder / "vocab")


def store(nlp: Language, vectors: Vectors, folder: Path) -> None:
    """Write the trained pipeline so that stock spaCy loads it.

    It is written over a fresh vocabulary, as spaCy would keep every word of the training texts.
    spaCy 3.8 reads the key attribute of a vector table from `vectors.cfg` but does not write it
    there: without it every capitalised word would lose its vector.
    """
    bare = network(vectors)
    bare.initialize()
    trained, fresh = (cast("TrainablePipe", each.get_pipe("ner")) for each in (nlp, bare))
    fresh.from_bytes(trained.to_bytes(exclude=["vocab"]), exclude=["vocab"])
    bare.meta.update(nlp.meta)
    bare.to_disk(folder)
    settings = {"mode": "default", "attr": LOWER}
    (folder / "vocab" / "vectors.cfg").write_text(json.dumps(settings) + "\n", "utf-8")
