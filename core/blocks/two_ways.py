"""LSTMs whose output is projected down (Sak et al. 2014), one from each end of a sequence, as ELMo stacks them."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.blocks.hook_points import HookPoint

State = tuple[Float[Tensor, "batch d_model"], Float[Tensor, "batch d_hidden"]]  # an LSTM's output and its cell


class ProjectedLSTM(nn.Module):
    """As nn.LSTM with proj_size; cell and output are cut at plus and minus `cell_clip` and `projection_clip`, 0 for not at all.

    nn.LSTM cannot clip, and with a projection it is hardly quicker on a CPU than this loop.
    """

    def __init__(self, d_model: int, d_hidden: int, cell_clip: float = 0.0, projection_clip: float = 0.0) -> None:
        super().__init__()
        self.clips = (cell_clip or torch.inf, projection_clip or torch.inf)
        self.into = nn.Linear(d_model, 4 * d_hidden)  # gates: input, forget, cell, output, as in torch
        self.again = nn.Linear(d_model, 4 * d_hidden, bias=False)
        self.out = nn.Linear(d_hidden, d_model, bias=False)
        nn.init.ones_(self.into.bias[d_hidden : 2 * d_hidden])  # at the beginning little is forgotten

    def forward(self, x: Float[Tensor, "batch pos d_model"], begun: State | None = None) -> tuple[Float[Tensor, "batch pos d_model"], State]:
        cell_clip, projection_clip = self.clips
        weight, found = self.out.weight, []
        h, cell = begun or tuple(weight.new_zeros(len(x), n) for n in weight.shape)
        for now in self.into(x).unbind(dim=1):
            gates = (now + self.again(h)).to(cell.dtype)  # whatever products are computed in, the cell sums up in full precision
            i, f, new, o = gates.chunk(4, dim=-1)
            cell = (f.sigmoid() * cell + i.sigmoid() * new.tanh()).clamp(-cell_clip, cell_clip)
            h = self.out(o.sigmoid() * cell.tanh()).clamp(-projection_clip, projection_clip)
            found.append(h)
        return torch.stack(found, dim=1), (h, cell)


class TwoWays(nn.Module):
    """One LSTM from the beginning and one from the end, neither of which knows of the other. residual: whether what comes in is added to what goes out.

    Hook points, [batch pos 2*d_model], the way from the beginning first: `resid_pre` as it comes in, `resid_post` as it goes out.
    """

    def __init__(self, d_model: int, d_hidden: int, cell_clip: float, projection_clip: float, residual: bool, dropout: float) -> None:
        super().__init__()
        self.residual, self.dropout = residual, nn.Dropout(dropout)
        self.ahead, self.back = (ProjectedLSTM(d_model, d_hidden, cell_clip, projection_clip) for _ in range(2))
        self.resid_pre, self.resid_post = HookPoint(), HookPoint()

    def forward(
        self, x: Float[Tensor, "batch pos two_d_model"], begun: tuple[State | None, State | None] = (None, None)
    ) -> tuple[Float[Tensor, "batch pos two_d_model"], tuple[State, State]]:
        """What goes out, and the two states at the end of their ways."""
        x = self.resid_pre(x)
        ahead, back = self.dropout(x).chunk(2, dim=-1)
        ahead, ended = self.ahead(ahead, begun[0])
        back, ended_back = self.back(back.flip(1), begun[1])
        y = torch.cat([ahead, back.flip(1)], dim=-1)
        return self.resid_post(x + y if self.residual else y), (ended, ended_back)
