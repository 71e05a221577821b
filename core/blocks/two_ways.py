"""LSTMs whose output is projected down (Sak et al. 2014), one from each end of a sequence, as ELMo stacks them."""

import torch
from jaxtyping import Float
from torch import Tensor, nn

from core.blocks.hook_points import HookPoint

State = tuple[Float[Tensor, "way batch d_model"], Float[Tensor, "way batch d_hidden"]]  # outputs and cells


class ProjectedLSTMs(nn.Module):
    """As nn.LSTM with proj_size, several side by side, each with its own weights and its own sequences: one loop takes a step of all.

    Cell and output are cut at plus and minus `cell_clip` and `projection_clip`, 0 for not at all. (nn.LSTM cannot clip, and with a projection it is
    hardly quicker on a CPU than this loop.)
    """

    def __init__(self, n_ways: int, d_model: int, d_hidden: int, cell_clip: float = 0.0, projection_clip: float = 0.0) -> None:
        super().__init__()
        self.clips = (cell_clip or torch.inf, projection_clip or torch.inf)
        # Gates: input, forget, new cell, output, as in torch.
        self.into, self.again = (nn.Parameter(torch.empty(n_ways, d_model, 4 * d_hidden).uniform_(-1, 1) * d_model**-0.5) for _ in range(2))
        self.bias = nn.Parameter(torch.zeros(n_ways, 4, d_hidden).index_fill_(1, torch.tensor([1]), 1.0).flatten())  # at first little is forgotten
        self.out = nn.Parameter(torch.empty(n_ways, d_hidden, d_model).uniform_(-1, 1) * d_hidden**-0.5)

    def forward(self, x: Float[Tensor, "way batch pos d_model"], begun: State | None = None) -> tuple[Float[Tensor, "way batch pos d_model"], State]:
        cell_clip, projection_clip = self.clips
        n_ways, n_batch, n, d_model = x.shape
        h, cell = begun or tuple(self.out.new_zeros(n_ways, n_batch, d) for d in (d_model, self.out.shape[1]))
        found = []
        for now in torch.baddbmm(self.bias.view(n_ways, 1, -1), x.flatten(1, 2), self.into).view(n_ways, n_batch, n, -1).unbind(dim=2):
            gates = torch.baddbmm(now, h, self.again).to(cell.dtype)  # whatever products are computed in, the cell sums up in full precision
            i, f, new, o = gates.chunk(4, dim=-1)
            cell = (f.sigmoid() * cell + i.sigmoid() * new.tanh()).clamp(-cell_clip, cell_clip)
            h = torch.bmm(o.sigmoid() * cell.tanh(), self.out).clamp(-projection_clip, projection_clip)
            found.append(h)
        return torch.stack(found, dim=2), (h, cell)


class TwoWays(nn.Module):
    """One LSTM from the beginning and one from the end, neither of which knows of the other. residual: whether what comes in is added to what goes out.

    Hook points, [batch pos 2*d_model], the way from the beginning first: `resid_pre` as it comes in, `resid_post` as it goes out.
    """

    def __init__(self, d_model: int, d_hidden: int, cell_clip: float, projection_clip: float, residual: bool, dropout: float) -> None:
        super().__init__()
        self.residual, self.dropout = residual, nn.Dropout(dropout)
        self.lstms = ProjectedLSTMs(2, d_model, d_hidden, cell_clip, projection_clip)
        self.resid_pre, self.resid_post = HookPoint(), HookPoint()

    def forward(self, x: Float[Tensor, "batch pos two_d_model"], begun: State | None = None) -> tuple[Float[Tensor, "batch pos two_d_model"], State]:
        """What goes out, and the states at the end of both ways."""
        x = self.resid_pre(x)
        ahead, back = self.dropout(x).chunk(2, dim=-1)
        (ahead, back), ended = self.lstms(torch.stack([ahead, back.flip(1)]), begun)
        y = torch.cat([ahead, back.flip(1)], dim=-1)
        return self.resid_post(x + y if self.residual else y), ended
