"""A run on a small world that takes a second, with all that pages of embeddings show."""

from core.systems import System, offering
from core.text import corpora
from core.text.tokenizing import TokenizerSettings
from core.training.run import Run, RunConfig, create
from core.training.trainer import train


def small_run(name: str = "small", n_steps: int = 40, row: System | None = None, seed: int = 1) -> Run:
    row = row or next(each for each in offering("vectors") if each.matrices)
    settings = row.settings(d_model=12, n_steps=n_steps, batch_size=500, n_threads=1, seed=seed)
    corpus = corpora.find("small-world:1500:1").id
    run = create(RunConfig(row.name, corpus, TokenizerSettings(kind="word", min_count=1), settings, name=name, report_every=10, eval_every=n_steps))
    train(run)
    return run
