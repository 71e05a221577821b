"""ERNIE as it trains."""

from typing import ClassVar, cast

import numpy as np
import torch

from core.batch import Batch
from core.models.bert import BERT
from core.objectives.masked import Masked
from core.objectives.masking import Masking
from core.objectives.sentence_tasks import DISTANCE, ORDER, PASSAGE, SentenceTask
from core.systems.ernie import ERNIESettings
from core.text.tokenizers import Tokenizer
from core.text.units import Level
from core.trained.judging import Judges
from core.training.bert import MaskedLearner

TASKS = (PASSAGE, ORDER, DISTANCE)  # each has its own row of the task embedding


class TrainedERNIE(Judges):
    tasks = TASKS

    @property
    def judged_by(self) -> SentenceTask | None:
        return DISTANCE if "distance" in self.settings.tasks else None


class ERNIELearner(MaskedLearner):
    look = TrainedERNIE
    LABELS: ClassVar = {n: task.labels for n, task in enumerate(TASKS)}

    @classmethod
    def build(cls, settings: ERNIESettings, vocab_size: int) -> BERT:
        s = settings
        n_labels = tuple(max(2, len(task.labels)) for task in TASKS)
        return BERT(s.d_model, s.n_heads, s.n_layers, s.n_ctx, vocab_size, s.dropout, 3, len(TASKS), n_labels, n_ngrams=s.n_ngrams)

    @classmethod
    def objective_on(cls, stream: np.ndarray, settings: ERNIESettings, tokenizer: Tokenizer, device: torch.device | str = "cpu") -> Masked:
        if settings.n_ngrams and not tokenizer.ngrams:
            raise ValueError("This tokenizer knows no phrases to predict. Set its phrase_passes to 1 or more and its kind to wordpiece, or n_ngrams to 0.")
        masking = Masking(tokenizer, settings.masked_share, settings.n_ngrams)
        return Masked(stream, settings.n_ctx, tokenizer, device, level=cast(Level, settings.units), tasks=TASKS, masking=masking, active=asked(settings))

    def examples(self, step: int, generator: torch.Generator) -> Batch:
        """Of the tasks that are taught at this step."""
        active = taught(asked(self.settings), self.settings.taught, step / self.settings.n_steps)
        return self.objective.sample(self.settings.batch_size, generator, active)


def asked(settings: ERNIESettings) -> tuple[int, ...]:
    """Which of TASKS a run is to learn."""
    names = settings.tasks.split(", ")
    return tuple(n for n, name in enumerate(("masking", "order", "distance")) if name in names)


def taught(tasks: tuple[int, ...], how: str, done: float) -> tuple[int, ...]:
    """Which of the tasks are taught when so much of the training is done. done: from 0 to 1."""
    if how == "together":
        return tasks
    newest = min(len(tasks) - 1, int(done * len(tasks)))
    return tasks[: newest + 1] if how == "continually" else tasks[newest : newest + 1]
