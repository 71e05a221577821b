"""Span corruption, judged by the vectors in the tests of the paper's program (t5/data/preprocessors_test.py) and by what it promises."""

import numpy as np
import pytest
import torch

from core.batch import IGNORE
from core.objectives import spans
from core.objectives.pairs import Ended
from core.objectives.spans import Spans, behind_sentinels, lengths, noise
from core.text import sentinels, tokenizers
from core.text.sentinels import N_SENTINELS, sentinel
from core.text.tokenizers import END, TAB, Tokenizer
from core.text.tokenizing import TokenizerSettings


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return tokenizers.train(["a b c d e f g h i j"], TokenizerSettings())


@pytest.mark.parametrize(
    ("asked", "expected"), [((64, 0.20, 2.0), (70, 22)), ((64, 0.20, 1.0), (63, 27)), ((512, 0.15, 3.0), (568, 114)), ((64, 0.5, 3.0), (94, 64))]
)
def test_lengths_are_those_of_the_papers_program(asked: tuple[int, float, float], expected: tuple[int, int]) -> None:
    assert lengths(*asked) == expected


def test_so_many_tokens_are_hidden_in_so_many_spans_and_the_first_is_not() -> None:
    drawn = np.random.default_rng(1)
    masks = [noise(32, 0.25, 2.0, drawn) for _ in range(300)]
    begins = [np.flatnonzero(mask & ~np.concatenate([[False], mask[:-1]])) for mask in masks]
    assert {(int(mask.sum()), len(begin)) for mask, begin in zip(masks, begins, strict=True)} == {(8, 4)}
    assert not any(mask[0] for mask in masks)
    assert all(mask[-1] for mask in masks)  # spans alternate, and the last one is hidden
    assert len({mask.tobytes() for mask in masks}) > 290
    for n in (1, 2, 3, 7):  # too short for a whole share: one token at least, and never all
        assert noise(n, 0.15, 3.0, drawn).tolist() == [False] * (n - 1) + [n > 1]


def test_rolled_a_short_text_has_any_token_hidden_but_the_first() -> None:
    drawn = np.random.default_rng(1)
    masks = np.array([noise(7, 0.15, 3.0, drawn, roll=True) for _ in range(600)])
    assert (masks.sum(axis=1) == 1).all()
    assert masks.sum(axis=0).tolist() == pytest.approx([0, *[100] * 6], abs=35)
    many = [noise(70, 0.15, 3.0, drawn, roll=True) for _ in range(100)]
    assert {(int(mask.sum()), bool(mask[0])) for mask in many} == {(10, False)}
    assert {bool(mask[-1]) for mask in many} == {True, False}


def test_every_way_to_cut_is_as_likely() -> None:
    drawn = np.random.default_rng(1)
    cuts = [tuple(spans.segments(5, 3, drawn)) for _ in range(3000)]
    counts = [cuts.count(one) for one in set(cuts)]
    assert len(counts) == 6  # 5 as a sum of three numbers above nothing
    assert min(counts) > 400
    assert all(sum(one) == 5 for one in cuts)


def test_sentinels_stand_and_count_as_in_the_papers_program() -> None:
    ids, hidden = np.arange(10, 16), np.array([True, True, False, False, True, False])
    assert behind_sentinels(ids, hidden, 1000 - N_SENTINELS) == [999, 12, 13, 998, 15]
    assert behind_sentinels(ids, ~hidden, 1000 - N_SENTINELS) == [10, 11, 999, 14, 998]


def test_sentinels_are_written_read_and_shown(tokenizer: Tokenizer) -> None:
    assert sentinel(0, tokenizer.vocab_size) == tokenizer.vocab_size + N_SENTINELS - 1
    text = "a <extra_id_0> b c <extra_id_1>"
    ids = sentinels.encode(text, tokenizer)
    assert len(ids) == 5
    assert [sentinels.shown(id, tokenizer) for id in ids] == text.split()
    assert sentinels.decode(ids, tokenizer) == text
    assert max(sentinels.encode("a <extra_id_100> b", tokenizer)) < tokenizer.vocab_size, "there is no such sentinel: it is text"


def restored(source: list[int], target: list[int], vocab_size: int) -> list[int]:
    """A source with each sentinel replaced by what stands after it in the target."""
    spans, last = dict[int, list[int]](), list[int]()
    for id in target:
        if id >= vocab_size:
            spans[id] = last = []
        else:
            last.append(id)
    return [token for id in source for token in spans.get(id, [id])]


def test_source_and_target_together_are_the_text(tokenizer: Tokenizer) -> None:
    stream = np.tile(np.array([7, 8, 9, END, 10, 11, 12, 13, 14, 15, END]), 40)
    objective = Spans(stream, 32, 0.15, 3.0, tokenizer)
    assert objective.n_pos == lengths(32, 0.15, 3.0)[0]
    batch = objective.sample(8, torch.Generator().manual_seed(1))
    whole = set()
    for row in range(8):
        source = [id for id in batch.source[row].tolist() if id != tokenizer.pad_id]
        target = [id for id in batch.targets[row].tolist() if id != IGNORE]
        assert source.pop() == target.pop() == tokenizer.eos_id
        assert batch.ids[row].tolist()[: len(target) + 1] == [tokenizer.bos_id, *target]
        text = restored(source, target, tokenizer.vocab_size)
        assert text in [[int(id) for id in stream[i : i + objective.n_pos] if id >= 0] for i in range(11)]
        assert 3 <= sum(id < tokenizer.vocab_size for id in target) <= 6
        whole.add(tuple(source))
    assert len(whole) >= 6
    assert batch.source.shape[1] <= 32


def test_what_is_hidden_follows_from_the_generator_and_is_drawn_anew_each_time(tokenizer: Tokenizer) -> None:
    objective = Spans(np.arange(7, 17), 32, 0.3, 2.0, tokenizer)  # shorter than the context: one stretch
    one, same, other = (objective.sample(4, torch.Generator().manual_seed(seed)).source for seed in (1, 1, 2))
    assert torch.equal(one, same)
    assert not torch.equal(one, other)
    assert len({tuple(row) for row in one.tolist()}) > 1
    first, again = (objective.spread(100, 4) for _ in range(2))
    assert torch.equal(first[0].source, again[0].source)
    with pytest.raises(ValueError, match="nothing to hide in a text of 1 tokens"):
        Spans(np.array([7]), 32, 0.15, 3.0, tokenizer)


def test_pairs_have_the_mark_at_the_end_of_both_sides(tokenizer: Tokenizer) -> None:
    stream = np.array([7, 8, TAB, 9, END, 7, 8, 9, TAB, 9, END])
    objective = Ended(stream, 3, tokenizer)
    assert objective.n_left_out == 1  # with the mark its source is too long
    assert objective.spread(10, 4)[0].source.tolist() == [[7, 8, tokenizer.eos_id]]
