"""Phrases by collocation, judged by gensim's own with word2phrase.c's formula, and by what the C tool wrote."""

import random
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import numpy as np
import pytest

from core.text import corpora, phrases, tokenizers, word_stream
from core.text.encoding import encode
from core.text.segmentation import SENTENCE_END, segment
from core.text.tokenizing import TokenizerSettings

CITY = "She saw New York. Then new york saw her, in the united states of america!\n"
LINES = ["The cat sat on a mat.\n", "He went to the united states and to new hope.\n", "A state of the art, new york style.\n", "In 3.14 ways the cat ran.\n"]
DICE = random.Random(1)
FILLERS = ["the", "a", "cat", "sat", "on", "mat", "and", "ran", "home", "in", "3.14", "ways", "it", "rained", ",", "she", "said", "so", "that", "nobody", "saw"]


def line() -> str:
    words = DICE.choices(FILLERS, k=9)
    words[DICE.randrange(4)] = DICE.choice(["New York", "new york", "New hope", "york", "cat"])
    words[5 + DICE.randrange(4)] = DICE.choice(["united states of america", "United States", "united", "mat"])
    return " ".join(words) + DICE.choice([".", "!", ""]) + "\n"


TEXT = "".join(line() for _ in range(500))


def score(worda_count: float, wordb_count: float, bigram_count: float, len_vocab: float, min_count: float, corpus_word_count: float) -> float:
    """word2phrase.c's, for gensim."""
    return (bigram_count - min_count) / worda_count / wordb_count * corpus_word_count


def gensims(sentences: list[list[str]], settings: TokenizerSettings) -> list[list[str]]:
    from gensim.models.phrases import Phrases

    for _ in range(settings.phrase_passes):
        learnt = Phrases(sentences, min_count=settings.min_count, threshold=settings.phrase_threshold, scoring=score, delimiter="_")
        sentences = [list(learnt[sentence]) for sentence in sentences]
    return sentences


def sentences(words: list[str]) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in words:
        parts.append([]) if word == SENTENCE_END else parts[-1].append(word)
    return [part for part in parts if part]


@pytest.mark.parametrize("passes", [1, 2, 4])
@pytest.mark.parametrize(("min_count", "threshold"), [(1, 5.0), (3, 20.0), (5, 2.0)])
def test_phrases_are_gensims(passes: int, min_count: int, threshold: float) -> None:
    settings = TokenizerSettings(min_count=min_count, phrase_passes=passes, phrase_threshold=threshold)
    expected = gensims(sentences([word.lower() for word in segment(TEXT)]), settings)
    flat = [word for sentence in expected for word in sentence]
    encoded = encode(corpora.add_text("cities", TEXT), settings)
    known = {word for word in flat if flat.count(word) >= min_count}
    assert any("_" in word for word in known)
    assert [line.split() for line in encoded.tokenizer.decode(encoded.ids).splitlines() if line] == [
        kept for kept in ([word for word in sentence if word in known] for sentence in expected) if kept
    ]
    assert {word: n for word, n in zip(encoded.tokenizer.words, encoded.counts.tolist(), strict=True) if n} == {word: flat.count(word) for word in known}
    assert np.all(np.diff(encoded.counts[7:]) <= 0)


def test_two_passes_make_phrases_of_more_than_two_words_and_a_new_text_has_them_too(tmp_path: Path) -> None:
    encoded = encode(corpora.add_text("cities", TEXT), TokenizerSettings(min_count=2, phrase_passes=2, phrase_threshold=5.0))
    assert "new_york" in encoded.tokenizer.index
    longest = max(encoded.tokenizer.words[7:], key=lambda word: word.count("_"))
    assert longest.count("_") >= 2
    encoded.tokenizer.save(tmp_path / "tokenizer.json")
    again = tokenizers.load(tmp_path / "tokenizer.json")
    words = longest.split("_")
    assert again.pieces(f"{' '.join(words).upper()} zebra New York!") == [longest, "[UNK]", "new_york"]
    assert again.pieces("New. York") == ["[UNK]", "york"], "an end stands between them, and alone “new” is in no text"
    import tokenizers as library

    assert library.Tokenizer.from_file(str(tmp_path / "tokenizer.json")).get_vocab_size() == again.vocab_size


def test_the_whole_text_and_its_tokenizer_cut_alike() -> None:
    for settings in (TokenizerSettings(min_count=1, phrase_passes=3, phrase_threshold=4.0, punctuation=marks) for marks in (False, True)):
        encoded = encode(corpora.add_text("cities", TEXT), settings)
        assert encoded.ids[encoded.ids >= 0].tolist() == encoded.tokenizer.encode(TEXT)
        assert not any(not part[0].isalnum() for word in encoded.tokenizer.words[7:] if "_" in word for part in word.split("_")), "no mark is part of one"
        assert tokenizers.train([TEXT], settings).words == encoded.tokenizer.words, "learnt from a text at once, the same"


def test_a_word_that_is_written_as_a_phrase_is_that_phrase() -> None:
    text = TEXT + "New_york.\n" * 3
    encoded = encode(corpora.add_text("cities", text), TokenizerSettings(phrase_passes=1, phrase_threshold=5.0))
    plain = encode(corpora.add_text("cities", TEXT), TokenizerSettings(phrase_passes=1, phrase_threshold=5.0))
    place = encoded.tokenizer.index["new_york"]
    assert encoded.tokenizer.words.count("new_york") == 1
    assert encoded.counts[place] == plain.counts[plain.tokenizer.index["new_york"]] + 3


def test_chinese_words_are_joined_too() -> None:
    text = "".join(random.Random(2).choices(["我们学习人工智能和语言模型。", "人工智能很有用。", "他们在学习语言。", "天气很好，我们去公园。"], k=200))
    encoded = encode(corpora.add_text("chinese", text), TokenizerSettings(phrase_passes=1, phrase_threshold=3.0))
    joined = [word for word in encoded.tokenizer.words if "_" in word]
    assert joined
    assert encoded.tokenizer.encode(text) == encoded.ids[encoded.ids >= 0].tolist()


def test_blocks_and_little_room_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TokenizerSettings(min_count=2, phrase_passes=2, phrase_threshold=5.0)
    corpus = corpora.add_text("cities", TEXT)
    whole = encode(corpus, settings)
    monkeypatch.setattr("core.text.cutting.AT_ONCE", 7)
    monkeypatch.setattr(phrases, "ROOM", 2)
    monkeypatch.setattr("core.text.encoding.VERSION", "another")
    again = encode(corpus, settings)
    assert np.array_equal(again.ids, whole.ids)
    assert again.tokenizer.phrases == whole.tokenizer.phrases


def test_of_too_many_pairs_the_rarest_are_forgotten(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(3)
    text = "".join(f"{' '.join(f'w{dice.randrange(60)}' for _ in range(8))} new york.\n" for _ in range(300))
    settings = TokenizerSettings(phrase_passes=1, phrase_threshold=8.0)
    monkeypatch.setattr(phrases, "ROOM", 16)
    monkeypatch.setattr(phrases, "LIMIT", 128)
    assert encode(corpora.add_text("many", text), settings).tokenizer.phrases == [frozenset({("new", "york")})]


def test_where_no_two_words_belong_together_there_are_none() -> None:
    encoded = encode(corpora.add_text("cities", TEXT), TokenizerSettings(phrase_passes=4, phrase_threshold=1e6))
    assert encoded.tokenizer.phrases == [frozenset()]
    assert not any("_" in word for word in encoded.tokenizer.words)


def brute(sentences: list[list[str]], least: int, threshold: float, across: bool) -> list[list[str]]:
    """One pass, as word2phrase.c goes about it."""
    flat = [word for sentence in sentences for word in sentence]
    pairs = [pair for words in ([flat] if across else sentences) for pair in pairwise(words)]
    joined = []
    for sentence in sentences:
        out: list[str] = []
        free = False
        for word in sentence:
            a, b, ab = flat.count(out[-1]) if free else 0, flat.count(word), pairs.count((out[-1], word)) if free else 0
            if free and a >= least <= b and (ab - least) / a / b * len(flat) > threshold:
                out[-1] += f"_{word}"
                free = False
            else:
                out.append(word)
                free = True
        joined.append(out)
    return joined


@pytest.mark.parametrize("across", [False, True])
def test_neighbours_across_an_end_count_only_where_the_original_way_is_asked_for(across: bool) -> None:
    cut = sentences([word.lower() for word in segment("".join([*LINES[:3], CITY]) * 3)])
    index = {word: n for n, word in enumerate(dict.fromkeys(word for sentence in cut for word in sentence))}
    numbers = np.array([n for sentence in cut for n in (*(index[word] for word in sentence), -1)], np.int32)
    names = list(index)
    counts = np.bincount(numbers[numbers >= 0])
    words = phrases.Words(counts, np.zeros(len(names), np.bool_), lambda which: [names[n] for n in which.tolist()], {})

    def blocks() -> Iterator[np.ndarray]:
        yield numbers

    settings = TokenizerSettings(min_count=1, phrase_passes=1, phrase_threshold=6.0)
    passes, new = phrases.learn(blocks, words, settings, lambda what, share: None, across)
    joined = [[]]  # type: ignore[var-annotated]
    for n in np.concatenate(list(phrases.stream(blocks, passes))).tolist():
        joined.append([]) if n < 0 else joined[-1].append([*names, *new][n])
    assert joined[:-1] == brute(cut, 1, 6.0, across)
    assert word_stream.END == -1
