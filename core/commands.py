"""What `python -m core` can do. The command line of a system is drawn from its settings, as the form of the page is."""

import dataclasses
import os
from collections.abc import Callable
from pathlib import Path

import tyro

from core.command_form import asked
from core.machine import size
from core.systems import Matrix, system
from core.terminal import Line
from core.training.launching import ENVIRONMENT
from core.training.run import Run, create, find, runs
from core.vector_commands import VECTOR_COMMANDS
from core.vectors import Measure


def train(name: str, arguments: list[str]) -> int:
    """Makes a run of a system and trains it here. Ctrl-C leaves a checkpoint."""
    wanted = asked(system(name), arguments)
    wanted.check()  # before anything slow
    os.environ.update({**ENVIRONMENT, **os.environ})
    from core.text import corpora
    from core.training.estimate import computed, fixed

    line = Line()
    config = dataclasses.replace(wanted, corpus=corpora.find(wanted.corpus, line.progress).id)
    expected = computed(config)
    line.expects(expected)
    return _train(create(fixed(config, expected)), line)


def resume(run: tyro.conf.Positional[str]) -> int:
    """Goes on with a run, here.

    Args:
        run: Its id, as `list` shows it.
    """
    found = find(run)
    if found.state() == "done":
        print(f"{found.id} is done.")
        return 0
    if not found.held():
        (found.folder / "stop").unlink(missing_ok=True)
    os.environ.update({**ENVIRONMENT, **os.environ})
    return _train(found, Line())


def continue_run(
    run: tyro.conf.Positional[str],
    corpus: str,
    n_steps: int | None = None,
    learning_rate: float | None = None,
    name: str | None = None,
    without: tuple[str, ...] = (),
) -> int:
    """Makes a new run that begins with what another has learnt, and trains it on another text, here.

    Args:
        run: The id of the run to begin with, as `list` shows it.
        corpus: documentation, small-world, task:NAME, pairs:FILE.tsv, a corpus's id, a file, or an address on the web.
        n_steps: As many as the old run had, where not said.
        learning_rate: The old run's, where not said.
        name: As shown; the run's folder is called after it.
        without: Heads that are switched off for good: "blocks.0.attention:3" is the third of that attention.
    """
    old = find(run)
    heads = [_head(each) for each in without]
    changes = {key: value for key, value in (("n_steps", n_steps), ("learning_rate", learning_rate), ("name", name)) if value is not None}
    from core.training import continuing

    continuing.config(old, corpus, **changes)  # before anything slow
    os.environ.update({**ENVIRONMENT, **os.environ})
    from core.text import corpora
    from core.training.estimate import computed, fixed

    line = Line()
    config = continuing.config(old, corpora.find(corpus, line.progress).id, **changes)
    expected = computed(config)
    line.expects(expected)
    return _train(continuing.made(old, fixed(config, expected), heads), line)


def _head(text: str) -> tuple[str, int]:
    place, _, number = text.rpartition(":")
    if not place or not (number.isascii() and number.isdigit()) or int(number) < 1:
        raise ValueError(f"“{text}” names no head: write its attention, a colon and its number from 1, as in blocks.0.attention:3.")
    return place, int(number) - 1


def list_runs() -> int:
    """Shows the runs, the newest first."""
    rows = [("RUN", "STATE", "STEP", "SYSTEM", "TEXT", "SIZE")]
    for run in runs():
        status = run.status()
        asked = ("", "") if status.state == "damaged" else (run.config.system, run.config.corpus)
        rows.append((run.id, status.state, f"{status.step:,} of {status.n_steps:,}", *asked, size(run.size())))
    widths = [max(len(row[i]) for row in rows) for i in range(len(rows[0]))]
    for row in rows:
        print("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip())
    return 0


def delete(run: tyro.conf.Positional[str]) -> int:
    """Removes a run, training or not.

    Args:
        run: Its id, as `list` shows it.
    """
    find(run).delete()
    return 0


def evaluate(
    subject: tyro.conf.Positional[str],
    pairs: tyro.conf.UseAppendAction[tuple[Path, ...]] = (),
    analogies: tyro.conf.UseAppendAction[tuple[Path, ...]] = (),
    translations: tyro.conf.UseAppendAction[tuple[str, ...]] = (),
    matrix: Matrix | None = None,
    by: Measure = "cosine",
    unseen: bool = False,
    masked: bool = False,
    beam: int = 1,
    every_snapshot: bool = False,
) -> int:
    """Scores vectors on word similarity and analogies, as gensim does; or what a run makes of sources: exact match, tokens, BLEU.

    Without any file: a run that translates on the pairs that it has not learnt from, vectors on the test sets that were added.

    Or, with --masked, how often a run of BERT or ERNIE finds a hidden token, word or whole phrase of its held-out text.

    Args:
        subject: A run's id, as `list` shows it; for vectors also opened ones, or a file.
        pairs: A file of two words and a number a line (WordSim-353, SimLex-999, MEN...); may be given again.
        analogies: A file of four words a line, ": section" between (questions-words.txt); may be given again.
        translations: A table of sources and targets, TABLE.tsv, or two files, SOURCES,TARGETS; may be given again.
        matrix: Which of a run's matrices; its usual one where not said.
        by: cosine, or the vectors as they are.
        unseen: Put words that are not in the vocabulary together from their n-grams, where the vectors know how.
        masked: Hide tokens, words and phrases in place of scoring vectors; of a run only.
        beam: How many hypotheses are kept while a target is searched for; 1 takes the likeliest token each time.
        every_snapshot: Score each moment whose weights were kept, not the newest alone.
    """
    line = Line()
    if masked:
        from core.evaluation import masked as holes

        told = holes.lines(find(subject), line.progress)
    elif translations or (not (pairs or analogies) and _translates(subject)):
        from core.evaluation.translations import lines as compared

        if not 1 <= beam <= 64:
            raise ValueError(f"beam must be from 1 to 64, not {beam}.")
        told = compared(find(subject), translations, beam, every_snapshot, line.progress)
    else:
        from core.evaluating import lines

        told = lines(subject, pairs, analogies, matrix, by, unseen, line.progress)
    shown = list(told)
    line.end()
    print("\n".join(shown))
    return 0


def _translates(name: str) -> bool:
    return name in {run.id for run in runs()} and "translate" in find(name).config.offers


COMMANDS: dict[str, Callable[..., int]] = {
    "list": list_runs,
    "resume": resume,
    "continue": continue_run,
    **VECTOR_COMMANDS,
    "evaluate": evaluate,
    "delete": delete,
}


def _train(run: Run, line: Line) -> int:
    from core.training.trainer import train as trained  # imports the slow things

    n_steps = run.config.n_steps
    trained(run, told=lambda row: line.row(row, n_steps), progress=line.progress)
    line.end()
    status = run.status()
    if status.state == "failed":
        raise ValueError(status.sentence)
    if status.state == "done":
        print(f"Done: {run.folder}")
        return 0
    print(f"{status.state.capitalize()} at step {status.step:,} of {n_steps:,}. Go on with: python -m core resume {run.id}")
    return 130 if status.state == "interrupted" else 0
