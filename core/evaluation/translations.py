"""How good a run's targets are: as a whole, token by token, and by BLEU (Papineni et al. 2002, as sacrebleu counts it: Post 2018)."""

from collections import deque
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from core.text import corpora, pair_files, tokenizers
from core.text.pairs import checked
from core.text.progress import Progress, silent
from core.text.segmentation import HAN
from core.text.tokenizers import TAB
from core.training import continuing
from core.training.run import Run

AT_ONCE = 64  # sources
MOST = 2000  # held-out pairs that are looked at
WRONG = 5  # that are shown

Pairs = Sequence[tuple[str, str]]


@dataclass(frozen=True)
class Fidelity:
    """exact: share of targets that are right from the first token to the last. tokens: share of tokens that are the likeliest after the true ones
    before them. bleu: from 0 to 100; signature: how sacrebleu counted it. wrong: some that are not right, each a source, its target and what was said.
    """

    n: int
    exact: float
    tokens: float
    bleu: float
    signature: str
    wrong: tuple[tuple[str, str, str], ...]


def fidelity(trained: Any, pairs: Pairs, width: int = 1, progress: Progress = silent) -> Fidelity:
    """What a core.trained.translating.Translates makes of sources. width: of its beam; 1 takes the likeliest token each time."""
    encode = trained.tokenizer.encode
    known = [i for i, (source, target) in enumerate(pairs) if encode(source) and encode(target)]
    order = sorted(known, key=lambda i: len(pairs[i][0]))  # of like length together, so that little is padding
    said, right, agreed = [""] * len(pairs), np.zeros(len(pairs), bool), np.zeros(2, int)
    for start in range(0, len(order), AT_ONCE):
        some = order[start : start + AT_ONCE]
        sources, targets = [trained.source(pairs[i][0])[0] for i in some], [trained.ids(pairs[i][1]) for i in some]
        answers = trained.answers(sources) if width == 1 else [_beam(trained, pairs[i][0], width) for i in some]
        for i, ids, target in zip(some, answers, targets, strict=True):
            said[i], right[i] = trained.text(ids), ids == target and trained.tokenizer.unk_id not in target
        agreed += trained.agreed(sources, targets)
        progress("translating", min(1.0, (start + AT_ONCE) / len(order)))
    bleu, signature = _bleu(said, [target for _, target in pairs])
    wrong = tuple((*pairs[i], said[i]) for i in np.flatnonzero(~right)[:WRONG])
    return Fidelity(len(pairs), float(right.mean()), float(agreed[0] / max(1, agreed[1])), bleu, signature, wrong)


def _beam(trained: Any, source: str, width: int) -> list[int]:
    return [i for i in trained.translations(source, width)[0].ids if i != trained.tokenizer.eos_id]


def _bleu(said: list[str], wanted: list[str]) -> tuple[float, str]:
    from sacrebleu.metrics.bleu import BLEU

    # Of words where there are such: what has fewer than the four that BLEU joins is counted by its characters.
    han = sum(bool(HAN.search(target)) for target in wanted) > len(wanted) / 2
    short = sum(len(target.split()) < 4 for target in wanted) > len(wanted) / 2
    metric = BLEU(tokenize="zh" if han else "char" if short else "13a", force=True)  # a blank before a full stop is how some texts are written
    return float(metric.corpus_score(said, [wanted]).score), str(metric.get_signature())


def held_out(run: Run, progress: Progress = silent) -> Pairs:
    """Pairs that a run does not learn from, at most MOST, evenly spaced; ValueError in words where it learns from a text without pairs."""
    corpus = corpora.find(run.config.corpus, progress)
    if not corpus.pairs:
        raise ValueError(f"The run {run.id} learns from a text without pairs. Name a file of some: --translations TABLE.tsv, or SOURCES,TARGETS.")
    encoded, _ = continuing.encoded(run, progress)
    n = int(np.count_nonzero(encoded.held_out == TAB))
    last = deque((line for text, _ in corpus.blocks() for line in text.split("\n") if line.strip()), maxlen=n)
    found = list(checked(last, corpus.title))
    return [found[i] for i in np.linspace(0, n - 1, min(n, MOST)).astype(int)]


def lines(run: Run, files: Sequence[str], width: int, every: bool, progress: Progress = silent) -> Iterator[str]:
    """A small table for a terminal: a row for each set of pairs at each moment. files: "TABLE.tsv" or "SOURCES,TARGETS"; none: the held-out pairs.

    every: at each snapshot that has kept its weights, not at the newest alone.
    """
    if "translate" not in run.config.offers:
        setting, wanted = run.config.row.only.get("translate", ("", ()))
        as_it_is = f", as long as it does not train with {setting} {' or '.join(wanted)}" if setting else ""
        raise ValueError(f"{run.config.row.title} does not turn a source into a target{as_it_is}. --pairs and --analogies score its vectors.")
    kept = [each for each in run.snapshots() if (each.folder / "weights.safetensors").exists()]
    if not kept:
        raise ValueError(f"The run {run.id} has kept no weights yet. Let it train on.")
    sets: dict[str, Pairs] = {name: list(pair_files.pairs(name)) for name in files} or {"held out": held_out(run, progress)}
    learner, tokenizer, wide = run.config.row.load_learner(), tokenizers.load(run.folder / "tokenizer.json"), max(map(len, ("PAIRS", *sets)))
    yield f"{'PAIRS'.ljust(wide)}  {'STEP':>7}  {'N':>6}  {'EXACT':>15}  {'TOKENS':>7}  BLEU"
    for snapshot in kept if every else kept[-1:]:
        trained = learner.load(run.config.settings, tokenizer, snapshot.weights())
        scored = {name: fidelity(trained, pairs, width, progress) for name, pairs in sets.items()}
        for name, each in scored.items():
            error = (each.exact * (1 - each.exact) / each.n) ** 0.5
            yield f"{name.ljust(wide)}  {snapshot.step:>7,}  {each.n:>6,}  {each.exact:>7.2%} ± {error:.2%}  {each.tokens:>7.2%}  {each.bleu:.2f}"
    for each in scored.values():
        yield from (f"not right: {source} → {said or '(nothing)'}, not {target}" for source, target, said in each.wrong)
    yield f"BLEU by sacrebleu: {each.signature}"
