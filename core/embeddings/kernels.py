"""The compiled vocabulary of the static embeddings: one window of text is one small matrix product.

A window has m inputs (rows that predict) and k outputs (what they are asked about: the true word and its noise words). The inputs share their
outputs, so that the k output rows are gathered once, met by all inputs while they lie in the nearest cache, and written back once:

    scores          S = X O'                    [m k]
    errors          G = -lr sigmoid(S), and the loss
    gradients       dX = G O,  dO = G' X

Systems differ in what they gather into X and O: skip-gram the context's rows and the centre word; CBOW one mean row; fastText a mean over
n-grams; hierarchical softmax the inner nodes of a path. An output whose answer is "yes" is gathered with its sign turned, so that every label is
"no", the loss of a score is softplus(score), and nothing downstream knows labels.

All kernels stand in this one file because numba's cache watches only the file of the function that is called, not of those it calls.
They are `no_type_check`, because a checker wrapped round a kernel could not be compiled; their docstrings say what they take.
"""

from typing import Any, no_type_check

import numpy as np
from numba import njit
from numba.core.compiler import CompilerBase, DefaultPassBuilder

# No "nnan" and "ninf": a run that diverges has to report a loss of nan, not a finite lie.
OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz", "arcp"}}
# A kernel's arrays travel as some fifty words: the calls themselves took a tenth of the time.
INLINED: dict[str, Any] = {**OPTIONS, "forceinline": True}
LANES = 8  # rows are padded to whole vectors of 8 floats, with zeros that stay zero
SENTENCE = 1000  # words; longer sentences are cut, as in word2vec.c
ONE, HALF, ZERO = np.float32(1), np.float32(0.5), np.float32(0)


class Distinct(CompilerBase):
    """Compiles a kernel whose array arguments never overlap; without that promise LLVM guards the inner loops, or gives up their vectors."""

    def define_pipelines(self) -> list[Any]:
        self.state.flags.noalias = True
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]  # type: ignore[no-untyped-call]


@njit(**INLINED)
@no_type_check
def turned(generator):
    """The next state of a 64-bit xorshift generator; its upper bits are the random number."""
    generator ^= generator << np.uint64(13)
    generator ^= generator >> np.uint64(7)
    return generator ^ (generator << np.uint64(17))


@njit(**INLINED)
@no_type_check
def noise_word(noise, generator):
    """A draw from an alias table (core.embeddings.noise): a column from the upper 32 bits, then it or its alias by the lower 31."""
    column = ((generator >> np.uint64(32)) * np.uint64(noise.shape[0])) >> np.uint64(32)
    threshold, other = np.int64(noise[column, 0]), np.int64(noise[column, 1])  # both are read, so that no branch has to be guessed
    return np.int64(column) if np.int64(generator & np.uint64(0x7FFFFFFF)) < threshold else other


@njit(**INLINED)
@no_type_check
def draw_noise(noise, first, truth, rows, k, generator):
    """Fills rows[1:k] with noise words other than `truth`; drawn again as in word2vec.c, a few times at most where truth is nearly all the noise."""
    for j in range(1, k):
        for _ in range(16):
            generator = turned(generator)
            rows[j] = first + noise_word(noise, generator)
            if rows[j] != truth:
                break
        else:
            rows[j] = truth + 1 if truth + 1 < first + noise.shape[0] else first
    return generator


@njit(**INLINED)
@no_type_check
def read_sentence(ids, start, stop, first, keep, sentence, generator):
    """Reads from ids[start], past the end from the beginning again, to the end of the sentence, the text or the sentence's room, or to stop.

    Returns how many words survived subsampling, how many were passed, where to read on, and the generator.
    """
    n = n_words = 0
    at = start % ids.shape[0]
    end = min(at + stop - start, ids.shape[0])
    begin = at
    while at < end and n < sentence.shape[0]:
        word = ids[at]
        at += 1
        if word < 0:
            break
        if word < first:
            continue  # a special token is no word of the text
        n_words += 1
        generator = turned(generator)
        if keep[word] > np.float32(generator >> np.uint64(40)) * np.float32(2**-24):
            sentence[n] = word
            n += 1
    return n, n_words, start + at - begin, generator


@njit(**INLINED)
@no_type_check
def context_of(sentence, n, centre, width, rows):
    """Puts the words at most `width` from the centre into rows; returns how many."""
    m = 0
    for place in range(max(0, centre - width), min(n, centre + width + 1)):
        if place != centre:
            rows[m] = sentence[place]
            m += 1
    return m


@njit(**INLINED)
@no_type_check
def clear(block, start, stop):
    """block[start:stop] = 0; numba's own assignment to a slice took a tenth of the time."""
    for i in range(start, stop):
        for q in range(block.shape[1] // LANES * LANES):
            block[i, q] = ZERO


@njit(**INLINED)
@no_type_check
def turn(block, i):
    """block[i] = -block[i]."""
    for q in range(block.shape[1] // LANES * LANES):
        block[i, q] = -block[i, q]


@njit(**INLINED, pipeline_class=Distinct)
@no_type_check
def gather(matrix, rows, n, block):
    """block[:n] = matrix[rows[:n]]; where n is odd, a row of zeros after it."""
    for i in range(n):
        for q in range(matrix.shape[1] // LANES * LANES):
            block[i, q] = matrix[rows[i], q]
    clear(block, n, n + n % 2)


@njit(**INLINED, pipeline_class=Distinct)
@no_type_check
def scatter(matrix, rows, n, block):
    """matrix[rows[:n]] += block[:n]; a row named twice gets both."""
    for i in range(n):
        for q in range(matrix.shape[1] // LANES * LANES):
            matrix[rows[i], q] += block[i, q]


@njit(**INLINED, pipeline_class=Distinct)
@no_type_check
def scores(X, m, O, k, S):  # noqa: E741
    """S = X O', in tiles of 2 x 2: four sums in registers for four loads. m and k are rounded up to even numbers, over rows of zeros."""
    for i in range(0, m, 2):
        for j in range(0, k, 2):
            s00 = s01 = s10 = s11 = ZERO
            for q in range(X.shape[1] // LANES * LANES):
                x0, x1, o0, o1 = X[i, q], X[i + 1, q], O[j, q], O[j + 1, q]
                s00 += x0 * o0
                s01 += x0 * o1
                s10 += x1 * o0
                s11 += x1 * o1
            S[i, j], S[i, j + 1], S[i + 1, j], S[i + 1, j + 1] = s00, s01, s10, s11


@njit(**INLINED)
@no_type_check
def exp_minus(a):
    """exp(-a) for 0 <= a <= 80 to float32's last digits: 2 to a whole number times a short series; unlike a table or libm it becomes vector code."""
    whole = np.floor(a * np.float32(1.44269504) + HALF)
    r = whole * np.float32(0.693359375) - a - whole * np.float32(2.12194440e-4)  # ln 2 in two parts
    series = ONE + r * (ONE + r * (HALF + r * (np.float32(1 / 6) + r * (np.float32(1 / 24) + r * (np.float32(1 / 120) + r * np.float32(1 / 720))))))
    return series * np.int32((np.int32(127) - np.int32(whole)) << np.int32(23)).view(np.float32)


@njit(**INLINED)
@no_type_check
def errors(flat, n, learning_rate):
    """Turns n scores into -lr sigmoid(score), in place; returns the sum of softplus(score), in nats, as exact as float32 is.

    softplus(s) = max(s, 0) + log(1 + exp(-|s|)), and the logs of up to 96 factors are taken as one log of their product, which is below 2^96.
    The up to 7 places after the scores are used too.
    """
    loss, whole = 0.0, (n + LANES - 1) // LANES * LANES
    for t in range(n, whole):
        flat[t] = np.float32(-80)  # whole vectors only: a score that costs nothing
    for start in range(0, whole, 96):
        linear, product = ZERO, ONE
        for t in range(start, min(whole, start + 96)):
            s = flat[t]
            e = exp_minus(min(abs(s), np.float32(80)))
            flat[t] = -learning_rate * (ONE if s > 0 else e) / (ONE + e)
            linear += HALF * (s + abs(s))
            product *= ONE + e
        loss += np.float64(linear) + np.log(np.float64(product))
    return loss


@njit(**INLINED, pipeline_class=Distinct)
@no_type_check
def gradients(G, X, m, O, k, dX, dO):  # noqa: E741
    """dX = G O and dO = G' X in one walk over the tiles of `scores`."""
    clear(dX, 0, m + m % 2)
    clear(dO, 0, k + k % 2)
    for i in range(0, m, 2):
        for j in range(0, k, 2):
            g00, g01, g10, g11 = G[i, j], G[i, j + 1], G[i + 1, j], G[i + 1, j + 1]
            for q in range(X.shape[1] // LANES * LANES):
                x0, x1, o0, o1 = X[i, q], X[i + 1, q], O[j, q], O[j + 1, q]
                dX[i, q] += g00 * o0 + g01 * o1
                dX[i + 1, q] += g10 * o0 + g11 * o1
                dO[j, q] += g00 * x0 + g10 * x1
                dO[j + 1, q] += g01 * x0 + g11 * x1


@njit(**INLINED)
@no_type_check
def room(m, k, columns):
    """What a window of at most m inputs and k outputs is worked in: X, O, dX, dO, S, and S as one row."""
    m, k = m + m % 2, k + k % 2
    X, O = np.zeros((m, columns), np.float32), np.zeros((k, columns), np.float32)  # noqa: E741
    flat = np.zeros(m * k + LANES, np.float32)
    return X, O, np.zeros_like(X), np.zeros_like(O), flat[: m * k].reshape(m, k), flat


@njit(**INLINED)
@no_type_check
def window_of(W_in, inputs, m, W_out, outputs, k, learning_rate, room):
    """The rows `inputs[:m]` predict outputs[0], and not outputs[1:k]: one gradient step on all of them at once (a rate of 0 only measures).

    Returns the loss before it: over the m inputs, the sum of -log sigmoid(x . o_0) - log sigmoid(-x . o_1) - ..., in nats.
    """
    X, O, dX, dO, S, flat = room  # noqa: E741
    gather(W_in, inputs, m, X)
    gather(W_out, outputs, k, O)
    turn(O, 0)
    scores(X, m, O, k, S)
    loss = errors(flat, m * S.shape[1], learning_rate)
    if learning_rate > 0:
        gradients(S, X, m, O, k, dX, dO)
        turn(dO, 0)
        scatter(W_out, outputs, k, dO)
        scatter(W_in, inputs, m, dX)
    return loss - k % 2 * m * np.log(2.0)  # the row of zeros beside an odd k costs log 2


@njit(**OPTIONS)
@no_type_check
def skip_gram(ids, start, stop, first, W_in, W_out, keep, noise, generators, thread, window, dynamic, n_negative, learning_rate):
    """One pass over ids[start:stop], wrapping round: in each window the context's words predict the word in its middle, against shared noise.

    Which of the two words is the input makes no difference to skip-gram; this way round (word2vec.c's) the window's inputs have one target in common.
    ids: int32, -1 ends a sentence, below `first` are special tokens; keep[word]: probability to survive subsampling; noise: an alias table.
    Returns the loss summed in nats, the predictions (pairs of an input and its target), the words passed.
    """
    k, generator = n_negative + 1, generators[thread]
    sentence, inputs, outputs = np.empty(SENTENCE, np.int64), np.empty(2 * window, np.int64), np.empty(k, np.int64)
    workroom = room(2 * window, k, W_in.shape[1])
    loss, n_predictions, n_passed = 0.0, 0, 0
    while start < stop:
        n, n_words, start, generator = read_sentence(ids, start, stop, first, keep, sentence, generator)
        n_passed += n_words
        for centre in range(n if n > 1 else 0):
            generator = turned(generator)
            width = 1 + np.int64((generator >> np.uint64(33)) % np.uint64(window)) if dynamic else window
            m = context_of(sentence, n, centre, width, inputs)
            outputs[0] = sentence[centre]
            generator = draw_noise(noise, first, outputs[0], outputs, k, generator)
            loss += window_of(W_in, inputs, m, W_out, outputs, k, learning_rate, workroom)
            n_predictions += m
    generators[thread] = generator
    return loss, n_predictions, n_passed
