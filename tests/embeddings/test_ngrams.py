"""fastText's pieces and their hash, judged by gensim's compiled functions, and by the official library where it is installed."""

import numpy as np
import pytest

from core.embeddings.ngrams import EOS, NgramRows, Ngrams, character_ngrams, ngram_hash
from core.vectors import Subwords, Vectors

WORDS = ["where", "é", "日本語", "a", "", "naïve😀", "x>y<z", "banana", "ħ", "aé日😀b", "<s>", "Straße", "a b"]
SIZES = [(3, 6), (1, 3), (2, 2), (1, 1), (5, 9)]

inner = pytest.importorskip("gensim.models.fasttext_inner")


@pytest.mark.parametrize("word", WORDS)
@pytest.mark.parametrize("sizes", SIZES)
def test_the_pieces_of_a_word_are_gensims(word: str, sizes: tuple[int, int]) -> None:
    expected = [piece.decode() for piece in inner.compute_ngrams_bytes(word, *sizes)]
    assert sorted(character_ngrams(word, *sizes)) == sorted(expected)


def test_pieces_stand_in_the_originals_order() -> None:
    assert character_ngrams("ab", 3, 4) == ["<ab", "<ab>", "ab>"]
    assert character_ngrams("where", 3, 3) == ["<wh", "whe", "her", "ere", "re>"]  # the paper's example
    assert character_ngrams("a", 1, 2) == ["<a", "a", "a>"]
    assert character_ngrams("where", 0, 0) == []
    with pytest.raises(ValueError, match="min_n"):
        character_ngrams("a", 3, 2)


def test_a_hash_is_of_signed_bytes() -> None:
    for piece in (b"<wh", "é".encode(), "日本".encode(), bytes(range(256)), b""):
        assert ngram_hash(piece) == inner.ft_hash_bytes(piece)
    assert ngram_hash("é".encode()) == 1023043777  # plain FNV-1a says 513665217


@pytest.mark.parametrize("sizes", SIZES)
def test_a_whole_vocabulary_is_cut_and_hashed_as_its_words_one_by_one(sizes: tuple[int, int]) -> None:
    ngrams = Ngrams(*sizes, n_buckets=1013)
    n_pieces, buckets = ngrams.buckets([word.encode() for word in WORDS])
    parts = np.split(buckets, np.cumsum(n_pieces)[:-1])
    for word, found in zip(WORDS, parts, strict=True):
        assert found.tolist() == [bucket for _, bucket in ngrams.named(word)]
        # gensim goes by length, then by start; the original by start, then by length.
        assert sorted(found.tolist()) == sorted(inner.ft_hash_bytes(piece) % 1013 for piece in inner.compute_ngrams_bytes(word, *sizes))


def test_bytes_that_are_no_text_are_cut_as_the_original_cuts_them() -> None:
    """Every byte that does not continue a character begins one, however many continuations follow it."""
    n_pieces, buckets = Ngrams(2, 2, 1013).buckets([b"\x80\x80a\xff\xff"])
    pieces = [b"<\x80\x80a", b"a\xff", b"\xff\xff", b"\xff>"]
    assert n_pieces.tolist() == [4]
    assert buckets.tolist() == [inner.ft_hash_bytes(piece) % 1013 for piece in pieces]


def test_a_table_has_each_words_own_row_first_then_its_buckets() -> None:
    ngrams = Ngrams(3, 4, 50)
    starts, rows = ngrams.table([b"ab", EOS.encode(), "日本".encode()], n_rows=10)
    assert starts.tolist() == [0, 4, 5, 9]
    assert rows[[0, 4, 5]].tolist() == [0, 1, 2]
    assert rows[1:4].tolist() == [10 + bucket for _, bucket in ngrams.named("ab")]
    assert rows[6:].tolist() == [10 + bucket for _, bucket in ngrams.named("日本")]


def test_a_table_made_in_parts_is_the_one_made_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    words = [b"word%d" % i for i in range(40)]
    whole = Ngrams().table(words, 40)
    monkeypatch.setattr("core.embeddings.ngrams.AT_ONCE", 7)
    for ours, expected in zip(Ngrams().table(words, 40), whole, strict=True):
        assert np.array_equal(ours, expected)
    starts, rows = Ngrams().table(words, 40, slice(10, 31))
    assert np.array_equal(rows, whole[1][whole[0][10] : whole[0][31]])
    assert np.array_equal(starts, whole[0][10:32] - whole[0][10])
    assert [len(part) for part in Ngrams().table([], 40)] == [1, 0]


def test_without_ngrams_a_word_is_its_own_row() -> None:
    for ngrams in (Ngrams(0, 0, 0), Ngrams(3, 6, 0), Ngrams(5, 3, 100)):
        starts, rows = ngrams.table([b"ab", b"c"], 2)
        assert (starts.tolist(), rows.tolist()) == ([0, 1, 2], [0, 1])
        assert ngrams.named("ab") == []


def rows(lowercase: bool = False) -> NgramRows:
    rng = np.random.default_rng(1)
    own, shared = rng.normal(size=(2, 4)).astype(np.float32), rng.normal(size=(20, 4)).astype(np.float32)
    return NgramRows(Ngrams(3, 4, 20), {"cat": 0, "dog": 1}, own, shared, lowercase=lowercase)


def test_a_word_never_seen_is_the_mean_of_its_pieces() -> None:
    model = rows()
    assert isinstance(model, Subwords)
    assert [name for name, _ in model.parts("cat")] == ["cat", "<ca", "<cat", "cat", "cat>", "at>"]
    assert np.array_equal(model.parts("cat")[0][1], model.own[0])
    assert [name for name, _ in model.parts("cats")] == ["<ca", "<cat", "cat", "cats", "ats", "ats>", "ts>"]
    vectors = Vectors(["cat", "dog"], np.zeros((2, 4), np.float32), subwords=model)
    expected = np.mean([model.shared[bucket] for _, bucket in model.ngrams.named("cats")], axis=0)
    np.testing.assert_allclose(vectors.vector("cats"), expected, rtol=1e-6)
    assert model.parts("") == []  # "<>" is too short


def test_where_the_text_was_folded_a_word_is_too() -> None:
    assert [name for name, _ in rows(lowercase=True).parts("Cat")] == [name for name, _ in rows().parts("cat")]
    assert rows().parts("Cat")[0][0] == "<Ca"


def test_the_official_library_cuts_and_hashes_alike() -> None:
    fasttext = pytest.importorskip("fasttext")
    from gensim.test.utils import datapath

    official = fasttext.load_model(datapath("crime-and-punishment.bin"))
    n_words = len(official.get_words())
    ngrams = Ngrams(3, 6, 100)
    for word in ["where", "naïve😀", "日本語", "unseen", "x>y"]:
        pieces, buckets = official.get_subwords(word)
        assert pieces == [piece for piece, _ in ngrams.named(word)]
        assert buckets.tolist() == [n_words + bucket for _, bucket in ngrams.named(word)]
        assert all(official.get_subword_id(piece) == n_words + bucket for piece, bucket in ngrams.named(word))
