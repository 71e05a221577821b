import numpy as np
import pytest

from core.embeddings import examples
from core.embeddings.examples import CooccurrenceSettings, NgramSettings
from core.embeddings.noise import keep_probability, noise_distribution
from core.embeddings.tree import huffman
from core.text.tokenizers import END

TEXT = ["The cat sat on the mat. A dog sat on the log!\nOnce upon a time, 小猫坐在垫子上。"]


def random_ids(seed: int, n: int = 400, vocab: int = 12) -> np.ndarray:
    generator = np.random.default_rng(seed)
    ids = generator.integers(0, vocab, n)
    ids[generator.random(n) < 0.1] = END
    return ids.astype(np.int32)


def test_a_part_of_a_text_is_its_sentences_its_vocabulary_and_its_counts() -> None:
    part = examples.part(TEXT, min_count=1)
    assert part.sentences[0] == ["The", "cat", "sat", "on", "the", "mat"]
    assert any("小猫" in word for sentence in part.sentences for word in sentence)
    seen = {part.words[i]: int(count) for i, count in enumerate(part.counts) if count}
    assert seen["the"] == 3
    assert seen["sat"] == 2
    assert part.counts.sum() == (part.ids != END).sum()


def test_words_seen_too_seldom_have_no_number() -> None:
    part = examples.part(TEXT, min_count=2)
    assert part.numbers(["The", "cat"]).tolist() == [part.tokenizer.index["the"], END]


@pytest.mark.parametrize(("texts", "min_count"), [(["word word word"], 1), (["a b c d"], 2), ([""], 1)])
def test_a_part_with_nothing_to_tell_apart_is_refused_in_words(texts: list[str], min_count: int) -> None:
    with pytest.raises(ValueError, match="text"):
        examples.part(texts, min_count)


def test_a_long_sentence_is_shown_in_pieces() -> None:
    part = examples.part(["word and " * 100], min_count=1)
    assert max(map(len, part.sentences)) <= examples.LONGEST


def test_words_survive_as_often_as_the_probability_of_the_kernels_says() -> None:
    counts = np.array([0, 5000, 300, 20])
    keep = keep_probability(counts, 1e-2)
    generator = np.random.default_rng(1)
    ids = np.array([1, 2, 3, END])
    share = np.mean([examples.survivors(ids, keep, generator) for _ in range(4000)], axis=0)
    np.testing.assert_allclose(share, [*keep[1:], 0], atol=0.03)


def test_a_window_reaches_over_the_words_that_were_left_out() -> None:
    read = np.array([True, False, True, True, False, False, True, True])
    assert examples.context(read, centre=3, width=2) == ([0, 2], [6, 7])
    assert examples.context(read, centre=0, width=1) == ([], [2])


def test_every_width_of_a_dynamic_window_is_as_likely() -> None:
    generator = np.random.default_rng(2)
    widths = np.bincount([examples.drawn_width(4, True, generator) for _ in range(4000)], minlength=5)
    assert widths[0] == 0
    np.testing.assert_allclose(widths[1:] / 4000, 0.25, atol=0.03)
    assert examples.drawn_width(4, False, generator) == 4


def test_noise_follows_its_distribution_without_the_true_word() -> None:
    distribution = noise_distribution(np.array([0, 0, 900, 100, 30, 10]), 0.75)
    drawn = examples.noise_words(distribution, 2, 20_000, np.random.default_rng(3))
    expected = np.where(np.arange(6) == 2, 0, distribution)
    np.testing.assert_allclose(np.bincount(drawn, minlength=6) / len(drawn), expected / expected.sum(), atol=0.015)


def test_noise_is_another_word_even_where_the_true_one_is_nearly_all_of_it() -> None:
    distribution = noise_distribution(np.array([0, 10**9, 1]), 1.0)
    assert examples.noise_words(distribution, 1, 5, np.random.default_rng(4)) == [2] * 5


@pytest.mark.parametrize("side", ["symmetric", "left"])
@pytest.mark.parametrize("weighted", [True, False])
def test_a_row_of_cooccurrences_equals_a_count_by_hand(side: str, weighted: bool) -> None:
    ids = random_ids(5)
    settings = CooccurrenceSettings(window=4, window_side=side, distance_weighting=weighted)
    expected = np.zeros(12)
    for i, word in enumerate(ids):
        for j, other in enumerate(ids):
            between = ids[min(i, j) : max(i, j) + 1]
            if word == 7 and i != j and abs(i - j) <= 4 and END not in between and (side == "symmetric" or j < i):
                expected[other] += 1 / abs(i - j) if weighted else 1
    np.testing.assert_allclose(examples.cooccurrences(ids, 7, settings, 12), expected, rtol=1e-12)


def test_a_cell_weighs_as_the_paper_says() -> None:
    np.testing.assert_allclose(examples.cell_weight(np.array([1.0, 50.0, 100.0, 1e6]), 100.0, 0.75), [100**-0.75, 0.5**0.75, 1, 1])


def test_ngrams_longer_than_the_longest_are_refused() -> None:
    with pytest.raises(ValueError, match="at most max_n"):
        NgramSettings(min_n=5, max_n=4)


def test_a_path_says_how_much_of_the_text_lies_beneath_each_node() -> None:
    counts = np.array([0, 5, 1, 1, 2])
    way = examples.path(huffman(counts, first=1), counts, word=2)
    assert [beneath for _, _, beneath in way] == [9, 4, 2]
    assert all(bit in (0, 1) for _, bit, _ in way)
