"""What a run will take, before it starts: time, memory, disk; and, where it cannot fit, the number that would.

What a step costs is known to the learner's class, whose module imports torch. So a page asks the launcher, which has it in memory and
answers in milliseconds; `computed` is what the launcher, and the command line, call.
"""

import dataclasses
import math
import shutil
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from core import warm
from core.machine import available_memory, size
from core.settings import Number, ranges
from core.training import calibration, launching
from core.training.config import RunConfig
from core.training.learner import Cost, Refusing
from core.training.schedule import small_parts, snapshot_steps
from core.workspace import workspace

ROWS_A_SECOND = 6
EVALUATION_SHARE = 0.03  # of the training time, at most
PROCESS = 0.3e9  # bytes of a trainer before it holds a model: the interpreter and its libraries
MARGIN = 0.9  # of the free memory, at most
CHECKPOINTS = 3  # two and one being written
SHRINKABLE = ("batch_size", "n_ctx", "d_model", "n_layers")


@dataclass(frozen=True)
class Estimate:
    """seconds: of the whole training, None where nobody knows. memory, disk: bytes. refused: why it cannot be, and what could; empty if it can."""

    seconds: float | None
    memory: float
    disk: float
    report_every: int  # steps
    eval_every: int
    refused: str = ""

    @property
    def takes(self) -> str:
        """Memory and disk, in words."""
        return f"{size(self.memory)} of memory, {size(self.disk)} on disk"


def estimate(config: RunConfig, patience: Number = 30) -> Estimate:
    """From the launcher, which is started when it is not there. ValueError, in words, for settings that cannot be."""
    config.check()
    launching.warm()
    answer = warm.ask(launching.NAME, {"estimate": config.to_json()}, patience, starting=True)
    # No launcher, no measure: rows come now and then, and the run shows by itself how long it takes.
    return Estimate(**answer) if answer else Estimate(None, 0.0, 0.0, report_every=10, eval_every=max(10, config.n_steps // 100 * 10))


def fixed(config: RunConfig, expected: Estimate) -> RunConfig:
    """The config with its rows and evaluations fixed for this machine; ValueError, in words, where it cannot fit."""
    if expected.refused:
        raise ValueError(expected.refused)
    return dataclasses.replace(config, report_every=expected.report_every, eval_every=expected.eval_every)


def computed(config: RunConfig) -> Estimate:
    """The estimate, made in this process. Imports the learner; the first time it measures the machine for about a second."""
    config.check()
    vocab_size = calibration.expected_vocabulary(config)
    learner = config.row.load_learner()
    n_words = calibration.expected_words(config)
    cost = calibration.cost(learner, config.settings, vocab_size, n_words)
    refused = _unsuited(config, learner, vocab_size) or _refusal(
        config, cost.memory, lambda settings: calibration.cost(learner, settings, vocab_size, n_words).memory
    )
    disk = _disk(config, cost, vocab_size) + cost.scratch
    free = shutil.disk_usage(workspace()).free
    if not refused and disk > free:
        refused = (
            f"This run needs {size(disk)} on disk for its {'counts, ' if cost.scratch else ''}snapshots and checkpoints, and {size(free)} are free. "
            "Delete runs that you no longer need, or choose a smaller d_model."
        )
    known = calibration.speed(config.row)
    each = known.seconds(calibration.work(config.settings, cost))
    report_every, eval_every = paced(each, known.held_out, config.n_steps)
    seconds = each * config.n_steps + known.held_out * math.ceil(config.n_steps / eval_every)
    return Estimate(seconds, PROCESS + cost.memory, disk, report_every, eval_every, refused)


def paced(each: float, held_out: float, n_steps: int) -> tuple[int, int]:
    """Steps between rows, so that six come a second, and between held-out losses, so that they take little and there are about ten at least."""
    report_every = min(max(1, round(1 / (ROWS_A_SECOND * each))), max(1, n_steps // 20))
    wanted = min(max(1.0, held_out / EVALUATION_SHARE), max(each * n_steps / 10, each * report_every))
    return report_every, report_every * max(1, round(wanted / (each * report_every)))


def _unsuited(config: RunConfig, learner: Any, vocab_size: int) -> str:
    """Why the learner would not take the vocabulary, where that is known before the text is read."""
    if issubclass(learner, Refusing) and calibration.expected_words(config) and not config.begun_from:
        try:
            learner.refuse(config.settings, vocab_size)
        except ValueError as wrong:
            return str(wrong)
    return ""


def _refusal(config: RunConfig, memory: float, needed: Callable[[Any], float]) -> str:
    free = available_memory()
    if memory <= MARGIN * free:
        return ""

    def fits(settings: Any) -> bool:
        return needed(settings) <= MARGIN * free

    alone = [(name, _largest(config.settings, name, fits)) for name in SHRINKABLE]
    would = " or ".join(f"a {name} of {value}" for name, value in alone if value is not None) or _together(config.settings, fits)
    named = ", ".join(f"{name} {getattr(config.settings, name)}" for name in SHRINKABLE if hasattr(config.settings, name))
    return f"A run with {named} needs {size(memory)} of memory, and this machine has {size(free)} free: {would or 'nothing of the kind'} would fit."


def _largest(settings: Any, name: str, fits: Callable[[Any], bool]) -> int | None:
    """The largest smaller value of one setting with which all fits, by halving the interval; None where there is none, or no such setting."""
    if name not in ranges(settings):
        return None
    low, high = int(ranges(settings)[name].low or 1), int(getattr(settings, name))
    grain = int(getattr(settings, "n_heads", 1)) if name == "d_model" else 1
    low, high = -(-low // grain), high // grain
    if not fits(dataclasses.replace(settings, **{name: low * grain})):
        return None
    while low < high - 1:
        middle = (low + high) // 2
        if fits(dataclasses.replace(settings, **{name: middle * grain})):
            low = middle
        else:
            high = middle
    return low * grain


def _disk(config: RunConfig, cost: Cost, vocab_size: int) -> float:
    others = small_parts(config.settings, vocab_size)
    steps, everywhere = snapshot_steps(config.n_steps, cost.weights, others, config.snapshot_budget)
    return len(steps) * others + (len(steps) if everywhere else 1) * cost.weights + CHECKPOINTS * (1 + cost.moments) * cost.weights


def _together(settings: Any, fits: Callable[[Any], bool]) -> str:
    """What fits when the settings are halved in turn, in words; empty where even the smallest does not."""
    low = {name: int(ranges(settings)[name].low or 1) for name in SHRINKABLE if name in ranges(settings)}
    grain = {"d_model": int(getattr(settings, "n_heads", 1))}
    smaller: dict[str, int] = {}
    while not fits(dataclasses.replace(settings, **smaller)):
        halved = {name: smaller.get(name, int(getattr(settings, name))) // 2 // grain.get(name, 1) * grain.get(name, 1) for name in low}
        possible = [name for name, value in halved.items() if value >= low[name]]
        if not possible:
            return ""
        name = min(possible, key=lambda each: (_shrunk(settings, smaller, each), SHRINKABLE.index(each)))
        smaller[name] = halved[name]
    return "together " + ", ".join(f"{name} {value}" for name, value in smaller.items())


def _shrunk(settings: Any, smaller: dict[str, int], name: str) -> float:
    """How many times smaller a setting has become."""
    return float(getattr(settings, name)) / smaller.get(name, int(getattr(settings, name)))
