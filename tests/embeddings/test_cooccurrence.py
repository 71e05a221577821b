import threading
from pathlib import Path

import numpy as np
import pytest

from core.embeddings import cooccurrence
from core.embeddings.cooccurrence import Cells, Windows, count, expected_cells
from core.embeddings.shelf import Shelf
from core.machine import forget
from core.text import corpora
from core.text.encoding import encode
from core.text.tokenizing import TokenizerSettings
from core.training.calibration import reference_text

BOTH_SIDES = pytest.mark.parametrize("symmetric", [True, False])


def brute_force(ids: np.ndarray, numbers: np.ndarray, windows: Windows) -> np.ndarray:
    """Every pair looked at by itself: float64 [word, its context], by number."""
    n_words = numbers.max() + 1
    counts = np.zeros((n_words, n_words))
    sentence: list[int] = []
    for token in [*ids.tolist(), -1]:
        if token < 0:
            sentence = []
        elif numbers[token] >= 0:
            for distance, earlier in enumerate(reversed(sentence[-windows.width :]), 1):
                much = 1 / distance if windows.by_distance else 1
                counts[numbers[token], earlier] += much
                if windows.symmetric:
                    counts[earlier, numbers[token]] += much
            sentence.append(int(numbers[token]))
    return counts


def dense(cells: Cells, n_words: int) -> np.ndarray:
    counts = np.zeros((n_words, n_words))
    rows, columns, values = cells.triples()
    assert len(set(zip(rows.tolist(), columns.tolist(), strict=True))) == len(rows), "no cell is there twice"
    counts[rows, columns] = values
    if cells.symmetric:
        counts[columns, rows] = values
    return counts


def a_text(n: int = 3000, n_words: int = 40, ends: float = 0.08, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    """Ids with frequent and rare words, ends, and two tokens that are no words; and numbers drawn at random."""
    rng = np.random.default_rng(seed)
    ids = np.minimum(rng.zipf(1.3, n), n_words + 2).astype(np.int32) - 1
    ids[rng.random(n) < ends] = -1
    return ids, np.concatenate([[-1, -1], rng.permutation(n_words)]).astype(np.int32)


@BOTH_SIDES
@pytest.mark.parametrize("by_distance", [True, False])
@pytest.mark.parametrize("width", [1, 4, 15])
def test_the_cells_are_those_that_brute_force_counts(width: int, by_distance: bool, symmetric: bool) -> None:
    ids, numbers = a_text()
    windows = Windows(width, symmetric, by_distance)
    np.testing.assert_allclose(dense(count(ids, numbers, windows), 40), brute_force(ids, numbers, windows), rtol=1e-7)


# What Stanford's cooccur writes of the text "a b c a x / b b d x c a b", window 3, vocabulary b a c d: row, column, count. (With -max-product 3: where
# all counts fit into its table, its file of others is empty, and reading from that it counts the first cell twice.)
COOCCUR = {
    (True, True): "1 1 2|1 2 2.833333|1 3 2.333333|1 4 1.833333|2 1 2.833333|2 2 .666667|2 3 2.5|2 4 .5|3 1 2.333333|3 2 2.5|3 4 1|4 1 1.833333|4 2 .5|4 3 1",
    (True, False): "1 1 2|1 2 4|1 3 4|1 4 3|2 1 4|2 2 2|2 3 3|2 4 1|3 1 4|3 2 3|3 4 1|4 1 3|4 2 1|4 3 1",
    (False, True): "1 1 1|1 2 .833333|1 3 1.833333|1 4 1.5|2 1 2|2 2 .333333|2 3 .5|3 1 .5|3 2 2|4 1 .333333|4 2 .5|4 3 1",
    (False, False): "1 1 1|1 2 2|1 3 3|1 4 2|2 1 2|2 2 1|2 3 1|3 1 1|3 2 2|4 1 1|4 2 1|4 3 1",
}


@pytest.mark.parametrize(("symmetric", "by_distance"), COOCCUR)
def test_the_cells_are_those_that_stanfords_program_writes(symmetric: bool, by_distance: bool) -> None:
    """Of the left context they are the transposed ones: its row is the earlier word."""
    names = {"b": 0, "a": 1, "c": 2, "d": 3, "x": 4, "/": -1}
    ids = np.array([names[word] for word in "abcax/bbdxcab"], np.int32)
    found = dense(count(ids, np.array([0, 1, 2, 3, -1], np.int32), Windows(3, symmetric, by_distance)), 4)
    theirs = np.zeros((4, 4))
    for line in COOCCUR[symmetric, by_distance].split("|"):
        row, column, value = line.split()
        theirs[int(row) - 1, int(column) - 1] = float(value)
    np.testing.assert_allclose(found if symmetric else found.T, theirs, atol=1e-6)


@BOTH_SIDES
@pytest.mark.parametrize("ends", [0.0, 0.1])
@pytest.mark.parametrize("block", [1, 7, 500])
def test_a_text_counted_in_blocks_has_the_same_cells(block: int, ends: float, symmetric: bool) -> None:
    ids, numbers = a_text(600, ends=ends)
    windows = Windows(5, symmetric)
    whole, parts = count(ids, numbers, windows), count(ids, numbers, windows, block=block)
    np.testing.assert_allclose(dense(parts, 40), dense(whole, 40), rtol=1e-6)
    assert parts.n_text == whole.n_text == np.count_nonzero(ids > 1)


@BOTH_SIDES
def test_threads_make_no_difference(symmetric: bool) -> None:
    ids, numbers = a_text()
    one, three = (count(ids, numbers, Windows(5, symmetric), n) for n in (1, 3))
    assert np.array_equal(one.cells, three.cells)
    assert np.array_equal(one.starts, three.starts)


def test_what_memory_has_no_room_for_stands_in_files_without_a_name(home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ids, numbers = a_text()
    in_memory = count(ids, numbers, Windows(5), block=1000)
    monkeypatch.setattr(cooccurrence, "IN_MEMORY", 100)
    np.save(home.parent / "ids.npy", ids)
    filed = count(np.load(home.parent / "ids.npy", mmap_mode="r"), numbers, Windows(5), 2, block=1000)
    assert filed.cells.base is not None
    assert np.array_equal(filed.cells, in_memory.cells)
    forget(filed.cells)
    assert np.array_equal(filed.cells, in_memory.cells), "what was forgotten comes again"
    assert not filed.cells.flags.writeable
    assert not list((home / "cache" / "counting").iterdir())


@BOTH_SIDES
def test_each_cell_stands_in_its_tile(symmetric: bool) -> None:
    ids, numbers = a_text(2000, 100)
    cells = count(ids, numbers, Windows(5, symmetric), band=6)
    assert cells.starts.shape == (17, 18)
    assert cells.starts[0, 0] == 0
    assert cells.starts[-1, -1] == len(cells.cells)
    assert np.array_equal(cells.starts[1:, 0], cells.starts[:-1, -1])
    rows, columns, _ = cells.triples()
    assert (cells.cells["row"] < 6).all()
    assert (cells.cells["column"] < 6).all()
    assert not symmetric or (rows >= columns).all()
    assert np.array_equal(dense(cells, 100), dense(count(ids, numbers, Windows(5, symmetric)), 100))


def test_a_common_words_count_is_exact() -> None:
    n = 300_000
    cells = count(np.zeros(n, np.int32), np.array([0, 1], np.int32), Windows(15))
    distance = np.arange(1, 16)
    assert dense(cells, 2)[0, 0] == pytest.approx(2 * ((n - distance) / distance).sum(), rel=1e-7)


@pytest.mark.parametrize("width", [2, 10])
def test_how_many_cells_there_will_be_is_roughly_known(width: int, home: Path) -> None:
    small_world = encode(corpora.find("small-world:2000:1"), TokenizerSettings(min_count=1))
    zipf = reference_text(20_000, 50_000)
    for encoded in (small_world, zipf):
        n_words = int(encoded.counts.sum())
        numbers = np.arange(encoded.tokenizer.vocab_size, dtype=np.int32)
        counted = len(count(encoded.ids, numbers, Windows(width)).cells)
        assert counted / 2 < expected_cells(Windows(width), len(numbers), n_words) < 2 * counted


def test_a_text_without_pairs_has_no_cells() -> None:
    cells = count(np.array([0, -1, 1, -1, 2], np.int32), np.arange(3, dtype=np.int32), Windows(5))
    assert len(cells.cells) == 0
    assert not cells.starts.any()


@pytest.mark.parametrize("n_threads", [1, 2])
def test_it_says_how_far_it_is_and_can_be_ended(n_threads: int) -> None:
    ids, numbers = a_text()
    told: list[float] = []

    def progress(what: str, fraction: float | None) -> None:
        assert fraction is not None
        told.append(fraction)

    count(ids, numbers, Windows(5), n_threads, progress, block=1000)
    assert told[0] == 0
    assert told == sorted(told)
    assert len(told) > 4
    assert told[-1] <= 1

    def impatient(what: str, fraction: float | None) -> None:
        if fraction:
            raise InterruptedError

    before = threading.active_count()
    with pytest.raises(InterruptedError):
        count(ids, numbers, Windows(5), n_threads, impatient, block=1000)
    assert threading.active_count() == before


def test_a_shelf_gives_back_what_was_put_on_it(home: Path) -> None:
    parts = [np.arange(n, dtype=np.int32) for n in (3, 0, 5, 2)]
    for limit in (0, 20, 1000):
        with Shelf(np.int32, limit) as shelf:
            for part in parts:
                shelf.append(part)
            whole = shelf.whole()
            assert all(np.array_equal(shelf.take(n), part) for n, part in enumerate(parts))
        assert np.array_equal(whole, np.concatenate(parts))
