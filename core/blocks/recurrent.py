"""Recurrent layers, and the attention of a recurrent decoder (Bahdanau et al. 2015; Luong et al. 2015)."""

from collections.abc import Callable

import torch
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn
from torch.nn.utils.rnn import pack_padded_sequence, pad_packed_sequence

from core.blocks.hook_points import HookPoint

CELLS: dict[str, type[nn.GRU] | type[nn.LSTM]] = {"gru": nn.GRU, "lstm": nn.LSTM}  # Cho et al. 2014; Hochreiter and Schmidhuber 1997


class RecurrentLayer(nn.Module):
    """GRUs or LSTMs along a sequence; with both_ways two of half the width, one from the beginning and one from the end, side by side.

    Hook points, as a Transformer's blocks have them though nothing is added here: `resid_pre` [batch pos d_in] as it comes in, `resid_post`
    [batch pos d_model] as it goes out.
    """

    def __init__(self, cell: str, d_in: int, d_model: int, both_ways: bool = False) -> None:
        super().__init__()
        assert d_model % (1 + both_ways) == 0, f"{d_model} is not even"
        self.rnn = CELLS[cell](d_in, d_model // (1 + both_ways), batch_first=True, bidirectional=both_ways)
        self.resid_pre, self.resid_post = HookPoint(), HookPoint()

    def forward(
        self,
        x: Float[Tensor, "batch pos d_in"],
        lengths: Int[Tensor, " batch"] | None = None,
        begun: Float[Tensor, "batch n_states d_model"] | None = None,
    ) -> tuple[Float[Tensor, "batch pos d_model"], Float[Tensor, "batch n_states d_model"]]:
        """What goes out, zeros beyond `lengths`, and the states at the end: of a GRU one, of an LSTM its output and its cell. They begin as zeros."""
        n, x, first = x.shape[1], self.resid_pre(x), None
        if begun is not None:
            each = [state[None].contiguous() for state in begun.unbind(1)]
            first = each[0] if len(each) == 1 else tuple(each)
        if lengths is None or bool((lengths == n).all()):
            y, ended = self.rnn(x, first)
        else:  # packed, which costs a quarter of the time: the way from the end has to begin at each sequence's own
            y, ended = self.rnn(pack_padded_sequence(x, lengths.cpu(), batch_first=True, enforce_sorted=False), first)
            y, _ = pad_packed_sequence(y, batch_first=True, total_length=n)
        states = [state.transpose(0, 1).flatten(1) for state in (ended if isinstance(ended, tuple) else (ended,))]
        return self.resid_post(y), torch.stack(states, dim=1)


class Recurrent(nn.Module):
    """Layers on top of each other, with dropout between them."""

    def __init__(self, cell: str, d_in: int, d_model: int, n_layers: int, both_ways: bool = False, dropout: float = 0.0) -> None:
        super().__init__()
        self.layers = nn.ModuleList(RecurrentLayer(cell, d_model if n else d_in, d_model, both_ways) for n in range(n_layers))
        self.dropout = nn.Dropout(dropout)
        self.n_states = n_layers * (2 if cell == "lstm" else 1)

    def forward(
        self,
        x: Float[Tensor, "batch pos d_in"],
        lengths: Int[Tensor, " batch"] | None = None,
        begun: Float[Tensor, "batch n_states d_model"] | None = None,
    ) -> tuple[Float[Tensor, "batch pos d_model"], Float[Tensor, "batch n_states d_model"]]:
        """What goes out of the last layer, and the states that all layers ended in, the first layer's first."""
        each = [None] * len(self.layers) if begun is None else begun.chunk(len(self.layers), dim=1)
        ended = []
        for n, (layer, states) in enumerate(zip(self.layers, each, strict=True)):
            x, last = layer(self.dropout(x) if n else x, lengths, states)
            ended.append(last)
        return x, torch.cat(ended, dim=1)


class Dot(nn.Module):
    """h's (Luong et al. 2015, equation 8)."""

    def __init__(self, d_model: int) -> None:
        super().__init__()

    def forward(self, h: Float[Tensor, "batch query d_model"], memory: Float[Tensor, "batch key d_model"]) -> Float[Tensor, "batch query key"]:
        return h @ memory.transpose(1, 2)


class General(nn.Module):
    """h'Ws (Luong et al. 2015, equation 8)."""

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.query = nn.Linear(d_model, d_model, bias=False)

    def forward(self, h: Float[Tensor, "batch query d_model"], memory: Float[Tensor, "batch key d_model"]) -> Float[Tensor, "batch query key"]:
        scores: Tensor = self.query(h) @ memory.transpose(1, 2)
        return scores


class Additive(nn.Module):
    """v'tanh(Wh + Us) (Bahdanau et al. 2015, appendix A.1.2)."""

    def __init__(self, d_model: int) -> None:
        super().__init__()
        self.query, self.key = nn.Linear(d_model, d_model, bias=False), nn.Linear(d_model, d_model, bias=False)
        self.score = nn.Linear(d_model, 1, bias=False)

    def forward(self, h: Float[Tensor, "batch query d_model"], memory: Float[Tensor, "batch key d_model"]) -> Float[Tensor, "batch query key"]:
        scores: Tensor = self.score(torch.tanh(self.query(h)[:, :, None] + self.key(memory)[:, None])).squeeze(-1)
        return scores


SCORES: dict[str, Callable[[int], nn.Module]] = {"dot": Dot, "general": General, "additive": Additive}


class RecurrentAttention(nn.Module):
    """tanh(W [z; h]), where z is the mean of the memory weighted by softmax(score(h, memory)) (Luong et al. 2015, equations 5 and 7).

    h is the decoder's state after it has read a token, for additive scores too: so all steps of a sequence can be taken at once. (Bahdanau's own
    decoder asks with the state before.)

    Hook points, with one head, as core.blocks.attention.Attention has them: `pattern` [batch 1 query key], `z` [batch 1 query d_model].
    """

    def __init__(self, d_model: int, score: str) -> None:
        super().__init__()
        self.score = SCORES[score](d_model)
        self.out = nn.Linear(2 * d_model, d_model, bias=False)
        self.pattern, self.z = HookPoint(), HookPoint()

    def forward(
        self,
        h: Float[Tensor, "batch query d_model"],
        memory: Float[Tensor, "batch key d_model"],
        mask: Bool[Tensor, "#batch #n_heads query key"],
        so_far: "SoFar | None" = None,
    ) -> Float[Tensor, "batch query d_model"]:
        """so_far: of a decoder that takes one step at a time, what the hook points were shown at the steps before."""
        scores = self.score(h, memory)[:, None]
        # The lowest finite number and not minus infinity: a row without a single key would be 0/0.
        weights = scores.masked_fill(~mask, torch.finfo(scores.dtype).min).softmax(dim=-1).masked_fill(~mask, 0)
        show = _show_all if so_far is None else so_far.show
        z = show(self.z, show(self.pattern, weights) @ memory[:, None])
        y: Tensor = torch.tanh(self.out(torch.cat([z[:, 0], h], dim=-1)))
        return y


class SoFar:
    """Of a loop of n steps, what its hook points were shown: each is always given the rows of all steps, zeros where they are still to come, so that
    what is captured last is whole and an edit finds its row in its place.
    """

    def __init__(self, n: int) -> None:
        self.n = n
        self.rows: dict[HookPoint, list[Tensor]] = {}

    def show(self, point: HookPoint, row: Float[Tensor, "batch 1 1 last"]) -> Float[Tensor, "batch 1 1 last"]:
        """This step's row as it comes out of the hook point."""
        if not point.heard:
            return row
        rows = self.rows.setdefault(point, [])
        rows.append(row)
        whole = torch.cat([*rows, row.new_zeros(len(row), 1, self.n - len(rows), row.shape[-1])], dim=2)
        shown: Tensor = point(whole)[:, :, len(rows) - 1 : len(rows)]
        return shown


def _show_all(point: HookPoint, rows: Tensor) -> Tensor:
    shown: Tensor = point(rows)
    return shown
