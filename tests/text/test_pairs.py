from pathlib import Path

import numpy as np
import pytest

from core.text import corpora, encoding, tokenizers
from core.text.encoding import encode
from core.text.pairs import checked
from core.text.sentences import pairs, sentences
from core.text.tokenizers import END, TAB
from core.text.tokenizing import TokenizerSettings

LINES = [f"a man sees {i} dogs. he runs\tein mann sieht {i} hunde. er rennt" for i in range(30)]


@pytest.fixture
def corpus(home: Path) -> corpora.Corpus:
    return corpora.store("dogs", "Dogs", "test", lambda path, _: path.write_text("\n".join(LINES), "utf-8") and None, lambda *_: None, pairs=True)


@pytest.mark.parametrize("kind", ["word", "character", "bpe", "wordpiece"])
def test_both_sides_of_each_pair_come_back_whatever_the_tokens(corpus: corpora.Corpus, kind: str) -> None:
    encoded = encode(corpus, TokenizerSettings(kind=kind, vocab_size=400, punctuation=True))
    assert corpora.find(corpus.id).pairs
    assert np.count_nonzero(encoded.ids == TAB) == np.count_nonzero(encoded.ids == END) == len(LINES)
    (s0, s1), (t0, t1) = pairs(encoded.ids, encoded.tokenizer)
    for i in (0, 17, 29):
        wanted = LINES[i].split("\t")
        for start, stop, side in ((s0[i], s1[i], wanted[0]), (t0[i], t1[i], wanted[1])):
            assert encoded.tokenizer.decode(encoded.ids[start:stop]).replace(" ", "") == side.replace(" ", "")
    known = encoding.encode_with(corpus, encoded.tokenizer)
    assert np.array_equal(known.ids, encoded.ids)


def test_a_character_vocabulary_has_no_room_for_what_stands_between_sides(corpus: corpora.Corpus) -> None:
    assert not {"\t", "\n"} & set(encode(corpus, TokenizerSettings(kind="character")).tokenizer.words)


def test_a_stream_that_was_cut_inside_a_pair_gives_the_whole_ones() -> None:
    tokenizer = tokenizers.train(["a b"], TokenizerSettings())
    (s0, s1), (t0, t1) = pairs(np.array([7, TAB, 8, END, 7, 8, TAB, 7, END, 8, TAB]), tokenizer)
    assert list(zip(s0, s1, t0, t1, strict=True)) == [(0, 1, 2, 3), (4, 6, 7, 8)]


def test_sentences_of_a_text_without_pairs_follow_each_other(home: Path) -> None:
    text = "One is here. Two is there.\nThree goes\n" * 20
    for kind, first in (("wordpiece", "one is here."), ("character", "one is here. two is there."), ("bpe", "one is here. two is there.")):
        encoded = encode(corpora.add_text("t", text), TokenizerSettings(kind=kind, vocab_size=300))
        starts, stops = sentences(np.asarray(encoded.ids), encoded.tokenizer)
        assert encoded.tokenizer.decode(encoded.ids[starts[0] : stops[0]]) == first
        (s0, _), (t0, _) = pairs(np.asarray(encoded.ids), encoded.tokenizer)
        assert np.array_equal(s0[1:], t0[:-1])


@pytest.mark.parametrize(("line", "why"), [("no second side", "no tab"), ("\tb", "nothing before"), ("a\t ", "nothing after")])
def test_a_line_that_is_no_pair_is_named(line: str, why: str) -> None:
    with pytest.raises(ValueError, match=rf"Line 3 of x\.tsv is no pair: it has {why}"):
        list(checked(["a\tb", "", line], "x.tsv"))
    assert list(checked(["a\tb\tc"], "x.tsv")) == [("a", "b")]
