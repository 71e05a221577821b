"""What this machine has: cores and memory that this process may use. Linux says it exactly, other systems roughly."""

import ctypes
import mmap
import os
import sys
from pathlib import Path
from typing import Any

TRIM_THRESHOLD, MMAP_THRESHOLD = -1, -3  # malloc.h's numbers


def n_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def keep_memory() -> None:
    """What this process frees it keeps for its next arrays, where glibc manages the memory.

    A training step frees all that it made, and the next makes it again: given back in between, each 4 kB of it would be a page fault.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None) if sys.platform == "linux" else None
    if mallopt is not None:
        mallopt(MMAP_THRESHOLD, 32 << 20)  # the most that it takes; what is larger comes from the system and goes back to it, each time
        mallopt(TRIM_THRESHOLD, 1 << 30)  # as much as this may lie unused at the end of what it has


def available_memory() -> float:
    """Bytes that can be had without swapping: the system's word, or the control group's where that is less; where neither says, all there is."""
    try:
        with open("/proc/meminfo", encoding="ascii") as file:
            free = next(int(line.split()[1]) * 1024.0 for line in file if line.startswith("MemAvailable"))
    except (OSError, StopIteration):
        return float(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES"))
    try:
        limit = Path("/sys/fs/cgroup/memory.max").read_text()
        used = Path("/sys/fs/cgroup/memory.current").read_text()
        return free if limit.strip() == "max" else min(free, float(limit) - float(used))
    except (OSError, ValueError):
        return free


def size(n_bytes: int | float) -> str:
    """Bytes in words: "21 GB", "3.4 MB"."""
    for unit, factor in (("TB", 1e12), ("GB", 1e9), ("MB", 1e6)):
        if n_bytes >= factor:
            return f"{n_bytes / factor:.{0 if n_bytes >= 10 * factor else 1}f} {unit}"
    return f"{n_bytes / 1e3:.0f} kB"


def forget(mapped: Any) -> None:
    """Lets the pages of a mapped array go that this process has looked at; they come again from the file. Of an array in memory: nothing."""
    whole: object = mapped
    while whole is not None and not isinstance(whole, mmap.mmap):
        whole = getattr(whole, "base", None)
    if whole is not None and hasattr(mmap, "MADV_DONTNEED"):
        whole.madvise(mmap.MADV_DONTNEED)
