"""The Huffman tree of hierarchical softmax: a word is found by a path of yes-or-no questions, short for frequent words (Mikolov 2013)."""

from heapq import heapify, heappop, heappush

import numpy as np
from jaxtyping import Float32, Int, Int32, Int64

Tree = tuple[Int64[np.ndarray, " n_plus_1"], Int32[np.ndarray, " steps"], Float32[np.ndarray, " steps"]]


def huffman(counts: Int[np.ndarray, " vocab"], first: int) -> Tree:
    """(starts, nodes, signs): word w's path is nodes[starts[w] : starts[w + 1]], from the root down; a sign of -1 is a yes (word2vec.c's code 0), 1 a no.

    A tree of n words has n - 1 inner nodes, numbered from `first`, the root being the last. Words before `first`, or never seen, have no path.
    Of what has been seen equally often inner nodes are taken before words, the older node and the later word first: as word2vec.c and fastText take
    them, so that words in the order of their counts have the tree that a fastText program builds when it reads the file of a model.
    """
    words = np.flatnonzero(counts[first:] > 0) + first
    n = len(words)
    heap: list[tuple[int, bool, int, int]] = [(int(counts[word]), True, -i, i) for i, word in enumerate(words)]
    heapify(heap)
    parent, is_second = np.zeros(2 * n, np.int64), np.zeros(2 * n, bool)
    for node in range(n, 2 * n - 1):
        (count, _, _, a), (other, _, _, b) = heappop(heap), heappop(heap)
        parent[a] = parent[b] = node
        is_second[b] = True
        heappush(heap, (count + other, False, node, node))
    paths: dict[int, list[tuple[int, bool]]] = {}
    for i, word in enumerate(words):
        path, at = [], i
        while at != 2 * n - 2:
            path.append((int(parent[at]), bool(is_second[at])))
            at = int(parent[at])
        paths[int(word)] = path[::-1]
    lengths = [len(paths.get(word, ())) for word in range(len(counts))]
    starts = np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64)
    flat = [step for word in sorted(paths) for step in paths[word]]
    nodes = np.array([node - n + first for node, _ in flat], np.int32)
    signs = np.array([1 if second else -1 for _, second in flat], np.float32)
    return starts, nodes, signs
