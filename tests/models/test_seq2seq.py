"""seq2seq, judged by OpenNMT-py's modules, and by torch's cells stepped through the papers' formulas, a pair at a time."""

from collections.abc import Callable, Mapping

import pytest
import torch
import torch.nn.functional as F
from torch import Tensor, nn

from core.batch import IGNORE, Batch
from core.blocks.masks import causal, full, padding
from core.inspection.hooks import capture, edit
from core.models.seq2seq import Seq2Seq
from tests.models.judging import given_weights, same_gradients, stirred
from tests.models.opennmt import OpenNMT

VOCAB, D_MODEL = 13, 6
PATTERN = "cross_attention.pattern"
SCORES = {"score.query": "linear_in", "out": "linear_out"}
SCORES_ADDED = {"score.query": "inner.linear_query", "score.key": "inner.linear_context", "score.score": "inner.v", "out": "inner.linear_out"}

every_score = pytest.mark.parametrize("attention", ["none", "dot", "general", "additive"])


def renamed(feeds: bool, attention: str) -> Callable[[Mapping[str, Tensor]], dict[str, Tensor]]:
    def inner(ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
        result = {}
        for name, weight in ours.items():
            side, _, rest = name.partition(".")
            if side == "cross_attention":
                old, new = next(pair for pair in (SCORES_ADDED if attention == "additive" else SCORES).items() if rest.startswith(pair[0]))
                result[f"decoder.attn.{new}{rest.removeprefix(old)}"] = weight
            elif side == "embed":
                result |= {f"{at}embed{dings}.weight": weight for at, dings in (("", ""), ("encoder.", "dings"), ("decoder.", "dings"))}
            else:
                _, number, _, kind = rest.split(".")  # layers.N.rnn.weight_ih_l0[_reverse]
                stepped = side == "decoder" and feeds
                result[f"{side}.rnn.layers.{number}.{kind.removesuffix('_l0')}" if stepped else f"{side}.rnn.{kind.replace('_l0', f'_l{number}')}"] = weight
        return result

    return inner


def seq2seq(**how: object) -> Seq2Seq:
    made = Seq2Seq(D_MODEL, **{"n_layers": 1, "n_ctx": 16, "vocab_size": VOCAB} | how).double()
    stirred(made)
    return made


def batch_of(source: Tensor, lengths: Tensor, ids: Tensor) -> Batch:
    n, n_source = ids.shape[1], source.shape[1]
    seen = padding(lengths, n_source)
    return Batch(ids, torch.full_like(ids, IGNORE), causal(n), seen & full(n, n_source), source=source, source_mask=seen & full(n_source))


def some(n_source: int = 7, n: int = 5, n_batch: int = 3) -> tuple[Tensor, Tensor, Tensor]:
    """Sources, their lengths (the first is the longest), and what the decoder reads."""
    lengths = torch.tensor([n_source, *torch.randint(1, n_source + 1, (n_batch - 1,)).tolist()])
    return torch.randint(VOCAB, (n_batch, n_source)), lengths, torch.randint(VOCAB, (n_batch, n))


@pytest.mark.parametrize(("attention", "feeds"), [("none", False), ("dot", False), ("general", True), ("additive", False), ("additive", True)])
@pytest.mark.parametrize(("cell", "both_ways", "n_layers"), [("gru", True, 1), ("lstm", True, 2), ("gru", False, 3), ("lstm", False, 1)])
def test_it_is_opennmts(attention: str, feeds: bool, cell: str, both_ways: bool, n_layers: int) -> None:
    """Outputs, attention, and the gradient of every weight; padded sources."""
    torch.manual_seed(n_layers)
    how = {"cell": cell, "both_ways": both_ways, "attention": attention}
    ours = seq2seq(n_layers=n_layers, input_feeding=feeds, **how)
    theirs = OpenNMT(D_MODEL, n_layers, VOCAB, feeds=feeds, **how).double()
    given_weights(theirs, ours, renamed(feeds, attention), ("decoder.attn.inner.linear_query.bias", "decoder.attn.inner.linear_out.bias"))
    source, lengths, ids = some()
    batch, captured = batch_of(source, lengths, ids), {}
    if attention == "none":
        hidden = ours.hidden(batch)
    else:
        with capture(ours, PATTERN) as captured:
            hidden = ours.hidden(batch)
        torch.testing.assert_close(ours.hidden(batch), hidden, atol=1e-10, rtol=0)
    expected, pattern = theirs(source, lengths, ids)
    torch.testing.assert_close(hidden, expected, atol=1e-10, rtol=0)
    if attention != "none":
        torch.testing.assert_close(captured[PATTERN][:, 0], pattern, atol=1e-10, rtol=0)
    wanted = torch.randint(VOCAB, (ids.numel(),))
    F.cross_entropy(ours.unembed(hidden).flatten(0, 1), wanted).backward()
    F.cross_entropy(F.linear(expected, theirs.embed.weight).flatten(0, 1), wanted).backward()
    same_gradients(ours, theirs, lambda named: {k: v for k, v in renamed(feeds, attention)(named).items() if "embeddings" not in k}, 1e-10)


def cell_of(rnn: nn.RNNBase, end: str = "") -> nn.Module:
    """One of torch's cells with the weights of a layer of one direction."""
    made = (nn.LSTMCell if isinstance(rnn, nn.LSTM) else nn.GRUCell)(rnn.input_size, rnn.hidden_size).double()
    made.load_state_dict({name: getattr(rnn, f"{name}_l0{end}") for name in made.state_dict()})
    return made


def stepped(cell: nn.Module, xs: list[Tensor], begun: tuple[Tensor, ...]) -> tuple[list[Tensor], tuple[Tensor, ...]]:
    """A cell's outputs [d] after each of xs, and the state it ends in."""
    found, state = [], begun
    for x in xs:
        state = cell(x[None], state) if len(state) == 2 else (cell(x[None], state[0]),)
        found.append(state[0][0])
    return found, state


def score(ours: Seq2Seq, attention: str, h: Tensor, s: Tensor) -> Tensor:
    asks = ours.cross_attention.score
    if attention == "additive":
        return asks.score.weight[0] @ torch.tanh(asks.query.weight @ h + asks.key.weight @ s)
    return h @ s if attention == "dot" else h @ asks.query.weight.T @ s


def by_hand(ours: Seq2Seq, attention: str, source: Tensor, ids: Tensor) -> Tensor:
    """The decoder's outputs for one pair, token by token [pos d_model]."""
    xs, begun = list(ours.embed(source)), []
    for layer in ours.encoder.layers:
        zero = (torch.zeros(1, layer.rnn.hidden_size).double(),) * (2 if isinstance(layer.rnn, nn.LSTM) else 1)
        found, state = stepped(cell_of(layer.rnn), xs, zero)
        if layer.rnn.bidirectional:
            back, last = stepped(cell_of(layer.rnn, "_reverse"), xs[::-1], zero)
            found = [torch.cat(pair) for pair in zip(found, back[::-1], strict=True)]
            state = tuple(torch.cat(pair, 1) for pair in zip(state, last, strict=True))
        xs = found
        begun.append(state)
    states, fed, out = xs, torch.zeros(D_MODEL).double(), []
    for x in ours.embed(ids):
        h = torch.cat([x, fed]) if ours.input_feeding else x
        for n, layer in enumerate(ours.decoder.layers):
            (h,), begun[n] = stepped(cell_of(layer.rnn), [h], begun[n])
        if attention != "none":
            weights = torch.stack([score(ours, attention, h, s) for s in states]).softmax(0)
            fed = torch.tanh(ours.cross_attention.out.weight @ torch.cat([sum(w * s for w, s in zip(weights, states, strict=True)), h]))
        out.append(h if attention == "none" else fed)
    return torch.stack(out)


@every_score
@pytest.mark.parametrize(("cell", "both_ways", "n_layers", "feeds"), [("gru", True, 2, False), ("lstm", False, 1, True), ("lstm", True, 2, False)])
def test_each_pair_of_a_padded_batch_is_as_the_formulas_say_of_it_alone(attention: str, cell: str, both_ways: bool, n_layers: int, feeds: bool) -> None:
    torch.manual_seed(n_layers)
    ours = seq2seq(n_layers=n_layers, cell=cell, both_ways=both_ways, attention=attention, input_feeding=feeds and attention != "none")
    source, lengths, ids = some()
    hidden = ours.hidden(batch_of(source, lengths, ids))
    for i, n in enumerate(lengths):
        torch.testing.assert_close(hidden[i], by_hand(ours, attention, source[i, :n], ids[i]), atol=1e-10, rtol=0)


@pytest.mark.parametrize(("attention", "feeds"), [("none", False), ("general", False), ("additive", True)])
def test_a_token_changes_what_may_know_of_it_and_nothing_else(attention: str, feeds: bool) -> None:
    """A source's token all of its own target, padding nothing; a target's token what comes after it."""
    torch.manual_seed(1)
    ours = seq2seq(attention=attention, input_feeding=feeds)
    source, lengths, ids = some(6, 4, 2)
    lengths[1] = 4
    before = ours(batch_of(source, lengths, ids))

    def changed(source: Tensor, ids: Tensor) -> Tensor:
        return (ours(batch_of(source, lengths, ids)) - before).abs().amax(-1) > 1e-9

    for row in range(2):
        for j in range(6):
            other = source.clone()
            other[row, j] = (other[row, j] + 1) % VOCAB
            expected = torch.zeros(2, 4, dtype=torch.bool)
            expected[row] = bool(j < lengths[row])
            assert torch.equal(changed(other, ids), expected)
        for t in range(4):
            other = ids.clone()
            other[row, t] = (other[row, t] + 1) % VOCAB
            expected = torch.zeros(2, 4, dtype=torch.bool)
            expected[row, t:] = True
            assert torch.equal(changed(source, other), expected)


@pytest.mark.parametrize("feeds", [False, True])
def test_an_edit_of_one_steps_attention_reaches_that_step_and_where_it_is_fed_those_after_it(feeds: bool) -> None:
    torch.manual_seed(1)
    ours = seq2seq(attention="dot", input_feeding=feeds)
    batch = batch_of(*some(6, 4, 1))

    def first_only(pattern: Tensor) -> Tensor:
        pattern = pattern.clone()
        pattern[:, :, 2] = F.one_hot(torch.tensor(0), 6).double()
        return pattern

    before = ours.hidden(batch)
    with edit(ours, PATTERN, first_only), capture(ours, "cross_attention.*") as captured:
        after = ours.hidden(batch)
    assert captured[PATTERN].shape == (1, 1, 4, 6)
    assert captured[PATTERN][0, 0, 2].tolist() == [1, 0, 0, 0, 0, 0]
    memory = ours.encode(batch.source, batch.source_mask)
    torch.testing.assert_close(captured["cross_attention.z"][0, 0, 2], memory[0, 0])
    moved = (after - before).abs().amax(-1)[0] > 1e-9
    assert moved.tolist() == [False, False, True, feeds]
