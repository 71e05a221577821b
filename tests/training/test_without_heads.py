"""Training on without some heads, from identical weights."""

from dataclasses import replace

import numpy as np
import pytest

from core.training.gpt import GPTLearner
from tests.training.test_neural import TINY, encoded, losses

PLACE = "blocks.1.attention"


def test_a_head_whose_output_weights_are_zero_stays_silent_while_all_else_learns() -> None:
    first = GPTLearner(TINY, encoded())
    losses(first, 3)
    weights = first.weights()
    weights[f"{PLACE}.out.weight"][:, 8:] = 0  # the second of two heads
    forked = GPTLearner(replace(TINY, weight_decay=0.5), encoded())
    forked.begin(weights, np.arange(forked.encoded.tokenizer.vocab_size))
    losses(forked, 5)
    out = forked.weights()[f"{PLACE}.out.weight"]
    assert (out[:, 8:] == 0).all()
    assert not np.array_equal(out[:, :8], weights[f"{PLACE}.out.weight"][:, :8])
    resumed = GPTLearner(replace(TINY, weight_decay=0.5), encoded())
    resumed.restore(forked.state())
    assert losses(resumed, 3) == losses(forked, 3)
    assert (resumed.weights()[f"{PLACE}.out.weight"][:, 8:] == 0).all()


def test_a_run_goes_on_without_a_head_and_says_which_there_are(home) -> None:
    from core.systems import system
    from core.text.tokenizing import TokenizerSettings
    from core.training import continuing, trainer
    from core.training.run import RunConfig, create

    settings = system("gpt").settings(n_layers=2, n_heads=2, d_model=16, n_ctx=16, batch_size=2, n_steps=6, warmup_steps=1)
    words = TokenizerSettings(kind="word", min_count=1, vocab_size=500)
    run = create(RunConfig("gpt", "small-world:300:1", words, settings, report_every=2, eval_every=6))
    trainer.train(run)
    new = continuing.begin(run, run.config.corpus, without=[(PLACE, 0)], name="headless")
    new = create(replace(new.config, report_every=2, eval_every=6, name="headless too"), lambda folder: (new.folder / "beginning").rename(folder / "beginning"))
    trainer.train(new)
    assert new.state() == "done", new.error()
    assert (new.snapshots()[-1].weights()[f"{PLACE}.out.weight"][:, :8] == 0).all()
    with pytest.raises(ValueError, match=r"no head 3 in “blocks\.1\.attention”.*blocks\.0\.attention"):
        continuing.begin(run, run.config.corpus, without=[(PLACE, 2)])
