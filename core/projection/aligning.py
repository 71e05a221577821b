"""Layouts laid over one another: moved, scaled, turned and mirrored, so that what has not changed stays where it was."""

import numpy as np
from jaxtyping import Float, Int


def unit_spread(layout: Float[np.ndarray, "n k"]) -> Float[np.ndarray, "n k"]:
    """A layout moved to the origin and scaled so that its points lie at distance 1 on average (root mean square)."""
    if not len(layout):
        return np.asarray(layout, np.float32)
    centred = layout - layout.mean(axis=0)
    spread = np.sqrt((centred**2).sum(axis=1).mean())
    return np.asarray(centred / spread if spread > 0 else centred, np.float32)


def aligned(layout: Float[np.ndarray, "n k"], previous: Float[np.ndarray, "..."] | None) -> Float[np.ndarray, "n k"]:
    """A layout with unit spread, turned and mirrored so that it lies nearest to the previous one (orthogonal Procrustes)."""
    layout = unit_spread(layout)
    if previous is None or previous.shape != layout.shape:
        return layout
    u, _, v = np.linalg.svd(layout.T @ unit_spread(previous))
    return np.asarray(layout @ (u @ v), np.float32)


def laid_over(
    layout: Float[np.ndarray, "n k"], other: Float[np.ndarray, "m k"], rows: Int[np.ndarray, " p"], other_rows: Int[np.ndarray, " p"]
) -> Float[np.ndarray, "n k"]:
    """A layout moved, scaled, turned and mirrored so that some of its points lie nearest to as many of another's; that other one stays as it is."""
    some, theirs = layout[rows], other[other_rows]
    if len(rows) < 2:
        return unit_spread(layout)
    (centre, there), spread = (some.mean(axis=0), theirs.mean(axis=0)), float(np.linalg.norm(some - some.mean(axis=0)))
    u, _, v = np.linalg.svd((some - centre).T @ (theirs - there))
    size = float(np.linalg.norm(theirs - there)) / spread if spread > 0 else 1.0
    return np.asarray((layout - centre) @ (u @ v) * size + there, np.float32)


def movement(layouts: Float[np.ndarray, "n_layouts n k"]) -> float:
    """How far a point moves from one layout to the next, in units of the spread: the mean over points and steps. Less is steadier."""
    steps = np.linalg.norm(np.diff(np.stack([unit_spread(each) for each in layouts]), axis=0), axis=2)
    return float(steps.mean()) if steps.size else 0.0
