"""Turning one sequence into another: what systems that offer "translate" can be asked."""

from jaxtyping import Float, Int
from torch import Tensor

from core.generation.beam import Hypothesis, beam_search
from core.inspection.contextual import Contextual, contextual
from core.models.language_model import EncoderDecoder, resting
from core.objectives.pairs import pair_batch
from core.trained.model import Reading, Trained


class Translates(Trained):
    """An encoder and a decoder. Reads "source" and, where it says what to answer, "source TAB target"."""

    model: EncoderDecoder

    def read(self, text: str) -> Reading:
        """Where the text gives no target, the model's own likeliest one stands in its place."""
        given, _, wanted = text.partition("\t")
        source, n_left_out = self.source(given)
        target = self.tokenizer.encode(wanted) or [i for i in self.translations(given, width=1)[0].ids if i != self.tokenizer.eos_id]
        target = target[: self.model.n_ctx - 1]
        batch = pair_batch([source], [target], self.tokenizer, self.model.device)
        return Reading(batch, self.shown(batch.ids[0].tolist()), self.shown(source), n_left_out)

    def contextual(self, text: str) -> Contextual:
        """What the encoder's layers make of each token of a source."""
        source, _ = self.source(text.partition("\t")[0])
        return contextual(self.model, pair_batch([source], [[]], self.tokenizer, self.model.device), self.shown(source))

    def settled(self, text: str) -> str:
        """With its own likeliest target where the text gives none."""
        return text if text.partition("\t")[2].strip() else "\t".join(self.answer(text))

    def source(self, text: str) -> tuple[list[int], int]:
        """The tokens that the encoder reads, and how many had no room; ValueError in words where there is none."""
        ids = self.ids(text)
        return ids[: self.model.n_ctx], max(0, len(ids) - self.model.n_ctx)

    def translations(self, text: str, width: int = 4, alpha: float = 0.6, longest: int | None = None) -> list[Hypothesis]:
        """The likeliest targets of a source, the best first."""
        source, _ = self.source(text)
        whole = pair_batch([source], [[]], self.tokenizer, self.model.device)
        assert whole.source is not None
        assert whole.source_mask is not None
        with resting(self.model):
            memory = self.model.encode(whole.source, whole.source_mask)

            def next_logits(beginnings: Int[Tensor, "beam pos"]) -> Float[Tensor, "beam vocab"]:
                n = len(beginnings)
                again = pair_batch([source] * n, beginnings[:, 1:].tolist(), self.tokenizer, self.model.device)
                return self.model.unembed(self.model.decode(again, memory.expand(n, -1, -1))[:, -1])

            longest = min(longest or self.model.n_ctx - 1, self.model.n_ctx - 1)
            return beam_search(next_logits, self.tokenizer.bos_id, self.tokenizer.eos_id, width, longest, alpha)

    def answer(self, probe: str) -> tuple[str, str]:
        """A source, and its likeliest target."""
        source = probe.partition("\t")[0]
        return source, self.tokenizer.decode(i for i in self.translations(source, width=1)[0].ids if i != self.tokenizer.eos_id)
