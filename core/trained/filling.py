"""Filling in what is hidden: what systems that offer "fill" can be asked."""

from dataclasses import dataclass

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.batch import IGNORE, Batch
from core.blocks.masks import full
from core.models.language_model import resting
from core.text.tokenizers import SPECIALS, Tokenizer
from core.text.units import Units
from core.trained.model import Reading, Trained

MASK = SPECIALS[Tokenizer.mask_id]
HIDDEN = 0.15  # share of a probe's tokens


@dataclass(frozen=True)
class Hole:
    """A hidden place, and what could stand there: tokens as shown and their probabilities, the likeliest first."""

    position: int  # in the reading's tokens
    alternatives: list[tuple[str, float]]


class Fills(Trained):
    """A model that sees a whole text, a sentence or a pair of them, and says what is behind each [MASK].

    Reads "one", or a pair with a tab or a line's end between; "[MASK]" in a text is a hole.
    """

    def read(self, text: str) -> Reading:
        first, _, second = text.strip().replace("\n", "\t", 1).partition("\t")
        sides = [self.ids(first), self.ids(second)] if second.strip() else [self.ids(first)]
        n = sum(map(len, sides))
        if self.model.n_ctx - self.n_marks(len(sides)) < len(sides):  # not a token of each has room
            sides = sides[:1]
        room = self.model.n_ctx - self.n_marks(len(sides))
        while sum(map(len, sides)) > room:
            max(sides, key=len).pop()
        batch = self.batch_of(sides)
        return Reading(batch, self.shown(batch.ids[0].tolist()), n_left_out=max(0, n - room))

    def n_marks(self, n_sides: int) -> int:
        """How many tokens of a sequence are the frame's."""
        return 1 + n_sides

    def batch(self, ids: list[int]) -> Batch:
        return self.batch_of([ids])

    def batch_of(self, sides: list[list[int]], task: int = 0) -> Batch:
        """[CLS], and each side with [SEP] after it, where everybody sees everybody."""
        t, device = self.tokenizer, self.model.device
        ids = torch.tensor([[t.cls_id, *(i for side in sides for i in [*side, t.sep_id])]], device=device)
        segments = torch.tensor([[0, *(n for n, side in enumerate(sides) for _ in range(len(side) + 1))]], device=device)
        return Batch(ids, torch.full_like(ids, IGNORE), full(ids.shape[1]).to(device), segments=segments, task=task)

    def ids(self, text: str) -> list[int]:
        """The text's tokens, each "[MASK]" in it one."""
        found: list[int] = []
        before, *after = text.split(MASK)
        for n, part in enumerate([before, *after]):
            # Of BPE the blank before a word belongs to it, and is behind the mask too.
            ends_at_hole = n < len(after) and self.tokenizer.kind == "bpe"
            found += [self.tokenizer.mask_id] * (n > 0) + self.tokenizer.encode(part.rstrip(" ") if ends_at_hole else part)
        return found or super().ids(text)

    def fill(self, text: str, n_alternatives: int = 10) -> tuple[Reading, list[Hole]]:
        """What could stand in each hole; ValueError in words where the text has none. Phrases predicted as one (ERNIE-Gram) are alternatives too."""
        reading = self.read(text)
        holes = (reading.batch.ids[0] == self.tokenizer.mask_id).nonzero()[:, 0]
        if not len(holes):
            beyond = " within what the model can read at once" if MASK in text else ""
            raise ValueError(f"There is nothing to fill in{beyond}. Write {MASK} where a word is to be found: the king {MASK} the queen.")
        best = self.behind(reading.batch, holes).topk(min(n_alternatives, self.tokenizer.vocab_size - self.tokenizer.n_special))
        tokens = [self.shown(ids) for ids in best.indices.tolist()]
        return reading, [Hole(at, list(zip(*each, strict=True))) for at, *each in zip(holes.tolist(), tokens, best.values.tolist(), strict=True)]

    def behind(self, batch: Batch, holes: Tensor) -> Float[Tensor, "hole vocab"]:
        """The probability of everything that can be predicted at these positions of the batch's first sequence; of special tokens none."""
        with resting(self.model):
            logits = self.model.unembed(self.model.hidden(batch)[0, holes]).float()
        logits[:, : self.tokenizer.n_special] = -torch.inf
        logits[:, len(self.tokenizer.words) :] = -torch.inf  # room for more phrases than the text had
        return logits.softmax(-1).cpu()

    def answer(self, probe: str) -> tuple[str, str]:
        """The probe with some of its words hidden, the same each time, and with what the model finds likeliest there."""
        ids = self.ids(probe.replace("\t", " "))[: self.model.n_ctx - self.n_marks(1)]
        hidden = torch.tensor([i == self.tokenizer.mask_id for i in ids]) if MASK in probe else torch.from_numpy(self._hidden(np.array(ids)))
        given = torch.tensor(ids).masked_fill(hidden, self.tokenizer.mask_id)
        said, batch = given.clone(), self.batch(given.tolist())
        holes = (batch.ids[0] == self.tokenizer.mask_id).nonzero()[:, 0]
        said[hidden] = self.behind(batch, holes)[:, : self.tokenizer.vocab_size].argmax(-1)
        return self.tokenizer.decode(given.tolist()), self.tokenizer.decode(said.tolist())

    def _hidden(self, ids: np.ndarray) -> np.ndarray:
        """bool [n]: whole words, about HIDDEN of the tokens, one at least."""
        units, _ = Units(self.tokenizer, "words")(ids)
        order = np.random.default_rng(len(ids)).permutation(units[-1] + 1)
        return np.isin(units, order[: max(1, round(HIDDEN * len(order)))])
