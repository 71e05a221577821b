"""Our attention while nobody listens, against itself while somebody does, and against torch's nn.MultiheadAttention: forth and back, under several masks.

    python -m benchmarks.attention [--batch 16] [--n-ctx 64] [--d-model 128] [--n-heads 4] [--rounds 30] [--json]
    python -m benchmarks.attention --rounds 1 --batch 2        a quick look

All are as in training: under autocast to bfloat16 where the processor has it, and in float32. While somebody listens the pattern is written out.
"""

import os
import time
from collections.abc import Callable
from contextlib import AbstractContextManager, nullcontext
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.loops import finished
from benchmarks.measuring import Line, arguments, compare, report
from core.blocks.attention import Attention
from core.blocks.masks import causal, full, padding, prefix
from core.inspection.hooks import capture
from core.training import device

STEPS = 5  # of a round


def masks(batch: int, n: int) -> dict[str, Tensor]:
    """Made anew for each round, as for each batch of a training."""
    generator = torch.Generator().manual_seed(1)
    lengths = torch.randint(n // 2, n + 1, (batch,), generator=generator)
    return {"full": full(n), "causal": causal(n), "padding": full(n) & padding(lengths, n), "prefix": causal(n) | prefix(lengths // 2, n)}


def side(layer: nn.Module, attend: Callable[[Tensor], Tensor], x: Tensor, around: Callable[[], AbstractContextManager[Any]]) -> Callable[[int], float]:
    """A round: so many steps forth and back. Tokens a second."""

    def round_(_: int) -> float:
        began = time.perf_counter()
        for _ in range(STEPS):
            with around():
                y = attend(x)
            y.float().sum().backward()
            for weight in (x, *layer.parameters()):
                weight.grad = None
        finished(x.device)
        return STEPS * x.shape[0] * x.shape[1] / (time.perf_counter() - began)

    return round_


def compared(given: Any, name: str, around: Callable[[], AbstractContextManager[Any]]) -> list[Line]:
    where = device.chosen()
    ours, listened = (Attention(given.d_model, given.n_heads).to(where) for _ in range(2))
    theirs = nn.MultiheadAttention(given.d_model, given.n_heads, batch_first=True).to(where)
    lines = []
    for kind in masks(given.batch, given.n_ctx):
        x = torch.randn(given.batch, given.n_ctx, given.d_model, device=where, requires_grad=True)
        blind = ~masks(given.batch, given.n_ctx)[kind][:, 0].to(where)
        blind = blind[0] if len(blind) == 1 else blind.repeat_interleave(given.n_heads, 0)  # True is what may not be seen, there

        def mask(kind: str = kind) -> Tensor:
            return masks(given.batch, given.n_ctx)[kind].to(where)

        def heard(x: Tensor, mask: Callable[[], Tensor] = mask) -> Tensor:
            with capture(listened, "pattern"):
                y: Tensor = listened(x, mask())
            return y

        def multihead(x: Tensor, blind: Tensor = blind) -> Tensor:
            y: Tensor = theirs(x, x, x, attn_mask=blind, need_weights=False)[0]
            return y

        nobody = side(ours, lambda x, mask=mask: ours(x, mask()), x, around)
        lines += compare(f"attention_{name}_{kind}_vs_heard", "tokens/s", "heard", nobody, side(listened, heard, x, around), given.rounds, 1)
        lines += compare(f"attention_{name}_{kind}_vs_multihead", "tokens/s", "multihead", nobody, side(theirs, multihead, x, around), given.rounds, 1)
    return lines


def main() -> None:
    parser = arguments(__doc__, rounds=30)
    for name, usual in (("batch", 16), ("n-ctx", 64), ("d-model", 128), ("n-heads", 4), ("threads", os.cpu_count() or 1)):
        parser.add_argument(f"--{name}", type=int, default=usual)
    given = parser.parse_args()
    torch.set_num_threads(given.threads)
    torch.manual_seed(1)
    lines = compared(given, "float32", nullcontext)
    if device.has_bfloat16(device.chosen()):
        lines += compared(given, "bfloat16", lambda: device.mixed_precision(device.chosen()))
    report("Attention, forth and back", lines, {k: v for k, v in vars(given).items() if k not in ("json", "rounds")}, given.json)


if __name__ == "__main__":
    main()
