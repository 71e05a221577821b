"""Repeated sequences: each line a few syllables drawn at random, and the same once more. Nothing can be known of the first half, all of the second.

What there is to learn is to look for what came before the same syllable: induction (Olsson et al. 2022, arXiv 2209.11895). The halves are of all
lengths, so that counting places does not do.
"""

import random
from pathlib import Path

from core.text.progress import Progress

ORIGIN = "drawn at random, each line said twice"
N_LINES = 20_000
LARGEST = 1_000_000  # lines
LENGTHS = (8, 31)  # syllables of a half: the longest line and the mark at its end fill 63 places
SYLLABLES = [consonant + vowel for consonant in "bdfghklmnprstvwz" for vowel in "aeiu"]


def line(rng: random.Random) -> str:
    """A half of some length, twice."""
    half = rng.choices(SYLLABLES, k=rng.randint(*LENGTHS))
    return " ".join(half + half)


def write(path: Path, n_lines: int, seed: int, progress: Progress) -> None:
    """Writes `n_lines` lines."""
    rng = random.Random(seed)
    with open(path, "w", encoding="utf-8") as file:
        for done in range(n_lines):
            file.write(line(rng) + "\n")
            if done % 5000 == 0:
                progress("repeating sequences", done / n_lines)
