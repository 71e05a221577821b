import errno
import shutil
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core.text import corpora, cutting, encoding, running, tokenizers
from core.text.encoding import EncodedCorpus, encode
from core.text.tokenizing import TokenizerSettings

LINES = [f"the cat number {i % 7} sat on mat{i % 3} . then it ran away !" for i in range(200)]
TEXT = "\n".join(LINES)


@pytest.fixture
def corpus() -> corpora.Corpus:
    return corpora.add_text("cats", TEXT)


def test_words_are_numbered_by_frequency_and_sentences_are_kept_apart(corpus: corpora.Corpus) -> None:
    encoded = encode(corpus, TokenizerSettings())
    assert encoded.ids.dtype == np.int32
    assert encoded.tokenizer.decode(encoded.ids).splitlines()[:2] == ["the cat number 0 sat on mat0", "then it ran away"]
    expected = Counter(TEXT.replace(".", "").replace("!", "").split())
    assert {encoded.tokenizer.words[i]: n for i, n in enumerate(encoded.counts.tolist()) if n} == expected
    assert list(encoded.counts[7:]) == sorted(encoded.counts[7:], reverse=True)
    assert encoded.counts.sum() == np.count_nonzero(encoded.ids != -1)
    assert not np.any((encoded.ids[1:] == -1) & (encoded.ids[:-1] == -1))
    assert encoded.ids[0] != -1


def test_rare_words_are_left_out_of_static_texts_and_marked_in_running_ones(corpus: corpora.Corpus) -> None:
    static, running = (encode(corpus, TokenizerSettings(min_count=50, punctuation=marks)) for marks in (False, True))
    unk = static.tokenizer.unk_id
    assert not np.any(static.ids == unk)
    assert np.count_nonzero(running.ids == unk) == 7 * 29 - 3  # the numbers


@pytest.mark.parametrize("kind", ["character", "bpe"])
def test_running_text_keeps_its_line_ends_and_comes_back_exactly(corpus: corpora.Corpus, kind: str) -> None:
    encoded = encode(corpus, TokenizerSettings(kind=kind, vocab_size=300, lowercase=False))
    assert encoded.ids.min() >= 0
    assert encoded.tokenizer.decode(encoded.ids) == TEXT == corpus.text()
    assert list(encoded.counts[7:]) == sorted(encoded.counts[7:], reverse=True)


@pytest.mark.parametrize("kind", ["word", "character", "bpe", "wordpiece"])
def test_the_second_time_comes_from_the_disk(corpus: corpora.Corpus, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TokenizerSettings(kind=kind, vocab_size=300)
    first = encode(corpus, settings)
    monkeypatch.setattr(encoding, "_words", None)
    monkeypatch.setattr(encoding, "_running", None)
    second = encode(corpus, settings)
    assert isinstance(second.ids, np.memmap)
    assert np.array_equal(first.ids, second.ids)
    assert first.tokenizer.words == second.tokenizer.words


@pytest.mark.parametrize("name", ["ids.npy", "counts.npy", "tokenizer.json"])
@pytest.mark.parametrize("damage", ["gone", "cut", "empty"])
def test_a_damaged_cache_is_made_again(corpus: corpora.Corpus, home: Path, name: str, damage: str) -> None:
    first = np.array(encode(corpus, TokenizerSettings()).ids)
    file = next((home / "cache" / "encoded").iterdir()) / name
    content = file.read_bytes()
    file.unlink()
    if damage != "gone":
        file.write_bytes(content[: len(content) // 2] if damage == "cut" else b"")
    assert np.array_equal(encode(corpus, TokenizerSettings()).ids, first)


def test_other_settings_and_other_texts_do_not_share_a_cache(corpus: corpora.Corpus, home: Path) -> None:
    encode(corpus, TokenizerSettings())
    encode(corpus, TokenizerSettings(min_count=2))
    encode(corpora.add_text("cats", TEXT + " more"), TokenizerSettings())
    assert len(list((home / "cache" / "encoded").iterdir())) == 3


@pytest.mark.parametrize("kind", ["word", "character"])
def test_the_tail_is_held_out_and_never_empty(corpus: corpora.Corpus, kind: str) -> None:
    encoded = encode(corpus, TokenizerSettings(kind=kind))
    assert np.array_equal(np.concatenate([encoded.train, encoded.held_out]), encoded.ids)
    assert 0.04 < len(encoded.held_out) / len(encoded.ids) < 0.08
    if kind == "word":
        assert encoded.train[-1] == -1
        assert encoded.held_out[0] != -1


@pytest.mark.parametrize("n", [2, 3, 20, 21, 400])
def test_some_is_held_out_of_however_little(n: int) -> None:
    tokenizer = tokenizers.train(["a b"], TokenizerSettings())
    for ids in (np.arange(n), np.where(np.arange(n) % 3 == 2, -1, 8)):
        encoded = EncodedCorpus(tokenizer, ids.astype(np.int32), np.zeros(9, np.int64))
        assert len(encoded.train) > 0
        assert np.any(encoded.held_out != -1)


def test_too_little_text_is_said_in_words() -> None:
    small = corpora.add_text("small", "only a few words are here")
    with pytest.raises(ValueError, match=r"has 6 tokens with these settings; at least 20 are needed"):
        encode(small, TokenizerSettings())
    with pytest.raises(ValueError, match=r"No word reaches min_count 5"):
        encode(small, TokenizerSettings(min_count=5))
    with pytest.raises(ValueError, match="kind must be one of"):
        encode(small, TokenizerSettings(kind="syllable"))


def test_an_interrupted_write_leaves_nothing(corpus: corpora.Corpus, home: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*_: object) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(ValueError, match=r"is full\. Free some space"):
        encode(corpus, TokenizerSettings())
    assert list((home / "cache" / "encoded").iterdir()) == []
    monkeypatch.undo()
    shutil.rmtree(home, ignore_errors=True)


@pytest.mark.parametrize("kind", ["word", "character", "bpe"])
def test_many_blocks_give_the_same_ids_as_one(corpus: corpora.Corpus, kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = TokenizerSettings(kind=kind, punctuation=True, vocab_size=300)
    whole = encode(corpus, settings)
    raw_blocks = cutting.raw_blocks
    monkeypatch.setattr(cutting, "raw_blocks", lambda path, size=cutting.BLOCK: raw_blocks(path, 100 if size == cutting.BLOCK else size))
    monkeypatch.setattr(cutting, "AT_ONCE", 32)
    monkeypatch.setattr(encoding, "LOOKED_AT", 32)
    monkeypatch.setattr(running, "REMEMBERED", 5)
    for module in (cutting, encoding):
        monkeypatch.setattr(module, "VERSION", "another")
    again = encode(corpus, settings)
    assert np.array_equal(again.ids, whole.ids)
    assert np.array_equal(again.counts, whole.counts)
    assert again.cut == whole.cut
