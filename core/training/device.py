"""Where the numbers are computed, and how precisely: chosen by what the machine has."""

from collections.abc import Callable
from typing import ParamSpec, TypeVar

import torch

Given = ParamSpec("Given")
Made = TypeVar("Made")

PAYS = 10_000  # steps: compiling takes half a minute or more, and saves a graphics processor a few milliseconds a step, which its many small kernels cost


def chosen() -> torch.device:
    """The graphics processor where there is one."""
    return torch.device("cuda" if torch.cuda.is_available() else "cpu")


def has_bfloat16(device: torch.device) -> bool:
    """Whether the processor itself multiplies in bfloat16; where it does not, bfloat16 is emulated and slower than float32."""
    if device.type == "cuda":
        return bool(torch.cuda.is_bf16_supported(including_emulation=False))
    return bool(torch.cpu.get_capabilities().get("avx512_bf16"))


def mixed_precision(device: torch.device) -> torch.autocast:
    """Matrix products in bfloat16 where the processor has it, everything else as it is; does nothing elsewhere."""
    return torch.autocast(device.type, torch.bfloat16, enabled=has_bfloat16(device))


def compiled(function: Callable[Given, Made], device: torch.device, n_steps: int) -> Callable[Given, Made]:
    """On a graphics processor the function compiled, where it is called so often that this pays; on a CPU, where it never did, as it is."""
    if device.type != "cuda" or n_steps < PAYS:
        return function
    torch._dynamo.config.suppress_errors = True  # what cannot be compiled on this machine runs as it is
    return torch.compile(function)
