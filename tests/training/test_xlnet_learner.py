from dataclasses import replace

import numpy as np
import pytest
import torch
from torch.utils.flop_counter import FlopCounterMode
from transformers import XLNetConfig, XLNetLMHeadModel

from core.batch import IGNORE
from core.systems.xlnet import XLNetSettings
from core.training.xlnet import XLNetLearner
from tests.models.judging import given_weights
from tests.models.test_xlnet import renamed
from tests.training.test_neural import encoded

TINY = XLNetSettings(n_layers=2, n_heads=2, d_model=16, n_ctx=12, n_memory=20, predict_one_in=3, batch_size=4, warmup_steps=3, n_steps=40, learning_rate=1e-2)


def losses(learner: XLNetLearner, n: int) -> list[float]:
    return [learner.advance().loss for _ in range(n)]


@pytest.mark.parametrize("stopped_after", [1, 4, 16])
def test_resumed_it_remembers_what_it_had_read(stopped_after: int) -> None:
    """To the last bit, with dropout; where stretches follow each other, and where a batch begins elsewhere."""
    settings = replace(TINY, dropout=0.2)
    whole, stopped, resumed = (XLNetLearner(settings, encoded()) for _ in range(3))
    expected = losses(whole, stopped_after + 3)
    losses(stopped, stopped_after)
    state = stopped.state()
    assert {name: array.shape for name, array in state.items() if name.startswith("memory.")} == {
        f"memory.{n}": (4, min(20, 12 * stopped_after), 16) for n in range(2)
    }
    stopped.held_out_loss()
    stopped.advance()
    resumed.restore(state)
    assert resumed.held_out_loss() == resumed.held_out_loss()
    assert losses(resumed, 3) == expected[stopped_after:]


def test_without_a_memory_there_is_none_in_its_state() -> None:
    learner = XLNetLearner(replace(TINY, n_memory=0), encoded())
    losses(learner, 3)
    assert all(memory.shape[1] == 0 for memory in learner.memory)
    again = XLNetLearner(replace(TINY, n_memory=0), encoded())
    again.restore(learner.state())
    assert losses(again, 2) == losses(learner, 2)


def test_what_it_remembers_helps() -> None:
    """A text that repeats itself after more than a stretch: only who looks back knows what comes."""
    text = "".join(np.random.default_rng(0).choice(list("abcdefgh"), 12)) * 60
    settings = replace(TINY, n_ctx=3, predict_one_in=1, n_steps=80, batch_size=8, d_model=32)
    remembers, forgets = (XLNetLearner(replace(settings, n_memory=n), encoded(text)) for n in (12, 0))
    for learner in (remembers, forgets):
        losses(learner, 80)
    assert remembers.held_out_loss() < forgets.held_out_loss() - 0.1


def test_the_query_stream_is_made_where_something_is_predicted_and_costs_the_same() -> None:
    learner = XLNetLearner(TINY, encoded())
    batch = learner.objective.sample(3, torch.Generator().manual_seed(1))
    logits = learner.model(batch)
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORE)
    torch.testing.assert_close(learner.losses(batch)["tokens"], expected)


def test_pairs_are_learnt_without_a_memory() -> None:
    learner = XLNetLearner(replace(TINY, examples="pairs", n_ctx=60), encoded("the king rules the land\nthe queen rules\n" * 40))
    first = losses(learner, 1)[0]
    assert losses(learner, 39)[-1] < first - 0.5
    assert np.isfinite(learner.held_out_loss())


@pytest.mark.parametrize("change", [{}, {"n_memory": 0}, {"dropout": 0.1}, {"predict_one_in": 1}])
def test_its_steps_cost_what_it_says(change: dict[str, object]) -> None:
    learner = XLNetLearner(replace(TINY, **{"d_model": 64, "n_ctx": 32, "batch_size": 8, **change}), encoded())
    weights = {weight.untyped_storage().data_ptr() for weight in learner.model.parameters()}
    losses(learner, 2)
    with FlopCounterMode(display=False) as counter:
        learner.advance()
    kept: dict[int, torch.Tensor] = {}

    def keep(tensor: torch.Tensor) -> torch.Tensor:
        kept[tensor.untyped_storage().data_ptr()] = tensor
        return tensor

    batch = learner.examples(3, torch.Generator().manual_seed(1))
    with torch.autograd.graph.saved_tensors_hooks(keep, lambda tensor: tensor):
        learner.losses(batch)
    measured = sum(tensor.untyped_storage().nbytes() for where, tensor in kept.items() if where not in weights)
    cost = XLNetLearner.cost(learner.settings, learner.encoded.tokenizer.vocab_size)
    assert cost.weights == 4 * sum(weight.numel() for weight in learner.model.parameters())
    assert cost.flops == pytest.approx(counter.get_total_flops(), rel=0.4)
    assert 0.9 <= (cost.memory - 4 * cost.weights) / measured < 1.4


def test_a_text_is_read_in_the_order_that_is_asked_for() -> None:
    trained = XLNetLearner(TINY, encoded()).trained
    content, query = trained.patterns("the king")
    assert (content.part, query.part) == ("self", "query")
    assert np.array_equal(content.allowed, np.tri(8, dtype=bool))
    assert np.array_equal(query.allowed, np.tri(8, k=-1, dtype=bool)), "the first sees nothing in the query stream"
    assert (query.weights[:, :, 0] == 0).all()
    content, query = trained.under("right to left").patterns("the king")
    assert np.array_equal(content.allowed, np.tri(8, dtype=bool).T)
    content, query = trained.under("random order").patterns("the king")
    assert sorted(content.allowed.sum(1).tolist()) == list(range(1, 9))
    (content,) = trained.under("bidirectional").patterns("the king")
    assert content.allowed.all()
    assert [each.weights[0, 0].item() for each in trained.patterns("k")] == [1, 0]
    with pytest.raises(ValueError, match="no mask called 'sideways' here; there are left to right, right to left"):
        trained.under("sideways")


def test_the_next_token_is_predicted_as_transformers_generates() -> None:
    """By a place after the text that nobody sees, in the query stream, while the text sees all of itself."""
    learner = XLNetLearner(TINY, encoded())
    losses(learner, 3)
    trained, ids = learner.trained, learner.encoded.tokenizer.encode("the ki")
    theirs = given_weights(judge(TINY, learner.encoded.tokenizer.vocab_size), learner.model, renamed(TINY.n_heads), ("lm_loss.weight",))
    asked = theirs.prepare_inputs_for_generation(torch.tensor([ids]), use_cache=False)
    with torch.no_grad():
        expected = theirs(**asked | {"token_type_ids": torch.zeros_like(asked["input_ids"])}).logits[0, -1]
    torch.testing.assert_close(trained.next_logits(ids), expected, atol=1e-4, rtol=1e-4)
    torch.testing.assert_close(trained.under("right to left").next_logits(ids), expected, atol=1e-4, rtol=1e-4)
    assert len(trained.continuation(ids, 20, seed=1)) == 26


def judge(settings: XLNetSettings, vocab_size: int) -> XLNetLMHeadModel:
    config = XLNetConfig(
        vocab_size=vocab_size, d_model=settings.d_model, n_layer=settings.n_layers, n_head=settings.n_heads, d_inner=4 * settings.d_model, dropout=0.0,
        ff_activation="gelu",
    )  # fmt: skip
    return XLNetLMHeadModel._from_config(config, attn_implementation="eager").eval()
