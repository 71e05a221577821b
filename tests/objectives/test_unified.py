"""UniLM's objectives: which sequences are read in which way, who sees whom there, and what is hidden."""

import numpy as np
import pytest
import torch

from core.batch import IGNORE, Batch
from core.objectives.unified import SequenceToSequence, Unified, ways_of
from core.text import tokenizers
from core.text.sentences import stream
from core.text.tokenizers import END, TAB, Tokenizer
from core.text.tokenizing import TokenizerSettings

TEXT = "the king rules the land\nthe queen sees the king and the land\na dog ran\nthe man has a dog\nthe woman sees the man\nthe land is old\n" * 6


@pytest.fixture(scope="module")
def tokenizer() -> Tokenizer:
    return tokenizers.train([TEXT], TokenizerSettings(min_count=1))


@pytest.fixture(scope="module")
def objective(tokenizer: Tokenizer) -> Unified:
    return Unified(stream(TEXT, tokenizer), 16, tokenizer)


def drawn(objective: Unified, n: int, batch_size: int = 32) -> list[Batch]:
    return [objective.sample(batch_size, torch.Generator().manual_seed(seed)) for seed in range(n)]


def seen(batch: Batch, row: int, length: int) -> list[str]:
    return ["".join("#" if one else "." for one in line[:length]) for line in batch.attn_mask[row, 0, :length]]


def restored(batch: Batch) -> torch.Tensor:
    return torch.where(batch.targets == IGNORE, batch.ids, batch.targets)


def test_ways_come_in_the_papers_proportions(objective: Unified) -> None:
    counts = {name: 0 for name in ("bidirectional", "left to right", "right to left", "sequence to sequence")}
    for batch in drawn(objective, 60):
        for name, rows in ways_of(batch).items():
            counts[name] += int(rows.sum())
    n = 60 * 32
    assert [counts[name] / n for name in counts] == pytest.approx([1 / 3, 1 / 6, 1 / 6, 1 / 3], abs=0.04)  # more than three standard deviations
    held_out = [name for batch in objective.spread(6 * 16, 8) for name, rows in ways_of(batch).items() for _ in range(int(rows.sum()))]
    assert sorted(held_out) == ["bidirectional"] * 2 + ["left to right", "right to left"] + ["sequence to sequence"] * 2


@pytest.mark.parametrize(
    ("way", "segments", "sees"),
    [
        ("bidirectional", (0, 1), lambda i, j, n: True),
        ("left to right", (2, 2), lambda i, j, n: j <= i),
        ("right to left", (3, 3), lambda i, j, n: j >= i),
        ("sequence to sequence", (4, 5), lambda i, j, n: j < n or j <= i),  # n: how long [CLS], the source and its [SEP] are
    ],
)
def test_each_way_has_its_mask_and_its_segments(way: str, segments: tuple[int, int], sees: object, objective: Unified, tokenizer: Tokenizer) -> None:
    n_looked_at = 0
    for batch in drawn(objective, 3):
        for row in torch.nonzero(ways_of(batch).get(way, torch.zeros(0)))[:, 0].tolist():
            length = int((batch.ids[row] != tokenizer.pad_id).sum())
            whole = restored(batch)[row].tolist()
            n_source = whole.index(tokenizer.sep_id) + 1
            assert whole[0] == tokenizer.cls_id
            assert whole[length - 1] == tokenizer.sep_id
            expected = ["".join("#" if sees(i, j, n_source) else "." for j in range(length)) for i in range(length)]
            assert seen(batch, row, length) == expected
            assert not batch.attn_mask[row, 0, :, length:].any(), "nobody sees the filling"
            assert batch.segments[row, :length].tolist() == [segments[0]] * n_source + [segments[1]] * (length - n_source)
            n_looked_at += 1
    assert n_looked_at > 5


def test_fifteen_percent_are_hidden_and_never_a_mark(objective: Unified, tokenizer: Tokenizer) -> None:
    hidden = ordinary = behind_mask = 0
    for batch in drawn(objective, 40):
        wanted = batch.targets != IGNORE
        assert (wanted.sum(1) > 0).all()
        assert (batch.targets[wanted] >= tokenizer.n_special).all()
        hidden += int(wanted.sum())
        ordinary += int((restored(batch) >= tokenizer.n_special).sum())
        behind_mask += int((batch.ids[wanted] == tokenizer.mask_id).sum())
    assert hidden / ordinary == pytest.approx(0.15, abs=0.02)
    assert behind_mask / hidden == pytest.approx(0.8, abs=0.04)


def test_source_and_target_follow_each_other_in_the_text(objective: Unified, tokenizer: Tokenizer) -> None:
    text = stream(TEXT, tokenizer)
    words = " ".join(map(str, text[text >= 0]))
    for batch in drawn(objective, 3):
        for row in torch.nonzero(ways_of(batch)["sequence to sequence"])[:, 0].tolist():
            whole = restored(batch)[row].tolist()
            assert " ".join(str(i) for i in whole if i >= tokenizer.n_special) in words
            assert whole[whole.index(tokenizer.sep_id) + 1] >= tokenizer.n_special, "there is a target"


def test_whether_the_second_part_follows_is_asked_of_those_read_from_both_sides(tokenizer: Tokenizer) -> None:
    for batch in drawn(Unified(stream(TEXT, tokenizer), 16, tokenizer), 3):
        asked = batch.label != IGNORE
        assert torch.equal(asked, ways_of(batch)["bidirectional"])
        assert set(batch.label[asked].tolist()) == {0, 1}
    assert all(batch.label is None for batch in drawn(Unified(stream(TEXT, tokenizer), 16, tokenizer, next_sentence=False), 3))


@pytest.mark.parametrize("text", ["king", "the king", "the king rules the land", "the king\nthe queen"])
def test_the_shortest_texts_give_examples_too(text: str, tokenizer: Tokenizer) -> None:
    objective = Unified(stream(text, tokenizer), 12, tokenizer)
    for batch in [*drawn(objective, 5, 8), *objective.spread(100, 4)]:
        assert ((batch.targets != IGNORE).sum(1) > 0).all()
        assert batch.ids.shape[1] <= 12
        for name, rows in ways_of(batch).items():
            if name == "sequence to sequence":
                assert (batch.segments[rows] == 5).any(1).all()


def test_the_same_generator_gives_the_same_examples(objective: Unified) -> None:
    one, same, other = (objective.sample(8, torch.Generator().manual_seed(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.ids, same.ids)
    assert torch.equal(one.attn_mask, same.attn_mask)
    assert one.ids.shape != other.ids.shape or not torch.equal(one.ids, other.ids)


def test_of_pairs_the_source_is_seen_whole_and_the_target_hidden_its_end_among_it(tokenizer: Tokenizer) -> None:
    t = tokenizer
    pairs = np.array([*range(7, 13), TAB, *range(13, 17), END] * 30)
    objective = SequenceToSequence(pairs, 16, tokenizer)
    hidden, ends = 0, 0
    for seed in range(20):
        batch = objective.sample(8, torch.Generator().manual_seed(seed))
        assert restored(batch)[0].tolist() == [t.cls_id, *range(7, 13), t.sep_id, *range(13, 17), t.sep_id]
        assert batch.segments[0].tolist() == [4] * 8 + [5] * 5
        assert seen(batch, 0, 13)[7] == "########....."
        assert seen(batch, 0, 13)[9] == "##########..."
        assert (batch.targets[:, :8] == IGNORE).all()
        wanted = batch.targets != IGNORE
        hidden += int(wanted.sum())
        ends += int(wanted[:, -1].sum())
    assert hidden / (20 * 8 * 5) == pytest.approx(0.8)  # of five tokens four: 70 %, rounded
    assert ends / (20 * 8) == pytest.approx(0.8, abs=0.1)
    with pytest.raises(ValueError, match=r"all 30 are longer than n_ctx \(12 tokens\)"):
        SequenceToSequence(pairs, 12, tokenizer)
