"""GPT to look at: a text continued, and a source with its target as one sequence."""

from collections.abc import Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.batch import IGNORE, Batch
from core.blocks.masks import causal
from core.models.language_model import LanguageModel
from core.objectives.causal import to_read
from core.objectives.pairs import padded
from core.systems.gpt import GPTSettings
from core.text.tokenizers import Tokenizer
from core.trained.continuing import Continues
from core.trained.model import Reading
from core.trained.translating import Rewrites, Said

LEAST_TARGET = 2  # tokens for which a source leaves room, the mark between them counted


class TrainedGPT(Continues, Rewrites):
    """Reads a text, and "source TAB target" as one sequence with a mark between. One that learnt from pairs takes a text without a tab for a source."""

    def __init__(self, model: LanguageModel, tokenizer: Tokenizer, settings: GPTSettings) -> None:
        super().__init__(model, tokenizer, settings)
        self.ends = settings.examples == "pairs"
        self.between = tokenizer.sep_id if self.ends else tokenizer.eos_id

    def batch(self, ids: list[int]) -> Batch:
        return to_read(ids, self.model.device)

    def read(self, text: str) -> Reading:
        self.ids(text)  # refuses a text without any token
        ids = self.begun(text)
        seen = ids[: self.model.n_ctx]
        return Reading(self.batch(seen), self.shown(seen), n_left_out=len(ids) - len(seen))

    def begun(self, text: str) -> list[int]:
        source, tab, target = text.partition("\t")
        encode = self.tokenizer.encode
        return [*encode(source), self.between, *encode(target)] if self.ends or tab else encode(text)

    def prompt(self, probe: str) -> list[int]:
        return self.begun(probe.partition("\t")[0]) if self.ends else super().prompt(probe)

    def source(self, text: str) -> tuple[list[int], int]:
        ids, longest = self.ids(text), self.model.n_ctx - LEAST_TARGET
        return ids[:longest], max(0, len(ids) - longest)

    def room(self, sources: Sequence[Sequence[int]]) -> int:
        """For the target of the shortest source; `said` ends those that have less."""
        return self.model.n_ctx - min(map(len, sources))

    def said(self, sources: Sequence[Sequence[int]]) -> Said:
        t, n_ctx, device = self.tokenizer, self.model.n_ctx, self.model.device

        def next_logits(rows: Int[Tensor, " row"], ids: Int[Tensor, "row pos"]) -> Float[Tensor, "row vocab"]:
            begun = [[*sources[row], self.between, *target[1:]] for row, target in zip(rows.tolist(), ids.tolist(), strict=True)]
            read, n = padded([each[:n_ctx] for each in begun], t.pad_id)
            read, n = read.to(device), n.to(device)
            hidden = self.model.hidden(Batch(read, torch.full_like(read, IGNORE), causal(read.shape[1], device)))
            logits = self.model.unembed(hidden[torch.arange(len(n), device=device), n - 1])
            full = torch.tensor([len(each) > n_ctx for each in begun], device=device)
            logits[full] = torch.where(torch.arange(t.vocab_size, device=device) == t.eos_id, 0.0, -torch.inf)
            return logits

        return next_logits
