"""What a trainer needs of anything that learns, static or neural."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, runtime_checkable

import numpy as np

from core.mix import Mix
from core.patterns import Patterns as Patterns
from core.systems import Matrix
from core.text.encoding import EncodedCorpus
from core.text.progress import Progress
from core.text.tokenizers import Tokenizer
from core.vectors import Vectors

State = dict[str, np.ndarray]  # plain arrays, so that every state is one safetensors file


@dataclass(frozen=True)
class Step:
    """What one step reports."""

    loss: float  # mean over what was predicted in this step, in nats
    n_tokens: int  # tokens (words) of text passed over
    learning_rate: float
    losses: Mapping[str, float] = field(default_factory=dict)  # of each task, by its name, where there are several
    waited: float = field(default=0.0, compare=False)  # seconds in which the model waited for its examples


@dataclass(frozen=True)
class Cost:
    """What a run asks of the machine, from settings and vocabulary alone, or with the length of its text."""

    flops: float  # of one step
    memory: float  # bytes while training
    weights: float  # bytes of a snapshot's weights
    moments: float = 2.0  # what a checkpoint keeps for the optimizer, in sizes of the weights
    scratch: float = 0.0  # bytes on disk that go when the process ends


@runtime_checkable
class Learner(Protocol):
    """A system while it trains. Made by `Learner(settings, encoded)`; all its randomness comes from `settings.seed`.

    `restore(state())` into a newly made learner continues as if nothing had happened: the same steps, the same losses.
    """

    step: int  # steps taken

    def __init__(self, settings: Any, encoded: EncodedCorpus) -> None: ...

    def advance(self) -> Step:
        """Takes one step."""

    def held_out_loss(self) -> float:
        """Mean loss on the held-out part, the same examples each time; changes nothing, draws from no training generator."""

    def state(self) -> State:
        """Everything that `restore` needs: weights, optimizer, generators, step."""

    def restore(self, state: Mapping[str, np.ndarray]) -> None: ...

    def weights(self) -> State:
        """The model alone, for snapshots and for `load`."""

    def vectors(self) -> Vectors:
        """The tokens' vectors, most frequent first."""

    @staticmethod
    def cost(settings: Any, vocab_size: int) -> Cost: ...


@runtime_checkable
class Attending(Protocol):
    """What a learner whose system offers "attention" has besides."""

    def patterns(self, text: str) -> list[Patterns]: ...


@runtime_checkable
class Generating(Protocol):
    """What a learner whose system offers "generate" has besides."""

    def prompt(self, probe: str) -> list[int]:
        """What of a probe is given to be continued."""

    def continuation(self, ids: list[int], n_tokens: int, seed: int) -> list[int]:
        """`ids` and up to `n_tokens` more, sampled; never draws from the training generator."""


@runtime_checkable
class Answering(Protocol):
    """What a learner whose system offers "fill" or "translate" has besides."""

    def answer(self, probe: str) -> tuple[str, str]:
        """What it makes of a probe: what it was given, and what it says of it."""


@runtime_checkable
class Mixing(Protocol):
    """What a learner whose system offers "mix" has besides."""

    def mix(self) -> Mix: ...


@runtime_checkable
class Noting(Protocol):
    """What a learner has besides that knows something about its text that whoever trains it is to be told."""

    @property
    def note(self) -> str:
        """A sentence; empty where there is nothing to tell."""


@runtime_checkable
class Preparing(Protocol):
    """What a learner has besides that needs more than a moment before its first step."""

    def prepare(self, progress: Progress) -> None:
        """Called once, before the first step and before `restore`; what it makes is made from the text and the settings alone."""

    @staticmethod
    def cost_on(settings: Any, vocab_size: int, n_words: int) -> Cost:
        """As `cost`, where a step takes more of one text than of another. n_words: of the text, 0 where nobody has read it."""


@runtime_checkable
class Refusing(Protocol):
    """What a learner has besides whose settings do not suit every vocabulary."""

    @staticmethod
    def refuse(settings: Any, vocab_size: int) -> None:
        """ValueError, in words, where they do not."""


@runtime_checkable
class Continuing(Protocol):
    """What a learner has besides that can begin with what another run of its system has learnt."""

    def begin(self, weights: Mapping[str, np.ndarray], rows: np.ndarray) -> None:
        """Takes over another run's `weights()`, after `prepare` and before the first step.

        rows: int64 [vocab_size], the row of each token in the other run, -1 where it had none: that token keeps what it was made with.
        """


@runtime_checkable
class Matrices(Protocol):
    """What a learner whose system has `matrices` has besides."""

    @staticmethod
    def read(settings: Any, tokenizer: Tokenizer, counts: np.ndarray, weights: Mapping[str, np.ndarray], matrix: Matrix) -> Vectors:
        """The vectors of `weights()`, whole vocabulary, most frequent first, without a text or an optimizer. counts: int64 [vocab_size].

        Where the system was trained with one tied matrix, that one, whichever is asked for.
        """
