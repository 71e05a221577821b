"""What each head does: how much of its attention falls where a role would have it (Clark et al. 2019; Olsson et al. 2022; TransformerLens's head detector).

A role is a target: of each query, the keys that a head of this role looks at. Its score is the mean weight on them, over the queries that have any.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Bool, Float

from core.patterns import History, Patterns
from core.text.alignment import aligned

SEPARATORS = frozenset({"[CLS]", "[SEP]", "[EOS]", "[BOS]", ".", ",", ";", ":", "!", "?", "。", "，", "！", "？", "、"})
ENOUGH = 0.2  # of the way from what an even spread would give to all of the weight: from here on a head has a role

PerHead = Float[np.ndarray, "layer head"]
Target = Callable[[Sequence[str], Sequence[str]], Bool[np.ndarray, "query key"]]


def _offset(by: int) -> Target:
    return lambda queries, keys: np.eye(len(queries), len(keys), by, dtype=bool)


def _first(queries: Sequence[str], keys: Sequence[str]) -> Bool[np.ndarray, "query key"]:
    return np.broadcast_to(np.arange(len(keys)) == 0, (len(queries), len(keys)))


def _separator(queries: Sequence[str], keys: Sequence[str]) -> Bool[np.ndarray, "query key"]:
    marks = np.array([key.strip() in SEPARATORS for key in keys])
    return np.broadcast_to(marks, (len(queries), len(keys)))


def _same(queries: Sequence[str], keys: Sequence[str]) -> Bool[np.ndarray, "query key"]:
    """The same word elsewhere."""
    alike: np.ndarray = np.array([[query.strip().lower() == key.strip().lower() for key in keys] for query in queries])
    if queries == keys:
        alike &= ~np.eye(len(keys), dtype=bool)
    return alike


def _induction(queries: Sequence[str], keys: Sequence[str]) -> Bool[np.ndarray, "query key"]:
    """What came after an earlier one of the same token (prefix matching)."""
    after = np.zeros((len(queries), len(keys)), dtype=bool)
    after[:, 1:] = _same(queries, keys)[:, :-1]
    found: np.ndarray = after & np.tri(len(queries), len(keys), dtype=bool)
    return found


def _in_step(queries: Sequence[str], keys: Sequence[str]) -> Bool[np.ndarray, "query key"]:
    """The same share of the way through the other text."""
    there = ((np.arange(len(queries)) + 0.5) * len(keys) / len(queries)).astype(int)
    found: np.ndarray = there[:, None] == np.arange(len(keys))
    return found


def _aligned(queries: Sequence[str], keys: Sequence[str]) -> Bool[np.ndarray, "query key"]:
    """What the query's own token comes from."""
    known = aligned(keys, queries)
    return np.zeros((len(queries), len(keys)), dtype=bool) if known is None else known


def _aligned_next(queries: Sequence[str], keys: Sequence[str]) -> Bool[np.ndarray, "query key"]:
    """What the token after the query comes from, which it has to say (Kobayashi et al. 2020: alignment with the decoder's output)."""
    found = np.zeros((len(queries), len(keys)), dtype=bool)
    found[:-1] = _aligned(queries, keys)[1:]
    return found


@dataclass(frozen=True)
class Role:
    """title and help are for people; crossing: whether it is one of attention from one text to another."""

    title: str
    help: str
    target: Target
    crossing: bool = False


ROLES = {
    "previous": Role("previous token", "looks at the token before", _offset(-1)),
    "next": Role("next token", "looks at the token after", _offset(1)),
    "itself": Role("itself", "looks at its own place", _offset(0)),
    "first": Role("first token", "rests on the first token", _first),
    "separator": Role("separator", "rests on [CLS], [SEP] and punctuation", _separator),
    "same": Role("same word", "looks at the same word elsewhere", _same),
    "induction": Role("induction", "looks at what came after the same token before", _induction),
    "alignment": Role("alignment", "looks at what the token to be written comes from, in tasks whose answers are known", _aligned_next, crossing=True),
    "aligned": Role("alignment behind", "looks at what the token just written comes from", _aligned, crossing=True),
    "diagonal": Role("in step", "looks as far into the other text as it has come itself", _in_step, crossing=True),
    "copy": Role("same word there", "looks at the same word of the other text", _same, crossing=True),
}


@dataclass(frozen=True)
class Atlas:
    """Of one part of a model, all [layer, head]. scores, chance: by role; chance is what an even spread over the allowed keys would score."""

    part: str
    scores: dict[str, PerHead]
    chance: dict[str, float]
    entropy: PerHead  # 0: one key has all; 1: spread evenly over the allowed ones
    distance: PerHead  # mean number of places between query and key
    positional: PerHead  # how much of a head follows from the distance alone: the weight of its most usual distance

    def role(self, layer: int, head: int) -> str:
        """The role that a head plays more than an even spread would; "broad" or "mixed" where it plays none."""
        gains = {name: (values[layer, head] - self.chance[name]) / max(1e-6, 1 - self.chance[name]) for name, values in self.scores.items()}
        best = max(gains, key=gains.__getitem__, default="")
        if best and gains[best] >= ENOUGH:
            return best
        return "broad" if self.entropy[layer, head] > 0.8 else "mixed"


def atlas(found: Sequence[Patterns]) -> Atlas:
    """Over the attention of several texts, all of one part of one model; each text counts by its number of queries."""
    crossing = found[0].part == "cross"
    scores, chance = {}, {}
    for name, role in ROLES.items():
        if role.crossing == crossing:
            measured = _score(found, role.target)
            if measured is not None:
                scores[name], chance[name] = measured
    sizes = np.array([len(each.queries) for each in found], np.float64)

    def mean(of: Callable[[Patterns], np.ndarray]) -> np.ndarray:
        return np.average([of(each) for each in found], axis=0, weights=sizes)

    return Atlas(found[0].part, scores, chance, mean(entropy), mean(distance), positional(found))


def scores(each: Patterns) -> dict[str, PerHead]:
    """What a text of any length tells of its heads quickly: entropy, distance, and how far each plays each role that the text has targets for."""
    found = {"entropy": entropy(each), "distance": distance(each)}
    for role in ROLES.values():
        if role.crossing == (each.part == "cross") and (measured := _score([each], role.target)) is not None:
            found[role.title] = measured[0]
    return found


def scored(history: History) -> dict[str, Float[np.ndarray, "step layer head"]]:
    """The same at every step, layer by layer, so that little is unpacked at a time."""
    n_steps, n_layers = history.weights.shape[:2]
    found = [[scores(history.at(step, slice(layer, layer + 1))) for layer in range(n_layers)] for step in range(n_steps)]
    return {name: np.array([[layer[name][0] for layer in step] for step in found]) for name in found[0][0]}


def _score(found: Sequence[Patterns], target: Target) -> tuple[PerHead, float] | None:
    """Mean weight on the target, and what an even spread would give; None where no query has a target."""
    total: np.ndarray = np.zeros(found[0].weights.shape[:2])
    even, n = 0.0, 0
    for each in found:
        wanted = target(each.queries, each.keys) & each.allowed
        rows = wanted.any(axis=1)
        if rows.any():
            total += (each.weights * wanted).sum(axis=-1)[:, :, rows].sum(axis=-1)
            even += float((wanted.sum(axis=1) / np.maximum(1, each.allowed.sum(axis=1)))[rows].sum())
            n += int(rows.sum())
    return (total / n, even / n) if n else None


def entropy(each: Patterns) -> PerHead:
    """Of the rows, over that of an even spread; a row with a single allowed key does not count."""
    n_keys = each.allowed.sum(axis=1)
    rows = n_keys > 1
    if not rows.any():
        return np.zeros(each.weights.shape[:2])
    p = each.weights[:, :, rows].astype(np.float64)
    bits = -(p * np.log(np.maximum(p, 1e-12))).sum(axis=-1)
    found: np.ndarray = (bits / np.log(n_keys[rows])).mean(axis=-1)
    return found


def distance(each: Patterns) -> PerHead:
    """Mean number of places between a query and what it looks at."""
    apart = np.abs(np.arange(len(each.queries))[:, None] - np.arange(len(each.keys)))
    found: np.ndarray = (each.weights * apart).sum(axis=-1).mean(axis=-1)
    return found


def positional(found: Sequence[Patterns]) -> PerHead:
    """The mean weight at the distance that a head most usually looks at, from the queries that have a key there."""
    longest = max(max(len(each.queries), len(each.keys)) for each in found)
    best: np.ndarray = np.zeros(found[0].weights.shape[:2])
    for by in range(1 - longest, longest):
        measured = _score(found, _offset(by))
        # At a distance that few places have there is little to be usual about.
        if measured is not None and sum(max(0, len(each.queries) - abs(by)) for each in found) >= 0.5 * sum(len(each.queries) for each in found):
            best = np.maximum(best, measured[0])
    return best
