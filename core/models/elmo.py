"""ELMo: words from characters, and two language models that meet in the middle (Peters et al. 2018).

Its difference: one LSTM has read all that comes before a word, another all that comes after it; a word's vector in its sentence is a mix of the layers of
both, in shares that the task learns.

Each sequence's mask says what is asked of it: who sees the past alone predicts the next token, who sees the future alone the one before, and who sees
all but itself what stands in its own place, from the mix of both directions beside it. That last is the task from which the mix learns here, as it is one
that every text has; the language models learn nothing from it.
"""

from collections.abc import Sequence

import torch
import torch.nn.functional as F
from jaxtyping import Bool, Float, Int
from torch import Tensor, nn

from core.batch import Batch
from core.blocks.characters import FILTERS, CharacterCNN
from core.blocks.mixing import LayerMix
from core.blocks.two_ways import State, TwoWays
from core.models.language_model import LanguageModel

WAYS = ("forward", "backward", "gap")


class ELMo(LanguageModel):
    """`spelling` [vocab_size longest_word] holds each token's characters (core.text.spelling): who makes the model fills it in."""

    spelling: Tensor

    def __init__(
        self, d_model: int, d_hidden: int, n_layers: int, n_ctx: int, vocab_size: int, longest_word: int = 50, cell_clip: float = 3.0,
        projection_clip: float = 3.0, residual: bool = True, dropout: float = 0.0, filters: Sequence[tuple[int, int]] = FILTERS, d_character: int = 16,
    ) -> None:  # fmt: skip
        super().__init__()
        self.n_ctx = n_ctx
        self.register_buffer("spelling", torch.zeros(vocab_size, longest_word, dtype=torch.int16))
        self.characters = CharacterCNN(d_model, filters, d_character)
        self.blocks = nn.ModuleList(TwoWays(d_model, d_hidden, cell_clip, projection_clip, residual and n > 0, dropout) for n in range(n_layers))
        self.dropout = nn.Dropout(dropout)
        self.mix, self.gap = LayerMix(n_layers + 1), nn.Linear(2 * d_model, d_model)
        self.unembedding = nn.Linear(d_model, vocab_size)  # of all three ways

    def hidden(self, batch: Batch) -> Float[Tensor, "batch pos d_model"]:
        ids, rows = torch.unique(batch.ids, dim=0, return_inverse=True)  # a sequence that is read in several ways is read once
        layers, _ = self.layers(self.tokens(ids))
        each = [*layers[-1].chunk(2, dim=-1), self.in_gaps(layers)]
        return torch.stack([self.dropout(way) for way in each])[ways(batch.attn_mask).expand(len(rows)), rows]

    def tokens(self, ids: Int[Tensor, "batch pos"]) -> Float[Tensor, "batch pos d_model"]:
        """The token layer: each word's vector, from its characters alone."""
        different, places = torch.unique(ids, return_inverse=True)
        vectors: Tensor = self.characters(self.spelling[different])[places]
        return vectors

    def layers(
        self, tokens: Float[Tensor, "batch pos d_model"], begun: Sequence[State] = ()
    ) -> tuple[list[Float[Tensor, "batch pos two_d_model"]], list[State]]:
        """What each layer makes of each token, its two directions side by side, the token layer (twice) first; and the states that each ended in."""
        found, ended = [torch.cat([tokens, tokens], dim=-1)], []
        for n, block in enumerate(self.blocks):
            x, state = block(found[-1], begun[n] if begun else None)
            found.append(x)
            ended.append(state)
        return found, ended

    def in_gaps(self, layers: Sequence[Float[Tensor, "batch pos two_d_model"]]) -> Float[Tensor, "batch pos d_model"]:
        """Of each place what the layers know that does not come from it: the way from the beginning one place before, the way from the end one after."""
        known = []
        for layer in layers:
            ahead, back = layer.detach().chunk(2, dim=-1)
            known.append(torch.cat([F.pad(ahead, (0, 0, 1, 0))[:, :-1], F.pad(back, (0, 0, 0, 1))[:, 1:]], dim=-1))
        y: Tensor = self.gap(self.mix(known))
        return y

    def unembed(self, hidden: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch vocab"]:
        logits: Tensor = self.unembedding(hidden)
        return logits

    @property
    def device(self) -> torch.device:
        return self.unembedding.weight.device


def ways(mask: Bool[Tensor, "batch n_heads pos pos"]) -> Int[Tensor, " batch"]:
    """The place in WAYS of what each sequence's mask asks."""
    seen = mask[:, 0]
    past, future, itself = seen[:, -1, 0], seen[:, 0, -1], seen.diagonal(dim1=-2, dim2=-1).all(dim=-1)
    return torch.where(itself, (future & ~past).long(), WAYS.index("gap"))
