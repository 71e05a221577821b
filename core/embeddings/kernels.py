"""The compiled vocabulary of the static embeddings: the windows of a text, each one a small matrix product.

A window has m inputs (rows that predict) and k outputs (what they are asked about: the true word and its noise words, or the inner nodes of
the true word's path). The inputs share their outputs, so that the k rows are met by all inputs while they lie in the nearest cache:

    scores          S = X O'                    [m k]
    errors          G = -lr sigmoid(S), and the loss
    gradients       dX = G O,  dO = G' X

An output whose answer is "yes" has its scores' sign turned, so that every label is "no", the loss of a score is softplus(score), and nothing
downstream knows labels.

Neighbouring windows share most of their words. So the words around a block of centres are gathered once into `near`, learn there, and what they
have learnt is added to the matrix once; and the noise of a block's windows is drawn, and its rows sent for, before the first of them needs it.

Systems differ in what a word's row is gathered from, and in what X is: skip-gram's X are the context's words, CBOW's is their mean or sum; a
word of word2vec is one row, a word of fastText the mean of the rows of its n-grams (a `bag`). All of them call `walk`.

All kernels stand in this one file because numba's cache watches only the file of the function that is called, not of those it calls.
They are `no_type_check`, because a checker wrapped round a kernel could not be compiled; their docstrings say what they take.
"""

from typing import Any, no_type_check

import numpy as np
from llvmlite import ir  # type: ignore[import-untyped]
from numba import njit, types
from numba.core import cgutils
from numba.core.compiler import CompilerBase, DefaultPassBuilder
from numba.extending import intrinsic

# No "nnan" and "ninf": a run that diverges has to report a loss of nan, not a finite lie.
OPTIONS: dict[str, Any] = {"nogil": True, "cache": True, "error_model": "numpy", "fastmath": {"reassoc", "contract", "nsz", "arcp"}}
# A kernel's arrays travel as some fifty words: the calls themselves took a tenth of the time.
INLINED: dict[str, Any] = {**OPTIONS, "forceinline": True}
LANES = 16  # rows are padded to whole cache lines of 16 floats, with zeros that stay zero
SENTENCE = 1000  # words; longer sentences are cut, as in word2vec.c
BLOCK = 24  # centres that are worked on together
NOTHING = np.float32(-80)  # a score that costs nothing
ONE, HALF, ZERO = np.float32(1), np.float32(0.5), np.float32(0)
SAMPLED, TREE, FULL = 0, 1, 2  # what the inputs are asked about: noise words, a path's inner nodes, all words


class Distinct(CompilerBase):
    """Compiles a kernel whose array arguments never overlap; without that promise LLVM guards the inner loops, or gives up their vectors."""

    def define_pipelines(self) -> list[Any]:
        self.state.flags.noalias = True
        return [DefaultPassBuilder.define_nopython_pipeline(self.state)]  # type: ignore[no-untyped-call]


@intrinsic
@no_type_check
def _send_for(typing, matrix, row, column):
    """The processor's hint that matrix[row, column] will be needed soon."""

    def written(context, builder, signature, given):
        array = context.make_array(signature.args[0])(context, builder, given[0])
        place = cgutils.get_item_pointer(context, builder, signature.args[0], array, [given[1], given[2]], wraparound=False)
        byte, number = ir.IntType(8).as_pointer(), ir.IntType(32)
        hint = cgutils.get_or_insert_function(builder.module, ir.FunctionType(ir.VoidType(), [byte, number, number, number]), "llvm.prefetch.p0")
        builder.call(hint, [builder.bitcast(place, byte), number(1), number(3), number(1)])  # to be written, in all caches, data
        return context.get_dummy_value()

    return types.void(matrix, types.intp, types.intp), written


@njit(**INLINED)
@no_type_check
def send_for(matrix, row):
    """Has a row brought near while something else is done."""
    for q in range(0, matrix.shape[1], LANES):
        _send_for(matrix, row, q)


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
def draw_noise(noise, first, truth, other, rows, start, stop, generator):
    """Fills rows[start:stop] with noise words other than `truth` and `other`: drawn again, as in word2vec.c.

    A few times at most: where those two are nearly all the noise, the word after takes the place.
    """
    for j in range(start, stop):
        for _ in range(16):
            generator = turned(generator)
            rows[j] = first + noise_word(noise, generator)
            if rows[j] != truth and rows[j] != other:
                break
        else:
            while rows[j] == truth or rows[j] == other:
                rows[j] = rows[j] + 1 if rows[j] + 1 < first + noise.shape[0] else first
    return generator


@njit(**INLINED)
@no_type_check
def read_sentence(ids, start, stop, first, ends, keep, sentence, generator):
    """Reads from ids[start], past the end from the beginning again, to the end of the sentence, the text or the sentence's room, or to stop.

    ends: whether the end of a sentence is a word as well: the first one, which is not counted.
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
            if ends:
                generator = turned(generator)
                sentence[n] = first
                n += keep[first] > np.float32(generator >> np.uint64(40)) * np.float32(2**-24)
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
def clear(block, start, stop):
    """block[start:stop] = 0; numba's own assignment to a slice took a tenth of the time."""
    for i in range(start, stop):
        for q in range(block.shape[1] // LANES * LANES):
            block[i, q] = ZERO


@njit(**INLINED, pipeline_class=Distinct)
@no_type_check
def gather(W_in, bag_starts, bag_rows, sentence, low, high, near, before, sizes):
    """near[:high - low] = the words sentence[low:high]: each W_in's row, or the mean of its bag's rows; sizes: of how many. `before` is a copy."""
    for p in range(low, high):
        word, i = sentence[p], p - low
        sizes[i] = ONE
        if bag_rows.shape[0] == 0:
            for q in range(W_in.shape[1] // LANES * LANES):
                near[i, q] = before[i, q] = W_in[word, q]
            continue
        clear(near, i, i + 1)
        following = sentence[p + 1] if p + 1 < high else word
        for b in range(bag_starts[following], bag_starts[following + 1]):
            send_for(W_in, bag_rows[b])
        b, end = bag_starts[word], bag_starts[word + 1]
        sizes[i] = np.float32(end - b)
        while b + 4 <= end:  # four rows for one walk over their sum
            s, t, u, v = bag_rows[b], bag_rows[b + 1], bag_rows[b + 2], bag_rows[b + 3]
            for q in range(W_in.shape[1] // LANES * LANES):
                near[i, q] += (W_in[s, q] + W_in[t, q]) + (W_in[u, q] + W_in[v, q])
            b += 4
        for rest in range(b, end):
            for q in range(W_in.shape[1] // LANES * LANES):
                near[i, q] += W_in[bag_rows[rest], q]
        for q in range(W_in.shape[1] // LANES * LANES):
            near[i, q] /= sizes[i]
            before[i, q] = near[i, q]


@njit(**INLINED, pipeline_class=Distinct)
@no_type_check
def scatter(W_in, bag_starts, bag_rows, sentence, low, high, near, before):
    """W_in += near - before, which uses `before` up; every row of a bag gets the whole of it. A word that stands in the block twice gets both."""
    for p in range(low, high):
        word, i = sentence[p], p - low
        if bag_rows.shape[0] == 0:
            for q in range(W_in.shape[1] // LANES * LANES):
                W_in[word, q] += near[i, q] - before[i, q]
            continue
        for q in range(W_in.shape[1] // LANES * LANES):
            before[i, q] = near[i, q] - before[i, q]
        for b in range(bag_starts[word], bag_starts[word + 1]):
            for q in range(W_in.shape[1] // LANES * LANES):
                W_in[bag_rows[b], q] += before[i, q]


@njit(**INLINED, pipeline_class=Distinct)
@no_type_check
def scores(X, at, m, W_out, outputs, k, S):
    """S[i k + j] = X[at[i]] . W_out[outputs[j]], in tiles of 2 x 6, or 2 x 2 where fewer are left: so many sums in registers. m and k are even."""
    for i in range(0, m, 2):
        a, b = at[i], at[i + 1]
        sixes = k // 6 * 6
        for j in range(0, sixes, 6):
            u0, u1, u2, u3, u4, u5 = outputs[j], outputs[j + 1], outputs[j + 2], outputs[j + 3], outputs[j + 4], outputs[j + 5]
            s0 = s1 = s2 = s3 = s4 = s5 = t0 = t1 = t2 = t3 = t4 = t5 = ZERO
            for q in range(W_out.shape[1] // LANES * LANES):
                x, y = X[a, q], X[b, q]
                o0, o1, o2, o3, o4, o5 = W_out[u0, q], W_out[u1, q], W_out[u2, q], W_out[u3, q], W_out[u4, q], W_out[u5, q]
                s0, s1, s2, s3, s4, s5 = s0 + x * o0, s1 + x * o1, s2 + x * o2, s3 + x * o3, s4 + x * o4, s5 + x * o5
                t0, t1, t2, t3, t4, t5 = t0 + y * o0, t1 + y * o1, t2 + y * o2, t3 + y * o3, t4 + y * o4, t5 + y * o5
            s, t = i * k + j, (i + 1) * k + j
            S[s], S[s + 1], S[s + 2], S[s + 3], S[s + 4], S[s + 5] = s0, s1, s2, s3, s4, s5
            S[t], S[t + 1], S[t + 2], S[t + 3], S[t + 4], S[t + 5] = t0, t1, t2, t3, t4, t5
        for j in range(sixes, k, 2):
            u0, u1 = outputs[j], outputs[j + 1]
            s0 = s1 = t0 = t1 = ZERO
            for q in range(W_out.shape[1] // LANES * LANES):
                x, y, o0, o1 = X[a, q], X[b, q], W_out[u0, q], W_out[u1, q]
                s0, s1, t0, t1 = s0 + x * o0, s1 + x * o1, t0 + y * o0, t1 + y * o1
            S[i * k + j], S[i * k + j + 1], S[(i + 1) * k + j], S[(i + 1) * k + j + 1] = s0, s1, t0, t1


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
        flat[t] = NOTHING  # whole vectors only
    for start in range(0, whole, 96):
        piece = flat[start : min(whole, start + 96)]  # a range that begins at 0 becomes vector code
        linear, product = ZERO, ONE
        for t in range(piece.shape[0] // LANES * LANES):
            s = piece[t]
            e = exp_minus(min(abs(s), -NOTHING))
            piece[t] = -learning_rate * (ONE if s > 0 else e) / (ONE + e)
            linear += HALF * (s + abs(s))
            product *= ONE + e
        loss += np.float64(linear) + np.log(np.float64(product))
    return loss


@njit(**INLINED)
@no_type_check
def softmax_errors(S, k, n, truth, learning_rate):
    """Turns n of k scores into -lr (softmax - [truth]), in place, the rest into 0; returns -log softmax[truth], in nats."""
    most, total = S[0], ZERO
    for j in range(n):
        most = max(most, S[j])
    own = S[truth]
    for j in range(n):
        S[j] = exp_minus(min(most - S[j], -NOTHING))
        total += S[j]
    for j in range(n):
        S[j] *= -learning_rate / total
    S[truth] += learning_rate
    for j in range(n, k):
        S[j] = ZERO
    return np.float64(most - own) + np.log(np.float64(total))


@njit(**INLINED, pipeline_class=Distinct)
@no_type_check
def gradients(G, X, at, m, W_out, outputs, k, steps, dX, dO):
    """dO = G' X, and X[at[i]] += steps[at[i]] (G O)[i], in one walk over the tiles of `scores`. dX: room for two rows."""
    clear(dO, 0, k)
    for i in range(0, m, 2):
        a, b = at[i], at[i + 1]
        clear(dX, 0, 2)
        sixes = k // 6 * 6
        for j in range(0, sixes, 6):
            u0, u1, u2, u3, u4, u5 = outputs[j], outputs[j + 1], outputs[j + 2], outputs[j + 3], outputs[j + 4], outputs[j + 5]
            g, h = i * k + j, (i + 1) * k + j
            g0, g1, g2, g3, g4, g5 = G[g], G[g + 1], G[g + 2], G[g + 3], G[g + 4], G[g + 5]
            h0, h1, h2, h3, h4, h5 = G[h], G[h + 1], G[h + 2], G[h + 3], G[h + 4], G[h + 5]
            for q in range(W_out.shape[1] // LANES * LANES):
                x, y = X[a, q], X[b, q]
                o0, o1, o2, o3, o4, o5 = W_out[u0, q], W_out[u1, q], W_out[u2, q], W_out[u3, q], W_out[u4, q], W_out[u5, q]
                dX[0, q] += (g0 * o0 + g1 * o1) + (g2 * o2 + g3 * o3) + (g4 * o4 + g5 * o5)
                dX[1, q] += (h0 * o0 + h1 * o1) + (h2 * o2 + h3 * o3) + (h4 * o4 + h5 * o5)
                dO[j, q] += g0 * x + h0 * y
                dO[j + 1, q] += g1 * x + h1 * y
                dO[j + 2, q] += g2 * x + h2 * y
                dO[j + 3, q] += g3 * x + h3 * y
                dO[j + 4, q] += g4 * x + h4 * y
                dO[j + 5, q] += g5 * x + h5 * y
        for j in range(sixes, k, 2):
            u0, u1 = outputs[j], outputs[j + 1]
            g0, g1, h0, h1 = G[i * k + j], G[i * k + j + 1], G[(i + 1) * k + j], G[(i + 1) * k + j + 1]
            for q in range(W_out.shape[1] // LANES * LANES):
                x, y, o0, o1 = X[a, q], X[b, q], W_out[u0, q], W_out[u1, q]
                dX[0, q] += g0 * o0 + g1 * o1
                dX[1, q] += h0 * o0 + h1 * o1
                dO[j, q] += g0 * x + h0 * y
                dO[j + 1, q] += g1 * x + h1 * y
        for q in range(W_out.shape[1] // LANES * LANES):
            X[a, q] += steps[a] * dX[0, q]
            X[b, q] += steps[b] * dX[1, q]


@njit(**INLINED, pipeline_class=Distinct)
@no_type_check
def add_rows(W_out, outputs, k, dO):
    """W_out[outputs[:k]] += dO[:k]; a row named twice gets both."""
    for j in range(k):
        for q in range(W_out.shape[1] // LANES * LANES):
            W_out[outputs[j], q] += dO[j, q]


@njit(**INLINED)
@no_type_check
def distinct(rows, n):
    """Whether no row is named twice among rows[:n]."""
    same = 0
    for i in range(1, n):
        for j in range(i):
            same += rows[i] == rows[j]
    return same == 0


@njit(**INLINED, pipeline_class=Distinct)
@no_type_check
def step_of_six(g, h, x, y, o0, o1, o2, o3, o4, o5, dx, dy):
    """A tile of `gradients` for two inputs whose outputs learn on the spot: dx += g O, dy += h O, O += g' x + h' y."""
    g0, g1, g2, g3, g4, g5 = g[0], g[1], g[2], g[3], g[4], g[5]
    h0, h1, h2, h3, h4, h5 = h[0], h[1], h[2], h[3], h[4], h[5]
    for q in range(x.shape[0] // LANES * LANES):
        a, b, p0, p1, p2, p3, p4, p5 = x[q], y[q], o0[q], o1[q], o2[q], o3[q], o4[q], o5[q]
        dx[q] += (g0 * p0 + g1 * p1) + (g2 * p2 + g3 * p3) + (g4 * p4 + g5 * p5)
        dy[q] += (h0 * p0 + h1 * p1) + (h2 * p2 + h3 * p3) + (h4 * p4 + h5 * p5)
        o0[q], o1[q], o2[q] = p0 + g0 * a + h0 * b, p1 + g1 * a + h1 * b, p2 + g2 * a + h2 * b
        o3[q], o4[q], o5[q] = p3 + g3 * a + h3 * b, p4 + g4 * a + h4 * b, p5 + g5 * a + h5 * b


@njit(**INLINED, pipeline_class=Distinct)
@no_type_check
def step_of_two(g, h, x, y, o0, o1, dx, dy):
    """As step_of_six."""
    g0, g1, h0, h1 = g[0], g[1], h[0], h[1]
    for q in range(x.shape[0] // LANES * LANES):
        a, b, p0, p1 = x[q], y[q], o0[q], o1[q]
        dx[q] += g0 * p0 + g1 * p1
        dy[q] += h0 * p0 + h1 * p1
        o0[q], o1[q] = p0 + g0 * a + h0 * b, p1 + g1 * a + h1 * b


@njit(**INLINED)
@no_type_check
def learn_on_the_spot(G, X, at, W_out, outputs, k, even_k, steps, dX, spare):
    """What `gradients` and `add_rows` do, for no more than two inputs and for distinct outputs: those are met once, and may change as they are met.

    CBOW's every window, to which this is a quarter of its time. spare: takes the place of an output that only makes k even.
    """
    a, b = at[0], at[1]
    x, y, dx, dy = X[a], X[b], dX[0], dX[1]
    clear(dX, 0, 2)
    sixes = even_k // 6 * 6
    for j in range(0, sixes, 6):
        o0, o1, o2 = W_out[outputs[j]], W_out[outputs[j + 1]], W_out[outputs[j + 2]]
        o3, o4, o5 = W_out[outputs[j + 3]], W_out[outputs[j + 4]], W_out[outputs[j + 5]] if j + 5 < k else spare
        step_of_six(G[j:], G[even_k + j :], x, y, o0, o1, o2, o3, o4, o5, dx, dy)
    for j in range(sixes, even_k, 2):
        step_of_two(G[j:], G[even_k + j :], x, y, W_out[outputs[j]], W_out[outputs[j + 1]] if j + 1 < k else spare, dx, dy)
    for q in range(X.shape[1] // LANES * LANES):
        X[a, q] += steps[a] * dX[0, q]
        X[b, q] += steps[b] * dX[1, q]


@njit(**INLINED)
@no_type_check
def turn(S, m, k, signs, n_signs):
    """Turns the sign of the scores, or of the errors, of outputs whose answer is yes."""
    for j in range(n_signs):
        if signs[j] < 0:
            for i in range(m):
                S[i * k + j] = -S[i * k + j]


@njit(**INLINED)
@no_type_check
def skip(S, m, k, asked, n_own, score):
    """Gives `score` to what is not asked: the outputs from `asked` on, and, where each of n_own > 1 inputs has an output of its own, the other's."""
    for i in range(m):
        for j in range(asked, k):
            S[i * k + j] = score
        for j in range(n_own if n_own > 1 else 0):
            if i != j:
                S[i * k + j] = score


@njit(**INLINED)
@no_type_check
def meet(X, at, m, W_out, outputs, signs, n_signs, k, n_own, steps, learning_rate, room):
    """X[at[:m]] are asked about outputs[:k], of which a sign of -1 among the first n_signs says yes: one gradient step on all at once.

    A rate of 0 only measures.
    X and W_out are two arrays, X's rows in `at` distinct, X[at[m]] a row of zeros; an odd k leaves room for one more; steps[a] is the share of its
    gradient that X[a] takes. Where n_own > 1, input i is asked about output i and those from n_own on. Returns the loss before it, in nats: the sum
    of softplus(sign x . o).
    """
    S, dX, dO = room
    even_m, even_k = m + m % 2, k + k % 2
    outputs[even_k - 1] = outputs[k - 1]
    scores(X, at, even_m, W_out, outputs, even_k, S)
    turn(S, m, even_k, signs, n_signs)
    some_skipped = k < even_k or n_own > 1
    if some_skipped:
        skip(S, m, even_k, k, n_own, NOTHING)
    loss = errors(S, m * even_k, learning_rate)
    if learning_rate > 0:
        turn(S, m, even_k, signs, n_signs)
        if some_skipped:
            skip(S, m, even_k, k, n_own, ZERO)
        for t in range(m * even_k, even_m * even_k):
            S[t] = ZERO
        if even_m == 2 and distinct(outputs, k):
            learn_on_the_spot(S, X, at, W_out, outputs, k, even_k, steps, dX, dO[0])
        else:
            gradients(S, X, at, even_m, W_out, outputs, even_k, steps, dX, dO)
            add_rows(W_out, outputs, k, dO)
    return loss


@njit(**INLINED)
@no_type_check
def meet_all(X, at, m, W_out, outputs, n, truth, steps, learning_rate, room):
    """X[at[:m]] predict outputs[truth] among all outputs[:n] by a softmax; otherwise as `meet`. Returns the sum of -log p, in nats."""
    S, dX, dO = room
    even_m, k = m + m % 2, n + n % 2
    outputs[k - 1] = outputs[n - 1]
    scores(X, at, even_m, W_out, outputs, k, S)
    loss = 0.0
    for i in range(m):
        loss += softmax_errors(S[i * k : (i + 1) * k], k, n, truth, learning_rate)
    if learning_rate > 0:
        for t in range(m * k, even_m * k):
            S[t] = ZERO
        gradients(S, X, at, even_m, W_out, outputs, k, steps, dX, dO)
        add_rows(W_out, outputs, n, dO)
    return loss


@njit(**INLINED)
@no_type_check
def bounds(centre, width, n):
    """The window's first place and the one after its last."""
    return max(0, centre - width), min(n, centre + width + 1)


@njit(**INLINED)
@no_type_check
def sum_up(near, sizes, centre, low, left, right, hidden, mean):
    """near[hidden] = the sum of the context's rows, each by its size; with `mean` divided by all sizes together."""
    size = ZERO
    clear(near, hidden, hidden + 1)
    for p in range(left, right):
        if p != centre:
            size += sizes[p - low]
            for q in range(near.shape[1] // LANES * LANES):
                near[hidden, q] += sizes[p - low] * near[p - low, q]
    share = ONE / size if mean else ONE
    for q in range(near.shape[1] // LANES * LANES):
        near[hidden, q] *= share


@njit(**INLINED)
@no_type_check
def path_of(word, tree_starts, tree_nodes, tree_signs, outputs, signs):
    """Puts the inner nodes of a word's path into outputs, and -1 into signs where it turns to its yes; returns how many."""
    n = 0
    for t in range(tree_starts[word], tree_starts[word + 1]):
        outputs[n], signs[n] = tree_nodes[t], tree_signs[t]
        n += 1
    return n


@njit(**INLINED)
@no_type_check
def take_over(before, drawn, noise, first, n_negative, generator):
    """The noise of the window before, but for what is this window's own word."""
    for j in range(1, 1 + n_negative):
        drawn[j] = before[j]
        if drawn[j] == drawn[0]:
            generator = draw_noise(noise, first, drawn[0], drawn[0], drawn, j, j + 1, generator)
    return generator


@njit(**INLINED)
@no_type_check
def draw_block(sentence, first, begin, end, W_out, noise, n_own, widths, window, dynamic, outputs, n_negative, how, generator):
    """The widths of a block's windows; where noise is asked for, the rows of outputs: n_own centres, and the noise of two windows. Sends for all."""
    for centre in range(begin, end):
        generator = turned(generator)
        widths[centre - begin] = 1 + np.int64((generator >> np.uint64(33)) % np.uint64(window)) if dynamic else window
    for centre in range(begin, end if how == SAMPLED else begin, n_own):
        own, drawn = min(n_own, end - centre), outputs[(centre - begin) >> (n_own - 1)]
        for i in range(own):
            drawn[i] = sentence[centre + i]
        if n_own == 1 and (centre - begin) % 2 == 1:
            generator = take_over(outputs[centre - begin - 1], drawn, noise, first, n_negative, generator)
        else:
            generator = draw_noise(noise, first, drawn[0], drawn[own - 1], drawn, own, own + n_negative, generator)
        for j in range(own + n_negative):
            send_for(W_out, drawn[j])
    return generator


@njit(**INLINED)
@no_type_check
def ask(near, at, m, word, own, W_out, tree, how, outputs, signs, k_most, n_negative, first, steps, learning_rate, room):
    """One window, or two that share their noise, asked about their word in the way of `how`; returns the loss. own: outputs that are words of theirs."""
    if how == FULL:
        return meet_all(near, at, m, W_out, outputs, k_most, word - first, steps, learning_rate, room)
    if how == TREE:
        k = path_of(word, tree[0], tree[1], tree[2], outputs, signs)
        return meet(near, at, m, W_out, outputs, signs, k, k, 1, steps, learning_rate, room)
    signs[0] = signs[own - 1] = -ONE
    return meet(near, at, m, W_out, outputs, signs, own, own + n_negative, own, steps, learning_rate, room)


@njit(**INLINED)
@no_type_check
def place_context(centre, width, n, low, n_near, at):
    """Skip-gram's inputs: the context's own rows; returns how many."""
    left, right = bounds(centre, width, n)
    m = 0
    for p in range(left, right):
        if p != centre:
            at[m] = p - low
            m += 1
    at[m] = n_near
    return m


@njit(**INLINED)
@no_type_check
def place_means(near, sizes, centre, m, widths, n, low, n_near, mean, at):
    """CBOW's inputs: a hidden row for each of m windows."""
    for i in range(m):
        left, right = bounds(centre + i, widths[i], n)
        sum_up(near, sizes, centre + i, low, left, right, n_near + 1 + i, mean)
        at[i] = n_near + 1 + i
    at[m] = n_near


@njit(**INLINED)
@no_type_check
def hand_back(near, sizes, centre, m, widths, n, low, whole, dX):
    """The context's rows take the hidden rows' gradients: the whole of them, or by the number of rows that were summed up."""
    for i in range(m):
        left, right = bounds(centre + i, widths[i], n)
        size = ZERO
        for p in range(left, right):
            size += sizes[p - low] if p != centre + i else ZERO
        share = ONE if whole else ONE / size
        for p in range(left, right):
            if p != centre + i:
                for q in range(near.shape[1] // LANES * LANES):
                    near[p - low, q] += share * dX[i, q]


@njit(**INLINED)
@no_type_check
def longest(starts):
    """Of ranges that begin where the one before ends."""
    found = np.int64(0)
    for i in range(starts.shape[0] - 1):
        found = max(found, np.int64(starts[i + 1] - starts[i]))
    return found


@njit(**INLINED)
@no_type_check
def send_for_all(W_in, bag_rows, sentence, low, high):
    """Has the rows of words brought near. Those of bags are too many to be kept there."""
    if bag_rows.shape[0] == 0:
        for p in range(low, high):
            send_for(W_in, sentence[p])


@njit(**INLINED)
@no_type_check
def steps_of(sizes, n, alone, steps):
    """How much of its gradient each input takes: a mean's rows share it."""
    for i in range(n if alone else 0):
        steps[i] = ONE / sizes[i]


@njit(**OPTIONS)
@no_type_check
def walk(ids, start, stop, first, W_in, bag, W_out, keep, noise, tree, how, generators, thread, choice, window, n_negative, learning_rate):
    """One pass over ids[start:stop], wrapping round: in each window the context predicts the word in its middle.

    For skip-gram, which of the two words is the input makes no difference; this way round (word2vec.c's) the window's inputs have one target in common.
    ids: int32, -1 ends a sentence, below `first` are special tokens. bag: (starts, rows), which rows of W_in a word is the mean of; no rows: its own.
    keep[word]: probability to survive subsampling; noise: an alias table; tree: (starts, nodes, signs) of each word's path; how: SAMPLED, TREE or FULL.
    choice: (cbow, mean, exact, dynamic, ends). CBOW's inputs are a mean or a sum; exact: every row takes its own gradient, else what it takes in the originals;
    ends: an end of a sentence is the word `first`.
    Returns the loss summed in nats, the predictions (pairs of an input and its target), the words passed.
    """
    generator = generators[thread]
    cbow, mean, exact, dynamic, ends = choice
    n_own = 2 if cbow and how == SAMPLED and noise.shape[0] > 2 else 1  # windows that share their noise
    k_most = noise.shape[0] if how == FULL else n_negative + n_own if how == SAMPLED else longest(tree[0])
    even_k, n_near, columns = k_most + k_most % 2, BLOCK + 2 * window, W_in.shape[1]
    outputs, signs = np.zeros((BLOCK, even_k), np.int64), np.ones(even_k, np.float32)
    if how == FULL:
        outputs[0, :k_most] = np.arange(first, first + k_most)
    sentence, widths, at = np.empty(SENTENCE, np.int64), np.empty(BLOCK, np.int64), np.empty(2 * window + 2, np.int64)
    # After the block's words a row of zeros, and two hidden ones.
    near, before = np.zeros((n_near + 3, columns), np.float32), np.zeros((n_near, columns), np.float32)
    sizes, steps = np.ones(n_near, np.float32), np.ones(n_near + 3, np.float32)
    room = np.zeros(2 * window * even_k + LANES, np.float32), np.zeros((2, columns), np.float32), np.zeros((even_k, columns), np.float32)
    loss, n_predictions, n_passed = 0.0, 0, 0
    while start < stop:
        n, n_words, start, generator = read_sentence(ids, start, stop, first, ends, keep, sentence, generator)
        n_passed += n_words
        for begin in range(0, n if n > 1 else 0, BLOCK):
            end, low, high = min(n, begin + BLOCK), max(0, begin - window), min(n, begin + BLOCK + window)
            send_for_all(W_in, bag[1], sentence, low, high)
            generator = draw_block(sentence, first, begin, end, W_out, noise, n_own, widths, window, dynamic, outputs, n_negative, how, generator)
            gather(W_in, bag[0], bag[1], sentence, low, high, near, before, sizes)
            steps_of(sizes, high - low, exact and not cbow, steps)
            for centre in range(begin, end, n_own):
                if cbow:
                    m = min(n_own, end - centre)
                    place_means(near, sizes, centre, m, widths[centre - begin :], n, low, n_near, mean, at)
                else:
                    m = place_context(centre, widths[centre - begin], n, low, n_near, at)
                asked = outputs[(centre - begin) >> (n_own - 1) if how == SAMPLED else 0]  # n_own is 1 or 2
                own = m if cbow else 1
                loss += ask(near, at, m, sentence[centre], own, W_out, tree, how, asked, signs, k_most, n_negative, first, steps, learning_rate, room)
                n_predictions += m
                if cbow and learning_rate > 0:
                    hand_back(near, sizes, centre, m, widths[centre - begin :], n, low, mean != exact, room[1])
            if learning_rate > 0:
                scatter(W_in, bag[0], bag[1], sentence, low, high, near, before)
    generators[thread] = generator
    return loss, n_predictions, n_passed
