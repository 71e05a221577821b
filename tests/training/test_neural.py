import math
import resource
import sys
from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode

from core.systems.gpt import GPTSettings
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.tokenizing import TokenizerSettings
from core.training import device, neural
from core.training.gpt import GPTLearner
from core.training.neural import learning_rate, sum_of

TEXT = "the king rules the land . the queen rules the land . " * 40
TINY = GPTSettings(n_layers=2, n_heads=2, d_model=16, n_ctx=12, batch_size=4, warmup_steps=3, n_steps=40, learning_rate=1e-2)


def encoded(text: str = TEXT, kind: str = "character") -> EncodedCorpus:
    tokenizer = tokenizers.train([text], TokenizerSettings(kind=kind, min_count=1))
    ids = tokenizer.array(text)
    return EncodedCorpus(tokenizer, ids, np.bincount(ids[ids >= 0], minlength=tokenizer.vocab_size))


def losses(learner: GPTLearner, n: int) -> list[float]:
    return [learner.advance().loss for _ in range(n)]


def test_it_learns_and_says_how_much_it_read() -> None:
    learner = GPTLearner(TINY, encoded())
    before, first, last = learner.held_out_loss(), losses(learner, 1)[0], losses(learner, 39)[-1]
    assert first == pytest.approx(math.log(learner.encoded.tokenizer.vocab_size), abs=0.3)
    assert last < first - 0.5
    assert learner.held_out_loss() < before - 0.5
    assert learner.advance().n_tokens == 4 * 12
    assert learner.step == 41


@pytest.mark.parametrize("dropout", [0.0, 0.3])
def test_a_restored_learner_goes_on_as_if_nothing_had_happened(dropout: float) -> None:
    """The same losses to the last bit, whatever was drawn from torch's generator in between."""
    settings = replace(TINY, dropout=dropout)
    whole, stopped, resumed = (GPTLearner(settings, encoded()) for _ in range(3))
    expected = losses(whole, 8)
    assert losses(stopped, 5) == expected[:5]
    state = stopped.state()
    assert all(isinstance(array, np.ndarray) for array in state.values())
    stopped.advance()  # must not reach into the state taken before
    for array in state.values():
        array.flags.writeable = False  # as a file mapped into memory may be
    torch.rand(3)
    resumed.restore(state)
    assert resumed.step == 5
    assert losses(resumed, 3) == expected[5:]
    assert all(np.array_equal(array, whole.state()[name]) for name, array in resumed.state().items())


def test_a_state_taken_before_the_first_step_is_a_whole_one_too() -> None:
    first, second = GPTLearner(TINY, encoded()), GPTLearner(replace(TINY, seed=2), encoded())
    second.restore(first.state())
    second.settings = first.settings
    assert losses(first, 2) == losses(second, 2)


def test_looking_at_a_learner_changes_nothing() -> None:
    looked_at, alone = (GPTLearner(replace(TINY, dropout=0.2), encoded()) for _ in range(2))
    torch.manual_seed(0)
    drawn = torch.rand(1)
    torch.manual_seed(0)
    for learner in (looked_at, alone):
        learner.advance()
    assert torch.rand(1) == drawn  # nor does training draw from the process's generator
    assert looked_at.held_out_loss() == looked_at.held_out_loss()
    looked_at.patterns("the king")
    assert looked_at.continuation([8, 9], 20, seed=3) == looked_at.continuation([8, 9], 20, seed=3)
    looked_at.vectors()
    assert losses(looked_at, 3) == losses(alone, 3)


def test_a_step_leaves_nothing_behind_in_torch() -> None:
    """torch.manual_seed would note down at each call what to do should another kind of device come into use."""
    learner = GPTLearner(TINY, encoded())
    losses(learner, 1)
    before = len(torch.cuda._queued_calls)
    losses(learner, 3)
    assert len(torch.cuda._queued_calls) == before


def test_another_seed_is_another_run() -> None:
    one, two = GPTLearner(TINY, encoded()), GPTLearner(replace(TINY, seed=2), encoded())
    assert not np.array_equal(one.weights()["embed.weight"], two.weights()["embed.weight"])
    assert not torch.equal(
        one.objective.sample(4, torch.Generator().manual_seed(one._draws(0)[0])).ids,
        two.objective.sample(4, torch.Generator().manual_seed(two._draws(0)[0])).ids,
    )


def test_weights_alone_are_enough_to_look_at_the_model() -> None:
    learner = GPTLearner(TINY, encoded())
    losses(learner, 3)
    trained = GPTLearner.load(TINY, learner.encoded.tokenizer, learner.weights())
    (one,), (other,) = trained.patterns("the king"), learner.patterns("the king")
    assert np.array_equal(one.weights, other.weights)
    assert trained.continuation([8], 10, seed=1) == learner.continuation([8], 10, seed=1)


def test_weights_of_another_tokenizer_are_refused_in_words() -> None:
    learner = GPTLearner(TINY, encoded())
    with pytest.raises(ValueError, match="do not belong to this model and tokenizer"):
        GPTLearner.load(TINY, encoded("abc").tokenizer, learner.weights())


def test_vectors_are_of_ordinary_tokens_the_most_frequent_first() -> None:
    learner = GPTLearner(TINY, encoded(kind="word"))
    vectors = learner.vectors()
    assert vectors.words[:2] == ["the", "land"]
    assert list(vectors.counts) == sorted(vectors.counts, reverse=True)
    row = learner.encoded.tokenizer.index["queen"]
    assert np.array_equal(vectors.matrix[vectors.row("queen")], learner.weights()["embed.weight"][row])
    assert not any(word.startswith("[") for word in vectors.words)


def test_patterns_are_of_the_texts_beginning_and_say_what_is_missing() -> None:
    learner = GPTLearner(TINY, encoded())
    (short,), (long,) = learner.patterns("the king"), learner.patterns("the queen rules")
    assert (short.keys, short.n_left_out) == (list("the king"), 0)
    assert (long.queries, long.n_left_out) == (list("the queen ru"), 3)
    assert long.weights.shape == (2, 2, 12, 12)
    np.testing.assert_allclose(long.weights.sum(-1), 1, rtol=1e-5)
    assert learner.patterns("t")[0].weights.tolist() == [[[[1.0]]] * 2] * 2
    with pytest.raises(ValueError, match="no token in this text"):
        learner.patterns("")


def test_characters_outside_the_vocabulary_are_looked_at_as_unknown() -> None:
    assert GPTLearner(TINY, encoded()).patterns("k☃")[0].keys == ["k", "[UNK]"]


def test_a_continuation_goes_on_beyond_the_context_and_from_nothing() -> None:
    learner = GPTLearner(TINY, encoded())
    assert len(learner.continuation([8, 9], 30, seed=1)) == 32
    assert learner.continuation([8, 9], 30, seed=1)[:2] == [8, 9]
    assert len(learner.continuation([], 5, seed=1)) == 5


def test_a_loss_that_is_no_number_is_said_with_the_remedy() -> None:
    learner = GPTLearner(TINY, encoded())
    with torch.no_grad():
        learner.model.embed.weight.fill_(torch.nan)
    with pytest.raises(ValueError, match=r"at step 1\. Train with a smaller learning rate than 0\.01"):
        learner.advance()


def test_a_held_out_part_of_one_token_is_predicted_from_the_token_before() -> None:
    corpus = encoded("abcdefghij" * 2)
    assert len(corpus.held_out) == 1
    assert math.isfinite(GPTLearner(TINY, corpus).held_out_loss())


def test_the_rate_warms_up_then_falls_along_a_cosine_to_a_tenth() -> None:
    settings = replace(TINY, warmup_steps=10, n_steps=110, learning_rate=1.0)
    rates = [learning_rate(step, settings) for step in range(111)]
    assert rates[:10] == pytest.approx([(step + 1) / 11 for step in range(10)])
    assert (rates[10], rates[60], rates[110]) == pytest.approx((1.0, 0.55, 0.1))
    assert rates[10:] == sorted(rates[10:], reverse=True)
    assert learning_rate(0, replace(settings, warmup_steps=0)) == 1.0
    assert learning_rate(500, settings) == pytest.approx(0.1)


def test_decay_is_for_matrices_only() -> None:
    model = GPTLearner.build(TINY, 20)
    decayed, spared = neural.adamw(model, 1e-3, 0.1).param_groups
    assert decayed["weight_decay"] == 0.1
    assert all(weight.ndim == 2 for weight in decayed["params"])
    assert spared["weight_decay"] == 0
    assert all(weight.ndim == 1 for weight in spared["params"])
    assert len(decayed["params"]) + len(spared["params"]) == len(list(model.parameters()))


def test_the_cost_counts_every_weight() -> None:
    for settings in (TINY, replace(TINY, norm="post")):
        n_weights = sum(weight.numel() for weight in GPTLearner.build(settings, 20).parameters())
        cost = GPTLearner.cost(settings, 20)
        assert cost.weights == 4 * n_weights
        assert cost.memory > 16 * n_weights
    assert GPTLearner.cost(replace(TINY, batch_size=8), 20).flops == 2 * cost.flops


def test_its_steps_cost_the_arithmetic_it_says() -> None:
    learner = GPTLearner(replace(TINY, d_model=32), encoded())
    with FlopCounterMode(display=False) as counter:
        learner.advance()
    # The counter takes attention's backward pass at 2.5 times its forward pass, we at twice.
    assert GPTLearner.cost(learner.settings, learner.encoded.tokenizer.vocab_size).flops == pytest.approx(counter.get_total_flops(), rel=0.1)


@pytest.mark.parametrize("change", [{}, {"d_model": 128, "n_ctx": 64}, {"dropout": 0.1}, {"norm": "post", "n_layers": 3}])
def test_the_memory_it_asks_for_holds_what_the_backward_pass_keeps(change: dict[str, object]) -> None:
    learner = GPTLearner(replace(TINY, **{"d_model": 64, "n_ctx": 32, "batch_size": 16, **change}), encoded())
    weights = {weight.untyped_storage().data_ptr() for weight in learner.model.parameters()}
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        sum_of(learner.losses(learner.objective.sample(16, torch.Generator())))
    measured = sum(tensor.untyped_storage().nbytes() for where, tensor in kept.items() if where not in weights)
    cost = GPTLearner.cost(learner.settings, learner.encoded.tokenizer.vocab_size)
    assert 1 <= (cost.memory - 4 * cost.weights) / measured < 1.4


@pytest.mark.parametrize("name", ["seq2seq", "elmo"])
def test_recurrent_systems_train_where_products_are_in_bfloat16(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every processor can compute so, though only some are quicker for it."""
    from core.systems import system

    row = system(name)
    small = {"n_layers": 2, "d_model": 8, "n_ctx": 8, "batch_size": 2} | ({"d_hidden": 8} if name == "elmo" else {"input_feeding": True})
    text = "the king rules the land .\nthe queen rules the sea .\n" * 20
    tokenizer = tokenizers.train([text], TokenizerSettings(kind="word", min_count=1, punctuation=True))
    ids = tokenizer.array(text)
    corpus = EncodedCorpus(tokenizer, ids, np.bincount(ids[ids >= 0], minlength=tokenizer.vocab_size))
    exact, rough = (row.load_learner()(row.settings(**small), corpus) for _ in range(2))
    expected = exact.advance().loss
    monkeypatch.setattr("core.training.device.has_bfloat16", lambda device: True)
    assert rough.advance().loss == pytest.approx(expected, rel=0.02)
    assert rough.held_out_loss() > 0


@pytest.mark.skipif(sys.platform != "linux", reason="glibc's alone can be told to keep what was freed")
def test_a_step_asks_the_system_for_no_new_memory() -> None:
    """A page fault for each 4 kB would be thousands a step."""
    learner = GPTLearner(replace(TINY, d_model=128, n_ctx=64, batch_size=12), encoded())
    losses(learner, 3)
    before = resource.getrusage(resource.RUSAGE_SELF).ru_minflt
    losses(learner, 5)
    assert resource.getrusage(resource.RUSAGE_SELF).ru_minflt - before < 5 * 100


@pytest.mark.parametrize("factor", [1.0, 1e3])
def test_a_steps_gradient_is_clipped_at_a_norm_of_one(factor: float, monkeypatch: pytest.MonkeyPatch) -> None:
    """As torch clips it, whether it is larger or not: what of it goes into AdamW's first moment is the same."""
    ours, theirs = GPTLearner(TINY, encoded()), GPTLearner(TINY, encoded())
    monkeypatch.setattr(ours, "whole", lambda each, batch: factor * sum_of(each))
    ours.advance()
    with device.mixed_precision(theirs.device):
        loss = factor * sum_of(theirs.losses(theirs.examples(0, torch.Generator().manual_seed(theirs._draws(0)[0]))))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(theirs.model.parameters(), 1.0)
    for one, other in zip(ours.model.parameters(), theirs.model.parameters(), strict=True):
        torch.testing.assert_close(ours.optimizer.state[one]["exp_avg"], 0.1 * other.grad, rtol=1e-5, atol=1e-9)
