"""How fast this machine trains each system: a short reference run the first time, and the real speed of every finished run since.

Kept in `cache/calibration.json` as points (work of a step, its seconds); between two points a straight line in logarithms, beyond the last in
proportion, below the first never faster than it.
"""

import json
import time
from collections import Counter
from dataclasses import dataclass
from typing import Any

import numpy as np

from core import locks
from core.machine import n_cores
from core.systems import System
from core.text import corpora, tokenizers
from core.text.encoding import EncodedCorpus
from core.text.tokenizing import TokenizerSettings
from core.training.config import RunConfig
from core.training.learner import Cost, Learner, Preparing
from core.workspace import subfolder, workspace, write_whole

REFERENCE = 0.25  # seconds of each of the two reference runs
N_POINTS = 12  # kept a system
LIKE = 1.1  # works within this factor are the same point


@dataclass(frozen=True)
class Speed:
    """points: (work, seconds of a step), by work. held_out: seconds of one held-out loss."""

    points: list[tuple[float, float]]
    held_out: float

    def seconds(self, work: float) -> float:
        """Of one step with this work."""
        works, seconds = np.log(np.array(self.points)).T
        if np.log(work) > works[-1]:
            return float(np.exp(seconds[-1] + np.log(work) - works[-1]))
        return float(np.exp(np.interp(np.log(work), works, seconds)))

    def with_point(self, work: float, seconds: float) -> "Speed":
        """The newest points win over those with like work."""
        others = [point for point in self.points if not 1 / LIKE < point[0] / work < LIKE]
        return Speed(sorted([*others[-N_POINTS + 1 :], (work, seconds)]), self.held_out)


def work(settings: Any, cost: Cost) -> float:
    """What a step takes of one core, in arbitrary units; systems without a setting for threads use the same number each time."""
    return max(1.0, cost.flops) / min(int(getattr(settings, "n_threads", 1)), n_cores())


def cost(learner: Any, settings: Any, vocab_size: int, n_words: int) -> Cost:
    """Of a run of this learner's class on a text of so many words; 0 where nobody has read it."""
    found: Cost = learner.cost_on(settings, vocab_size, n_words) if issubclass(learner, Preparing) else learner.cost(settings, vocab_size)
    return found


def speed(row: System) -> Speed:
    """From the cache, or measured now (about a second). Imports the learner."""
    known = _read(row.name)
    return known if known is not None else _keep(row.name, _measured(row))


def expected_vocabulary(config: RunConfig) -> int:
    """Tokens that the run will know: counted where its corpus is in the workspace, at most as many as asked for otherwise.

    Where it goes on from another run, that one's words besides, as if the new text had none of them.
    """
    asked, before = config.tokenizer.vocab_size, _before(config)
    if config.tokenizer.kind == "character":
        return before or min(asked, 300)
    if config.tokenizer.kind != "word":
        return before or asked
    corpus = corpora.kept(config.corpus)
    return before + (asked if corpus is None else min(asked, int((corpus.frequencies() >= config.tokenizer.min_count).sum()) + tokenizers.Tokenizer.n_special))


def expected_words(config: RunConfig) -> int:
    """Words of the run's text; 0 where nobody has read it yet."""
    corpus = corpora.kept(config.corpus)
    return corpus.n_words if corpus else 0


def _before(config: RunConfig) -> int:
    """Tokens of the run that this one goes on from."""
    try:
        return len(np.load(workspace() / config.begun_from / "counts.npy", mmap_mode="r")) if config.begun_from else 0
    except (OSError, ValueError):  # deleted meanwhile
        return 0


def learn(config: RunConfig, learner: Learner, seconds: float) -> None:
    """Takes in what a step of a finished run really took."""
    known = _read(config.system)
    if known is not None:
        taken = cost(type(learner), config.settings, expected_vocabulary(config), expected_words(config))
        _keep(config.system, known.with_point(work(config.settings, taken), seconds))


def _measured(row: System) -> Speed:
    encoded = reference_text(min(row.tokenizer.vocab_size, 20_000))
    trials = [*(preset.settings for preset in row.presets[:1]), {}]
    found = Speed([], 0.0)
    for changes in trials:
        settings = row.settings(**changes)
        learner = row.load_learner()(settings, encoded)
        learner.advance()  # the first one compiles and allocates
        began, taken = time.perf_counter(), 0
        while taken < 2 or time.perf_counter() - began < REFERENCE:
            learner.advance()
            taken += 1
        each = (time.perf_counter() - began) / taken
        began = time.perf_counter()
        learner.held_out_loss()
        held_out = time.perf_counter() - began
        asked = cost(type(learner), settings, encoded.tokenizer.vocab_size, int(encoded.counts.sum()))
        found = Speed(found.with_point(work(settings, asked), each).points, held_out)
    return found


def reference_text(vocab_size: int, n_tokens: int = 200_000) -> EncodedCorpus:
    """Words drawn by Zipf's law: like a text to a clock, though not to a reader."""
    n_words = vocab_size - tokenizers.Tokenizer.n_special
    ranks = np.arange(1, n_words + 1)
    generator = np.random.default_rng(1)
    drawn = generator.choice(n_words, n_tokens, p=(1 / ranks) / (1 / ranks).sum()).astype(np.int32)
    counts = np.bincount(drawn, minlength=n_words) + 1
    tokenizer = tokenizers.of_counts(Counter({f"w{i}": int(n) for i, n in enumerate(counts)}), TokenizerSettings(vocab_size=vocab_size, min_count=1))
    ids = drawn + np.int32(tokenizers.Tokenizer.n_special)
    ids[20::20] = tokenizers.END
    return EncodedCorpus(tokenizer, ids, np.bincount(ids[ids >= 0], minlength=tokenizer.vocab_size))


def _read(system: str) -> Speed | None:
    try:
        kept = json.loads((subfolder("cache") / "calibration.json").read_bytes())[system]
        return Speed([(float(a), float(b)) for a, b in kept["points"]], float(kept["held_out"])) if kept["points"] else None
    except (OSError, ValueError, KeyError, TypeError):  # absent, or written by another version
        return None


def _keep(system: str, known: Speed) -> Speed:
    path = subfolder("cache") / "calibration.json"
    with locks.holding(path.with_suffix(".lock"), "This machine's speed is being written down by another process; try again."):
        try:
            everything = json.loads(path.read_bytes())
        except (OSError, ValueError):
            everything = {}
        write_whole(path, json.dumps({**everything, system: {"points": known.points, "held_out": known.held_out}}))
    return known
