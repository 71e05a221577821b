"""Trains a run: waits for its turn, prepares its text, and takes steps until it has them all or somebody wishes otherwise."""

import io
import math
import sys
import time
from collections.abc import Callable

import numpy as np

from core.machine import n_cores
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.progress import Progress, silent
from core.training import calibration, checkpoints, continuing, learner, metrics, slots
from core.training.checkpoints import Checkpoint
from core.training.failing import failed
from core.training.learner import Learner, Step
from core.training.recording import Recorder, remember
from core.training.run import Run
from core.training.tensorboard import Events
from core.training.wishes import Ended, Preparing, Wishes, doing, say
from core.workspace import write_whole

CHECKPOINT_EVERY = 10.0  # seconds
CHECKPOINT_SHARE = 0.02  # of the training time, at most

Told = Callable[[metrics.Row], None]


def train(run: Run, started: Callable[[], None] = lambda: None, told: Told = lambda row: None, progress: Progress = silent) -> None:
    """Trains until done, or until it is asked to end; what goes wrong is in `error.txt` and goes no further.

    `started` is called once the run's lock is held (ValueError when another holds it), `told` with each row of metrics,
    `progress` while its turn or its text is waited for. Remove the wish in
    `stop` before; it is looked at from the first moment.
    """
    with run.locked():
        (run.folder / "error.txt").unlink(missing_ok=True)
        doing(run, "preparing", what="Starting")
        started()
        wishes = Wishes(run)
        try:
            with wishes.heeding_signals(), slots.slot(lambda place: _wait(Preparing(run, wishes, progress), place)):
                Training(run, Preparing(run, wishes, progress), told).go()
        except Ended as ended:
            say(f"Ended: {ended}")
        except Exception as error:  # the process's own boundary: beyond it nobody would hear
            failed(run, error)


def _wait(preparing: Preparing, place: int) -> None:
    preparing.tell("waiting", f"Waits for another training to end; place {place} in line", None, place)


class Training:
    """One stretch of a run's training, from its newest checkpoint on."""

    def __init__(self, run: Run, preparing: Preparing, told: Told) -> None:
        self.run, self.config, self.preparing, self.wishes, self.told = run, run.config, preparing, preparing.wishes, told
        self.loss_sum, self.n_tokens = 0.0, 0.0  # since the last row
        self.busy, self.busy_tokens, self.waited = 0.0, 0, 0.0  # seconds inside steps since the last row of this stretch, and for examples
        self.next_checkpoint = time.monotonic() + CHECKPOINT_EVERY

    def go(self) -> None:
        encoded = self._prepared()
        self.learner: Learner = self.config.row.load_learner()(self.config.settings, encoded)
        _share_cores()
        if isinstance(self.learner, learner.Noting) and self.learner.note:
            say(self.learner.note)
            write_whole(self.run.folder / "note.txt", self.learner.note)
        if isinstance(self.learner, learner.Preparing):
            self.learner.prepare(self.preparing)
        self.recorder = Recorder(self.run, self.learner, encoded)
        self._resume(encoded)
        self.wishes.heed()
        doing(self.run, "running")
        if self.learner.step == 0:
            self.recorder.snapshot(0)
        self.began, self.first_step = time.monotonic(), self.learner.step
        while self.learner.step < self.config.n_steps and not self.wishes.wish():
            self._take_step()
        self._end(self.wishes.wish())

    def _prepared(self) -> EncodedCorpus:
        encoded, counts = continuing.encoded(self.run, self.preparing)
        path = self.run.folder / "tokenizer.json"
        if path.exists() and tokenizers.load(path).digest != encoded.tokenizer.digest:
            raise ValueError("The text is no longer the one that this run began with, so that it cannot go on; start a new run.")
        encoded.tokenizer.save(path)
        content = io.BytesIO()
        np.save(content, counts)
        write_whole(self.run.folder / "counts.npy", content.getvalue())
        return encoded

    def _resume(self, encoded: EncodedCorpus) -> None:
        """Goes back to the newest checkpoint, and forgets what came after it."""
        found = checkpoints.newest(self.run.folder / "checkpoints", say)
        step, self.seconds_before = (found.step, found.seconds) if found else (0, 0.0)
        if found:
            self.learner.restore(found.state)
            self.loss_sum, self.n_tokens = found.since_row
            say(f"Goes on from step {step}.")
        elif self.config.begun_from:
            continuing.take_over(self.run, self.learner, encoded)
        assert self.learner.step == step, "a learner's state knows its step"
        metrics.drop_after(self.run.folder / "metrics.jsonl", step)
        self.recorder.forget_after(step)
        self.events = Events(self.run.folder / "tensorboard", step + 1)

    def _take_step(self) -> None:
        before = time.perf_counter()
        taken = self.learner.advance()
        self.busy += time.perf_counter() - before
        if not math.isfinite(taken.loss):
            rate = self.config.settings.learning_rate
            raise ValueError(
                f"The loss is no longer a number at step {self.learner.step}: the learning rate of {rate:g} is too high. "
                "Start a new run with a third of it; what is kept of this one is from before."
            )
        self.loss_sum += taken.loss * taken.n_tokens
        self.n_tokens += taken.n_tokens
        self.busy_tokens += taken.n_tokens
        self.waited += taken.waited
        step, last = self.learner.step, self.learner.step == self.config.n_steps
        if last or step % self.config.report_every == 0:
            self._report(taken, evaluate=last or step % self.config.eval_every == 0)
        if self.recorder.due(step):
            self.recorder.snapshot(step)
        self.recorder.live(step)
        if time.monotonic() >= self.next_checkpoint and not last:
            self._checkpoint()

    def _seconds(self) -> float:
        return self.seconds_before + time.monotonic() - self.began

    def _report(self, taken: Step, evaluate: bool) -> None:
        step = self.learner.step
        each = (time.monotonic() - self.began) / (step - self.first_step)
        row: metrics.Row = {
            "step": step,
            "loss": self.loss_sum / self.n_tokens if self.n_tokens else math.nan,
            "speed": round(self.busy_tokens / max(1e-9, self.busy), 1),
            "learning_rate": taken.learning_rate,
            "seconds": round(self._seconds(), 3),
            "seconds_left": round(each * (self.config.n_steps - step), 2),
        }
        if self.waited:
            row["waited"] = round(self.waited / max(1e-9, self.busy), 4)
        row |= {f"{metrics.OF_TASK}{name}": loss for name, loss in taken.losses.items()}
        if evaluate:
            row["held_out"] = self.learner.held_out_loss()
        metrics.append(self.run.folder / "metrics.jsonl", row)
        self.events.add(row)
        self.told(row)
        self.loss_sum, self.n_tokens, self.busy, self.busy_tokens, self.waited = 0.0, 0.0, 0.0, 0, 0.0

    def _checkpoint(self) -> None:
        before = time.monotonic()
        since_row = (self.loss_sum, self.n_tokens)
        checkpoints.write(self.run.folder / "checkpoints", Checkpoint(self.learner.step, self.learner.state(), self._seconds(), since_row))
        taken = time.monotonic() - before
        self.next_checkpoint = time.monotonic() + max(CHECKPOINT_EVERY, taken / CHECKPOINT_SHARE)

    def _end(self, wish: str) -> None:
        done = self.learner.step >= self.config.n_steps
        if done or wish == "stop":
            self.recorder.snapshot(self.learner.step)
        self._checkpoint()
        taken, seconds = self.learner.step - self.first_step, time.monotonic() - self.began
        remember(say, self.recorder, seconds)
        if done and taken:
            calibration.learn(self.config, self.learner, seconds / taken)
        say(f"{'Done' if done else 'Ended: ' + wish} at step {self.learner.step} after {seconds:.1f} s.")


def _share_cores() -> None:
    if torch := sys.modules.get("torch"):
        torch.set_num_threads(max(1, n_cores() // slots.n_slots()))
