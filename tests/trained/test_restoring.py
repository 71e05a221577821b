"""T5 puts back what was hidden of a text."""

import numpy as np
import pytest

from core.systems.t5 import T5Settings
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.tokenizers import END, TAB
from core.text.tokenizing import TokenizerSettings
from core.trained.restoring import Restores
from core.training.t5 import T5Learner

TINY = T5Settings(n_layers=1, n_heads=2, d_model=32, n_ctx=16, batch_size=16, learning_rate=5e-3, warmup_steps=10, n_steps=200)
TEXT = "one two three four five six seven eight nine ten eleven"


def learner(text: str, n_steps: int, settings: T5Settings = TINY) -> T5Learner:
    tokenizer = tokenizers.train([text.replace("\t", " ")], TokenizerSettings(punctuation=True))
    sides = [
        [*tokenizer.array(side), mark] for line in text.split("\n") for side, mark in zip(line.split("\t"), (TAB, END) if "\t" in line else (END,), strict=True)
    ]
    ids = np.tile(np.concatenate(sides), 40).astype(np.int32)
    made = T5Learner(settings, EncodedCorpus(tokenizer, ids, np.bincount(ids[ids >= 0], minlength=tokenizer.vocab_size)))
    for _ in range(n_steps):
        made.advance()
    return made


@pytest.fixture(scope="module")
def restoring() -> Restores:
    return learner(TEXT, 200).trained


def test_it_learns_to_put_back_what_is_hidden(restoring: Restores) -> None:
    right = 0
    for seed in range(10):
        found = restoring.restoration(TEXT, seed)
        (span,) = found.spans
        assert span.sentinel == "<extra_id_0>"
        assert found.source[-1] == "[EOS]"
        hidden = found.source.index(span.sentinel)
        assert [*found.source[:hidden], *span.hidden, *found.source[hidden + 1 : -1]] == TEXT.split()
        right += [others[0][0] for others in span.filled] == span.hidden
    assert right >= 7
    assert len({tuple(restoring.restoration(TEXT, seed).source) for seed in range(10)}) > 3
    assert restoring.restoration(TEXT, 3) == restoring.restoration(TEXT, 3)


def test_each_token_that_is_put_back_comes_with_what_else_could_stand_there(restoring: Restores) -> None:
    """As the search for the likeliest target weighs them."""
    source, _ = restoring.corrupted(TEXT, 2)
    said = restoring.search(source, 1).best[0]
    others = restoring.alternatives(source, said.ids, 5)
    assert [each[0][0] for each in others] == restoring.shown(said.ids)
    assert [each[0][1] for each in others] == pytest.approx(said.probabilities, abs=1e-5)
    assert all(len(each) == 5 and sorted(p for _, p in each) == [p for _, p in reversed(each)] for each in others)
    (span,) = restoring.restoration(TEXT, 2, 5).spans
    assert span.filled == others[1 : 1 + len(span.filled)], "after the sentinel"


def test_spans_of_ones_own_are_filled(restoring: Restores) -> None:
    found = restoring.restoration("one two <extra_id_0> four five <extra_id_1> seven eight")
    assert [(span.sentinel, span.hidden) for span in found.spans] == [("<extra_id_0>", []), ("<extra_id_1>", [])]
    assert found.spans[0].filled


def test_a_whole_text_is_read_with_spans_hidden_and_a_pair_as_it_is(restoring: Restores) -> None:
    reading = restoring.read(TEXT)
    assert "<extra_id_0>" in reading.source
    assert reading.tokens[:2] == ["[BOS]", "<extra_id_0>"]
    source, said = restoring.answer(TEXT)
    assert "<extra_id_0>" in source
    assert said.startswith("<extra_id_0> ")
    assert list(restoring.read("one two\ttwo <extra_id_3> one").tokens) == ["[BOS]", "two", "<extra_id_3>", "one"]
    assert [each.part for each in restoring.patterns(TEXT)] == ["encoder", "decoder", "cross"]
    assert not any(word.startswith("<extra") for word in restoring.vectors(np.ones(restoring.tokenizer.vocab_size, np.int64)).words)


def test_of_pairs_it_writes_the_target_and_hides_nothing() -> None:
    trained = learner("turn: a b\tb a\nturn: b c\tc b\nsame: a b\ta b\nsame: b c\tb c", 120).trained
    assert trained.answer("turn: a b\tx") == ("turn: a b", "b a")
    assert trained.answer("same: b c") == ("same: b c", "b c")
    assert list(trained.read("turn: b c").source) == ["turn", ":", "b", "c", "[EOS]"]


def test_what_was_learnt_goes_on_with_the_sentinels_that_it_knows(restoring: Restores) -> None:
    old = learner(TEXT, 3)
    new = learner(TEXT + " moon", 0)
    rows = np.array([old.encoded.tokenizer.index.get(token, -1) for token in new.encoded.tokenizer.tokens])
    new.begin(old.weights(), rows)
    before, after = old.weights()["embed.weight"], new.weights()["embed.weight"]
    assert np.array_equal(before[-100:], after[-100:])
    assert np.array_equal(before[old.encoded.tokenizer.index["nine"]], after[new.encoded.tokenizer.index["nine"]])


def test_settings_that_need_more_sentinels_than_there_are_are_refused() -> None:
    with pytest.raises(ValueError, match="100 sentinels are too few"):
        T5Settings(n_ctx=512, noise_density=0.5, mean_span_length=1.0)
