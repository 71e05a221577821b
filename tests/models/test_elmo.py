"""ELMo, judged by what the original program computed (two models of it), and by torch's own LSTM with a projection."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import Tensor, nn

from core.batch import IGNORE, Batch
from core.blocks.characters import Highway
from core.blocks.mixing import LayerMix
from core.blocks.two_ways import ProjectedLSTMs, TwoWays
from core.inspection.hooks import capture
from core.models.elmo import WAYS, ELMo, ways
from core.objectives.both_ways import three_masks
from core.text.spelling import spelled
from tests.models.judging import stirred

VOCAB = 11


def elmo(**how: object) -> ELMo:
    torch.manual_seed(1)
    made = ELMo(**{"d_model": 4, "d_hidden": 6, "n_layers": 2, "n_ctx": 16, "vocab_size": VOCAB, "longest_word": 8, "filters": ((1, 3), (3, 4))} | how).double()
    made.spelling.copy_(torch.from_numpy(spelled([f"w{i}" * (1 + i % 3) for i in range(VOCAB)], 8)))
    stirred(made)
    return made


def read(ids: Tensor, way: str) -> Batch:
    n = ids.shape[1]
    return Batch(ids, torch.full_like(ids, IGNORE), three_masks(n)[[WAYS.index(way)]].expand(len(ids), -1, -1, -1))


# ------------------------------------------------------------------ the original program's numbers


def original(folder: Path) -> tuple[ELMo, dict]:
    """The model of a weights file that bilm-tf wrote. TensorFlow's gates are input, new cell, forget (to which it adds 1), output."""
    h5py = pytest.importorskip("h5py")
    options = json.loads((folder / "options.json").read_text())
    lstm, cnn = options["lstm"], options["char_cnn"]
    made = ELMo(
        lstm["projection_dim"], lstm["dim"], lstm["n_layers"], 64, 7, cnn["max_characters_per_token"], float(lstm["cell_clip"]), float(lstm["proj_clip"]),
        lstm["use_skip_connections"], filters=[tuple(each) for each in cnn["filters"]], d_character=cnn["embedding"]["dim"],
    )  # fmt: skip
    with h5py.File(folder / "lm_weights.hdf5") as file, torch.no_grad():

        def weight(name: str) -> Tensor:
            return torch.from_numpy(file[name][()])

        made.characters.embed.weight.copy_(weight("char_embed"))
        for i, convolution in enumerate(made.characters.convolutions):
            convolution.weight.copy_(weight(f"CNN/W_cnn_{i}")[0].permute(2, 1, 0))
            convolution.bias.copy_(weight(f"CNN/b_cnn_{i}"))
        for i, highway in enumerate(made.characters.highways):
            highway.both.weight.copy_(torch.cat([weight(f"CNN_high_{i}/W_transform"), weight(f"CNN_high_{i}/W_carry")], 1).T)
            highway.both.bias.copy_(torch.cat([weight(f"CNN_high_{i}/b_transform"), weight(f"CNN_high_{i}/b_carry")]))
        made.characters.out.weight.copy_(weight("CNN_proj/W_proj").T)
        made.characters.out.bias.copy_(weight("CNN_proj/b_proj"))
        for n, block in enumerate(made.blocks):
            for side in range(2):
                cell = f"RNN_{side}/RNN/MultiRNNCell/Cell{n}/LSTMCell"
                both, bias = weight(f"{cell}/W_0").T, weight(f"{cell}/B")
                order = torch.arange(4 * lstm["dim"]).unflatten(0, (4, -1))[[0, 2, 1, 3]].flatten()
                bias[2 * lstm["dim"] : 3 * lstm["dim"]] += 1
                block.lstms.into[side].copy_(both[order, : lstm["projection_dim"]].T)
                block.lstms.again[side].copy_(both[order, lstm["projection_dim"] :].T)
                block.lstms.bias.view(2, -1)[side].copy_(bias[order])
                block.lstms.out[side].copy_(weight(f"{cell}/W_P_0"))
    return made, {"h5py": h5py}


@pytest.mark.parametrize(("name", "sentences"), [("allennlp", "sentences.json"), ("bilm", "lm_embeddings_sentences.json")])
def test_it_gives_the_original_programs_numbers(shared: Path, name: str, sentences: str) -> None:
    """Thirty sentences, three beside each other, whose states go on from one to the next; the first model adds what a layer reads to what it says."""
    folder = shared / "data" / "elmo" / name
    if not folder.is_dir():
        pytest.skip(f"there is no {folder}")
    model, tools = original(folder)
    worst = 0.0
    for slot, lines in enumerate(json.loads((folder / sentences).read_text())):
        states: list = []
        with tools["h5py"].File(folder / f"lm_embeddings_{slot}.hdf5") as file, torch.no_grad():
            for i, line in enumerate(lines):
                words = ["[BOS]", *line.split(), "[EOS]"]
                tokens = model.characters(torch.from_numpy(spelled(words, 50)))[None]
                layers, states = model.layers(tokens, states)
                expected = torch.from_numpy(file[str(i)][()])
                ours = layers[-1][0, 1:-1].unflatten(-1, (2, -1)).transpose(0, 1)  # [way word d_model]
                worst = max(worst, float((ours - expected).abs().max()))
    assert worst < 1e-5


# ------------------------------------------------------------------ torch's


@pytest.mark.parametrize(("d_model", "d_hidden", "n"), [(1, 2, 1), (3, 5, 7)])
def test_projected_lstms_without_clips_are_torchs(d_model: int, d_hidden: int, n: int) -> None:
    """Outputs, states and gradients of each of two."""
    torch.manual_seed(n)
    ours = ProjectedLSTMs(2, d_model, d_hidden).double()
    x = torch.randn(2, 3, n, d_model).double()
    begun = (torch.randn(2, 3, d_model).double(), torch.randn(2, 3, d_hidden).double())
    found, (h, cell) = ours(x, begun)
    found.square().sum().backward()
    for way in range(2):
        mine = {"weight_ih_l0": ours.into[way].T, "bias_ih_l0": ours.bias.view(2, -1)[way], "weight_hh_l0": ours.again[way].T, "weight_hr_l0": ours.out[way].T}
        gradients = {"weight_ih_l0": ours.into.grad[way].T, "bias_ih_l0": ours.bias.grad.view(2, -1)[way], "weight_hh_l0": ours.again.grad[way].T}
        gradients["weight_hr_l0"] = ours.out.grad[way].T
        theirs = nn.LSTM(d_model, d_hidden, batch_first=True, proj_size=d_model).double()
        theirs.load_state_dict(mine | {"bias_hh_l0": torch.zeros(4 * d_hidden)})
        expected, (theirs_h, theirs_cell) = theirs(x[way], tuple(state[way : way + 1] for state in begun))
        for one, other in ((found[way], expected), (h[way], theirs_h[0]), (cell[way], theirs_cell[0])):
            torch.testing.assert_close(one, other, atol=1e-12, rtol=0)
        expected.square().sum().backward()
        for name, gradient in gradients.items():
            torch.testing.assert_close(gradient, theirs.get_parameter(name).grad, atol=1e-10, rtol=0)


def test_clips_cut_the_cell_and_the_projection() -> None:
    torch.manual_seed(1)
    lstm = ProjectedLSTMs(1, 3, 4, cell_clip=0.2, projection_clip=0.05)
    with torch.no_grad():
        found, (_, cell) = lstm(5 * torch.randn(1, 2, 20, 3))
    assert float(cell.abs().max()) == pytest.approx(0.2)
    assert float(found.abs().max()) == pytest.approx(0.05)


def test_a_highway_and_a_mix_are_what_their_papers_say() -> None:
    torch.manual_seed(1)
    highway, x = Highway(3), torch.randn(5, 3)
    (W, W_gate), (b, b_gate) = highway.both.weight.chunk(2), highway.both.bias.chunk(2)
    g = torch.sigmoid(x @ W_gate.T + b_gate)
    torch.testing.assert_close(highway(x), g * torch.relu(x @ W.T + b) + (1 - g) * x)
    mix, layers = LayerMix(3), torch.randn(3, 5, 2)
    torch.testing.assert_close(mix(list(layers)), layers.mean(0))
    with torch.no_grad():
        mix.weights.copy_(torch.tensor([0.0, 1.0, -1.0]))
        mix.gamma.fill_(2.0)
    shares = np.exp([0, 1, -1]) / np.exp([0, 1, -1]).sum()
    torch.testing.assert_close(mix(list(layers)), 2 * torch.einsum("k,kbd->bd", torch.tensor(shares).float(), layers))


# ------------------------------------------------------------------ who sees whom


@pytest.mark.parametrize("way", WAYS)
def test_each_way_sees_what_its_mask_allows_and_nothing_else(way: str) -> None:
    """Each token in turn is changed; exactly those places change that may see it. A gap's own token changes nothing there."""
    model, ids = elmo(), torch.arange(6)[None]
    mask = three_masks(6)[WAYS.index(way), 0]
    before = model(read(ids, way))
    for j in range(6):
        other = ids.clone()
        other[0, j] = 9
        changed = (model(read(other, way)) - before).abs().amax(-1)[0] > 1e-9
        assert torch.equal(changed, mask[:, j])


def test_three_ways_in_one_batch_are_each_as_alone() -> None:
    model, ids = elmo(), torch.randint(VOCAB, (2, 5))
    together = model(Batch(ids.repeat(3, 1), ids.repeat(3, 1), three_masks(5).repeat_interleave(2, dim=0)))
    assert ways(three_masks(5)).tolist() == [0, 1, 2]
    for i, way in enumerate(WAYS):
        torch.testing.assert_close(together[2 * i : 2 * i + 2], model(read(ids, way)), atol=1e-10, rtol=0)
    assert ways(three_masks(1)).tolist() == [0, 0, 2], "of a single token nothing comes before or after"


def test_the_gaps_teach_the_mix_and_nothing_else() -> None:
    model, ids = elmo(), torch.randint(VOCAB, (2, 5))
    model.hidden(read(ids, "gap")).square().sum().backward()
    learns = {name for name, weight in model.named_parameters() if weight.grad is not None and weight.grad.abs().sum() > 0}
    assert learns == {"mix.weights", "mix.gamma", "gap.weight", "gap.bias"}


def test_layers_can_be_listened_to_with_both_ways_side_by_side() -> None:
    model, ids = elmo(residual=True), torch.randint(VOCAB, (1, 5))
    with capture(model, "*.resid_*") as captured:
        model.hidden(read(ids, "forward"))
    layers, _ = model.layers(model.tokens(ids))
    assert list(captured) == ["blocks.0.resid_pre", "blocks.0.resid_post", "blocks.1.resid_pre", "blocks.1.resid_post"]
    for name, layer in (("blocks.0.resid_pre", layers[0]), ("blocks.0.resid_post", layers[1]), ("blocks.1.resid_post", layers[2])):
        torch.testing.assert_close(captured[name], layer)


def test_a_residual_layer_adds_what_it_reads() -> None:
    torch.manual_seed(1)
    with_, without = (TwoWays(3, 4, 0.0, 0.0, residual, 0.0) for residual in (True, False))
    without.load_state_dict(with_.state_dict())
    x = torch.randn(2, 5, 6)
    torch.testing.assert_close(with_(x)[0], without(x)[0] + x)
