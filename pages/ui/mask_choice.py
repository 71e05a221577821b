"""Which mask a text is under: the run's own, one by its name, or cells that the user has edited; each in the address."""

import base64
import binascii

import numpy as np
import streamlit as st

from pages.ui import address, pickers

OWN = "own"


def chosen(own: np.ndarray, part: str) -> np.ndarray:
    """The run's own mask, one by name, or the user's: each is in the address."""
    from core.inspection.masking import PRESETS

    n, m = own.shape
    offered = {OWN: "the run's own"} | {name: each.title for name, each in PRESETS.items() if n == m or not each.square}
    before = address.get("mask") or OWN
    name = pickers.segment("Mask", offered, "mask")
    if name != before:
        address.put(cells=None, at=None)
    cells = own
    if name != OWN:
        preset, at = PRESETS[name], 0
        st.caption(preset.help)
        if preset.number:
            usual = max(1, round(preset.share * m))
            at = st.slider(preset.number.capitalize(), 0, m, min(m, max(0, address.number("at") or usual)), key=f"at-{name}")
            if address.number("at") not in (None, at):
                address.put(cells=None)
            address.put(at=at)
        cells = preset.make(n, m, at, order(m))
        if part == "query":
            cells = cells & ~np.eye(n, m, dtype=bool)  # what predicts a token does not know it
    edited = _unpacked(address.get("cells"), own.shape)
    if edited is not None:
        st.button("Take back what I edited", icon=":material/undo:", on_click=lambda: address.put(cells=None))
        return edited
    return cells


def order(n: int) -> list[int]:
    """The order of a permutation, from the address; from left to right where it says none of so many tokens."""
    parts = address.get("order").split("-")
    found = [int(part) for part in parts if part.isascii() and part.isdigit() and len(part) < 4]
    return found if sorted(found) == list(range(n)) else list(range(n))


def packed(cells: str) -> str:
    """Zeros and ones as a few letters for the address."""
    bits = np.frombuffer(cells.encode(), np.uint8) == ord("1")
    return base64.urlsafe_b64encode(np.packbits(bits).tobytes()).decode().rstrip("=")


def _unpacked(text: str, shape: tuple[int, int]) -> np.ndarray | None:
    """The mask of an address; None where it is of another size, or none."""
    n = shape[0] * shape[1]
    try:
        content = base64.urlsafe_b64decode(text + "=" * (-len(text) % 4))
    except (binascii.Error, ValueError):
        return None
    if not text or len(content) != (n + 7) // 8:
        return None
    cells: np.ndarray = np.unpackbits(np.frombuffer(content, np.uint8))[:n].astype(bool).reshape(shape)
    return cells
