"""The systems, in historical order. A new one is a module beside this file and a row here."""

from core.systems import bert, cbow, elmo, ernie, fasttext, glove, gpt, seq2seq, skip_gram, t5, transformer, unilm, xlnet
from core.systems.record import SCHEDULE, Matrix, Preset, System, View

SYSTEMS: tuple[System, ...] = (
    cbow.SYSTEM,
    skip_gram.SYSTEM,
    glove.SYSTEM,
    seq2seq.SYSTEM,
    fasttext.SYSTEM,
    transformer.SYSTEM,
    elmo.SYSTEM,
    gpt.SYSTEM,
    bert.SYSTEM,
    ernie.SYSTEM,
    xlnet.SYSTEM,
    unilm.SYSTEM,
    t5.SYSTEM,
)


def system(name: str) -> System:
    """The row of that name; ValueError in words where there is none."""
    for row in SYSTEMS:
        if row.name == name:
            return row
    raise ValueError(f"There is no system called {name!r}; there are {', '.join(row.name for row in SYSTEMS)}.")


def offering(view: View) -> tuple[System, ...]:
    """The systems that can feed a view."""
    return tuple(row for row in SYSTEMS if view in row.offers)


__all__ = ["SCHEDULE", "SYSTEMS", "Matrix", "Preset", "System", "View", "offering", "system"]
