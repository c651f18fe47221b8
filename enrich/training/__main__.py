"""`python -m enrich.training`: make the committed model from the marked texts, and print its score.

The word table is taken from the committed model; `--words` builds it anew from the packages of the
dependency group `model`.
"""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from spacy.vectors import Vectors  # type: ignore[import-not-found]  # compiled, no stubs

from enrich.entities import OUR_FOLDER
from enrich.training.card import meta
from enrich.training.corpus import MarkedText, read_texts
from enrich.training.features import word_vectors
from enrich.training.learning import Plan, learn
from enrich.training.network import network, store, stored_vectors
from enrich.training.scoring import scores, table

SHARED = Path(__file__).resolve().parents[3] / "shared" / "ner"


def arguments(words: list[str]) -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m enrich.training", description=__doc__)
    parser.add_argument("--texts", type=Path, default=SHARED, help="folder of train and dev")
    parser.add_argument("--to", type=Path, default=OUR_FOLDER, help="folder to write the model to")
    parser.add_argument("--rounds", type=int, default=Plan().rounds)
    parser.add_argument("--words", action="store_true", help="build the word table anew")
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """Train, score, store; 1 where the texts are not there."""
    chosen = arguments(words)
    if not (chosen.texts / "train.jsonl.gz").is_file():
        print(f"There is no train.jsonl.gz in {chosen.texts}. Name its folder: --texts DIR")
        return 1
    texts = list(read_texts(chosen.texts / "train.jsonl.gz"))
    held = list(read_texts(chosen.texts / "dev.jsonl.gz"))
    vectors = _vectors(texts) if chosen.words else stored_vectors(OUR_FOLDER)
    plan = Plan(rounds=chosen.rounds)
    nlp = network(vectors)
    began = time.monotonic()

    def say(number: int, loss: float) -> None:
        minutes = (time.monotonic() - began) / 60
        print(f"round {number} of {plan.rounds}: loss {loss:.0f}, {minutes:.1f} min", flush=True)

    learn(nlp, texts, plan, say)
    counted = scores(nlp, held)
    print(table(counted))
    nlp.meta.update(meta(counted, plan))
    store(nlp, vectors, chosen.to)
    print(f"written to {chosen.to}")
    return 0


def _vectors(texts: list[MarkedText]) -> Vectors:
    return word_vectors({word.lower() for marked in texts for word in marked.text.split()})


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
