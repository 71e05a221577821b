"""Which tokens belong together, judged by transformers' own whole words and by words that are known."""

import random
from pathlib import Path

import numpy as np
import pytest
import tokenizers as library
from transformers import PreTrainedTokenizerFast

from core.text import corpora, tokenizers
from core.text.encoding import encode
from core.text.tokenizers import Tokenizer
from core.text.tokenizing import TokenizerSettings
from core.text.units import Level, Units
from tests.text.test_phrases import TEXT

ENGLISH = TEXT + "A walker walked slowly (in York), isn't it? She flew there today.\n" * 9
CHINESE = "".join(random.Random(2).choices(["我们学习人工智能和语言模型。", "人工智能很有用。", "他们在学习语言。", "天气很好，我们去公园。"], k=200))
KINDS = ("character", "bpe", "wordpiece")


def learnt(text: str, kind: str, **more: object) -> Tokenizer:
    return encode(corpora.add_text("text", text), TokenizerSettings(kind=kind, vocab_size=400, **more)).tokenizer  # type: ignore[arg-type]


def cut(tokenizer: Tokenizer, text: str, level: Level) -> list[str]:
    """The units of a text as shown."""
    ids = np.array(tokenizer.encode(text))
    units, _ = Units(tokenizer, level)(ids)
    assert (np.diff(units) >= 0).all()
    return ["".join(tokenizer.words[i].removeprefix("##") for i in ids[units == n]).strip() for n in range(units[-1] + 1)]


@pytest.mark.parametrize("kind", KINDS)
def test_words_are_whole_and_marks_stand_alone(kind: str) -> None:
    units = [unit for unit in cut(learnt(ENGLISH, kind), "the walker walked in new york, she flew.", "words") if unit]
    assert units == ["the", "walker", "walked", "in", "new", "york", ",", "she", "flew", "."]


@pytest.mark.parametrize("kind", KINDS)
def test_phrases_of_the_text_are_one_unit(kind: str, tmp_path: Path) -> None:
    tokenizer = learnt(ENGLISH, kind, phrase_passes=1, phrase_threshold=5.0, min_count=2)
    assert ("new", "york") in tokenizer.ngrams
    assert "new york" in [unit.replace("newyork", "new york") for unit in cut(tokenizer, "she flew to new york .", "phrases")]
    assert tokenizer.encode("she flew to new york .") == tokenizer.with_ngrams([]).encode("she flew to new york ."), "its tokens stay what they were"
    tokenizer.save(tmp_path / "tokenizer.json")
    assert tokenizers.load(tmp_path / "tokenizer.json").ngrams == tokenizer.ngrams
    assert library.Tokenizer.from_file(str(tmp_path / "tokenizer.json")).get_vocab_size() == tokenizer.vocab_size
    ids = np.array(tokenizer.encode("she flew to new york ."))
    units, ngrams = Units(tokenizer, "phrases")(ids)
    known = ngrams[np.isin(units, units[ngrams == tokenizer.ngrams.index(("new", "york"))])]
    assert len(known) >= 2
    assert tokenizer.words[tokenizer.vocab_size + known[0]] == "new york", "an id beyond the vocabulary is shown as its words"


@pytest.mark.parametrize("kind", KINDS)
def test_in_chinese_words_are_several_characters(kind: str) -> None:
    tokenizer = learnt(CHINESE, kind, phrase_passes=1)
    assert "".join(cut(tokenizer, "我们学习语言模型。", "words")).count("<") == 0 or kind == "bpe"
    if kind != "bpe":  # whose tokens may end within a character
        assert cut(tokenizer, "我们学习语言模型。", "words") == ["我们", "学习", "语言", "模型", "。"]
        assert tokenizer.pieces("我们学习") == ["我", "们", "学", "习"], "a piece is one Han character"
        assert tokenizer.decode(tokenizer.encode("我们学习语言模型。")) == "我们学习语言模型。"
    assert ("人工智能",) in tokenizer.ngrams


def test_words_are_transformers_whole_words() -> None:
    """Where nothing is written together but words: its collator's word ids, of the same tokenizer.json."""
    tokenizer = learnt(ENGLISH, "wordpiece")
    theirs = PreTrainedTokenizerFast(tokenizer_object=tokenizer.library)
    for line in ENGLISH.split("\n")[-13:-1] + ENGLISH.split("\n")[:12]:
        found = theirs(line, add_special_tokens=False)
        units, _ = Units(tokenizer, "words")(np.array(found.input_ids))
        theirs_units = np.array(found.word_ids())
        # Both cut at the same places; an unknown mark is a unit of its own here too.
        assert np.array_equal(np.diff(units) > 0, np.diff(theirs_units) > 0), line


def test_a_word_cut_in_two_and_an_unknown_token_are_units() -> None:
    tokenizer = learnt(ENGLISH, "wordpiece")
    assert cut(tokenizer, "walked ☃ 我", "words") == ["walked", "[UNK]", "[UNK]"]
    units, ngrams = Units(tokenizer, "words")(np.array([], np.int64))
    assert len(units) == len(ngrams) == 0
    bytes_ = learnt(CHINESE, "bpe")
    ids = np.array(bytes_.encode("人工智能"))
    assert len(Units(bytes_, "words")(ids[1:])[0]) == len(ids) - 1, "the first byte of a character may be missing"
