"""The Transformer trains as in its paper."""

import dataclasses

import numpy as np
import pytest
import torch

from core.batch import IGNORE
from core.models.language_model import resting
from core.systems.transformer import TransformerSettings
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.tokenizers import END, TAB
from core.text.tokenizing import TokenizerSettings
from core.training.neural import learning_rate
from core.training.transformer import TransformerLearner

TINY = TransformerSettings(n_layers=1, n_heads=2, d_model=8, n_ctx=8, dropout=0.0, label_smoothing=0.1, batch_size=4)


@pytest.fixture
def learner() -> TransformerLearner:
    tokenizer = tokenizers.train(["abcdef"], TokenizerSettings(kind="character"))
    stream = np.tile(np.array([7, 8, TAB, 8, 7, END, 9, 10, 11, TAB, 11, 10, 9, END]), 30).astype(np.int32)
    return TransformerLearner(TINY, EncodedCorpus(tokenizer, stream, np.bincount(stream[stream >= 0], minlength=13)))


def test_its_rate_is_that_of_the_papers_equation_3() -> None:
    d_model, warmup = 512, 4000
    settings = dataclasses.replace(TINY, schedule="inverse root", warmup_steps=warmup - 1, learning_rate=(d_model * warmup) ** -0.5)
    for n in (1, 2, 1000, 3999, 4000, 4001, 16_000, 100_000):
        assert learning_rate(n - 1, settings) == pytest.approx(d_model**-0.5 * min(n**-0.5, n * warmup**-1.5))


def test_labels_are_smoothed_in_training_and_never_where_it_is_judged(learner: TransformerLearner) -> None:
    batch = learner.objective.sample(4, torch.Generator().manual_seed(1))
    with resting(learner.model):
        log_p = learner.model(batch).log_softmax(-1)[batch.targets != IGNORE]
    right = -log_p.gather(1, batch.targets[batch.targets != IGNORE][:, None]).mean()
    spread = -log_p.mean()  # over all tokens alike: a share of the target's probability goes to each (section 5.4)
    assert learner.losses(batch)["tokens"].item() == pytest.approx((0.9 * right + 0.1 * spread).item(), abs=1e-5)
    learner.model.eval()
    assert learner.losses(batch)["tokens"].item() == pytest.approx(right.item(), abs=1e-5)


def test_one_table_of_tokens_is_read_written_and_predicted_with(learner: TransformerLearner) -> None:
    learner.advance()
    tables = [name for name, weight in learner.model.named_parameters() if len(weight) == learner.encoded.tokenizer.vocab_size]
    assert tables == ["embed.weight"]
