"""BERT and ERNIE as they train: which tasks a step has, what each of them costs, and what is kept of weights that had no turn."""

from collections import Counter
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from core.systems.bert import BERTSettings
from core.systems.ernie import ERNIESettings
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.sentences import stream
from core.text.tokenizing import TokenizerSettings
from core.training.bert import BERTLearner
from core.training.ernie import ERNIELearner, taught

TEXT = "the king rules the land .\nthe queen sees the king .\na dog ran home .\nthe man has a dog .\n" * 30
TINY = {"n_layers": 2, "n_heads": 2, "d_model": 16, "n_ctx": 16, "batch_size": 4, "warmup_steps": 2, "n_steps": 30}
ALL = ERNIESettings(tasks="masking, order, distance", **TINY)


def encoded() -> EncodedCorpus:
    tokenizer = tokenizers.train([TEXT], TokenizerSettings(punctuation=True))
    ids = stream(TEXT, tokenizer).astype(np.int32)
    return EncodedCorpus(tokenizer, ids, np.bincount(ids[ids >= 0], minlength=tokenizer.vocab_size))


def test_each_task_has_its_own_loss() -> None:
    step = BERTLearner(BERTSettings(**TINY), encoded()).advance()
    assert set(step.losses) == {"masked tokens", "next sentence"}
    assert step.loss == pytest.approx(sum(step.losses.values()))
    learner = ERNIELearner(ALL, encoded())
    seen = Counter(tuple(learner.advance().losses) for _ in range(30))
    assert set(seen) == {("masked tokens",), ("masked tokens", "sentence order"), ("masked tokens", "sentence distance")}
    assert set(BERTLearner(BERTSettings(next_sentence=False, **TINY), encoded()).advance().losses) == {"masked tokens"}


@pytest.mark.parametrize(
    ("how", "expected"),
    [("together", [{0, 1, 2}] * 3), ("continually", [{0}, {0, 1}, {0, 1, 2}]), ("one by one", [{0}, {1}, {2}])],
)
def test_tasks_are_taught_together_or_each_in_its_turn(how: str, expected: list[set[int]]) -> None:
    learner = ERNIELearner(replace(ALL, taught=how), encoded())
    for third in range(3):
        steps = range(third * 10, third * 10 + 10)
        tasks = {learner.examples(step, torch.Generator().manual_seed(100 * n + step)).task for step in steps for n in range(2)}
        assert tasks == expected[third]
    assert taught((0, 2), how, 1.0)
    assert taught((0,), how, 0.5) == (0,)


def test_a_task_is_told_to_the_model() -> None:
    learner = ERNIELearner(ALL, encoded())
    batch = learner.objective.sample(4, torch.Generator().manual_seed(1))
    with torch.no_grad():
        one, other = (learner.model.eval().hidden(replace(batch, task=task)) for task in (0, 1))
    assert not torch.allclose(one, other)


def test_restored_before_a_task_had_its_turn_it_goes_on_as_if_nothing_had_happened() -> None:
    settings = replace(ALL, taught="one by one")
    whole, resumed = (ERNIELearner(settings, encoded()) for _ in range(2))
    for _ in range(12):
        whole.advance()
    state = whole.state()
    assert "steps.classes.1.weight" in state
    assert "steps.classes.2.weight" not in state, "it has no gradient yet"
    resumed.restore(state)
    assert [resumed.advance() for _ in range(15)] == [whole.advance() for _ in range(15)]
    assert all(np.array_equal(array, whole.state()[name]) for name, array in resumed.state().items())


def test_settings_that_cannot_be_are_said_with_the_remedy() -> None:
    with pytest.raises(ValueError, match=r"Set units to phrases, or n_ngrams to 0"):
        ERNIESettings(n_ngrams=10, units="words")
    with pytest.raises(ValueError, match=r"knows no phrases to predict\. Set its phrase_passes to 1"):
        ERNIELearner(ERNIESettings(n_ngrams=10, **TINY), encoded())
    for settings in (BERTSettings, ERNIESettings):
        with pytest.raises(ValueError, match="must be divisible by n_heads"):
            settings(d_model=10, n_heads=4)


@pytest.mark.parametrize("kind", [BERTLearner, ERNIELearner])
def test_its_steps_cost_the_arithmetic_it_says(kind: type[BERTLearner] | type[ERNIELearner]) -> None:
    settings = (BERTSettings if kind is BERTLearner else ERNIESettings)(**{**TINY, "d_model": 64, "batch_size": 32})
    learner = kind(settings, encoded())
    with FlopCounterMode(display=False) as counter:
        learner.advance()
    assert kind.cost(settings, learner.encoded.tokenizer.vocab_size).flops == pytest.approx(counter.get_total_flops(), rel=0.1)
