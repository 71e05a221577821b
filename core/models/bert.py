"""BERT: the encoder alone (Devlin et al. 2019).

Its difference: every position sees all others, so that a token can be predicted only where it is hidden from itself; and the sum of three embeddings
says what a token is, where it stands and to which of two sentences it belongs. ERNIE is the same network with an embedding for the task, UniLM
the same network under other masks.
"""

from functools import partial

import torch
import torch.nn.functional as F
from jaxtyping import Float
from torch import Tensor, nn

from core.batch import Batch
from core.blocks.block import Block
from core.blocks.positions import LearnedPositions
from core.models.language_model import LanguageModel


class BERT(LanguageModel):
    """n_segments: sentences of a pair (UniLM: six parts). n_tasks: 0, or how many ERNIE trains at once. n_labels: of the pooled output's classes, a task.
    n_ngrams: phrases that are predicted as one (ERNIE-Gram); their logits come after those of the tokens.
    """

    def __init__(
        self, d_model: int, n_heads: int, n_layers: int, n_ctx: int, vocab_size: int, dropout: float = 0.0, n_segments: int = 2, n_tasks: int = 0,
        n_labels: tuple[int, ...] = (2,), epsilon: float = 1e-12, n_ngrams: int = 0,
    ) -> None:  # fmt: skip
        super().__init__()
        self.n_ctx, norm = n_ctx, partial(nn.LayerNorm, eps=epsilon)
        self.embed = nn.Embedding(vocab_size, d_model)
        self.positions, self.segments = LearnedPositions(n_ctx, d_model), nn.Embedding(n_segments, d_model)
        self.tasks = nn.Embedding(n_tasks, d_model) if n_tasks else None
        self.embed_norm, self.dropout = norm(d_model), nn.Dropout(dropout)
        self.blocks = nn.ModuleList(Block(d_model, n_heads, 4 * d_model, "post", F.gelu, dropout, norm) for _ in range(n_layers))
        self.head, self.head_norm, self.head_bias = nn.Linear(d_model, d_model), norm(d_model), nn.Parameter(torch.zeros(vocab_size))
        self.pooler, self.classes = nn.Linear(d_model, d_model), nn.ModuleList(nn.Linear(d_model, n) for n in n_labels)
        self.ngrams = nn.Linear(d_model, n_ngrams) if n_ngrams else None
        self.initialize()

    def hidden(self, batch: Batch) -> Float[Tensor, "batch pos d_model"]:
        segments = torch.zeros_like(batch.ids) if batch.segments is None else batch.segments
        x = self.embed(batch.ids) + self.positions(batch.ids.shape[1]) + self.segments(segments)
        if self.tasks is not None:
            x = x + self.tasks.weight[batch.task]
        x = self.dropout(self.embed_norm(x))
        for block in self.blocks:
            x = block(x, batch.attn_mask)
        y: Tensor = x
        return y

    def unembed(self, hidden: Float[Tensor, "*batch d_model"]) -> Float[Tensor, "*batch vocab"]:
        x = self.head_norm(F.gelu(self.head(hidden)))
        logits = F.linear(x, self.embed.weight, self.head_bias)
        return logits if self.ngrams is None else torch.cat([logits, self.ngrams(x)], dim=-1)

    def pooled(self, hidden: Float[Tensor, "batch pos d_model"]) -> Float[Tensor, "batch d_model"]:
        """What stands for the whole sequence: made of its first token, [CLS]."""
        y: Tensor = torch.tanh(self.pooler(hidden[:, 0]))
        return y

    def classified(self, hidden: Float[Tensor, "batch pos d_model"], task: int = 0) -> Float[Tensor, "batch label"]:
        """What is said of the whole sequence; BERT: 0 is the next sentence, 1 is another."""
        y: Tensor = self.classes[task](self.pooled(hidden))
        return y

    def initialize(self) -> None:
        """Normal of the paper's 0.02 at its width of 768; of a narrower model larger, so that a layer adds as much to the stream as there. Biases zero."""
        std = 0.02 * (768 / self.embed.embedding_dim) ** 0.5
        for name, weight in self.named_parameters():
            if name.endswith("bias"):
                nn.init.zeros_(weight)
            elif "norm" not in name:
                nn.init.normal_(weight, std=std)
