"""Saying how two sentences stand to each other: what systems that offer "next_sentence" can be asked."""

from dataclasses import replace

from core.models.bert import BERT
from core.models.language_model import resting
from core.objectives.sentence_tasks import SentenceTask
from core.trained.filling import Fills


class Judges(Fills):
    """A model that was asked about whole pairs while it was trained."""

    model: BERT
    tasks: tuple[SentenceTask, ...]  # of the system, in the order of the model's classes

    @property
    def judged_by(self) -> SentenceTask | None:
        """The task that tells sentences that follow each other from others; None where this run has not learnt it."""
        raise NotImplementedError

    def judged(self, text: str) -> dict[str, float]:
        """The probability of each answer for a pair, with a tab or a line's end between; ValueError in words where it is none, or was never asked for."""
        if self.judged_by is None:
            raise ValueError("This run has not learnt which sentences follow each other. Train one with next_sentence (BERT) or the task distance (ERNIE).")
        task = self.tasks.index(self.judged_by)
        batch = replace(self.read(text).batch, task=task)
        assert batch.segments is not None
        if not batch.segments.any():
            raise ValueError("This takes two sentences: write each on a line of its own.")
        with resting(self.model):
            probabilities = self.model.classified(self.model.hidden(batch), task)[0].softmax(-1)
        return dict(zip(self.judged_by.labels, probabilities.tolist(), strict=True))
