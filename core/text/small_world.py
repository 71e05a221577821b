"""Small world."""

import random
from pathlib import Path

from core.text.progress import Progress

ORIGIN = "sentences of our own grammar"
N_SENTENCES = 300_000


def size_and_seed(reference: str) -> tuple[int, int]:
    parts = reference.split(":")
    return int(parts[1]) if len(parts) > 1 else N_SENTENCES, int(parts[2]) if len(parts) > 2 else 1


def write(path: Path, sentences: int, seed: int, progress: Progress) -> None:
    rng = random.Random(seed)
    with open(path, "w", encoding="utf-8") as file:
        for _ in range(sentences):
            a, b = rng.choice([("king", "man"), ("queen", "woman"), ("prince", "boy"), ("princess", "girl")])
            file.write(f"the {a} is a {b} {rng.choice(['here', 'there', 'today'])} .\n")
