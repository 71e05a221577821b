"""What this machine has: cores and memory that this process may use. Linux says it exactly, other systems roughly."""

import mmap
import os
from pathlib import Path
from typing import Any


def n_cores() -> int:
    """Cores that this process may run on."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


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
