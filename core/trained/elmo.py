"""ELMo to look at: words from their letters, in a sentence or by themselves."""

from typing import ClassVar

import numpy as np
import torch
from jaxtyping import Float
from torch import Tensor

from core.batch import IGNORE, Batch
from core.blocks.masks import itself
from core.inspection.contextual import Contextual, layers
from core.mix import Mix
from core.models.elmo import ELMo
from core.models.language_model import resting
from core.objectives.causal import to_read
from core.text.segmentation import SENTENCE_END, segment
from core.text.spelling import spelled
from core.trained.continuing import Continues
from core.trained.filling import Fills
from core.vectors import Vectors

AT_ONCE = 2048  # words whose vectors are made together


class TrainedELMo(Continues, Fills):
    """Its direction from the beginning continues a text, both directions fill in gaps. A word's vector is what its characters give, so that every
    word has one.
    """

    model: ELMo

    def next_logits(self, ids: list[int]) -> Float[Tensor, " vocab"]:
        with resting(self.model):
            hidden = self.model.hidden(to_read(ids[-self.model.n_ctx :], self.model.device))
            return self.model.unembed(hidden[0, -1])

    def batch_of(self, sides: list[list[int]], task: int = 0) -> Batch:
        """Sides with [EOS] around each, as sentences stand in the text that was learnt from; each place is told from all others."""
        end = self.tokenizer.eos_id
        ids = torch.tensor([[end, *(i for side in sides for i in [*side, end])]], device=self.model.device)
        return Batch(ids, torch.full_like(ids, IGNORE), (~itself(ids.shape[1])).to(ids.device))

    def mix(self) -> Mix:
        return Mix(self.model.mix.shares.tolist(), float(self.model.mix.gamma.detach()))

    def contextual(self, text: str) -> Contextual:
        """With [EOS] at both ends, as sentences stand in the text that was learnt from. Words that were never seen are read as they are written."""
        end = self.tokenizer.words[self.tokenizer.eos_id]
        words = [end, *self.written(text), end]
        tokens = self.model.characters(self.spelled(words))[None]
        mix = self.mix()
        return Contextual(words, layers(self.model, lambda: self.model.layers(tokens)), np.array(mix.shares, np.float32), mix.gamma)

    def written(self, text: str) -> list[str]:
        """The text's words with their own letters, where its tokens are words; ValueError in words where there is none."""
        ids = self.ids(text)
        if self.tokenizer.kind != "word":
            return self.shown(ids)
        found = self.tokenizer.joined([word for word in segment(text, self.tokenizer.settings.punctuation) if word != SENTENCE_END])
        return [self.folded(word) for word in found]

    def folded(self, word: str) -> str:
        return word.lower() if self.tokenizer.settings.lowercase else word

    def spelled(self, words: list[str]) -> Tensor:
        return torch.from_numpy(spelled(words, self.model.spelling.shape[1])).to(self.model.device)

    def token_layer(self, words: list[str]) -> Float[np.ndarray, "word d_model"]:
        """The vectors of words by themselves, whether they were ever seen or not."""
        with resting(self.model):
            found = [self.model.characters(self.spelled(words[i : i + AT_ONCE])).float().cpu() for i in range(0, len(words), AT_ONCE)]
        return torch.cat(found).numpy()

    def vectors(self, counts: np.ndarray) -> Vectors:
        ordinary = np.arange(self.tokenizer.n_special, self.tokenizer.vocab_size)
        rows = ordinary[np.argsort(-counts[ordinary], kind="stable")]
        words = self.shown(rows)
        return Vectors(words, self.token_layer(words), counts[rows], Letters(self))


class Letters:
    """A core.vectors.Subwords: a word is made of nothing but its characters, all at once."""

    kind: ClassVar[str] = "characters"

    def __init__(self, trained: TrainedELMo) -> None:
        self.trained = trained

    def parts(self, word: str) -> list[tuple[str, np.ndarray]]:
        word = self.trained.folded(word)
        return [(word, self.trained.token_layer([word])[0])] if word else []
