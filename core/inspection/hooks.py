"""Reading and editing a model as it runs: one mechanism, and nothing is left behind.

    with capture(model, "*.pattern") as captured:
        model(batch)
    captured["blocks.0.attention.pattern"]      # [batch n_heads query key]

    with edit(model, "blocks.0.attention.z", without_head_3):
        model(batch)

Names are those of the model's hook points, with `*` and `?` as in file names. Both act in the calling thread alone (see
core.blocks.hook_points). Nested, the outer one acts first: a capture around an edit sees what came before it, one inside what came of it.
"""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fnmatch import fnmatchcase
from functools import partial

from torch import Tensor, nn

from core.blocks.hook_points import NOBODY, HookPoint, Tap, taps


def hook_points(model: nn.Module, pattern: str = "*") -> dict[str, HookPoint]:
    """The hook points whose names match, in the order of the model."""
    return {name: module for name, module in model.named_modules() if isinstance(module, HookPoint) and fnmatchcase(name, pattern)}


@contextmanager
def capture(model: nn.Module, pattern: str) -> Iterator[dict[str, Tensor]]:
    """A dict that each forward pass fills with what went through the hook points named so (their latest, with its gradient graph)."""
    captured: dict[str, Tensor] = {}
    with _listening({point: _kept(partial(captured.__setitem__, name)) for name, point in _named(model, pattern).items()}):
        yield captured


@contextmanager
def record(model: nn.Module, pattern: str) -> Iterator[dict[str, list[Tensor]]]:
    """The same, of points that are passed several times in one forward pass: all that went through them, in the order in which it did."""
    recorded: dict[str, list[Tensor]] = {}
    with _listening({point: _kept(recorded.setdefault(name, []).append) for name, point in _named(model, pattern).items()}):
        yield recorded


@contextmanager
def edit(model: nn.Module, pattern: str, f: Tap) -> Iterator[None]:
    """Within it, what goes through the hook points named so is replaced by f of it."""
    with _listening(dict.fromkeys(_named(model, pattern).values(), f)):
        yield


def _kept(keep: Callable[[Tensor], None]) -> Tap:
    def tap(x: Tensor) -> Tensor:
        keep(x)
        return x

    return tap


def _named(model: nn.Module, pattern: str) -> dict[str, HookPoint]:
    points = hook_points(model, pattern)
    assert points, f"no hook point is called {pattern!r}; there are {', '.join(hook_points(model))}"
    return points


@contextmanager
def _listening(new: dict[HookPoint, Tap]) -> Iterator[None]:
    before = taps.get(NOBODY)
    token = taps.set({**before, **{point: (*before.get(point, ()), tap) for point, tap in new.items()}})
    try:
        yield
    finally:
        taps.reset(token)
