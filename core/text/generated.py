"""Texts that are made and not found, by a name, a size and a seed: "small-world:SENTENCES:SEED", "repeats:LINES:SEED", "task:NAME:PAIRS:SEED".

Both numbers may be left out.
"""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from core.text import repeats, small_world, tasks
from core.text.corpora import BUILT_IN, Corpus, kept, store
from core.text.limits import HELD_OUT
from core.text.progress import Progress


@dataclass(frozen=True)
class Recipe:
    """How a text of any size is made. unit: of what `usual` are made where nothing is said, and `largest` at most."""

    id: str
    title: str
    origin: str
    unit: str
    usual: int
    largest: int
    write: Callable[[Path, int, int, Progress], None]  # so many, by a seed
    held_out: float = HELD_OUT  # the share that is not learnt from


def make(reference: str, progress: Progress) -> Corpus:
    """The corpus of a reference, or of an id of BUILT_IN; made where it is absent. ValueError in words where it cannot be."""
    kind, *rest = (f"task:{reference.removeprefix('task-')}" if reference.startswith("task-") else reference).split(":")
    recipe, form = (_task(rest.pop(0) if rest else ""), "task:NAME") if kind == "task" else (RECIPES[kind], kind)
    n, seed = _size_and_seed(rest, recipe, f"“{reference[:100]}” cannot be made: write {form}:{recipe.unit.upper()}:SEED")
    id, title = recipe.id, recipe.title
    if (n, seed) != (recipe.usual, 1):
        id, title = f"{id}-{n}-{seed}", f"{title}, {n:,} {recipe.unit}, seed {seed}"
    return kept(id) or store(
        id, title, recipe.origin, lambda path, progress: recipe.write(path, n, seed, progress), progress, fixed_id=True, pairs=recipe.unit == "pairs",
        held_out=recipe.held_out,
    )  # fmt: skip


RECIPES = {
    "small-world": Recipe(
        "small-world", BUILT_IN["small-world"], small_world.ORIGIN, "sentences", small_world.N_SENTENCES, small_world.LARGEST, small_world.write
    ),
    "repeats": Recipe("repeats", BUILT_IN["repeats"], repeats.ORIGIN, "lines", repeats.N_LINES, repeats.LARGEST, repeats.write),
}


def _task(name: str) -> Recipe:
    id, write = f"task-{name.replace('+', '-and-').replace('*', '-')}", partial(tasks.write, name)
    origin = "made by a rule, so that every answer is known"
    return Recipe(id, tasks.title(name), origin, "pairs", tasks.usual(name), tasks.LARGEST, write, tasks.held_out(name))


def _size_and_seed(parts: list[str], recipe: Recipe, otherwise: str) -> tuple[int, int]:
    try:
        n, seed = (int(parts[0]) if parts else recipe.usual), (int(parts[1]) if len(parts) > 1 else 1)
    except ValueError:
        n = seed = -1
    if len(parts) > 2 or not 1 <= n <= recipe.largest or seed < 0:
        raise ValueError(f"{otherwise} with 1 to {recipe.largest:,} {recipe.unit} and a seed of at least 0.")
    return n, seed
