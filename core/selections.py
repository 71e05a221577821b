"""A choice of rows as a short text for an address, and back: assets/components/places.js writes and reads the same."""

import base64
import binascii
import hashlib

import numpy as np

from core.workspace import subfolder, write_whole

LARGEST = 2**31


def written(rows: np.ndarray) -> str:
    """Rows (any order) as text: each as the gap to the one before, in bytes of seven bits (LEB128), in URL-safe base 64 without its filling."""
    gaps = np.diff(np.unique(np.asarray(rows, np.int64)), prepend=-1) - 1
    content = bytearray()
    for gap in gaps.tolist():
        while gap > 127:
            content.append(gap & 127 | 128)
            gap >>= 7
        content.append(gap)
    return base64.urlsafe_b64encode(bytes(content)).decode().rstrip("=")


def read(text: str) -> np.ndarray:
    """The rows, int64 in ascending order; ValueError in words for what `written` never gave."""
    try:
        content = base64.b64decode(text + "=" * (-len(text) % 4), b"-_", validate=True)
    except (binascii.Error, ValueError) as error:
        raise ValueError("The selection in this address is damaged: choose the words again.") from error
    gaps, gap, shift = [], 0, 0
    for byte in content:
        gap |= (byte & 127) << shift
        shift += 7
        if byte < 128:
            gaps.append(gap)
            gap = shift = 0
        if shift > 35:
            break
    rows = np.cumsum(np.array(gaps, np.int64) + 1) - 1
    if shift or (len(rows) and not 0 <= rows[-1] < LARGEST):
        raise ValueError("The selection in this address is damaged: choose the words again.")
    return rows


# ---------------------------------------------------------------- in an address

LONGEST = 1500  # characters of a selection that an address carries itself


def short(text: str) -> str:
    """A selection for an address: itself, or where it is long the name under which it is kept in the workspace from now on."""
    if len(text) <= LONGEST:
        return text
    name = hashlib.blake2b(text.encode(), digest_size=10).hexdigest()
    path = subfolder("selections") / f"{name}.txt"
    if not path.exists():
        write_whole(path, text)
    return f"~{name}"


def long(address: str) -> str:
    """The selection that an address stands for; ValueError in words where it is not kept here."""
    if not address.startswith("~"):
        return address
    path = subfolder("selections") / f"{address[1:]}.txt"
    if not address[1:].isalnum() or not path.exists():
        raise ValueError("The selection in this address is not kept in this workspace: choose the words again.")
    return path.read_text(encoding="utf-8")
