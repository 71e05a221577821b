"""Going on from what a run has learnt, on another text: a new run whose beginning are the old one's newest weights.

    beginning/    in the new run's folder, so that the old one may be deleted: weights.safetensors, tokenizer.json, counts.npy

Words: the new run's vocabulary is the old one and the words of the new text that reach min_count (gensim's build_vocab(update=True)), the most
frequent of both first. A word that the new text lacks keeps its vector and is not drawn as noise; one that is new begins as in any new run. Other
tokenizers stay what they are. What the optimizer had gathered is left behind.
"""

import dataclasses
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np

from core.settings import from_dict
from core.systems import SCHEDULE
from core.text import corpora, encoding, tokenizers
from core.text.encoding import EncodedCorpus
from core.text.progress import Progress, silent
from core.training import checkpoints
from core.training.config import RunConfig
from core.training.learner import Continuing, State
from core.training.run import Run, create
from core.training.snapshots import read

FOLDER = "beginning"
HeadName = tuple[str, int]  # an attention ("blocks.0.attention") and one of its heads, from 0
CHANGEABLE = SCHEDULE | {"warmup_steps"}


def begin(run: Run, corpus: str, without: Sequence[HeadName] = (), **changes: Any) -> Run:
    """Creates the run that goes on from `run` on another text, or on its own; start it with core.training.launching.launch.

    ValueError, in words, where it cannot be. without: heads that are switched off for good, by the name of their attention and their number.
    changes: name, probes, and of the settings those of how it is trained (n_steps, learning_rate, ...).
    """
    return made(run, config(run, corpus, **changes), without)


def config(run: Run, corpus: str, **changes: Any) -> RunConfig:
    """What the new run is asked to do; see `begin`."""
    old = run.config
    named = {name: changes.pop(name) for name in ("name", "probes") if name in changes}
    for name in changes:
        if name not in CHANGEABLE or not hasattr(old.settings, name):
            may = ", ".join(sorted(each for each in CHANGEABLE if hasattr(old.settings, each)))
            raise ValueError(f"{name} cannot change where a run goes on from another one's weights; {may} can. Train a new run for it.")
    settings = from_dict(type(old.settings), dataclasses.asdict(old.settings) | changes)
    named.setdefault("name", f"{run.name}, continued")
    new = dataclasses.replace(old, corpus=corpus, settings=settings, begun_from=run.id, report_every=0, eval_every=0, created=time.time(), **named)
    new.check()
    return new


def made(run: Run, config: RunConfig, without: Sequence[HeadName] = ()) -> Run:
    """The new run's folder, with the old one's newest weights inside; the output weights of the heads in `without` are zero, and stay so."""
    from safetensors.numpy import save_file

    weights, tokenizer = newest_weights(run), tokenizers.load(run.folder / "tokenizer.json")
    counts = _counts(run, tokenizer.vocab_size)
    for place, number in without:
        weights = _without(weights, place, number, int(getattr(config.settings, "n_heads", 0)))

    def write(folder: Path) -> None:
        (folder / FOLDER).mkdir()
        save_file({name: np.require(array, requirements="C") for name, array in weights.items()}, folder / FOLDER / "weights.safetensors")
        tokenizer.save(folder / FOLDER / "tokenizer.json")
        np.save(folder / FOLDER / "counts.npy", counts)

    return create(config, write)


def _without(weights: State, place: str, number: int, n_heads: int) -> State:
    name = f"{place}.out.weight"
    if name not in weights or not 0 <= number < n_heads:
        known = ", ".join(each.removesuffix(".out.weight") for each in weights if each.endswith("attention.out.weight")) or "none"
        raise ValueError(f"There is no head {number + 1} in “{place}” to train without. Its attentions are {known}, of {n_heads} heads each.")
    silenced = weights[name].copy()
    width = silenced.shape[1] // n_heads
    silenced[:, number * width : (number + 1) * width] = 0
    return {**weights, name: silenced}


def newest_weights(run: Run) -> State:
    """Of the newest snapshot that has them, or of the newest checkpoint where that is newer; ValueError in words where there are none."""
    kept = next((each for each in reversed(run.snapshots()) if (each.folder / "weights.safetensors").exists()), None)
    weights = kept.weights() if kept else None
    found = checkpoints.newest(run.folder / "checkpoints", lambda sentence: None)
    if found and (kept is None or found.step > kept.step):
        state = {name.removeprefix("model."): array for name, array in found.state.items()}
        if weights is None or weights.keys() <= state.keys():
            return state if weights is None else {name: state[name] for name in weights}
    if weights is None:
        raise ValueError(f"The run {run.id} has kept no weights yet. Let it train until its first checkpoint.")
    return weights


def encoded(run: Run, progress: Progress = silent) -> tuple[EncodedCorpus, np.ndarray]:
    """A run's text as it learns from it, and how often each token was seen, here and in the texts of the runs that it goes on from."""
    asked, corpus = run.config, corpora.find(run.config.corpus, progress)
    if not asked.begun_from:
        found = encoding.encode(corpus, asked.tokenizer, progress)
        return found, found.counts
    tokenizer, counts = _beginning(run)
    found = encoding.encode_with(corpus, encoding.extended(corpus, tokenizer, counts, progress), progress)
    rows = _rows(tokenizer, found.tokenizer)
    seen = found.counts + np.where(rows >= 0, counts[rows], 0)
    return dataclasses.replace(found, seen=seen), seen


def take_over(run: Run, learner: Any, found: EncodedCorpus) -> None:
    """Gives a new learner the weights that the run begins with."""
    title = run.config.row.title
    if not isinstance(learner, Continuing):
        raise ValueError(f"{title} cannot go on from another run's weights. Train a new run.")
    tokenizer, _ = _beginning(run)
    weights, _ = read(run.folder / FOLDER / "weights.safetensors")
    try:
        learner.begin(weights, _rows(tokenizer, found.tokenizer))
    except (ValueError, KeyError, IndexError) as error:
        raise ValueError(f"The weights that this run begins with are not those of a {title} with its settings ({error}). Train a new run.") from error


def _beginning(run: Run) -> tuple[tokenizers.Tokenizer, np.ndarray]:
    """The tokenizer and counts that the run begins with; ValueError in words where they are damaged."""
    folder = run.folder / FOLDER
    try:
        tokenizer, counts = tokenizers.load(folder / "tokenizer.json"), np.load(folder / "counts.npy")
    except (OSError, EOFError, ValueError) as error:
        raise ValueError(f"What this run begins with is gone or damaged ({error}). Begin it again from the run {run.config.begun_from}.") from error
    if counts.shape != (tokenizer.vocab_size,):
        raise ValueError(f"What this run begins with is damaged. Begin it again from the run {run.config.begun_from}.")
    return tokenizer, counts


def _rows(old: tokenizers.Tokenizer, new: tokenizers.Tokenizer) -> np.ndarray:
    """The old row of each new token, -1 where there is none: int64 [vocab_size of the new]."""
    return np.array([old.index.get(token, -1) for token in new.tokens], np.int64)


def _counts(run: Run, vocab_size: int) -> np.ndarray:
    """As kept in the run's folder; of a run from before they were kept, counted again where its text is still there."""
    try:
        counts: np.ndarray = np.load(run.folder / "counts.npy")
        if counts.shape == (vocab_size,):
            return counts
    except (OSError, EOFError, ValueError):
        pass
    return encoded(run)[1]
