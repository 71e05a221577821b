"""Data whose shape is known."""

import numpy as np


def clusters(n: int, d_model: int = 20, n_clusters: int = 6, seed: int = 1) -> np.ndarray:
    """Clouds around a few centres; row i belongs to cloud i mod n_clusters."""
    generator = np.random.default_rng(seed)
    centres = generator.normal(size=(n_clusters, d_model)) * 3
    return (centres[np.arange(n) % n_clusters] + generator.normal(size=(n, d_model)) * 0.5).astype(np.float32)
