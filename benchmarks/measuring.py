"""The one form of all benchmarks. Where there is a peer, ours and the peer's run by turns, and the ratio is a median over the rounds.

`python -m benchmarks.NAME` prints a table, with `--json` one object: a key for each line and the settings. `python -m benchmarks` runs all of them.
"""

import argparse
import json
import os
import platform
import statistics
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

FEW = 8  # rounds that are shown one by one


@dataclass(frozen=True)
class Line:
    """One measured number. rounds: the values it sums up."""

    key: str  # in the JSON
    what: str
    value: float
    unit: str
    rounds: tuple[float, ...] = ()


def compare(key: str, unit: str, peer: str, ours: Callable[[int], float], theirs: Callable[[int], float], rounds: int, goal: float) -> list[Line]:
    """The ratio of two rates under `key`, and both rates. Each side gets the round's number, and goes first in every other round.

    The ratio is the median of the rounds' ratios: what slows the machine down for a while slows both sides of a round.
    """
    rates: tuple[list[float], list[float]] = ([], [])
    for n in range(rounds):
        for side in (0, 1) if n % 2 == 0 else (1, 0):
            rates[side].append((ours, theirs)[side](n))
    ratios = [a / b for a, b in zip(*rates, strict=True)]
    return [
        Line(key, f"ours / {peer} (goal {goal:g})", statistics.median(ratios), "x", tuple(ratios)),
        Line(f"{key}_ours", "ours", statistics.median(rates[0]), unit, tuple(rates[0])),
        Line(f"{key}_{peer}", peer, statistics.median(rates[1]), unit, tuple(rates[1])),
    ]


def arguments(description: str | None, rounds: int) -> argparse.ArgumentParser:
    """The arguments that every comparison has."""
    parser = argparse.ArgumentParser(description=description, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print one JSON object instead of a table")
    parser.add_argument("--rounds", type=int, default=rounds, help="how often both sides run, by turns; each round has a seed of its own")
    return parser


def report(title: str, lines: Sequence[Line], settings: Mapping[str, Any], as_json: bool) -> None:
    """Prints what was measured, and on what."""
    settings = {**settings, "cores": os.cpu_count(), "processor": platform.machine(), "python": platform.python_version()}
    if as_json:
        rounds = {line.key: line.rounds for line in lines if line.rounds}
        print(json.dumps({**{line.key: line.value for line in lines}, "rounds": rounds, "settings": settings}, default=str))
        return
    print(f"{title}\n")
    for line in lines:
        spread = f"   ({_spread(line.rounds)})" if line.rounds else ""
        print(f"  {line.key:<36}{_short(line.value):>12} {line.unit:<9}{line.what}{spread}")
    print("\n  " + ", ".join(f"{name} {value}" for name, value in settings.items()) + "\n")


def _spread(rounds: Sequence[float]) -> str:
    """All of them where they are few, else between which the middle half lies."""
    if len(rounds) <= FEW:
        return ", ".join(map(_short, rounds))
    low, _, high = statistics.quantiles(rounds, n=4)
    return f"half of {len(rounds)} rounds between {_short(low)} and {_short(high)}"


def _short(value: float) -> str:
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3f}"
