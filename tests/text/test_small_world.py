from itertools import islice
from pathlib import Path

import pytest

from core.text import corpora, small_world


def lines(n: int, seed: int = 1) -> list[str]:
    return list(islice(small_world.sentences(seed), n))


def test_the_same_seed_gives_the_same_sentences_and_another_gives_others() -> None:
    assert lines(200, 3) == lines(200, 3)
    assert lines(200, 3) != lines(200, 4)
    corpus = corpora.find("small-world:200:3")
    assert corpus.text().splitlines() == lines(200, 3)
    assert (corpus.id, corpus.n_sentences) == ("small-world-200-3", 200)


def test_every_sentence_ends_with_a_mark_of_its_own() -> None:
    assert all(line.endswith(" .") and line == line.lower() for line in lines(500))


@pytest.mark.parametrize("reference", ["small-world:0:1", "small-world:5:-1", "small-world:many", "small-world:1:2:3", "small-world:999999999999"])
def test_a_world_that_cannot_be_is_refused(reference: str) -> None:
    with pytest.raises(ValueError, match="cannot be made: write small-world:SENTENCES:SEED"):
        corpora.find(reference)


def test_the_truths_hold_in_the_text() -> None:
    truths = small_world.truths()
    text = lines(40_000)
    together = {frozenset(pair) for line in text if " capital of " in line for pair in [set(line.split()) & set(truths.groups)]}
    for country, capital, *_ in truths.analogies["capital"]:
        assert any({country, capital} <= pair for pair in together)
    words = {word for line in text for word in line.split()}
    assert set(truths.groups) <= words
    assert {word for kind in truths.analogies.values() for four in kind for word in four} <= words
    assert ("man", "king", "woman", "queen") in truths.analogies["rank"]


def test_each_gender_keeps_its_pronoun() -> None:
    groups = small_world.truths().groups
    for line in lines(5000):
        words = line.split()
        people = {groups[word] for word in words if groups.get(word) in ("man", "woman")}
        if people == {"man"}:
            assert not {"she", "her", "herself"} & set(words)
        if people == {"woman"}:
            assert not {"he", "his", "himself"} & set(words)


def test_the_verb_agrees_with_the_first_noun() -> None:
    words = [line.split() for line in lines(30_000)]
    seen = {" ".join(line[:n]) for line in words for n in (6, 7)}
    agreement = small_world.truths().agreement
    assert not [f"{beginning} {wrong}" for beginning, _, wrong in agreement if f"{beginning} {wrong}" in seen]
    assert sum(f"{beginning} {right}" in seen for beginning, right, _ in agreement) > 250


def test_words_with_two_senses_stand_with_either_company() -> None:
    senses: dict[str, set[str]] = {}
    for sentence, word, sense in small_world.sense_examples(300):
        assert word in sentence.split()
        senses.setdefault(word, set()).add(sense)
        companions = {c for w, s, known in small_world.SENSES if (w, s) != (word, sense) and w == word for c in known}
        assert not companions & set(sentence.split())
    assert all(len(found) == 2 for found in senses.values())


def test_wrong_orders_are_never_sentences() -> None:
    sentences = set(lines(20_000))
    for right, wrong in small_world.order_examples(50):
        assert sorted(right.split()) == sorted(wrong.split())
        assert right != wrong
        assert wrong not in sentences


def test_a_skip_gram_finds_the_queen(tmp_path: Path) -> None:
    word2vec = pytest.importorskip("gensim.models.word2vec")
    text = [[word for word in line.split() if word not in ",."] for line in lines(30_000)]
    found = word2vec.Word2Vec(text, vector_size=40, window=5, min_count=5, sg=1, negative=5, epochs=2, workers=1, sample=1e-3, seed=1).wv
    assert found.most_similar(positive=["king", "woman"], negative=["man"], topn=1)[0][0] == "queen"
    assert found.most_similar(positive=["paris", "italy"], negative=["france"], topn=1)[0][0] == "rome"
