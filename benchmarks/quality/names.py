"""Names that the model finds, and what the rules find, against texts that people marked."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from random import Random

from enrich.documents import Mention
from enrich.entities import OUR_FOLDER, NameModel
from enrich.ruler import RULER, ruled
from enrich.training.augment import police_usage, recased, with_names
from enrich.training.corpus import LABELS, MarkedText, read_texts
from enrich.training.scoring import Score

MARKED = Path(__file__).parents[3] / "shared" / "ner"
BASELINE = {"PERSON": 0.650, "ORG": 0.414, "LOC": 0.608, "all": 0.561}  # its README
RULED = ("DATE", "MONEY", "QUANTITY", "DOCREF", "WEAPON")
Finder = Callable[[str], Iterable[Mention]]

_EXPLAINED = """Exact span and exact label, or it does not count; through the program's own path, a
line at a time. A label is counted in texts whose source marks it; "all" and the sources count
PERSON, ORG and LOC. `re3d` marks common nouns too ("the rebels"), which no name finder is after.
Baseline: eight minutes of a blank spaCy network, as `../shared/ner` reports it."""
_RULES = """DATE, MONEY, QUANTITY, DOCREF and WEAPON are found by form or by a list of our own
(`enrich/ruler.py`). The only texts that mark them are `re3d`'s reports of 2016, which also mark
"yesterday", "two" and "the report": what no form settles is missed by intent. All of its texts,
training part too, as the rules learn nothing; their forms were read there while they were written.
"""


def section() -> str:
    """The section of docs/quality.md."""
    texts = list(read_texts(MARKED / "dev.jsonl.gz"))
    both = [*read_texts(MARKED / "train.jsonl.gz"), *texts]
    model = NameModel()
    model.names("Jane Brown")  # loaded before anything is timed
    counted = counts(texts, model.names, LABELS)
    return "\n\n".join(
        [
            "## Names",
            f"{model.version}, {_mebibytes(OUR_FOLDER):.0f} MiB. {_EXPLAINED}",
            _labels(counted),
            _sources(counted, texts),
            _hard(texts, model.names),
            f"### What the rules find\n\n{RULER}. {_RULES}",
            _rules(counts(both, ruled, RULED)),
            f"### Speed\n\n{_speed(texts, model.names)}",
        ]
    )


def counts(
    texts: Sequence[MarkedText], find: Finder, labels: Sequence[str]
) -> dict[tuple[str, str], Score]:
    """A score for each (source, label), for all labels and for all sources together ("all")."""
    counted: dict[tuple[str, str], Score] = defaultdict(Score)
    for marked in texts:
        asked = marked.annotates.intersection(labels)
        wanted = {span for span in marked.spans if span[2] in asked}
        found = {(m.start, m.end, m.label) for m in find(marked.text) if m.label in asked}
        source = marked.source.partition(":")[0]
        for span in wanted | found:
            for group in {(source, span[2]), (source, "all"), ("all", span[2]), ("all", "all")}:
                score = counted[group]
                score.right += span in wanted and span in found
                score.wrong += span not in wanted
                score.missed += span not in found
    return dict(counted)


def _labels(counted: dict[tuple[str, str], Score]) -> str:
    return _table(
        ("label", "precision", "recall", "F1", "baseline F1"),
        [(label, *_figures(counted["all", label]), f"{BASELINE[label]:.3f}") for label in BASELINE],
    )


def _sources(counted: dict[tuple[str, str], Score], texts: Sequence[MarkedText]) -> str:
    sources = sorted({marked.source.partition(":")[0] for marked in texts})
    return _table(
        ("source", *(f"{label} F1" for label in LABELS), "precision", "recall", "F1"),
        [
            (
                source,
                *(f"{counted.get((source, label), Score()).f1:.3f}" for label in LABELS),
                *_figures(counted[source, "all"]),
            )
            for source in sources
        ],
    )


def _hard(texts: Sequence[MarkedText], find: Finder) -> str:
    """The same texts as they are rarely written, and names that no training text holds."""
    dice = Random(1)
    full = [
        marked
        for marked in texts
        if any(_is_full(marked.text[s:e], label) for s, e, label in marked.spans)
    ]

    def police(name: str, label: str) -> tuple[str, str]:
        return police_usage(name.split(" "), dice) if _is_full(name, label) else (name, "")

    rows = [
        ("without capitals", [recased(marked, str.lower) for marked in texts], "all"),
        ("in capitals", [recased(marked, str.upper) for marked in texts], "all"),
        ("full names as they stand (PERSON)", full, "PERSON"),
        ('the same as "SMITH, John (12/03/1985)"', [with_names(m, police) for m in full], "PERSON"),
    ]
    table = _table(
        ("written", "texts", "precision", "recall", "F1"),
        [
            (says, str(len(some)), *_figures(counts(some, find, LABELS)["all", label]))
            for says, some, label in rows
        ],
    )
    return f"{table}\n\n{_unseen(texts, find)}"


def _unseen(texts: Sequence[MarkedText], find: Finder) -> str:
    held = {
        marked.text[start:end].casefold()
        for marked in read_texts(MARKED / "train.jsonl.gz")
        for start, end, _ in marked.spans
    }
    tally = {True: [0, 0], False: [0, 0]}
    for marked in texts:
        found = {(m.start, m.end, m.label) for m in find(marked.text)}
        for span in marked.spans:
            if span[2] in LABELS:
                group = tally[marked.text[span[0] : span[1]].casefold() in held]
                group[0] += span in found
                group[1] += 1
    shares = {known: right / max(1, every) for known, (right, every) in tally.items()}
    return (
        f"Of the {tally[False][1]} names that stand in no training text it finds "
        f"{shares[False]:.0%}, of the other {tally[True][1]} {shares[True]:.0%}."
    )


def _rules(counted: dict[tuple[str, str], Score]) -> str:
    return _table(
        ("label", "marked", "found", "precision", "recall"),
        [
            (
                label,
                str(score.right + score.missed),
                str(score.right + score.wrong),
                f"{score.precision:.3f}",
                f"{score.recall:.3f}",
            )
            for label in RULED
            if (score := counted.get(("all", label))) is not None
        ],
    )


def _speed(texts: Sequence[MarkedText], find: Finder) -> str:
    whole = "\n".join(marked.text for marked in texts)
    words = len(whole.split())
    rates = []
    for each in (find, ruled):
        began = time.process_time()
        list(each(whole))
        rates.append(words / (time.process_time() - began))
    return (
        f"Names: {rates[0]:,.0f} words a second of one core; the rules: {rates[1]:,.0f} "
        f"({rates[0] / rates[1]:.1%} on top)."
    )


def _is_full(name: str, label: str) -> bool:
    return label == "PERSON" and 2 <= len(name.split(" ")) <= 3 and name.replace(" ", "").isalpha()


def _figures(score: Score) -> tuple[str, str, str]:
    return f"{score.precision:.3f}", f"{score.recall:.3f}", f"{score.f1:.3f}"


def _mebibytes(folder: Path) -> float:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file()) / 2**20


def _table(heads: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [heads, tuple("---" for _ in heads), *rows]
    return "\n".join(f"| {' | '.join(line)} |" for line in lines)
