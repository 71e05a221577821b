"""Places in a model where one can listen and edit: identity modules with a name (TransformerLens 1.0's hook points).

Who listens is kept in a context variable, not on the module: two threads (two browsers) may look into one cached model at once, and neither
sees the other's hooks. `core.inspection.hooks` sets it. Where a training is compiled (see core.training.device) nobody can listen.
"""

from collections.abc import Callable, Mapping
from contextvars import ContextVar

import torch
from torch import Tensor, nn

Tap = Callable[[Tensor], Tensor]  # what passes here -> what goes on from here

taps: ContextVar[Mapping["HookPoint", tuple[Tap, ...]]] = ContextVar("taps")
NOBODY: Mapping["HookPoint", tuple[Tap, ...]] = {}


class HookPoint(nn.Module):
    """The identity, until somebody listens."""

    @property
    def heard(self) -> bool:
        """Whether somebody captures or edits what passes here."""
        return not torch.compiler.is_compiling() and self in taps.get(NOBODY)

    def forward(self, x: Tensor) -> Tensor:
        if torch.compiler.is_compiling():
            return x
        for tap in taps.get(NOBODY).get(self, ()):
            x = tap(x)
        return x
