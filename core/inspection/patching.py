"""Patching between two texts: what of the one, put into a pass over the other, brings back its answer (Meng et al. 2022; Wang et al. 2023).

Denoising: the pass is over the corrupted text, and one thing at a time comes from the clean one. 1 where that alone restores the clean
answer, 0 where it changes nothing.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle

from torch import Tensor

from core.batch import Batch
from core.blocks.hook_points import Tap
from core.inspection.hooks import edit, hook_points, record
from core.models.language_model import LanguageModel, resting


@dataclass(frozen=True)
class Question:
    """Two texts of equally many tokens, and the token that each makes likely at one position."""

    clean: Batch
    corrupted: Batch
    answer: int  # a token's id: what the clean text is answered with
    other: int  # what the corrupted one is
    position: int = -1

    def __post_init__(self) -> None:
        same_length(self.clean, self.corrupted)

    def margin(self, model: LanguageModel, batch: Batch) -> float:
        """By how much the clean answer's logit is above the other's."""
        with resting(model):
            logits = model.unembed(model.hidden(batch)[0, self.position])
        return float(logits[self.answer] - logits[self.other])


@dataclass(frozen=True)
class Patched:
    """What one patch brought back. place: a hook point's name; number: the head, or the position."""

    place: str
    number: int
    restored: float


def by_head(model: LanguageModel, question: Question) -> Iterator[Patched]:
    """Each head's output, at all positions."""
    yield from _each(model, question, "*.z", dim=1)


def by_position(model: LanguageModel, question: Question) -> Iterator[Patched]:
    """The residual stream as it comes into each block, at one position."""
    yield from _each(model, question, "*.resid_pre", dim=1)


def _each(model: LanguageModel, question: Question, pattern: str, dim: int) -> Iterator[Patched]:
    with record(model, pattern) as recorded:
        high = question.margin(model, question.clean)
        clean = {name: list(passed) for name, passed in recorded.items()}
    low = question.margin(model, question.corrupted)
    if abs(high - low) < 1e-6:
        raise ValueError("Both texts are answered alike, so that there is nothing to bring back. Change a word that matters to the answer.")
    for name in hook_points(model, pattern):
        for number in range(clean[name][-1].shape[dim]):
            with edit(model, name, _put(clean[name], number, dim)):
                margin = question.margin(model, question.corrupted)
            yield Patched(name, number, (margin - low) / (high - low))


def _put(clean: Sequence[Tensor], number: int, dim: int) -> Tap:
    """clean: what went through the point, as often as it is passed: XLNet's two streams go through the same."""
    turns = cycle(clean)

    def tap(x: Tensor) -> Tensor:
        changed = x.clone()
        changed.select(dim, number).copy_(next(turns).select(dim, number))
        return changed

    return tap


def asked(model: LanguageModel, clean: Batch, corrupted: Batch, position: int | None = None) -> Question:
    """A question of two texts: the tokens that each makes likelier than the other by the most; if nothing else is said, where they last differ much."""
    same_length(clean, corrupted)
    with resting(model):
        more = model(clean)[0].softmax(-1) - model(corrupted)[0].softmax(-1)  # [pos vocab]
    apart = more.abs().sum(-1)
    at = int((apart > 0.1 * apart.max()).nonzero().max()) if position is None and apart.any() else position or 0
    return Question(clean, corrupted, int(more[at].argmax()), int(more[at].argmin()), at)


def same_length(clean: Batch, corrupted: Batch) -> None:
    """ValueError in words where they, or their sources, are not."""
    for what, one, other in (("sources", clean.source, corrupted.source), ("texts", clean.ids, corrupted.ids)):
        n, m = (0 if ids is None else ids.shape[1] for ids in (one, other))
        if n != m:
            raise ValueError(f"The two {what} have {n} and {m} tokens; what is put from one into the other needs its place. Make them equally long.")
