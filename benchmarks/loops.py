"""Trainings that go on by turns: our learner, and a peer's model under the loop that everybody writes."""

import multiprocessing
import time
from collections.abc import Callable
from contextlib import nullcontext
from multiprocessing.connection import Connection
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.measuring import Line, compare
from core.training import device
from core.training.neural import NeuralLearner, learning_rate

PLAIN_BETAS = (0.9, 0.99)  # of AdamW, as ours
SIZES = {"cpu": 2048, "cuda": 8192}  # of the matrices whose product stands for what the processor can do: as large as it needs to be at its best


class Ours:
    """A learner; asked for a round, it takes so many steps more and gives tokens a second."""

    def __init__(self, learner: NeuralLearner, n_steps: int) -> None:
        self.learner, self.n_steps, self.waited, self.seconds = learner, n_steps, 0.0, 0.0

    def __call__(self, _: int) -> float:
        began = time.perf_counter()
        taken = [self.learner.advance() for _ in range(self.n_steps)]
        seconds = time.perf_counter() - began
        self.waited, self.seconds = self.waited + sum(step.waited for step in taken), self.seconds + seconds
        return sum(step.n_tokens for step in taken) / seconds


class Plain:
    """A peer's model: a batch, its loss, the way back, gradients clipped at 1, AdamW, at our rates. On a graphics processor under autocast, as its own.

    loss: of the next batch, and its tokens; held_out: the loss of what is not trained on.
    """

    def __init__(
        self,
        model: nn.Module,
        optimizer: torch.optim.Optimizer,
        loss: Callable[[], tuple[Tensor, int]],
        held_out: Callable[[], float],
        settings: Any,
        n_steps: int,
    ) -> None:
        self.model, self.optimizer, self.loss, self.held_out, self.settings, self.n_steps, self.step = model, optimizer, loss, held_out, settings, n_steps, 0

    def __call__(self, _: int) -> float:
        began, n_tokens = time.perf_counter(), 0
        for _ in range(self.n_steps):
            for group in self.optimizer.param_groups:
                group["lr"] = learning_rate(self.step, self.settings)
            with device.mixed_precision(device.chosen()) if torch.cuda.is_available() else nullcontext():
                loss, n = self.loss()
            torch.autograd.backward(loss)
            torch.nn.utils.clip_grad_norm_(self.model.parameters(), 1.0)
            self.optimizer.step()
            self.optimizer.zero_grad(set_to_none=True)
            loss.item()
            self.step, n_tokens = self.step + 1, n_tokens + n
        return n_tokens / (time.perf_counter() - began)


class Apart:
    """A peer's side in a process of its own, as its users have it: what our training asks of the system (to keep the memory that a step frees, say) is
    for our training alone.
    """

    def __init__(self, make: Callable[..., Plain], *given: Any) -> None:
        spawned = multiprocessing.get_context("spawn")
        self._asked, told = spawned.Pipe()
        spawned.Process(target=_answer, args=(told, make, given), daemon=True).start()
        told.close()  # so that its end ends our waiting too
        self.step: int = self._asked.recv()

    def __call__(self, n: int) -> float:
        return self._ask(Plain.__call__, n)

    def held_out(self) -> float:
        return self._ask(_held_out)

    def _ask(self, what: Callable[..., float], *given: Any) -> float:
        self._asked.send((what, given))
        told, self.step = self._asked.recv()
        return float(told)


def _answer(asked: Connection, make: Callable[..., Plain], given: tuple[Any, ...]) -> None:
    side = make(*given)
    asked.send(side.step)
    while True:
        try:
            what, rest = asked.recv()
        except EOFError:
            return
        asked.send((what(side, *rest), side.step))


def _held_out(side: Plain) -> float:
    return side.held_out()


def versus(key: str, peer: str, ours: Ours, theirs: Apart, rounds: int, goal: float, held_out: Callable[[], float]) -> list[Line]:
    """Both train by turns; then what was reached (held_out: our loss), and how well ours used its time."""
    lines = compare(key, "tokens/s", peer, ours, theirs, rounds, goal)
    return [
        *lines,
        Line(f"{key}_loss_ours", f"held-out loss after {ours.learner.step} steps", held_out(), "nats"),
        Line(f"{key}_loss_{peer}", f"held-out loss after {theirs.step} steps", theirs.held_out(), "nats"),
        Line(f"{key}_waited", "share of our steps spent waiting for examples", ours.waited / ours.seconds, ""),
        share_of_peak(key, ours),
    ]


def share_of_peak(key: str, ours: Ours) -> Line:
    """How much of what the processor reaches with one large matrix product, in the precision that it trains in, a training's arithmetic is."""
    learner: Any = ours.learner
    flops = learner.cost(learner.settings, learner.encoded.tokenizer.vocab_size).flops * learner.step / ours.seconds
    return Line(f"{key}_share_of_peak", "ours / one large matrix product", flops / peak(learner.device), "")


def peak(where: torch.device) -> float:
    """Operations a second of the best of a few large matrix products."""
    size = SIZES[where.type]
    a = torch.randn(size, size, device=where, dtype=torch.bfloat16 if device.has_bfloat16(where) else torch.float32)
    best = 0.0
    for _ in range(10):
        finished(where)
        began = time.perf_counter()
        _ = a @ a
        finished(where)
        best = max(best, 2 * size**3 / (time.perf_counter() - began))
    return best


def finished(where: torch.device) -> None:
    """Waits until a graphics processor has done all that it was given; a processor of another kind has."""
    if where.type == "cuda":
        torch.cuda.synchronize()
