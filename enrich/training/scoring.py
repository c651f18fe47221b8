"""How well a pipeline finds the marked names: exact span and exact label, or it does not count."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass

from spacy.language import Language

from enrich.training.corpus import LABELS, MarkedText


@dataclass(slots=True)
class Score:
    """Counts of names found rightly, found wrongly and missed."""

    right: int = 0
    wrong: int = 0
    missed: int = 0

    @property
    def precision(self) -> float:
        """The share of what was found that is marked."""
        return self.right / max(1, self.right + self.wrong)

    @property
    def recall(self) -> float:
        """The share of what is marked that was found."""
        return self.right / max(1, self.right + self.missed)

    @property
    def f1(self) -> float:
        """The harmonic mean of precision and recall."""
        return 2 * self.right / max(1, 2 * self.right + self.wrong + self.missed)

    def as_numbers(self) -> dict[str, float]:
        """The three figures by spaCy's usual keys."""
        return {"p": round(self.precision, 4), "r": round(self.recall, 4), "f": round(self.f1, 4)}


def scores(nlp: Language, texts: Sequence[MarkedText]) -> dict[str, Score]:
    """A score for "all", for each label and for each source (re3d's publishers together)."""
    counted: dict[str, Score] = defaultdict(Score)
    docs = nlp.pipe([marked.text for marked in texts], batch_size=128)
    for marked, doc in zip(texts, docs, strict=True):
        wanted = {span for span in marked.spans if span[2] in LABELS}
        found = {
            (entity.start_char, entity.end_char, entity.label_)
            for entity in doc.ents
            if entity.label_ in LABELS
        }
        for span in wanted | found:
            for group in ("all", span[2], marked.source.partition(":")[0]):
                score = counted[group]
                score.right += span in wanted and span in found
                score.wrong += span not in wanted
                score.missed += span not in found
    return dict(counted)


def table(counted: dict[str, Score]) -> str:
    """The scores as lines of text, "all" first."""
    lines = [f"{'':10} precision  recall  F1"]
    for name in ("all", *sorted(set(counted) - {"all"})):
        score = counted[name]
        lines.append(f"{name:10} {score.precision:9.3f} {score.recall:7.3f} {score.f1:6.3f}")
    return "\n".join(lines)
