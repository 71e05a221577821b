"""fastText's .bin, judged by files that the C++ wrote and gensim ships, by gensim, and by the official library where it is installed."""

import contextlib
import dataclasses
import gzip
import io
import struct
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from core import formats
from core.embeddings.ngrams import Arguments, NgramRows, Ngrams
from core.formats import fasttext as format
from core.vectors import Vectors

gensim = pytest.importorskip("gensim.models.fasttext")
UNSEEN = ["unseenwörd", "日本語", "crimes", "x", "naïve😀"]
SIZES = 64  # byte at which the sizes of the vocabulary stand


def shipped(name: str) -> Path:
    from gensim.test.utils import datapath

    return Path(datapath(name))


def read(content: bytes) -> Vectors:
    return format.read(io.BytesIO(content))


def written(vectors: Vectors) -> bytes:
    into = io.BytesIO()
    format.write(vectors, into)
    return into.getvalue()


def a_model(n_words: int = 30, n_buckets: int = 50, d_model: int = 6, **arguments: Any) -> Vectors:
    rng = np.random.default_rng(1)
    words = [f"wörd{i}" for i in range(n_words)]
    W_in, W_out = (rng.normal(size=(n, d_model)).astype(np.float32) for n in (n_words + n_buckets, n_words))
    index = {word: i for i, word in enumerate(words)}
    model = NgramRows(Ngrams(2, 4, n_buckets), index, W_in[:n_words], W_in[n_words:], W_out, Arguments(**arguments))
    composed = np.stack([np.mean([row for _, row in model.parts(word)], axis=0) for word in words])
    return Vectors(words, composed, np.arange(n_words, 0, -1) * 3, model)


@pytest.mark.parametrize("name", ["crime-and-punishment", "toy-model", "toy-model-pretrained"])
def test_a_file_of_the_originals_comes_out_as_it_went_in(name: str) -> None:
    content = shipped(f"{name}.bin").read_bytes()
    assert written(read(content)) == content
    assert written(format.read(shipped(f"{name}.bin"))) == content


@pytest.mark.parametrize("name", ["crime-and-punishment", "toy-model"])
def test_words_are_the_means_that_the_original_wrote_beside(name: str) -> None:
    vectors = format.read(shipped(f"{name}.bin"))
    lines = shipped(f"{name}.vec").read_text("utf-8").splitlines()[1:]
    expected = {line.split(" ")[0]: [float(number) for number in line.split(" ")[1:] if number] for line in lines}
    assert vectors.words == list(expected)
    np.testing.assert_allclose(vectors.matrix, list(expected.values()), atol=1e-5)  # as exact as they are printed


@pytest.mark.parametrize("name", ["crime-and-punishment.bin", "lee_fasttext_new.bin"])
def test_gensim_reads_the_same_vectors_from_the_same_file(name: str) -> None:
    theirs, ours = gensim.load_facebook_vectors(str(shipped(name))), format.read(shipped(name))
    assert theirs.index_to_key == ours.words
    for word in ours.words:
        if word != "</s>":  # gensim cuts it up, the original does not
            np.testing.assert_allclose(ours.vector(word), theirs[word], atol=1e-6)
    for word in UNSEEN[:3]:
        np.testing.assert_allclose(ours.vector(word), theirs[word], atol=1e-7)
    assert ours.counts is not None
    assert [theirs.get_vecattr(word, "count") for word in ours.words] == ours.counts.tolist()


def test_gensim_reads_what_is_written_here(tmp_path: Path) -> None:
    ours = a_model()
    format.write(ours, tmp_path / "model.bin")
    theirs = gensim.load_facebook_model(str(tmp_path / "model.bin"))
    assert theirs.wv.index_to_key == ours.words
    for word in [*ours.words, *UNSEEN]:
        np.testing.assert_allclose(theirs.wv[word], ours.vector(word), atol=1e-6)
    assert isinstance(ours.subwords, NgramRows)
    assert np.array_equal(theirs.syn1neg, ours.subwords.W_out)


def test_what_gensim_writes_is_read_here(tmp_path: Path) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        sentences = [["the", "cät", "sat"], ["the", "dog", "sat"]] * 5
        theirs = gensim.FastText(sentences, vector_size=5, min_count=1, bucket=30, epochs=1, workers=1, seed=1)
        gensim.save_facebook_model(theirs, str(tmp_path / "model.bin"))
    ours = format.read(tmp_path / "model.bin")
    for word in ["the", "cät", "unseen"]:
        np.testing.assert_allclose(ours.vector(word), theirs.wv[word], atol=1e-6)


def test_the_official_library_reads_what_is_written_here_and_gives_the_same_vectors(tmp_path: Path) -> None:
    official = pytest.importorskip("fasttext")
    ours = a_model()
    format.write(ours, tmp_path / "model.bin")
    theirs = official.load_model(str(tmp_path / "model.bin"))
    assert theirs.get_words() == ours.words
    for word in [*ours.words, *UNSEEN]:
        np.testing.assert_allclose(theirs.get_word_vector(word), ours.vector(word), atol=1e-6)
    theirs.save_model(str(tmp_path / "again.bin"))
    assert (tmp_path / "again.bin").read_bytes() == (tmp_path / "model.bin").read_bytes()


@pytest.mark.parametrize("loss", [1, 2, 3])
@pytest.mark.parametrize("model", ["skipgram", "cbow", "supervised"])
def test_whatever_the_official_library_trained_is_read_to_the_bit(tmp_path: Path, model: str, loss: int) -> None:
    official = pytest.importorskip("fasttext")
    text = "__label__a the cät sat on the mat\n__label__b the dögs run off\n" * 30
    (tmp_path / "text").write_text(text, "utf-8")
    given = {"dim": 7, "bucket": 60, "minn": 2, "maxn": 4, "loss": {1: "hs", 2: "ns", 3: "softmax"}[loss], "thread": 1, "epoch": 1, "lr": 0.0, "verbose": 0}
    if model == "supervised":
        theirs = official.train_supervised(str(tmp_path / "text"), **given)
    else:
        theirs = official.train_unsupervised(str(tmp_path / "text"), model=model, minCount=1, **given)
    theirs.save_model(str(tmp_path / "model.bin"))
    ours = format.read(tmp_path / "model.bin")
    assert ours.words == theirs.get_words()
    for word in ours.words:
        assert np.array_equal(ours.vector(word), theirs.get_word_vector(word))
    for word in UNSEEN:
        np.testing.assert_allclose(ours.vector(word), theirs.get_word_vector(word), atol=1e-7)
    assert written(ours) == (tmp_path / "model.bin").read_bytes()


def test_a_packed_file_is_read_and_written_through_its_stream(tmp_path: Path) -> None:
    ours = a_model()
    with gzip.open(tmp_path / "model.bin.gz", "wb") as file:
        format.write(ours, file)
    with gzip.open(tmp_path / "model.bin.gz") as file:
        again = format.read(file)
    np.testing.assert_allclose(again.matrix, ours.matrix, atol=1e-6)
    assert written(again) == written(ours)


def test_vectors_without_ngrams_become_a_model_without_ngrams(tmp_path: Path) -> None:
    plain = Vectors(["a", "b c", "日"], np.arange(6, dtype=np.float32).reshape(3, 2))
    again = read(written(plain))
    assert again.words == plain.words
    assert np.array_equal(again.matrix, plain.matrix)
    assert again.subwords is None
    with pytest.raises(ValueError, match="not among"):
        again.vector("unseen")
    format.write(plain, tmp_path / "model.bin")
    assert np.array_equal(gensim.load_facebook_vectors(str(tmp_path / "model.bin"))["b c"], [2, 3])


def test_the_first_words_of_a_model_keep_their_ngrams() -> None:
    ours = a_model()
    head = read(written(ours.head(10)))
    assert head.words == ours.words[:10]
    for word in [*head.words, *UNSEEN]:
        np.testing.assert_allclose(head.vector(word), ours.vector(word), atol=1e-6)
    reordered = Vectors(ours.words[::-1], ours.matrix[::-1], None, ours.subwords)
    assert read(written(reordered)).subwords is None, "rows that are not the model's are written as they are"


def test_a_supervised_model_is_opened_for_its_words() -> None:
    vectors = read(shipped("pang_lee_polarity_fasttext.bin").read_bytes())
    assert len(vectors.words) == 1694
    assert not any(word.startswith("__label__") for word in vectors.words)


def test_a_supervised_model_whose_labels_were_not_kept_becomes_one_of_words(tmp_path: Path) -> None:
    ours = a_model(model=3)
    assert isinstance(ours.subwords, NgramRows)
    without = Vectors(ours.words, ours.matrix, ours.counts, dataclasses.replace(ours.subwords, W_out=None))
    format.write(without, tmp_path / "model.bin")
    assert gensim.load_facebook_model(str(tmp_path / "model.bin")).sg == 1
    np.testing.assert_allclose(format.read(tmp_path / "model.bin").matrix, ours.matrix, atol=1e-6)


def test_progress_tells_of_every_part(tmp_path: Path) -> None:
    told: list[tuple[str, float | None]] = []
    format.write(a_model(), tmp_path / "model.bin", lambda what, share: told.append((what, share)))
    format.read(tmp_path / "model.bin", lambda what, share: told.append((what, share)))
    assert {what.split(" ")[0] for what, _ in told} == {"writing", "reading", "putting"}
    assert all(share is not None and 0 <= share <= 1 for _, share in told)


def changed(content: bytes, at: int, kind: str, *values: Any) -> bytes:
    made = bytearray(content)
    struct.pack_into(f"<{kind}", made, at, *values)
    return bytes(made)


BROKEN = [
    (0, "i", (7,), "at byte 0 793712314"),
    (4, "i", (9,), "version 9, at byte 4"),
    (8, "i", (-3,), "at byte 8 a vector length"),
    (8, "i", (2_000_000_000,), "at byte 8 a vector length"),
    (32, "i", (9,), "at byte 32 a loss"),
    (36, "i", (0,), "at byte 36 a kind of model"),
    (40, "i", (-1,), "at byte 40 a number of buckets"),
    (48, "i", (2_000_000_000,), "at byte 48 a longest n-gram"),
    (SIZES, "3i", (2_000_000_000, 2_000_000_000, 0), "at byte 64 a number of entries"),
    (SIZES, "3i", (30, 31, 0), "at byte 64 the number of entries"),
    (SIZES, "3i", (31, 31, 0), r"at byte \d+ the count and kind of entry 31|at byte \d+ entry 31"),
    (SIZES + 20, "q", (5,), "pruned .at byte 84"),
]


@pytest.mark.parametrize(("at", "kind", "values", "said"), BROKEN)
@pytest.mark.parametrize("plain", [True, False])
def test_a_header_that_lies_is_answered_with_the_byte(tmp_path: Path, at: int, kind: str, values: tuple[int, ...], said: str, plain: bool) -> None:
    content = changed(written(a_model()), at, kind, *values)
    (tmp_path / "broken.bin").write_bytes(content)
    with pytest.raises(ValueError, match=said if plain or "2000000000" in said else "fastText model"):
        format.read(tmp_path / "broken.bin") if plain else read(content)


def matrix_of(content: bytes) -> int:
    """Where the input matrix begins."""
    return content.rindex(b"29\0") + 3 + 9


def test_numbers_that_are_none_are_answered_with_their_byte() -> None:
    content = written(a_model())
    for value in (np.nan, np.inf, -np.inf):
        at = matrix_of(content) + 17 + 4 * 100
        with pytest.raises(ValueError, match=f"at byte {at:,} a number should stand"):
            read(changed(content, at, "f", value))


def test_a_word_that_stands_twice_is_said() -> None:
    vectors = a_model()
    vectors.words[3] = vectors.words[1]
    found = formats.read(written(dataclasses.replace(vectors)), name="a.bin")
    assert found.notes == ["1 of its words stands before already; where such a word is asked for, the first is meant."]
    assert found.vectors.row(vectors.words[1]) == 1


def test_numbers_whose_sums_are_none_are_answered_with_their_byte() -> None:
    vectors = a_model()
    assert isinstance(vectors.subwords, NgramRows)
    vectors.subwords.shared[1, 2] = 2e38
    with pytest.raises(ValueError, match=r"at byte [\d,]+ a number should stand, but 2e\+38 stands there"):
        read(written(vectors))


def test_quantised_models_and_wrong_sizes_are_refused_in_words() -> None:
    content = written(a_model())
    at = matrix_of(content)
    with pytest.raises(ValueError, match=f"quantised .at byte {at}"):
        read(changed(content, at, "b", 1))
    with pytest.raises(ValueError, match=f"at byte {at + 1} the sizes 80 and 6"):
        read(changed(content, at + 1, "q", 2**60))
    with pytest.raises(ValueError, match=f"at byte {len(content):,} the file's end"):
        read(content + b"more")


@pytest.mark.parametrize("plain", [True, False])
def test_a_file_cut_short_anywhere_is_answered_with_a_byte(tmp_path: Path, plain: bool) -> None:
    content = written(a_model(n_words=4, n_buckets=3, d_model=2))
    for n in range(0, len(content), 1 if not plain else 5):
        (tmp_path / "cut.bin").write_bytes(content[:n])
        with pytest.raises(ValueError, match=r"at byte \d+"):
            format.read(tmp_path / "cut.bin") if plain else read(content[:n])


def test_nothing_but_a_sentence_comes_of_bytes_changed_at_random() -> None:
    rng = np.random.default_rng(1)
    content = written(a_model(n_words=4, n_buckets=3, d_model=2))
    for _ in range(500):
        made = bytearray(content)
        for at in rng.integers(0, len(made), 3):
            made[at] = rng.integers(256)
        with contextlib.suppress(ValueError):
            read(bytes(made))


def test_a_word_with_a_zero_byte_cannot_be_written() -> None:
    with pytest.raises(ValueError, match="zero byte"):
        written(Vectors(["a\0b"], np.zeros((1, 2), np.float32)))


def test_words_that_are_no_text_are_shown_by_their_bytes() -> None:
    content = written(a_model()).replace("wörd7".encode(), b"w\xff\xfed7")
    vectors = read(content)
    assert vectors.words[7] == "w\\xff\\xfed7"
    _, buckets = Ngrams(2, 4, 50).buckets([b"w\xff\xfed7"])
    assert isinstance(vectors.subwords, NgramRows)
    expected = np.vstack([vectors.subwords.own[7:8], vectors.subwords.shared[buckets]]).mean(axis=0)
    np.testing.assert_allclose(vectors.matrix[7], expected, atol=1e-6)
