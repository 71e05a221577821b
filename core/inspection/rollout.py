"""Attention through all layers: rollout and flow (Abnar and Zuidema 2020, arXiv 2005.00928)."""

import numpy as np
from jaxtyping import Float

GRAIN = 1_000_000  # capacities of scipy's maximum flow are whole numbers


def mixed(weights: Float[np.ndarray, "layer head query key"]) -> Float[np.ndarray, "layer query key"]:
    """The mean of a layer's heads, half of it, and half of what stays in the residual stream; each row sums to 1."""
    mean = weights.astype(np.float64).mean(axis=1)
    half = 0.5 * mean + 0.5 * np.eye(mean.shape[-1])
    rows: np.ndarray = half / half.sum(axis=-1, keepdims=True)
    return rows


def rollout(weights: Float[np.ndarray, "layer head query key"]) -> Float[np.ndarray, "layer query key"]:
    """How much of each input token is in each position after each layer, if attention only mixed: the product of the layers (equation 1)."""
    found = []
    so_far = np.eye(weights.shape[-1])
    for layer in mixed(weights):
        so_far = layer @ so_far
        found.append(so_far)
    return np.stack(found)


def flow(weights: Float[np.ndarray, "layer head query key"], query: int) -> Float[np.ndarray, " key"]:
    """The largest flow from a position of the last layer to each input token, the weights being what each edge can carry (section 2.2)."""
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import maximum_flow

    layers = mixed(weights)
    n_layers, n = layers.shape[0], layers.shape[1]
    layer, q, k = np.nonzero(layers)
    above, below = (layer + 1) * n + q, layer * n + k
    capacity = np.rint(layers[layer, q, k] * GRAIN).astype(np.int32)
    graph = coo_array((capacity, (above, below)), shape=((n_layers + 1) * n,) * 2).tocsr()
    return np.array([maximum_flow(graph, n_layers * n + query, key).flow_value for key in range(n)]) / GRAIN
