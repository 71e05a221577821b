"""How much of what is hidden a model finds in text that it has not learnt from: a token, a word, a whole phrase."""

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import torch

from core.batch import IGNORE
from core.models.language_model import resting
from core.objectives.masked import Example, Masked
from core.objectives.masking import Hidden, Masking
from core.objectives.sentence_tasks import PASSAGE
from core.objectives.sentences import NONE, Stretch, framed
from core.text.progress import Progress
from core.text.tokenizers import load as load_tokenizer
from core.text.units import Level
from core.trained.filling import Fills
from core.training import continuing
from core.training.run import Run

LEVELS: dict[Level, str] = {"tokens": "a token", "words": "a word", "phrases": "a phrase"}
N_PASSAGES = 1000
AT_ONCE = 64  # passages


@dataclass(frozen=True)
class Found:
    """whole: bool [n], whether all of a unit was found; tokens: how many of theirs were, as a share."""

    title: str
    whole: np.ndarray
    tokens: float

    @property
    def share(self) -> float:
        return float(self.whole.mean()) if len(self.whole) else math.nan


def lines(run: Run, progress: Progress) -> Iterator[str]:
    """A small table for a terminal; ValueError in words where the run fills nothing in."""
    row = run.config.row
    weights = next((each for each in (snapshot.weights() for snapshot in reversed(run.snapshots())) if each is not None), None)
    masked = "masked tokens" in row.objectives
    if not masked or weights is None:
        why = "it has kept no weights yet" if masked else f"{row.title} does not learn from what is hidden behind a mask"
        raise ValueError(f"There is nothing to be found by the run {run.id}: {why}.")
    trained = row.load_learner().load(run.config.settings, load_tokenizer(run.folder / "tokenizer.json"), weights)
    held_out = continuing.encoded(run, progress)[0].held_out
    yield f"{run.id}: one unit hidden in each of {N_PASSAGES:,} passages of the held-out text"
    yield f"{'HIDDEN':<10}{'FOUND':<17}{'OF ITS TOKENS':<15}PASSAGES"
    for each in (found(trained, held_out, level, progress) for level in LEVELS):
        whole = f"{each.share:.1%} ± {error(each):.1%}" if len(each.whole) else "-"
        yield f"{each.title:<10}{whole:<17}{f'{each.tokens:.1%}' if len(each.whole) else '-':<15}{len(each.whole):,}"


def error(of: Found) -> float:
    """The standard error of its share."""
    return math.sqrt(of.share * (1 - of.share) / len(of.whole))


def found(trained: Fills, stream: np.ndarray, level: Level, progress: Progress, n_passages: int = N_PASSAGES) -> Found:
    """One unit in each of evenly spaced passages is hidden, always behind [MASK], and all else can be seen. Phrases are of two words at least."""
    masking = Masking(trained.tokenizer, share=1e-9, n_ngrams=getattr(trained.settings, "n_ngrams", 0), as_mask=1.0, as_random=0.0)
    objective = Masked(stream, trained.model.n_ctx, trained.tokenizer, trained.model.device, level=level, tasks=(PASSAGE,), masking=masking)
    several = np.array([len(words) > 1 for words in trained.tokenizer.ngrams] + [False])  # at its end what NONE finds
    whole, right = [], []
    firsts = objective.sentences.chunks()
    firsts = firsts[np.unique(np.linspace(0, len(firsts) - 1, n_passages).astype(np.int64))]
    for begin in range(0, len(firsts), AT_ONCE):
        progress(f"hiding {LEVELS[level]}", begin / len(firsts))
        drawn = (_hidden(objective, first, several if level == "phrases" else None) for first in firsts[begin : begin + AT_ONCE].tolist())
        if examples := [(each, None) for each in drawn if each is not None]:
            for correct in _said(trained, objective, examples):
                whole.append(correct.all())
                right += correct.tolist()
    return Found(LEVELS[level], np.array(whole, np.bool_), float(np.mean(right)) if right else math.nan)


def _hidden(objective: Masked, first: int, wanted: np.ndarray | None) -> Hidden | None:
    """A passage with one unit hidden; None where none is wanted. wanted: of which n-grams it has to be."""
    rng = np.random.default_rng(first)
    parts, _ = PASSAGE.make(objective.sentences, first, objective.n_ctx - PASSAGE.n_marks, rng)
    sequence, segments = framed(parts, objective.tokenizer)
    units = sequence.units if wanted is None else np.where(wanted[sequence.ngrams], sequence.units, NONE)
    there = np.unique(units[units != NONE])
    if not len(there):
        return None
    one = np.where(units == rng.choice(there), units, NONE)
    return objective.masking.hide(Stretch(sequence.ids, one, sequence.ngrams), segments, rng)


def _said(trained: Any, objective: Masked, examples: Sequence[Example]) -> Iterator[np.ndarray]:
    """Of each example which of its targets are the model's first choice."""
    batch = objective.batch(examples)
    where = batch.targets != IGNORE
    with resting(trained.model):
        said = trained.model.unembed(trained.model.hidden(batch)[where]).argmax(-1) == batch.targets[where]
    for correct in torch.split(said.cpu(), where.sum(1).tolist()):
        yield correct.numpy()
