"""A word's vector from its characters: convolutions, the strongest answer of each, highways (Kim et al. 2016; Peters et al. 2018, section 3.4)."""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Float, Int
from torch import Tensor, nn

from core.text.spelling import N_CHARACTERS

FILTERS = ((1, 16), (2, 16), (3, 32), (4, 64), (5, 128))  # how many characters each sees, and how many there are


class Highway(nn.Module):
    """g relu(Wx) + (1 - g) x, where g is a sigmoid of x (Srivastava et al. 2015). At the beginning most of x goes by."""

    def __init__(self, d: int) -> None:
        super().__init__()
        self.both = nn.Linear(d, 2 * d)  # what is made of x, and how much of it is taken
        nn.init.constant_(self.both.bias[d:], -2.0)

    def forward(self, x: Float[Tensor, "word d"]) -> Float[Tensor, "word d"]:
        made, taken = self.both(x).chunk(2, dim=-1)
        y: Tensor = x + taken.sigmoid() * (F.relu(made) - x)
        return y


class CharacterCNN(nn.Module):
    def __init__(self, d_model: int, filters: Sequence[tuple[int, int]] = FILTERS, d_character: int = 16, n_highway: int = 2) -> None:
        super().__init__()
        self.embed = nn.Embedding(N_CHARACTERS, d_character)
        self.convolutions = nn.ModuleList(nn.Conv1d(d_character, n, width) for width, n in filters)
        d = sum(n for _, n in filters)
        self.highways = nn.Sequential(*(Highway(d) for _ in range(n_highway)))
        self.out = nn.Linear(d, d_model)

    def forward(self, characters: Int[Tensor, "word character"]) -> Float[Tensor, "word d_model"]:
        """characters: as core.text.spelling numbers them; at least as many as the widest filter sees."""
        x = self.embed(characters.int()).transpose(1, 2)
        found = torch.cat([F.relu(convolution(x).amax(dim=-1)) for convolution in self.convolutions], dim=-1)
        y: Tensor = self.out(self.highways(found))
        return y
