"""Test sets: pairs of words with people's judgements, and analogies. Made of the small world's truths, or brought by the user and kept."""

import hashlib
import json
import random
import re
from dataclasses import asdict, dataclass
from functools import cached_property
from pathlib import Path
from typing import Literal

from core.text import small_world
from core.workspace import subfolder, write_whole

Kind = Literal["pairs", "analogies"]
Question = tuple[str, str, str, str]  # a is to b as c is to d


@dataclass(frozen=True)
class Pairs:
    """Judgements of how alike two words are, on any scale; more is more alike."""

    title: str
    rows: tuple[tuple[str, str, float], ...]
    remark: str = ""  # what a reader of its scores should know

    kind: Kind = "pairs"

    @cached_property
    def id(self) -> str:
        """Made of title and content."""
        return _identity(self.title, self.rows)

    def __len__(self) -> int:
        return len(self.rows)


@dataclass(frozen=True)
class Questions:
    """Analogies by section."""

    title: str
    sections: dict[str, tuple[Question, ...]]
    remark: str = ""

    kind: Kind = "analogies"

    @cached_property
    def id(self) -> str:
        """Made of title and content."""
        return _identity(self.title, list(self.sections.items()))

    def __len__(self) -> int:
        return sum(map(len, self.sections.values()))


TestSet = Pairs | Questions


def of_small_world() -> tuple[Pairs, Questions]:
    """What is true of every small world: words of one kind are more alike than words of two, and its analogies."""
    truths = small_world.truths()
    words = sorted(truths.groups)
    alike = [(a, b, 1.0) for i, a in enumerate(words) for b in words[i + 1 :] if truths.groups[a] == truths.groups[b]]
    others = [(a, b, 0.0) for i, a in enumerate(words) for b in words[i + 1 :] if truths.groups[a] != truths.groups[b]]
    drawn = random.Random(1).sample(others, len(alike))
    remark = (
        "Pairs of one kind (two rivers, two colours) against as many of two kinds. There are two grades only, so that the highest rank correlation is 0.87."
    )
    kinds = Pairs("Small world: kinds", tuple(sorted([*alike, *drawn])), remark)
    return kinds, Questions("Small world: analogies", {kind: tuple(rows) for kind, rows in truths.analogies.items()})


def keep(found: TestSet) -> str:
    """Puts a test set into <workspace>/evaluation, so that it need not be brought again; its id."""
    write_whole(subfolder("evaluation") / f"{found.id}.json", json.dumps(asdict(found), ensure_ascii=False))
    return found.id


def kept() -> dict[str, TestSet]:
    """The test sets of the workspace by id, in the order of their titles."""
    found = [each for each in (_read_kept(path) for path in subfolder("evaluation").glob("*.json")) if each]
    return {each.id: each for each in sorted(found, key=lambda each: (each.kind == "analogies", each.title.lower(), each.id))}


def forget(id: str) -> None:
    """Removes a kept test set; none of that id is no error."""
    assert re.fullmatch(r"[\w.-]+", id)
    (subfolder("evaluation") / f"{id}.json").unlink(missing_ok=True)


def _read_kept(path: Path) -> TestSet | None:
    """None for a file that is not one of ours."""
    try:
        told = json.loads(path.read_bytes())
        if told["kind"] == "pairs":
            return Pairs(str(told["title"]), tuple((str(a), str(b), float(value)) for a, b, value in told["rows"]), str(told["remark"]))
        sections = {str(name): tuple((str(a), str(b), str(c), str(d)) for a, b, c, d in rows) for name, rows in told["sections"].items()}
        return Questions(str(told["title"]), sections, str(told["remark"]))
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def _identity(title: str, content: object) -> str:
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40] or "set"
    return f"{slug}-{hashlib.sha256(json.dumps([title, content], ensure_ascii=False).encode()).hexdigest()[:8]}"
