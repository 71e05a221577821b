"""fastText's own file, version 12: the words, the rows of their n-grams, and what a training that goes on would need.

    int32 x 2     magic, version
    int32 x 12    d_model, window, epochs, min_count, negatives, word n-grams, loss, model, buckets, min_n, max_n, rate update
    float64       subsampling threshold
    int32 x 3     entries, words, labels
    int64 x 2     tokens of the text, pruned n-grams (-1: none were)
    an entry      UTF-8, a zero byte, int64 count, int8 kind (0 word, 1 label)
    a matrix      int8 quantised or not, int64 rows, int64 columns, float32 numbers; first the input's (words, then buckets), then the output's

All little-endian (fastText's dictionary.cc, args.cc and densematrix.cc). Nothing is allocated because a header says so: what is there is.
"""

import struct
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from pathlib import Path

import numpy as np

from core.embeddings.ngrams import Arguments, NgramRows, Ngrams
from core.formats.binary import PIECE, Readable, Stream, Writable, wrong
from core.machine import n_cores
from core.text.progress import Progress, silent
from core.vectors import Vectors

MAGIC, VERSION = 793712314, 12
HEADER = struct.Struct("<12id")
SIZES = struct.Struct("<3i2q")
LARGEST = 1e15  # no vector has such numbers, and squares of their sums are to be finite
LONGEST = 1 << 20  # bytes of a word; what is longer is no word
AT_ONCE = 20_000  # words put together at a time


def read(source: Path | Readable, progress: Progress = silent) -> Vectors:
    """The words' vectors, with their n-grams where the model has any, so that words never seen have vectors as well.

    source: a path, or an open binary file, unpacked if it was packed. ValueError in words for what is broken, quantised, or of another version.
    Needs 4 bytes a number of the input matrix, and of the words' vectors; the output matrix of a plain file stays on the disk.
    """
    if isinstance(source, Path):
        with open(source, "rb") as file:
            return read(file, progress)
    stream = Stream(source)
    d_model, ngrams, arguments = _header(stream)
    words, counts, arguments = _dictionary(stream, arguments, progress)
    W_in = _matrix(stream, len(words) + ngrams.n_buckets, d_model, "input numbers", progress)
    if not max(-W_in.min(), W_in.max()) < LARGEST:
        place = int(np.argmin(np.abs(W_in.reshape(-1)) < LARGEST))
        found = W_in.reshape(-1)[place]
        raise wrong(stream.at - W_in.nbytes + 4 * place, "a number", f"{found:g} stands there" if np.isfinite(found) else "it is not finite")
    W_out = _matrix(stream, arguments.n_outputs(len(words)), d_model, "output numbers", progress, mapped=True)
    if stream.some(1):
        raise wrong(stream.at - 1, "the file's end", "more follows")
    names = [word.decode("utf-8", "backslashreplace") for word in words]
    index = {name: i for i, name in reversed(list(enumerate(names)))}
    rows = NgramRows(ngrams, index, W_in[: len(words)], W_in[len(words) :], W_out, arguments)
    return Vectors(names, _composed(words, W_in, ngrams, progress), counts, rows) if ngrams.cut else Vectors(names, W_in[: len(words)], counts)


def _header(stream: Stream) -> tuple[int, Ngrams, Arguments]:
    magic, version = struct.unpack("<2i", stream.take(8, "the file's beginning").data)
    if magic != MAGIC:
        raise wrong(0, f"{MAGIC}, fastText's mark,", f"{magic} stands there")
    if version not in (11, VERSION):
        raise ValueError(f"This fastText model is of version {version}, at byte 4; versions 11 and {VERSION} are read. Write it anew with fastText 0.9.")
    at = stream.at
    values = HEADER.unpack(stream.take(HEADER.size, "settings").data)
    d_model, window, n_epochs, min_count, n_negative, n_word_ngrams, loss, model, n_buckets, min_n, max_n, rate_update, threshold = values
    allowed = {0: ("vector length", 1, 100_000), 6: ("loss", 1, 4), 7: ("kind of model", 1, 3), 8: ("number of buckets", 0, 2**31 - 1)}
    allowed |= {9: ("shortest n-gram", 0, 1000), 10: ("longest n-gram", 0, 1000)}
    for place, (name, low, high) in allowed.items():
        if not low <= values[place] <= high:
            raise wrong(at + 4 * place, f"a {name} of {low:,} to {high:,}", f"{values[place]:,} stands there")
    if version == 11 and model == 3:
        max_n = 0  # as fastText reads it: supervised models had no n-grams then
    arguments = Arguments(window, n_epochs, min_count, n_negative, n_word_ngrams, loss, model, rate_update, threshold)
    return d_model, Ngrams(min_n, max_n, n_buckets), arguments


def _dictionary(stream: Stream, arguments: Arguments, progress: Progress) -> tuple[list[bytes], np.ndarray, Arguments]:
    at = stream.at
    n_entries, n_words, n_labels, n_tokens, n_pruned = SIZES.unpack(stream.take(SIZES.size, "the vocabulary's sizes").data)
    if min(n_words, n_labels) < 0 or n_entries != n_words + n_labels or n_words < 1:
        raise wrong(at, "the number of entries, words and labels, one word at least,", f"{n_entries:,}, {n_words:,} and {n_labels:,} stand there")
    if stream.size is not None and n_entries * 10 > stream.size - stream.at:
        raise wrong(at, "a number of entries that this file has room for", f"{n_entries:,} stands there")
    if n_pruned >= 0:
        raise ValueError(f"This fastText model was pruned (at byte {at + 20:,}), which only quantised ones are. Open the .bin that it was made from.")
    names: list[bytes] = []
    counts: list[int] = []
    buffer, place = b"", 0
    for i in range(n_entries):
        end = buffer.find(b"\0", place)
        while end < 0 or len(buffer) < end + 10:
            more = stream.some(LONGEST) if len(buffer) - place <= LONGEST else b""
            if not more:
                raise wrong(stream.at - len(buffer) + place, f"entry {i + 1:,} of {n_entries:,}", "none ends there")
            buffer, place = buffer[place:] + more, 0
            end = buffer.find(b"\0")
        count, kind = struct.unpack_from("<qb", buffer, end + 1)
        if count < 0 or kind != (i >= n_words):
            raise wrong(stream.at - len(buffer) + end + 1, f"the count and kind of entry {i + 1:,}", f"{count:,} and {kind} stand there")
        names.append(buffer[place:end])
        counts.append(count)
        place = end + 10
        if not i % 100_000:
            progress("reading the vocabulary", i / n_entries)
    stream.give_back(buffer[place:])
    labels = tuple(zip(names[n_words:], counts[n_words:], strict=True))
    return names[:n_words], np.array(counts[:n_words], np.int64), Arguments(**{**vars(arguments), "n_tokens": n_tokens, "labels": labels})


def _matrix(stream: Stream, n_rows: int, d_model: int, what: str, progress: Progress, mapped: bool = False) -> np.ndarray:
    at = stream.at
    if stream.take(1, "a matrix's beginning")[0]:
        raise ValueError(f"This fastText model is quantised (at byte {at:,}): its numbers were thrown together. Open the .bin that it was made from.")
    shape = struct.unpack("<2q", stream.take(16, "a matrix's sizes").data)
    if shape != (n_rows, d_model):
        raise wrong(at + 1, f"the sizes {n_rows:,} and {d_model:,}", f"{shape[0]:,} and {shape[1]:,} stand there")
    n_bytes, at = 4 * n_rows * d_model, stream.at
    if mapped and stream.plain and 0 < n_bytes <= (stream.size or 0) - at:
        numbers = np.memmap(stream.plain, "<f4", "r", at, shape)
        stream.plain.seek(at + n_bytes)
        stream.at, stream.ahead = at + n_bytes, b""
        return numbers
    return stream.take(n_bytes, what, progress).view("<f4").reshape(shape)


def _composed(words: Sequence[bytes], W_in: np.ndarray, ngrams: Ngrams, progress: Progress) -> np.ndarray:
    from core.embeddings.composing import compose  # numba, which nobody needs before the first file

    matrix = np.empty((len(words), W_in.shape[1]), np.float32)

    def one(part: slice) -> slice:
        compose(W_in, *ngrams.table(words, len(words), part), matrix[part])
        return part

    parts = [slice(begin, min(begin + AT_ONCE, len(words))) for begin in range(0, len(words), AT_ONCE)]
    with ThreadPoolExecutor(n_cores()) as threads:  # they wait for memory most of the time
        for part in threads.map(one, parts):
            progress("putting words together from their n-grams", part.stop / len(words))
    return matrix


def write(vectors: Vectors, target: Path | Writable, progress: Progress = silent) -> None:
    """A file that fastText and gensim open. Vectors without n-grams become a model without n-grams, with zeros for the output matrix.

    ValueError in words for what the format cannot say. What `read` read is written to the same bytes.
    """
    if isinstance(target, Path):
        with open(target, "wb") as file:
            write(vectors, file, progress)
        return
    n, d_model = vectors.matrix.shape
    model = _model(vectors)
    a, ngrams = model.arguments, model.ngrams
    if a.model == 3 and not a.labels:
        a = replace(a, model=2)  # without its labels it classifies no longer
    training = (a.window, a.n_epochs, a.min_count, a.n_negative, a.n_word_ngrams, a.loss, a.model)
    target.write(struct.pack("<2i", MAGIC, VERSION))
    target.write(HEADER.pack(d_model, *training, ngrams.n_buckets, ngrams.min_n, ngrams.max_n, a.rate_update, a.subsample_threshold))
    _write_dictionary(vectors, a, target)
    n_outputs = a.n_outputs(n)
    W_out = np.broadcast_to(np.float32(0), (n_outputs, d_model)) if model.W_out is None else model.W_out[:n_outputs]
    for name, blocks in (("input", (model.own[:n], model.shared)), ("output", (W_out,))):
        target.write(struct.pack("<bqq", 0, sum(map(len, blocks)), d_model))
        for block in blocks:
            _write_numbers(target, block, f"writing the {name} matrix", progress)


def _model(vectors: Vectors) -> NgramRows:
    """The model that the vectors, or the first of them, are of; a plain one where there is none."""
    model = vectors.subwords
    # Of a word that stands twice, `index` has the first place; in any other order than the model's, some word comes before its place.
    if isinstance(model, NgramRows) and all(0 <= model.index.get(word, -1) <= i for i, word in enumerate(vectors.words)):
        return model
    return NgramRows(Ngrams(0, 0, 0), {}, vectors.matrix, np.zeros((0, vectors.matrix.shape[1]), np.float32))


def _write_dictionary(vectors: Vectors, arguments: Arguments, target: Writable) -> None:
    n = len(vectors.words)
    counts = np.ones(n, np.int64) if vectors.counts is None else vectors.counts
    names = [word.encode("utf-8", "surrogatepass") for word in vectors.words]
    broken = next((name for name in names if b"\0" in name), None)
    if broken is not None:
        raise ValueError(f"A fastText file ends a word at its first zero byte, and the word {broken!r} has one inside. Leave that word out.")
    n_labels = len(arguments.labels)
    target.write(SIZES.pack(n + n_labels, n, n_labels, arguments.n_tokens or int(counts.sum()), -1))
    for entries, kind in ((zip(names, counts, strict=True), 0), (arguments.labels, 1)):
        target.write(b"".join(name + b"\0" + struct.pack("<qb", count, kind) for name, count in entries))


def _write_numbers(target: Writable, block: np.ndarray, what: str, progress: Progress) -> None:
    step = max(1, PIECE // (4 * block.shape[1]))
    for begin in range(0, len(block), step):
        target.write(np.ascontiguousarray(block[begin : begin + step], "<f4").data)
        progress(what, min(1.0, (begin + step) / len(block)))
