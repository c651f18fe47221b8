"""Training: rounds over the texts, a falling learning rate, averaged weights."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from random import Random

from spacy.language import Language
from spacy.training import Example
from thinc.api import Adam, Optimizer, fix_random_seed

from enrich.training.augment import Augmenter, names_of
from enrich.training.corpus import MarkedText, example_of


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to learn."""

    rounds: int = 16
    rate: float = 0.002  # at its highest; it rises over `warm_texts`, then falls in a line
    warm_texts: int = 4_000
    lowest: float = 0.02  # of `rate`
    dropout: float = 0.3
    batch_tokens: int = 800
    seed: int = 1


def learn(
    nlp: Language,
    texts: Sequence[MarkedText],
    plan: Plan,
    after_round: Callable[[int, float], None],
) -> None:
    """Train the pipeline on the texts and leave it with its averaged weights.

    The same texts, plan and versions give the same weights on the same kind of machine.
    `after_round` is called with the round's number and its loss.
    """
    fix_random_seed(plan.seed)
    dice = Random(plan.seed)  # noqa: S311 - not for secrets: the same dice at every run
    augment = Augmenter(names_of(texts), dice)
    nlp.initialize(lambda: [example_of(nlp, marked) for marked in texts[:200]])
    optimizer = Adam(plan.rate, L2=0.01, grad_clip=1.0, use_averages=True, L2_is_weight_decay=True)
    shuffled, seen, total = list(texts), 0, plan.rounds * len(texts)
    for number in range(1, plan.rounds + 1):
        dice.shuffle(shuffled)
        losses: dict[str, float] = {}
        examples = (example_of(nlp, augment(marked)) for marked in shuffled)
        for batch in _batches(examples, plan.batch_tokens):
            seen += len(batch)
            warm, left = min(1.0, seen / plan.warm_texts), max(plan.lowest, 1 - seen / total)
            optimizer.learn_rate = plan.rate * warm * left
            nlp.update(batch, sgd=optimizer, losses=losses, drop=plan.dropout)
        after_round(number, losses["ner"])
    _keep_averages(nlp, optimizer)


def _keep_averages(nlp: Language, optimizer: Optimizer) -> None:
    """Put each weight's average over the training in its place: steadier than the last value."""
    averages = optimizer.averages or {}
    for node in nlp.get_pipe("ner").model.walk():  # type: ignore[attr-defined]
        for name in node.param_names:
            average = averages.get((node.id, name))
            if average is not None:
                node.set_param(name, average)


def _batches(examples: Iterator[Example], tokens: int) -> Iterator[list[Example]]:
    """The examples in groups of at least so many tokens, the last one excepted."""
    batch: list[Example] = []
    size = 0
    for example in examples:
        batch.append(example)
        size += len(example)
        if size >= tokens:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch
