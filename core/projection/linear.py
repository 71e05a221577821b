"""Many dimensions on few by turning and looking: PCA, and axes that a user gives a meaning."""

from collections.abc import Iterator, Sequence

import numpy as np
from jaxtyping import Bool, Float, Int

AT_ONCE = 65_536  # rows
HUGE = 1e9  # numbers whose squares, added up, single precision may not hold
EXACT = 1000  # the smaller side of the data, up to which its eigenvectors are computed exactly


def finite_rows(matrix: Float[np.ndarray, "n d_model"]) -> Bool[np.ndarray, " n"]:
    """Which rows hold numbers only: the others have no place on a map."""
    found = [np.isfinite(block).all(axis=1) for block in _blocks(matrix)]
    return np.concatenate(found) if found else np.zeros(0, bool)


def pca(matrix: Float[np.ndarray, "n d_model"], n_components: int = 2) -> Float[np.ndarray, "n n_components"]:
    """The rows on their n_components directions of largest variance, float32; ValueError in words where a value is no number.

    By the eigenvectors of the covariance or, where there are fewer rows than columns, of the rows' products; where both are many by a randomized
    search for the subspace (Halko, Martinsson and Tropp 2011, algorithm 4.4). Each direction points to where its largest weight is positive, so that
    the same data give the same picture. Directions that do not exist are zeros.
    """
    if not finite_rows(matrix).all():
        raise ValueError("The vectors hold values that are not numbers (NaN or infinity), so that they have no place on a map.")
    n, d_model = matrix.shape
    largest = max(float(np.abs(block).max(initial=0)) for block in _blocks(matrix)) if n else 0.0
    if largest > HUGE:
        return np.asarray(pca(np.asarray(matrix / largest, np.float32), n_components) * np.float32(largest))
    mean = matrix.mean(axis=0, dtype=np.float64).astype(np.float32) if n else np.zeros(d_model, np.float32)
    if min(n, d_model) > EXACT:
        directions = _randomized(matrix, mean, n_components)
    elif d_model <= n:
        directions = np.linalg.eigh(_covariance(matrix, mean))[1][:, ::-1]
    else:
        centred = (matrix - mean).astype(np.float64)
        values, vectors = np.linalg.eigh(centred @ centred.T)
        directions = centred.T @ (vectors / np.sqrt(np.maximum(values, 1e-30)))[:, ::-1]
    directions = _signed(directions[:, :n_components])
    layout = np.zeros((n, n_components), np.float32)
    for begin, block in zip(range(0, n, AT_ONCE), _blocks(matrix), strict=True):
        layout[begin : begin + AT_ONCE, : directions.shape[1]] = (block - mean) @ directions
    return layout


def _covariance(matrix: np.ndarray, mean: np.ndarray) -> np.ndarray:
    """Times the number of rows; products of single precision, their sum of double."""
    total = np.zeros((matrix.shape[1], matrix.shape[1]))
    for block in _blocks(matrix):
        centred = block - mean
        total += centred.T @ centred
    return total


def _randomized(matrix: np.ndarray, mean: np.ndarray, n_components: int, n_more: int = 10, n_turns: int = 6) -> np.ndarray:
    subspace = np.random.default_rng(1).normal(size=(matrix.shape[1], n_components + n_more)).astype(np.float32)
    for _ in range(n_turns):
        subspace, _ = np.linalg.qr(_products(matrix, mean, subspace))
    values, vectors = np.linalg.eigh(subspace.T @ _products(matrix, mean, subspace))
    return np.asarray(subspace @ vectors[:, np.argsort(-values)])


def _products(matrix: np.ndarray, mean: np.ndarray, subspace: np.ndarray) -> np.ndarray:
    """The covariance times a few directions, without making it."""
    total = np.zeros(subspace.shape, np.float32)
    for block in _blocks(matrix):
        centred = block - mean
        total += centred.T @ (centred @ subspace)
    return total


def _signed(directions: np.ndarray) -> np.ndarray:
    largest = np.abs(directions).argmax(axis=0)
    signs = np.where(directions[largest, np.arange(directions.shape[1])] < 0, -1, 1)
    return np.asarray(directions * signs, np.float32)


def _blocks(matrix: np.ndarray) -> Iterator[np.ndarray]:
    for begin in range(0, len(matrix), AT_ONCE):
        yield np.asarray(matrix[begin : begin + AT_ONCE], np.float32)


def along(matrix: Float[np.ndarray, "n d_model"], axes: Sequence[tuple[Int[np.ndarray, "_"], Int[np.ndarray, "_"]]]) -> Float[np.ndarray, "n 2"]:
    """The rows' directions on one or two axes, each from one group of rows to another: the cosine with the difference of the two groups' means.

    Where one axis is given, the other is the direction of largest variance among those at a right angle to it. Two axes are taken as they are, not made
    to stand at a right angle. ValueError in words where an axis leads nowhere.
    """
    lengths = np.linalg.norm(matrix, axis=1, keepdims=True)
    unit = np.asarray(matrix / np.where(lengths > 0, lengths, np.float32(1)), np.float32)
    columns = []
    for low, high in axes:
        axis = unit[high].mean(axis=0) - unit[low].mean(axis=0)
        length = float(np.linalg.norm(axis))
        if not length > 1e-6:
            raise ValueError("The two ends of an axis are the same, so that it leads nowhere. Name different words for them.")
        columns.append(unit @ (axis / length))
        last = axis / length
    if len(columns) == 1:
        columns.append(pca(unit - np.outer(columns[0], last))[:, 0])
    return np.stack(columns, axis=1).astype(np.float32)
