"""Turning one sequence into another: what systems that offer "translate" can be asked."""

from collections.abc import Callable, Sequence

import torch
from jaxtyping import Float, Int
from torch import Tensor

from core.batch import IGNORE
from core.generation.beam import Hypothesis, Search, search
from core.generation.greedy import greedy
from core.inspection.contextual import Contextual, contextual
from core.models.language_model import EncoderDecoder, resting
from core.objectives.pairs import padded, pair_batch, writing
from core.trained.model import Reading, Trained

LONGER, MORE = 4, 64  # digits become words, and tokens may be letters

Said = Callable[[Int[Tensor, " row"], Int[Tensor, "row pos"]], Float[Tensor, "row vocab"]]


class Rewrites(Trained):
    """A model that turns one sequence into another, which it writes token by token; a kind says in `said` what comes next, and in `room` for how long."""

    def said(self, sources: Sequence[Sequence[int]]) -> Said:
        """The sources read once; from then on, what is said of the token after those written so far, each beginning with [BOS] and ended by [EOS]."""
        raise NotImplementedError

    def room(self, sources: Sequence[Sequence[int]]) -> int:
        """How many tokens are written at most, the mark at the end among them: as many as the model can, but no more than the longest source lets expect,
        for one that has not learnt yet where to end goes on and on (Vaswani et al. 2017, section 6.1: the source's length and 50).
        """
        return min(self.model.n_ctx - 1, LONGER * max(map(len, sources)) + MORE)

    def source(self, text: str) -> tuple[list[int], int]:
        """The tokens that are read, and how many had no room; ValueError in words where there is none."""
        ids = self.ids(text)
        return ids[: self.model.n_ctx], max(0, len(ids) - self.model.n_ctx)

    def translations(self, text: str, width: int = 4, alpha: float = 0.6, longest: int | None = None) -> list[Hypothesis]:
        """The likeliest targets of a source, the best first."""
        return self.searched(text, width, alpha, longest).best

    def searched(self, text: str, width: int = 4, alpha: float = 0.6, longest: int | None = None) -> Search:
        """The same with all that the search has weighed."""
        return self.search(self.source(text)[0], width, alpha, longest)

    def search(self, source: list[int], width: int = 4, alpha: float = 0.6, longest: int | None = None) -> Search:
        """The same of a source's tokens."""
        room = self.room([source])
        with resting(self.model):
            said, t = self.said([source]), self.tokenizer
            return search(lambda ids: said(torch.zeros(len(ids), dtype=torch.long), ids), t.bos_id, t.eos_id, width, min(longest or room, room), alpha)

    def answers(self, sources: Sequence[Sequence[int]]) -> list[list[int]]:
        """The target of each source, by the likeliest token each time; without the mark at its end."""
        with resting(self.model):
            said = greedy(self.said(sources), len(sources), self.tokenizer.bos_id, self.tokenizer.eos_id, self.room(sources))
        return [target[: self.room([source])] for target, source in zip(said, sources, strict=True)]

    def agreed(self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> tuple[int, int]:
        """How many tokens of the targets are the likeliest where all before them are given, and how many there are; the marks at their ends too."""
        wanted, _ = padded([[self.tokenizer.bos_id, *target, self.tokenizer.eos_id] for target in targets], IGNORE)
        right = 0
        with resting(self.model):
            said = self.said(sources)
            for place in range(1, min(wanted.shape[1], self.room(sources) + 1)):
                rows = (wanted[:, place] != IGNORE).nonzero()[:, 0]
                right += int((said(rows, wanted[rows, :place]).argmax(-1).cpu() == wanted[rows, place]).sum())
        return right, int((wanted[:, 1:] != IGNORE).sum())

    def text(self, ids: Sequence[int]) -> str:
        """Tokens as running text, without the mark at the end."""
        return self.tokenizer.decode(i for i in ids if i != self.tokenizer.eos_id)

    def answer(self, probe: str) -> tuple[str, str]:
        """A source, and its likeliest target."""
        source = probe.partition("\t")[0]
        return source, self.text(self.answers([self.source(source)[0]])[0])


class Translates(Rewrites):
    """An encoder and a decoder. Reads "source" and, where it says what to answer, "source TAB target"."""

    model: EncoderDecoder

    def read(self, text: str) -> Reading:
        """Where the text gives no target, the model's own likeliest one stands in its place."""
        given, _, wanted = text.partition("\t")
        source, n_left_out = self.source(given)
        return self.reading(source, self.ids(wanted) if wanted.strip() else self.answers([source])[0], n_left_out)

    def reading(self, source: list[int], target: list[int], n_left_out: int = 0) -> Reading:
        """A source with its target, as much of it as there is room for."""
        batch = pair_batch([source], [target[: self.model.n_ctx - 1]], self.tokenizer, self.model.device)
        return Reading(batch, self.shown(batch.ids[0].tolist()), self.shown(source), n_left_out)

    def contextual(self, text: str) -> Contextual:
        """What the encoder's layers make of each token of a source."""
        source, _ = self.source(text.partition("\t")[0])
        return contextual(self.model, pair_batch([source], [[]], self.tokenizer, self.model.device), self.shown(source))

    def settled(self, text: str) -> str:
        """With its own likeliest target where the text gives none."""
        return text if text.partition("\t")[2].strip() else "\t".join(self.answer(text))

    def agreed(self, sources: Sequence[Sequence[int]], targets: Sequence[Sequence[int]]) -> tuple[int, int]:
        """All tokens of a target at once."""
        room = self.model.n_ctx - 1
        batch = pair_batch(sources, [target[:room] for target in targets], self.tokenizer, self.model.device)
        wanted = batch.targets != IGNORE
        with resting(self.model):
            likeliest = self.model.unembed(self.model.hidden(batch)[wanted]).argmax(-1)
        return int((likeliest == batch.targets[wanted]).sum()), int(wanted.sum())

    def alternatives(self, source: Sequence[int], target: Sequence[int], n: int) -> list[list[tuple[str, float]]]:
        """What could stand at each place of a target where all before it is given: tokens as shown and their probabilities, the likeliest first."""
        batch = pair_batch([source], [target], self.tokenizer, self.model.device)
        with resting(self.model):
            likely = self.model.unembed(self.model.hidden(batch)[0, : len(target)]).float().softmax(-1)
        best = likely.topk(min(n, likely.shape[1]))
        return [list(zip(self.shown(ids), ps, strict=True)) for ids, ps in zip(best.indices.tolist(), best.values.tolist(), strict=True)]

    def said(self, sources: Sequence[Sequence[int]]) -> Said:
        read = pair_batch(sources, [[]] * len(sources), self.tokenizer, self.model.device)
        assert read.source is not None
        assert read.source_mask is not None
        memory = self.model.encode(read.source, read.source_mask)

        def next_logits(rows: Int[Tensor, " row"], ids: Int[Tensor, "row pos"]) -> Float[Tensor, "row vocab"]:
            return self.model.unembed(self.model.decode(writing(read, rows, ids), memory[rows.to(memory.device)])[:, -1])

        return next_logits
