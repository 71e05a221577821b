"""The attention patterns of a text."""

import re
from collections.abc import Mapping, Sequence

import torch
from torch import Tensor

from core.batch import Batch
from core.inspection.hooks import hook_points, record
from core.models.language_model import LanguageModel, resting
from core.patterns import PARTS, Patterns

# Where a hook point stands says which attention it is, in this order.
PLACES = (("cross", r"cross_attention"), ("encoder", r"^encoder\."), ("decoder", r"^decoder\."), ("self", r""))


def part_of(name: str) -> str:
    """Which of core.patterns.PARTS a hook point of this name belongs to."""
    return next(part for part, where in PLACES if re.search(where, name))


def patterns(model: LanguageModel, batch: Batch, tokens: Sequence[str], source: Sequence[str] = (), n_left_out: int = 0) -> list[Patterns]:
    """What each head of each layer attends to in the batch's first sequence, one Patterns for each kind of attention that the model has; it may have none.

    tokens, source: those of `batch.ids` and `batch.source`, as shown.
    """
    if not hook_points(model, "*.pattern"):
        return []
    with resting(model), record(model, "*.pattern") as recorded:
        model.hidden(batch)
    return arranged(recorded, batch, tokens, source, n_left_out)


def arranged(recorded: Mapping[str, Sequence[Tensor]], batch: Batch, tokens: Sequence[str], source: Sequence[str] = (), n_left_out: int = 0) -> list[Patterns]:
    """The same of what was recorded at "*.pattern" in a pass over the batch."""
    assert len(tokens) == batch.ids.shape[1]
    found: dict[str, list[Tensor]] = {}
    for name, passed in recorded.items():
        streams = (part_of(name),) if batch.query_mask is None else ("query", "self")  # in the order in which they pass
        for part, pattern in zip(streams, passed[-len(streams) :], strict=True):
            found.setdefault(part, []).append(pattern[0])  # [n_heads query key]
    sides = {"encoder": (source, source, batch.source_mask), "cross": (tokens, source, batch.memory_mask), "query": (tokens, tokens, batch.query_mask)}
    made = []
    for part in sorted(found, key=list(PARTS).index):
        queries, keys, mask = sides.get(part, (tokens, tokens, batch.attn_mask))
        assert mask is not None
        allowed = mask[0, 0].expand(len(queries), len(keys)).cpu().numpy()
        made.append(Patterns(list(queries), list(keys), torch.stack(found[part]).float().cpu().numpy(), allowed, part, n_left_out))
    return made
