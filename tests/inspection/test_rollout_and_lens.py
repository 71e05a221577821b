import networkx
import numpy as np
import pytest
import torch

from core.batch import Batch
from core.inspection.lens import lens
from core.inspection.patching import Question, asked, by_head, by_position
from core.inspection.rollout import flow, mixed, rollout
from core.models.bert import BERT
from core.models.gpt import GPT
from core.models.seq2seq import Seq2Seq
from core.models.xlnet import XLNet
from core.objectives.causal import to_read
from core.objectives.pairs import pair_batch
from core.objectives.permutation import permuted
from core.systems.gpt import GPTSettings
from core.text import tokenizers
from core.text.tokenizing import TokenizerSettings
from tests.models.judging import stirred


def weights(n_layers: int = 3, n: int = 5) -> np.ndarray:
    scores = np.random.default_rng(0).random((n_layers, 2, n, n)) * np.tri(n)
    return (scores / scores.sum(-1, keepdims=True)).astype(np.float32)


def test_rollout_is_the_product_of_the_layers() -> None:
    given = weights()
    found = rollout(given)
    identity = np.eye(5)
    by_hand = identity
    for layer in given.mean(1):
        by_hand = (0.5 * layer + 0.5 * identity) @ by_hand
    assert found[-1] == pytest.approx(by_hand, abs=1e-6)
    assert found.sum(-1) == pytest.approx(1, abs=1e-6)


def test_flow_is_the_largest_there_is() -> None:
    given = weights()
    layers, graph = mixed(given), networkx.DiGraph()
    for layer, q, k in np.argwhere(layers > 0):
        graph.add_edge((layer + 1, q), (layer, k), capacity=float(layers[layer, q, k]))
    for query in (2, 4):
        by_networkx = [networkx.maximum_flow_value(graph, (3, query), (0, key)) if key <= query else 0 for key in range(5)]
        assert flow(given, query) == pytest.approx(by_networkx, abs=1e-5)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_the_last_layer_of_the_lens_is_what_the_model_says(norm: str) -> None:
    torch.manual_seed(0)
    model = GPT(GPTSettings(n_layers=2, n_heads=2, d_model=8, n_ctx=8, norm=norm), 10).eval()
    batch = to_read([1, 2, 3])
    seen = lens(model, batch)
    assert seen.shape == (3, 1, 3, 10)
    torch.testing.assert_close(seen[-1], model(batch))
    torch.testing.assert_close(seen[0], model.unembed(model.normed(model.embed(batch.ids) + model.positions(3))))
    bert = BERT(8, 2, 2, 8, 10).eval()
    torch.testing.assert_close(lens(bert, batch)[-1], bert(batch))


def in_order(ids: list[int]) -> Batch:
    """Each token predicted from those to its left, in two streams."""
    read = torch.tensor([ids])
    return permuted(read, torch.arange(1, len(ids) + 1)[None], torch.ones_like(read, dtype=torch.bool))


def test_of_two_streams_the_one_that_predicts_is_looked_through_and_each_is_patched_with_its_own() -> None:
    torch.manual_seed(0)
    model = XLNet(8, 2, 2, 16, 8, 10)
    stirred(model)
    model.eval()
    clean, corrupted = in_order([1, 2, 3, 4]), in_order([1, 7, 3, 4])
    torch.testing.assert_close(lens(model, clean)[-1], model(clean))
    found = {(patch.place, patch.number): patch.restored for patch in by_position(model, asked(model, clean, corrupted, position=3))}
    for position in (0, 2, 3):  # where both texts are the same; were a stream given the other's vector, much would change
        assert found["blocks.0.resid_pre", position] == pytest.approx(0, abs=1e-4)


def test_where_more_than_a_norm_follows_the_layers_there_is_no_lens() -> None:
    tokens = tokenizers.train(["a b c"], TokenizerSettings(min_count=1))
    with pytest.raises(ValueError, match="stands more than a norm"):
        lens(Seq2Seq(8, 1, 8, tokens.vocab_size), pair_batch([[8, 9]], [[9]], tokens))


def test_a_patch_brings_back_the_answer_where_it_carries_the_difference() -> None:
    torch.manual_seed(0)
    model = GPT(GPTSettings(n_layers=2, n_heads=2, d_model=8, n_ctx=8), 10)
    stirred(model)
    model.eval()
    clean, corrupted = to_read([1, 2, 3, 4]), to_read([1, 7, 3, 4])
    question = asked(model, clean, corrupted, position=3)
    assert question.margin(model, clean) > question.margin(model, corrupted)
    assert asked(model, clean, corrupted).position >= 1  # before the difference nothing differs
    found = {(patch.place, patch.number): patch.restored for patch in by_position(model, question)}
    assert found["blocks.0.resid_pre", 1] == pytest.approx(1, abs=1e-4)  # the one place where the texts differ
    assert found["blocks.0.resid_pre", 2] == pytest.approx(0, abs=1e-4)
    assert found["blocks.1.resid_pre", 0] == pytest.approx(0, abs=1e-4)  # it had not seen the difference
    assert len(list(by_head(model, question))) == 4
    with pytest.raises(ValueError, match="have 4 and 2 tokens"):
        Question(clean, to_read([1, 2]), 1, 2)
    with pytest.raises(ValueError, match="nothing to bring back"):
        list(by_head(model, Question(clean, clean, 1, 2)))
