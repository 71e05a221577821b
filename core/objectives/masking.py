"""Which tokens are hidden, and behind what: whole units until 15 % of the tokens are (Devlin et al. 2019, section 3.1; Sun et al. 2019; Xiao et al. 2021)."""

from dataclasses import dataclass

import numpy as np
from jaxtyping import Int

from core.batch import IGNORE
from core.objectives.sentences import NONE, Stretch
from core.text.tokenizers import Tokenizer

AS_MASK, AS_RANDOM = 0.8, 0.1  # of the hidden tokens; the rest stays as it is

Numbers = Int[np.ndarray, " n"]


@dataclass(frozen=True, eq=False)
class Hidden:
    """A sequence with some of its tokens hidden, what they are, and what each token belongs to."""

    ids: Numbers
    targets: Numbers  # IGNORE where nothing is to be predicted; from vocab_size on n-grams
    segments: Numbers
    units: Numbers


@dataclass(frozen=True)
class Masking:
    """share: of the tokens, to be hidden. n_ngrams: how many of the tokenizer's n-grams are predicted as one, each behind a single [MASK]
    (ERNIE-Gram's explicit n-grams; without its second prediction of their tokens and its generator). as_mask, as_random: of the hidden tokens.
    """

    tokenizer: Tokenizer
    share: float = 0.15
    n_ngrams: int = 0
    as_mask: float = AS_MASK
    as_random: float = AS_RANDOM

    def hide(self, sequence: Stretch, segments: Numbers, rng: np.random.Generator) -> Hidden:
        chosen = self.chosen(sequence.units, rng)
        ids, targets = sequence.ids.copy(), np.where(chosen, sequence.ids, IGNORE)
        how = rng.random(len(ids))
        ids[chosen & (how < self.as_mask)] = self.tokenizer.mask_id
        at_random = chosen & (how >= self.as_mask) & (how < self.as_mask + self.as_random)
        ids[at_random] = rng.integers(self.tokenizer.n_special, max(self.tokenizer.vocab_size, self.tokenizer.n_special + 1), int(at_random.sum()))
        as_one = chosen & (sequence.ngrams != NONE) & (sequence.ngrams < self.n_ngrams)
        ids[as_one] = self.tokenizer.mask_id
        targets[as_one] = self.tokenizer.vocab_size + sequence.ngrams[as_one]
        kept = ~as_one  # of an n-gram its first place, which is never the sequence's
        kept[1:] |= sequence.units[1:] != sequence.units[:-1]
        return Hidden(ids[kept], targets[kept], segments[kept], sequence.units[kept])

    def chosen(self, units: Numbers, rng: np.random.Generator) -> np.ndarray:
        """Whole units in random order, as long as they fit into the share: bool [n]. At least one unit, the shortest where none fits."""
        lengths = np.bincount(units[units != NONE])
        numbers = np.flatnonzero(lengths)
        wanted = max(1, round(self.share * int(lengths.sum())))
        taken, n = np.zeros(len(lengths) + 1, np.bool_), 0  # at its end what NONE finds
        for i in rng.permutation(numbers).tolist():
            if n + lengths[i] <= wanted:
                taken[i] = True
                n += int(lengths[i])
            if n == wanted:
                break
        if not n:
            taken[numbers[lengths[numbers].argmin()]] = True
        chosen: np.ndarray = taken[units]
        return chosen
