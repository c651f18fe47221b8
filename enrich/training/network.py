"""The untrained pipeline: English tokens, word features, a small convolutional name finder."""

from __future__ import annotations

from typing import cast

import spacy
from spacy.language import Language
from spacy.pipeline import TrainablePipe
from spacy.strings import get_string_id
from spacy.tokenizer import Tokenizer  # type: ignore[import-not-found]  # compiled, no stubs
from spacy.util import compile_infix_regex, compile_suffix_regex
from spacy.vectors import Vectors  # type: ignore[import-not-found]  # the same

from enrich.training.corpus import LABELS
from enrich.training.features import Floats

ATTRIBUTES = ["NORM", "PREFIX", "SUFFIX", "SHAPE"]
ROWS = [4000, 1000, 2000, 1500]


def network(
    words: list[str], rows: list[int], table: Floats, *, width: int, depth: int
) -> Language:
    """A blank English pipeline with the vector table and an untrained `ner` for `LABELS`."""
    nlp = spacy.blank("en")
    split_web_punctuation(nlp)
    nlp.vocab.vectors = Vectors(strings=nlp.vocab.strings, data=table, name="words", attr="LOWER")
    for word, row in zip(words, rows, strict=True):
        nlp.vocab.vectors.add(get_string_id(word), row=row)  # by hash: the words are not kept
    ner = nlp.add_pipe("ner", config={"model": parser_config(width, depth)})
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


def parser_config(width: int, depth: int) -> dict[str, object]:
    """spaCy's own architectures, by their registered names: stock spaCy loads the result."""
    return {
        "@architectures": "spacy.TransitionBasedParser.v2",
        "state_type": "ner",
        "extra_state_tokens": False,
        "hidden_width": 64,
        "maxout_pieces": 2,
        "use_upper": True,
        "nO": None,
        "tok2vec": {
            "@architectures": "spacy.Tok2Vec.v2",
            "embed": {
                "@architectures": "spacy.MultiHashEmbed.v2",
                "width": width,
                "attrs": ATTRIBUTES,
                "rows": ROWS,
                "include_static_vectors": True,
            },
            "encode": {
                "@architectures": "spacy.MaxoutWindowEncoder.v2",
                "width": width,
                "depth": depth,
                "window_size": 1,
                "maxout_pieces": 3,
            },
        },
    }


def without_training_text(
    nlp: Language, words: list[str], rows: list[int], table: Floats
) -> Language:
    """The trained pipeline over a fresh vocabulary: spaCy would store every word it was shown."""
    shape = nlp.config["components"]["ner"]["model"]["tok2vec"]["encode"]
    bare = network(words, rows, table, width=shape["width"], depth=shape["depth"])
    bare.initialize()
    trained, fresh = (cast("TrainablePipe", each.get_pipe("ner")) for each in (nlp, bare))
    fresh.from_bytes(trained.to_bytes(exclude=["vocab"]), exclude=["vocab"])
    return bare
