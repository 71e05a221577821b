"""What the trainer writes to be looked at: snapshots that stay, and a live view while somebody watches.

Which files there are follows from what the system offers, never from its name. Nothing here draws from the training's generators.
"""

import dataclasses
import json
import os
import secrets
import shutil
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.patterns import Patterns
from core.projection.aligning import aligned
from core.projection.linear import pca
from core.text.encoding import EncodedCorpus
from core.text.sentences import pairs, sentences
from core.text.tokenizers import TAB
from core.training.checkpoints import save_whole
from core.training.learner import Learner
from core.training.run import Run
from core.training.schedule import N_WORDS, small_parts, snapshot_steps
from core.training.snapshots import as_metadata
from core.workspace import write_whole

N_LIVE = 2000  # of the live map
PROBE_LENGTH = 48  # tokens of a probe's live picture
PROBE_CHARACTERS = 120
SAMPLE_LENGTH = 32  # tokens
WRITES = frozenset({"generate", "fill", "translate"})  # views of systems that have something to say
WATCHED = 5.0  # seconds for which a look counts
LIVE_EVERY = 1.0  # seconds
LIVE_SHARE = 0.025  # of the training time, at most


class Recorder:
    """Writes one run's snapshots and live view. `parts` is `learner` seen as whatever its system's `offers` promise."""

    def __init__(self, run: Run, learner: Learner, encoded: EncodedCorpus) -> None:
        self.run, self.learner, self.encoded = run, learner, encoded
        self.parts: Any = learner
        self.offers = run.config.offers
        # A probe of which the tokenizer keeps nothing would show nothing.
        self.probes = tuple(probe for probe in run.config.probes if len(encoded.tokenizer.encode(probe))) or (_sentence(encoded),)
        cost = learner.cost(run.config.settings, encoded.tokenizer.vocab_size)
        others = small_parts(run.config.settings, encoded.tokenizer.vocab_size)
        self.steps, self.weights_everywhere = snapshot_steps(run.config.n_steps, cost.weights, others, run.config.snapshot_budget)
        # What turns one text into another, where that is what it is given, answers; it does not go on with the source.
        self.continues = "generate" in self.offers and not ("translate" in self.offers and "\t" in self.probes[0])
        self._layout: np.ndarray | None = None
        self._sample: list[int] = []
        self._prompt_length = 0
        self._next_live = 0.0
        self.live_seconds, self.n_live = 0.0, 0  # what being watched has cost

    # snapshots

    def due(self, step: int) -> bool:
        return step in self.steps

    def snapshot(self, step: int) -> None:
        """Writes `snapshots/<step>/` aside and renames it; one that is there already is left alone."""
        folder = self.run.folder / "snapshots" / f"{step:08d}"
        if folder.exists():
            return
        folder.parent.mkdir(exist_ok=True)
        aside = folder.with_name(f".{folder.name}.{secrets.token_hex(4)}.part")
        aside.mkdir()
        try:
            self._write_into(aside, self.weights_everywhere or step >= self.run.config.n_steps)
            os.rename(aside, folder)
        finally:
            shutil.rmtree(aside, ignore_errors=True)

    def _write_into(self, folder: Path, with_weights: bool) -> None:
        if with_weights:
            save_whole(folder / "weights.safetensors", self.learner.weights(), {}, sure=False)
        if "vectors" in self.offers:
            vectors = self.learner.vectors().head(N_WORDS)
            counts = {} if vectors.counts is None else {"counts": np.asarray(vectors.counts)}
            save_whole(folder / "vectors.safetensors", {"matrix": vectors.matrix, **counts}, as_metadata(words=vectors.words), sure=False)
        if "attention" in self.offers:
            write_attention(folder, [self.parts.patterns(probe) for probe in self.probes])
        if "mix" in self.offers:
            write_whole(folder / "mix.json", json.dumps(dataclasses.asdict(self.parts.mix())))
        if self.offers & WRITES:
            write_whole(folder / "samples.json", json.dumps([self._sampled()], ensure_ascii=False))

    def _sampled(self) -> dict[str, str]:
        if not self.continues:
            return dict(zip(("probe", "prompt", "text"), (self.probes[0], *self.parts.answer(self.probes[0])), strict=True))
        prompt = self._prompt()
        ids = self.parts.continuation(prompt, SAMPLE_LENGTH, self.run.config.settings.seed)
        decode = self.encoded.tokenizer.decode
        return {"probe": self.probes[0], "prompt": decode(prompt), "text": decode(ids)}

    def _prompt(self) -> list[int]:
        """What is given of the first probe."""
        return list(self.parts.prompt(self.probes[0])) or [int(max(0, self.encoded.train[0]))]

    # the live view

    def live(self, step: int) -> None:
        """Writes the live view, if somebody watches and the last one is old enough. Cheap otherwise."""
        now = time.monotonic()
        if now < self._next_live:
            return
        if not self._watched():
            self._next_live = now + 0.2
            return
        told: dict[str, Any] = {"step": step}
        arrays: dict[str, np.ndarray] = {}
        if "vectors" in self.offers:
            vectors = self.learner.vectors().head(N_LIVE)
            self._layout = aligned(pca(vectors.matrix), self._layout)
            arrays["xy"], told["words"] = self._layout, vectors.words
        if "attention" in self.offers:
            found = {each.part: each for each in self.parts.patterns(self.probes[0])}
            if shown := found.get("cross") or next(iter(found.values()), None):
                short = shown.first(PROBE_LENGTH).packed()
                arrays["attention"], arrays["allowed"] = short.weights, short.allowed.astype(np.uint8)
                told |= {"part": short.part, "queries": list(short.queries), "keys": list(short.keys)}
        if self.continues:
            told["text"] = self._growing(step)
        elif self.offers & WRITES:
            told["text"] = " → ".join(self.parts.answer(self.probes[0]))
        save_whole(self.run.folder / "live.safetensors", arrays, as_metadata(live=told), sure=False)
        taken = time.monotonic() - now
        self.live_seconds, self.n_live = self.live_seconds + taken, self.n_live + 1
        self._next_live = now + max(LIVE_EVERY, taken / LIVE_SHARE)

    def _watched(self) -> bool:
        try:
            return time.time() - (self.run.folder / "watched").stat().st_mtime < WATCHED
        except FileNotFoundError:
            return False

    def _growing(self, step: int) -> str:
        """A sample that grows by a few tokens at each look, and begins again when it is long."""
        if not self._sample or len(self._sample) > self._prompt_length + 2 * SAMPLE_LENGTH:
            self._sample = self._prompt()
            self._prompt_length = len(self._sample)
        grown = self.parts.continuation(self._sample, 5, step)
        self._sample = grown if len(grown) > len(self._sample) else []  # what is over begins again
        return str(self.encoded.tokenizer.decode(grown))

    def forget_after(self, step: int) -> None:
        """Removes snapshots newer than the checkpoint that is gone back to, and what a killed process left half-written."""
        for each in self.run.snapshots():
            if each.step > step:
                shutil.rmtree(each.folder)
        for leftover in (*self.run.folder.glob(".*"), *self.run.folder.glob("*/.*")):
            if leftover.name.startswith(".stop."):
                continue  # a wish that is being written at this moment is not the trainer's to remove
            if leftover.is_dir():
                shutil.rmtree(leftover, ignore_errors=True)
            else:
                leftover.unlink(missing_ok=True)


def write_attention(folder: Path, probes: Sequence[Sequence[Patterns]]) -> None:
    """What `Snapshot.attention` reads: of each probe each kind of attention."""
    found = [(i, each) for i, probe in enumerate(probes) for each in probe]
    arrays = {f"{i}.{each.part}": each.packed().weights for i, each in found}
    allowed = {f"{i}.{each.part}.allowed": each.allowed.astype(np.uint8) for i, each in found}
    told = [(i, each.part, list(each.queries), list(each.keys)) for i, each in found]
    save_whole(folder / "attention.safetensors", arrays | allowed, as_metadata(patterns=told), sure=False)


def _sentence(encoded: EncodedCorpus) -> str:
    """A line (or a pair) of the held-out text, of a length that can be looked at: the probe of a run that was given none."""
    if TAB in encoded.held_out[:600]:
        stream, decode = np.asarray(encoded.held_out[:6000]), encoded.tokenizer.decode
        (s0, s1), (t0, t1) = pairs(stream, encoded.tokenizer)
        lengths = np.maximum(s1 - s0, t1 - t0)
        i = int(np.argmin(np.abs(lengths - min(12, np.median(lengths)))))
        return f"{decode(stream[s0[i] : s1[i]])}\t{decode(stream[t0[i] : t1[i]])}"
    stream = np.asarray(encoded.held_out[:600])
    stream = stream[stream != encoded.tokenizer.unk_id]
    lines = [encoded.tokenizer.decode(stream[start:stop]).strip() for start, stop in zip(*sentences(stream, encoded.tokenizer), strict=True)]
    whole = [line for line in lines[1:-1] if line]  # the first may begin in the middle of a sentence, the last ends where the stretch is cut
    readable = [line for line in whole if 5 <= len(line.split()) <= 20] or sorted(whole, key=len) or [line for line in lines if line]
    return readable[0][:PROBE_CHARACTERS] if readable else encoded.tokenizer.words[-1]


def remember(say: Callable[[str], None], recorder: Recorder, seconds: float) -> None:
    """Tells the log what being watched has cost."""
    if recorder.n_live and seconds > 0:
        each = 1000 * recorder.live_seconds / recorder.n_live
        say(f"Watched {recorder.n_live} times at {each:.0f} ms each: {100 * recorder.live_seconds / seconds:.1f} % of the training time.")
