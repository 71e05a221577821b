"""The learner of every neural system: a model, an objective, AdamW. A system adds how the two are made (see core.training.gpt)."""

import math
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import cached_property
from typing import Any, Protocol, runtime_checkable

import numpy as np
import torch
import torch.nn.functional as F
from torch import Tensor

from core import machine
from core.batch import IGNORE, Batch
from core.blocks.attention import Attention
from core.models.language_model import LanguageModel, as_wide_as, resting
from core.patterns import Patterns
from core.text.encoding import EncodedCorpus
from core.text.tokenizers import Tokenizer
from core.trained.model import Trained
from core.training import device
from core.training.ahead import Ahead
from core.training.learner import State, Step
from core.vectors import Vectors

HELD_OUT_TOKENS = 16_384  # enough that the held-out loss is good to about 0.02 nats
TOKEN_ROWS = ("embed.weight", "head_bias", "unembedding.weight", "unembedding.bias", "spelling")  # weights with a row for each token
MOMENTS = ("exp_avg", "exp_avg_sq")  # torch's names


@runtime_checkable
class Objective(Protocol):
    """Token ids in, Batch out."""

    def sample(self, batch_size: int, generator: torch.Generator) -> Batch: ...

    def spread(self, n_tokens: int, batch_size: int) -> list[Batch]:
        """The same examples each time, of about so many tokens."""


class NeuralLearner:
    """A core.training.learner.Learner. Of the settings it needs batch_size, learning_rate, warmup_steps, weight_decay, n_steps and seed.

    What is random in a step depends on the seed and the step's number alone (`_draws`), so that no generator's state has to be kept,
    and nothing that happens between two steps can change the second.
    """

    look: type[Trained]  # the system's own kind of model to look at
    least_held_out = 2  # tokens of which the objective can make an example

    def __init__(self, settings: Any, encoded: EncodedCorpus) -> None:
        self.settings, self.encoded, self.step = settings, encoded, 0
        self.device = device.chosen()
        machine.keep_memory()
        with drawing_from(settings.seed, self.device):
            self.model = self.build(settings, encoded.tokenizer.vocab_size).to(self.device)
        self.objective = self.objective_on(encoded.train, settings, encoded.tokenizer, self.device)
        self.optimizer = adamw(self.model, settings.learning_rate, settings.weight_decay)
        self.silent: list[tuple[Attention, Tensor]] = []  # heads that were switched off for good (core.training.continuing), and stay so
        self._weights = list(self.model.parameters())
        self._losses = device.compiled(self.losses, self.device, settings.n_steps)
        self._ahead = Ahead(lambda step: self.examples(step, torch.Generator().manual_seed(self._draws(step)[0])))

    @classmethod
    def build(cls, settings: Any, vocab_size: int) -> LanguageModel:
        """The system's model, newly initialized from torch's global generator."""
        raise NotImplementedError

    @classmethod
    def objective_on(cls, stream: np.ndarray, settings: Any, tokenizer: Tokenizer, device: torch.device | str = "cpu") -> Objective:
        """The system's objective on a stream of token ids with its marks (see core.text.encoding); ValueError in words where there is nothing to learn."""
        raise NotImplementedError

    @property
    def note(self) -> str:
        return getattr(self.objective, "note", "")

    @classmethod
    def load(cls, settings: Any, tokenizer: Tokenizer, weights: Mapping[str, np.ndarray]) -> Trained:
        """A model to look at from `weights()`; ValueError in words where they are of another model or another tokenizer."""
        model = cls.build(settings, tokenizer.vocab_size)
        as_wide_as(weights, model)
        try:
            model.load_state_dict({name: torch.tensor(array) for name, array in weights.items()})
        except RuntimeError as error:
            first = next((line.strip() for line in str(error).split("\n")[1:]), str(error))[:200]  # of many
            raise ValueError(f"These weights do not belong to this model and tokenizer. Open them with those they were trained under. {first}") from error
        return cls.look(model.to(device.chosen()).eval(), tokenizer, settings)

    def losses(self, batch: Batch) -> dict[str, Tensor]:
        """What is to be made small, by the name of each task, which is shown where it is not "tokens" alone; here that, the mean cross-entropy of the tokens
        to be predicted.
        """
        return {"tokens": self.token_loss(batch, self.model.hidden(batch))}

    def whole(self, losses: Mapping[str, Tensor], batch: Batch) -> Tensor:
        """The loss of all tasks of a batch together; here each counts alike."""
        return sum_of(losses)

    def token_loss(self, batch: Batch, hidden: Tensor) -> Tensor:
        """Mean cross-entropy over the positions that have a target; logits are made for those alone."""
        wanted = batch.targets != IGNORE
        if not wanted.all():
            hidden, targets = hidden[wanted], batch.targets[wanted]
        else:
            hidden, targets = hidden.flatten(0, 1), batch.targets.flatten()
        return F.cross_entropy(self.model.unembed(hidden), targets, label_smoothing=getattr(self.settings, "label_smoothing", 0.0) * self.model.training)

    def examples(self, step: int, generator: torch.Generator) -> Batch:
        """What is learnt from in a step. It is asked for in another thread, while the model is at the step before: it follows from its arguments alone."""
        return self.objective.sample(self.settings.batch_size, generator)

    @classmethod
    def example(cls, objective: Objective, generator: torch.Generator) -> dict[str, Batch]:
        """One example to be looked at, a batch of one sequence for each way in which it is read, by its name; most are read in one, which has none."""
        return {"": objective.sample(1, generator)}

    def held_out_examples(self, objective: Objective) -> list[Batch]:
        """What the held-out loss is the mean over, in this order, the same each time. objective: on the held-out text."""
        return objective.spread(HELD_OUT_TOKENS, self.settings.batch_size)

    def advance(self) -> Step:
        began = time.perf_counter()
        batch = self._ahead(self.step)
        waited = time.perf_counter() - began
        rate = learning_rate(self.step, self.settings)
        with drawing_from(self._draws(self.step)[1], self.device), device.mixed_precision(self.device):
            losses = self._losses(batch)
            loss = self.whole(losses, batch)
        torch.autograd.backward(loss)
        # Gradients are clipped at a norm of 1 while AdamW reads them, which takes what to divide them by from a gradient scaler else.
        norm = torch.nn.utils.get_total_norm([weight.grad for weight in self._weights if weight.grad is not None], foreach=True)
        self.optimizer.grad_scale = (norm + 1e-6).clamp(min=1.0)  # type: ignore[attr-defined]
        for group in self.optimizer.param_groups:
            group["lr"] = rate
        self.optimizer.step()
        for attention, which in self.silent:
            attention.silence(which)
        self.optimizer.zero_grad()
        self.step += 1
        mean = loss.item()  # last, so that a graphics processor has all of the step's work before it is waited for
        if not math.isfinite(mean):
            raise ValueError(f"The loss is no longer a number at step {self.step}. Train with a smaller learning rate than {self.settings.learning_rate:g}.")
        each = {} if losses.keys() == {"tokens"} else {name: one.item() for name, one in losses.items()}
        return Step(mean, batch.n_tokens, rate, each, waited)

    def held_out_loss(self) -> float:
        with resting(self.model), device.mixed_precision(self.device):
            losses = [(self.whole(self.losses(batch), batch), batch.n_tokens) for batch in self._held_out]
        return float(sum(loss * n for loss, n in losses)) / sum(n for _, n in losses)

    def begin(self, weights: Mapping[str, np.ndarray], rows: np.ndarray) -> None:
        """Takes over another run's model: its rows of tokens by `rows`, all else as it is. AdamW's moments begin anew, and so does the rate."""
        as_wide_as(weights, self.model)
        own = self.model.state_dict()
        if missing := sorted(own.keys() - weights.keys()):
            raise ValueError(f"they lack {missing[0]}")
        known = np.flatnonzero(rows >= 0)
        with torch.no_grad():
            for name, weight in own.items():
                taken = torch.tensor(weights[name], device=weight.device)
                if name in TOKEN_ROWS:
                    weight[known] = taken[rows[known]]
                elif taken.shape == weight.shape:
                    weight.copy_(taken)
                else:
                    raise ValueError(f"{name} has the shape {tuple(taken.shape)}, not {tuple(weight.shape)}")
        self._find_silent()

    def weights(self) -> State:
        return {name: _array(weight) for name, weight in self.model.state_dict().items()}

    def state(self) -> State:
        state = {f"model.{name}": array for name, array in self.weights().items()}
        for name, weight in self.model.named_parameters():
            # A weight that took part in no step yet (that of a task which has not had its turn) has no moments.
            if kept := self.optimizer.state.get(weight):
                state |= {f"{moment}.{name}": _array(kept[moment]) for moment in MOMENTS} | {f"steps.{name}": _array(kept["step"]).reshape(1)}
        return {**state, "step": np.array([self.step])}

    def restore(self, state: Mapping[str, np.ndarray]) -> None:
        self.step = int(state["step"][0])
        as_wide_as({name.removeprefix("model."): array for name, array in state.items() if name.startswith("model.")}, self.model)
        self.model.load_state_dict({name: torch.tensor(state[f"model.{name}"]) for name in self.model.state_dict()})
        for name, weight in self.model.named_parameters():
            if f"steps.{name}" in state:
                kept = {moment: torch.tensor(state[f"{moment}.{name}"], device=self.device) for moment in MOMENTS}
                self.optimizer.state[weight] = {"step": torch.tensor(float(state[f"steps.{name}"][0]), device=self.device), **kept}
            else:
                self.optimizer.state.pop(weight, None)
        self._find_silent()

    def _find_silent(self) -> None:
        """The heads without any output weights: nothing but being switched off makes such a one."""
        found = ((module, module.silent()) for module in self.model.modules() if isinstance(module, Attention))
        self.silent = [(attention, which) for attention, which in found if which.any()]

    def vectors(self) -> Vectors:
        found: Vectors = self.trained.vectors(self.encoded.counts)
        return found

    @property
    def trained(self) -> Any:
        """The model as it is now, to look at: a `look`."""
        return self.look(self.model, self.encoded.tokenizer, self.settings)

    @cached_property
    def _held_out(self) -> list[Batch]:
        stream = self.encoded.held_out
        lacking = self.least_held_out - len(stream)
        if lacking > 0:  # a very short text: its last tokens, predicted from what came before
            stream = np.concatenate((self.encoded.train[-lacking:], stream))
        return self.held_out_examples(self.objective_on(stream, self.settings, self.encoded.tokenizer, self.device))

    def _draws(self, step: int) -> tuple[int, int]:
        """A step's two seeds: where its examples come from, and its dropout."""
        # Hashed to 32 bits each: of a seed, torch's generator on the CPU takes the lowest 32 bits and no more.
        data, dropout = np.random.SeedSequence((self.settings.seed, step)).generate_state(2)
        return int(data), int(dropout)


class Attends(NeuralLearner):
    """The learner of a system that offers "attention"."""

    def patterns(self, text: str) -> list[Patterns]:
        found: list[Patterns] = self.trained.patterns(text)
        return found


class Generates(NeuralLearner):
    """The learner of a system that offers "generate"; its `look` is a core.trained.continuing.Continues."""

    def prompt(self, probe: str) -> list[int]:
        given: list[int] = self.trained.prompt(probe)
        return given

    def continuation(self, ids: list[int], n_tokens: int, seed: int) -> list[int]:
        drawn: list[int] = self.trained.continuation(ids, n_tokens, seed)
        return drawn


class Answers(NeuralLearner):
    """The learner of a system that offers "fill" or "translate"."""

    def answer(self, probe: str) -> tuple[str, str]:
        said: tuple[str, str] = self.trained.answer(probe)
        return said


def sum_of(losses: Mapping[str, Tensor]) -> Tensor:
    """The whole loss of several tasks, each counted alike."""
    return torch.stack(list(losses.values())).sum()


@contextmanager
def drawing_from(seed: int, device: torch.device) -> Iterator[None]:
    """Within it torch's global generator, which initialization and dropout draw from, begins at `seed`; after it, it goes on as if nothing had been drawn."""
    with torch.random.fork_rng([torch.cuda.current_device()] if device.type == "cuda" else []):
        # Not torch.manual_seed: for each kind of device that is not in use it notes down, at every call, what to do should it come into use.
        torch.default_generator.manual_seed(seed)
        if device.type == "cuda":
            torch.cuda.manual_seed(seed)
        yield


def adamw(model: torch.nn.Module, rate: float, weight_decay: float) -> torch.optim.AdamW:
    """AdamW in one pass over all weights (fused); decay on matrices, not on biases and norms. The second moment remembers 100 steps: batches are small."""
    matrices = [w for w in model.parameters() if w.ndim >= 2]
    others = [w for w in model.parameters() if w.ndim < 2]
    groups: list[dict[str, Any]] = [{"params": matrices, "weight_decay": weight_decay}, {"params": others, "weight_decay": 0.0}]
    return torch.optim.AdamW(groups, lr=rate, betas=(0.9, 0.99), fused=True)


def learning_rate(step: int, settings: Any) -> float:
    """Rises linearly over `warmup_steps`, then falls along a cosine to a tenth at `n_steps`, or where `schedule` says so with 1/sqrt(step). step: from 0."""
    highest, warmup, n_steps = float(settings.learning_rate), int(settings.warmup_steps), int(settings.n_steps)
    if step < warmup:
        return highest * (step + 1) / (warmup + 1)
    if getattr(settings, "schedule", "cosine") == "inverse root":  # Vaswani et al. 2017, equation 3
        return highest * math.sqrt((warmup + 1) / (step + 1))
    done = min(1.0, (step - warmup) / max(1, n_steps - warmup))
    return highest * (0.1 + 0.45 * (1 + math.cos(math.pi * done)))


def _array(tensor: Tensor) -> np.ndarray:
    array: np.ndarray = tensor.detach().cpu().numpy().copy()  # training goes on while this is being written
    return array
