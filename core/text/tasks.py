"""Tasks with answers: pairs made without end, whose targets are known to be right, for systems that turn one sequence into another.

Several at once are told apart by what stands before the source, as in T5: "reverse: abc", "add: 12+7".
"""

import random
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from core.text import parallel_grammar
from core.text.limits import HELD_OUT
from core.text.numerals import chinese, english
from core.text.progress import Progress

N_PAIRS = 20_000
LARGEST = 1_000_000  # pairs
LETTERS = "abcdefghijklmnopqrstuvwxyz"
LENGTHS = (3, 12)  # of a sequence of letters
SUMMANDS = 3  # digits of the longest
MODULUS = 59
DIGITS = 6  # of the longest number in words
MOST_MISSES = 100_000  # draws in a row that were there already, after which there is nothing new to find
MONTHS = ("January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December")
WEEKDAYS = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
FIRST_DAY, LAST_DAY = date(1900, 1, 1).toordinal(), date(2099, 12, 31).toordinal()

Pair = tuple[str, str]


@dataclass(frozen=True)
class Task:
    """A way to make pairs. prefix: what stands before the source where several tasks are mixed."""

    title: str
    prefix: str
    pair: Callable[[random.Random], Pair]
    n_pairs: int = N_PAIRS  # as many as are made where nothing is said
    held_out: float = HELD_OUT  # the share that is not learnt from


def _letters(rng: random.Random) -> str:
    return "".join(rng.choices(LETTERS, k=rng.randint(*LENGTHS)))


def _copy(rng: random.Random) -> Pair:
    letters = _letters(rng)
    return letters, letters


def _reverse(rng: random.Random) -> Pair:
    letters = _letters(rng)
    return letters, letters[::-1]


def _sort(rng: random.Random) -> Pair:
    letters = _letters(rng)
    return letters, "".join(sorted(letters))


def _addition(rng: random.Random) -> Pair:
    a, b = (rng.randrange(10 ** rng.randint(1, SUMMANDS)) for _ in range(2))
    return f"{a}+{b}", str(a + b)


def _date(rng: random.Random) -> Pair:
    day = date.fromordinal(rng.randint(FIRST_DAY, LAST_DAY))
    month = MONTHS[day.month - 1]
    forms = (
        f"{day.day} {month} {day.year}",
        f"{month} {day.day}, {day.year}",
        f"{WEEKDAYS[day.weekday()]}, {month} {day.day}, {day.year}",
        f"{day.day} {month[:3]} {day.year}",
        f"{day.day}.{day.month}.{day.year}",
        f"{day.year}年{day.month}月{day.day}日",
    )
    return rng.choice(forms), day.isoformat()


def _number(rng: random.Random) -> int:
    """As often with few digits as with many."""
    return rng.randrange(10 ** rng.randint(1, DIGITS))


def _english_number(rng: random.Random) -> Pair:
    n = _number(rng)
    return str(n), english(n)


def _chinese_number(rng: random.Random) -> Pair:
    n = _number(rng)
    return str(n), chinese(n)


def _sorted_digits(rng: random.Random) -> Pair:
    digits = "".join(rng.choices("012", k=6))
    return digits, "".join(sorted(digits))


def _modular_sum(rng: random.Random) -> Pair:
    a, b = rng.randrange(MODULUS), rng.randrange(MODULUS)
    return f"{a} + {b}", str((a + b) % MODULUS)


TASKS = {
    "copy": Task("copy letters", "copy: ", _copy),
    "reverse": Task("reverse letters", "reverse: ", _reverse),
    "sort": Task("sort letters", "sort: ", _sort),
    # The whole of minGPT's demonstration, a quarter of it to be solved unseen; and of the sums on which Power et al. (2022) saw a model understand late.
    "sort-digits": Task("sort six of 0, 1 and 2", "sort digits: ", _sorted_digits, 3**6, 0.25),
    "modular-addition": Task(f"addition modulo {MODULUS}", f"add modulo {MODULUS}: ", _modular_sum, MODULUS**2, 0.6),
    "addition": Task("addition", "add: ", _addition, 100_000),
    "dates": Task("dates, all written alike", "date: ", _date),
    "numbers": Task("numbers in words", "spell: ", _english_number),
    "chinese-numbers": Task("numbers in Chinese words", "spell in Chinese: ", _chinese_number),
    "english-chinese": Task("English to Chinese", "translate English to Chinese: ", parallel_grammar.pair, 10_000),
    "chinese-english": Task("Chinese to English", "translate Chinese to English: ", lambda rng: parallel_grammar.pair(rng)[::-1], 10_000),
}
MIXED = "copy+reverse+sort+addition+dates+numbers"  # "mixed" for short


def named(name: str) -> list[tuple[Task, int]]:
    """The tasks of "reverse", "reverse+addition" or "reverse*3+addition", each with its share; ValueError in words where there is no such task."""
    found = []
    for part in (MIXED if name == "mixed" else name).split("+"):
        one, times, share = part.partition("*")
        if one not in TASKS or (times and not (share.isascii() and share.isdigit() and 0 < int(share) < 1000)):
            known = ", ".join((*TASKS, "mixed"))
            raise ValueError(f"“{part[:100]}” is no task. There are {known}; several are joined as in reverse+addition, or reverse*3+addition (three to one).")
        found.append((TASKS[one], int(share) if times else 1))
    return found


def usual(name: str) -> int:
    """How many pairs are made where nothing is said."""
    return max(task.n_pairs for task, _ in named(name))


def held_out(name: str) -> float:
    """The share that is not learnt from: a task's own, where it is alone."""
    tasks = named(name)
    return tasks[0][0].held_out if len(tasks) == 1 else HELD_OUT


def title(name: str) -> str:
    tasks = named(name)
    return f"Task: {tasks[0][0].title}" if len(tasks) == 1 else f"Tasks: {', '.join(task.prefix.strip(' :') for task, _ in tasks)}"


def pairs(name: str, seed: int) -> Iterator[Pair]:
    """Pairs whose sources all differ, until nothing new is found."""
    tasks = named(name)
    rng, seen, misses = random.Random(seed), set[str](), 0
    while misses < MOST_MISSES:
        task = tasks[0][0] if len(tasks) == 1 else rng.choices([task for task, _ in tasks], [share for _, share in tasks])[0]
        source, target = task.pair(rng)
        if len(tasks) > 1:
            source = task.prefix + source
        misses = misses + 1 if source in seen else 0
        if not misses:
            seen.add(source)
            yield source, target


def write(name: str, path: Path, n_pairs: int, seed: int, progress: Progress) -> None:
    """Writes `n_pairs` pairs, one a line; ValueError in words where there are not so many."""
    found = pairs(name, seed)
    with open(path, "w", encoding="utf-8") as file:
        for done in range(n_pairs):
            pair = next(found, None)
            if pair is None:
                raise ValueError(f"There are only about {done:,} different pairs of this task. Ask for fewer.")
            file.write(f"{pair[0]}\t{pair[1]}\n")
            if done % 5000 == 0:
                progress("making pairs", done / n_pairs)
