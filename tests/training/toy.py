"""A system small enough to watch: a table of which token follows which, learnt by gradient descent. No torch, so that a trainer starts at once.

python -m tests.training.toy RUN     trains a run of it, as `python -m core.training RUN` does with the real ones
"""

import sys
import time
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

import core.systems
from core.settings import setting
from core.systems.record import System
from core.text.encoding import EncodedCorpus
from core.text.tokenizing import TokenizerSettings
from core.training.learner import Cost, Patterns, Step
from core.vectors import Vectors


@dataclass(frozen=True)
class ToySettings:
    d_model: int = setting(8, "Width.", 2, 4096)
    batch_size: int = setting(32, "Pairs a step.", 1, 100_000)
    learning_rate: float = setting(3.0, "Step.", 1e-6, 1e9)
    n_steps: int = setting(200, "Steps.", 1, 1_000_000)
    pause_ms: int = setting(0, "Sleep a step.", 0, 1000)
    seed: int = setting(1, "Seed.", 0, 2**31 - 1)


class Toy:
    def __init__(self, settings: ToySettings, encoded: EncodedCorpus) -> None:
        self.settings, self.encoded = settings, encoded
        self.generator = np.random.default_rng(settings.seed)
        n = encoded.tokenizer.vocab_size
        self.w_in = self.generator.normal(size=(n, settings.d_model)).astype(np.float32) * 0.3
        self.w_out = np.zeros((n, settings.d_model), np.float32)
        self.ids = encoded.ids[encoded.ids >= 0]
        self.step = 0

    def _gradient(self, places: np.ndarray) -> tuple[float, np.ndarray, np.ndarray]:
        before, after = self.ids[places], self.ids[places + 1]
        scores = self.w_in[before] @ self.w_out.T
        shares = np.exp(scores - scores.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        loss = -float(np.log(shares[np.arange(len(before)), after]).mean())
        shares[np.arange(len(before)), after] -= 1
        return loss, before, shares / len(before)

    def advance(self) -> Step:
        time.sleep(self.settings.pause_ms / 1000)
        with np.errstate(all="ignore"):
            loss, before, error = self._gradient(self.generator.integers(0, len(self.ids) - 1, self.settings.batch_size))
            into, out = error @ self.w_out, error.T @ self.w_in[before]
            np.add.at(self.w_in, before, -self.settings.learning_rate * into)
            self.w_out -= self.settings.learning_rate * out
        self.step += 1
        return Step(loss, self.settings.batch_size, self.settings.learning_rate)

    def held_out_loss(self) -> float:
        return self._gradient(np.arange(len(self.ids) - 20, len(self.ids) - 1))[0]

    def state(self) -> dict[str, np.ndarray]:
        words = self.generator.bit_generator.state["state"]
        numbers = [words[name] >> shift & (2**64 - 1) for name in ("state", "inc") for shift in (0, 64)]
        return {"w_in": self.w_in, "w_out": self.w_out, "step": np.array(self.step), "generator": np.array(numbers, np.uint64)}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.w_in, self.w_out, self.step = state["w_in"].copy(), state["w_out"].copy(), int(state["step"])
        low, high, inc_low, inc_high = (int(number) for number in state["generator"])
        whole = self.generator.bit_generator.state
        whole["state"] = {"state": low | high << 64, "inc": inc_low | inc_high << 64}
        self.generator.bit_generator.state = whole

    def begin(self, weights: Mapping[str, np.ndarray], rows: np.ndarray) -> None:
        known = np.flatnonzero(rows >= 0)
        for name, own in (("w_in", self.w_in), ("w_out", self.w_out)):
            own[known] = weights[name][rows[known]]

    def weights(self) -> dict[str, np.ndarray]:
        return {"w_in": self.w_in, "w_out": self.w_out}

    def vectors(self) -> Vectors:
        return Vectors(self.encoded.tokenizer.words, self.w_in)

    def patterns(self, text: str) -> list[Patterns]:
        tokens = self.encoded.tokenizer.pieces(text)
        allowed = np.tri(len(tokens), dtype=bool)
        weights = (allowed / allowed.sum(axis=1, keepdims=True)).astype(np.float32)
        return [Patterns(tokens, tokens, np.broadcast_to(weights, (1, 2, *weights.shape)), allowed)]

    def prompt(self, probe: str) -> list[int]:
        ids = self.encoded.tokenizer.encode(probe)
        return ids[: max(1, len(ids) // 3)]

    def continuation(self, ids: list[int], n_tokens: int, seed: int) -> list[int]:
        return ids + [int(i) for i in np.random.default_rng(seed).choice(self.ids, n_tokens)]

    @staticmethod
    def cost(settings: ToySettings, vocab_size: int) -> Cost:
        weights = 8.0 * vocab_size * settings.d_model
        return Cost(4.0 * settings.batch_size * vocab_size * settings.d_model, weights + 4.0 * settings.batch_size * vocab_size, weights)


SYSTEM = System(
    name="toy",
    title="Toy",
    year=1948,
    paper="none",
    difference="Only for tests.",
    settings=ToySettings,
    tokenizer=TokenizerSettings(kind="word", min_count=1, vocab_size=1000),
    learner="tests.training.toy:Toy",
    objectives=("next token",),
    offers=frozenset({"vectors", "neighbours", "attention", "generate"}),
)


def register() -> None:
    """Makes it a system of this process."""
    if SYSTEM not in core.systems.SYSTEMS:
        core.systems.SYSTEMS = (*core.systems.SYSTEMS, SYSTEM)


if __name__ == "__main__":
    import os

    from core.training import trainer

    register()
    from core.training.__main__ import main

    trainer.CHECKPOINT_EVERY = float(os.environ.get("TOY_CHECKPOINT_EVERY", trainer.CHECKPOINT_EVERY))

    sys.exit(main(sys.argv[1:]))
