"""Masked tokens and sentence pairs, judged by transformers' collator and by BERT's own rules."""

from collections import Counter

import numpy as np
import pytest
import torch
from transformers import DataCollatorForLanguageModeling, PreTrainedTokenizerFast

from core.batch import IGNORE, Batch
from core.objectives.masked import COPIES, Masked
from core.objectives.masking import Masking
from core.objectives.sentence_tasks import DISTANCE, NEARBY, NEXT_SENTENCE, ORDER, ORDERS, PASSAGE
from core.objectives.sentences import NONE, Sentences, Stretch, framed, trimmed
from core.text import tokenizers
from core.text.sentences import stream
from core.text.tokenizers import END, Tokenizer
from core.text.tokenizing import TokenizerSettings

WORDS = " ".join(f"w{i}" for i in range(200))


@pytest.fixture(scope="module")
def words() -> Tokenizer:
    """w0 to w199 have the ids 7 to 206."""
    return tokenizers.train([WORDS], TokenizerSettings(min_count=1)).of_words(WORDS.split())


@pytest.fixture(scope="module")
def pieces() -> Tokenizer:
    return tokenizers.train(["walking walked talking talked slowly walker talker . ,"], TokenizerSettings(kind="wordpiece", vocab_size=40))


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def text(*lengths: int) -> np.ndarray:
    """Sentences of so many tokens: the n-th is of the id 7 + n alone."""
    return np.concatenate([[*([7 + n] * length), END] for n, length in enumerate(lengths)])


def parts(batch: Batch, tokenizer: Tokenizer, row: int = 0) -> list[list[int]]:
    """What stood between the marks of a sequence before anything was hidden."""
    whole = torch.where(batch.targets == IGNORE, batch.ids, batch.targets)[row].tolist()
    assert whole[0] == tokenizer.cls_id
    found: list[list[int]] = [[]]
    for i in whole[1:]:
        found.append([]) if i == tokenizer.sep_id else found[-1].append(i)
    assert set(found.pop()) <= {tokenizer.pad_id}
    return found


def shares(ids: torch.Tensor, given: torch.Tensor, targets: torch.Tensor, n_special: int, mask_id: int) -> list[float]:
    """Of the tokens that can be hidden, how many are targets; of those, how many are [MASK], another token, themselves."""
    chosen = targets != IGNORE
    n = float(chosen.sum())
    masked, same = (given == mask_id) & chosen, (given == targets) & chosen
    return [n / float((ids >= n_special).sum()), float(masked.sum()) / n, float((chosen & ~masked & ~same).sum()) / n, float(same.sum()) / n]


def test_as_much_is_hidden_and_in_the_same_ways_as_by_transformers(words: Tokenizer) -> None:
    rng = np.random.default_rng(0)
    ids = rng.integers(7, 207, 3000 * 40)
    objective = Masked(np.concatenate([[*part, END] for part in ids.reshape(-1, 40)]), 42, words, tasks=(PASSAGE,))
    batches = [objective.sample(50, generator(seed)) for seed in range(60)]
    given, targets = torch.cat([b.ids for b in batches]), torch.cat([b.targets for b in batches])
    ours = shares(torch.where(targets == IGNORE, given, targets), given, targets, 7, words.mask_id)
    theirs = PreTrainedTokenizerFast(tokenizer_object=words.library, mask_token="[MASK]", pad_token="[PAD]", cls_token="[CLS]", sep_token="[SEP]")
    whole = torch.from_numpy(np.pad(ids.reshape(-1, 40), ((0, 0), (1, 1)), constant_values=((0, 0), (words.cls_id, words.sep_id))))
    judged = DataCollatorForLanguageModeling(theirs, seed=1)([{"input_ids": row} for row in whole])
    expected = shares(whole, judged["input_ids"], judged["labels"], 7, words.mask_id)
    # 18,000 are hidden: a standard error of 0.3 % of them; transformers may take a special token, or the same one, for another.
    assert ours == pytest.approx(expected, abs=0.012)
    assert ours == pytest.approx([0.15, 0.8, 0.1, 0.1], abs=0.01)
    assert set(given[(targets != IGNORE) & (given != words.mask_id)].tolist()) <= set(range(7, 207)), "a random token is no mark"


def test_whole_words_are_hidden_or_none_of_their_pieces_as_by_transformers(pieces: Tokenizer) -> None:
    line = "walking talked slowly , walker walked walking ."
    objective = Masked(stream(line, pieces), 64, pieces, level="words", tasks=(PASSAGE,))
    theirs = PreTrainedTokenizerFast(tokenizer_object=pieces.library, mask_token="[MASK]", pad_token="[PAD]", unk_token="[UNK]")
    word_ids = np.array(theirs(line).word_ids())
    assert len(set(word_ids)) < len(word_ids), "some have several pieces"
    for seed in range(40):
        hidden = (objective.sample(1, generator(seed)).targets[0, 1:-1] != IGNORE).numpy()
        assert hidden.any()
        assert all(hidden[word_ids == n].all() or not hidden[word_ids == n].any() for n in set(word_ids))


def test_units_fill_the_share_and_one_is_hidden_at_least(words: Tokenizer) -> None:
    masking, rng = Masking(words, 0.25), np.random.default_rng(0)
    units = np.array([NONE, 0, 0, 0, 1, 2, 2, 3, 4, 5, 5, 6, 7, NONE])  # twelve tokens: three to be hidden
    drawn = [masking.chosen(units, rng) for _ in range(300)]
    assert {int(chosen.sum()) for chosen in drawn} == {3}
    assert not any(chosen[[0, -1]].any() for chosen in drawn)
    assert all(len(set(units[chosen]) & set(units[~chosen])) == 0 for chosen in drawn)
    assert np.all(np.sum(drawn, 0)[1:-1] > 0), "any may be"
    assert masking.chosen(np.array([0, 0, 0, 1, 1]), rng).tolist() == [False] * 3 + [True] * 2, "too long, the shortest"


def test_an_ngram_is_behind_one_mask_and_has_an_id_of_its_own(words: Tokenizer) -> None:
    masking = Masking(words, share=0.99, n_ngrams=2, as_mask=1.0, as_random=0.0)
    sequence = Stretch(np.array([5, 10, 11, 12, 13, 14, 15, 6]), np.array([NONE, 0, 1, 1, 2, 2, 3, NONE]), np.array([NONE, NONE, 1, 1, 2, 2, NONE, NONE]))
    hidden = masking.hide(sequence, np.array([0, 0, 0, 0, 1, 1, 1, 1]), np.random.default_rng(0))
    m = words.mask_id
    assert hidden.ids.tolist() == [5, m, m, m, m, m, 6]
    assert hidden.targets.tolist() == [IGNORE, 10, words.vocab_size + 1, 13, 14, 15, IGNORE], "the third n-gram has no id: token by token"
    assert hidden.segments.tolist() == [0, 0, 0, 1, 1, 1, 1]


def test_a_pair_is_two_stretches_of_sentences_that_follow_each_other_or_not(words: Tokenizer) -> None:
    objective = Masked(text(*[1] * 150), 20, words)  # sentences of a token fit without being trimmed
    said = Counter()
    for seed in range(40):
        batch = objective.sample(16, generator(seed))
        assert batch.label is not None
        for row in range(16):
            a, b = ([i - 7 for i in part] for part in parts(batch, words, row))
            assert a
            assert b
            assert len(a) + len(b) <= 17
            assert a == sorted(a)
            assert b == sorted(b)
            said[label := int(batch.label[row])] += 1
            assert (b[0] == a[-1] + 1) == (label == 0)
            segments = batch.segments[row].tolist()
            assert segments[: len(a) + len(b) + 3] == [0] * (len(a) + 2) + [1] * (len(b) + 1)
    # As in create_pretraining_data: one in two where there are several sentences; a single one that fills the room has another after it.
    assert said[0] / sum(said.values()) == pytest.approx(0.5, abs=0.06)


def test_the_longer_side_loses_tokens_until_both_have_room() -> None:
    def side(n: int) -> Stretch:
        return Stretch(np.arange(n), np.arange(n), np.full(n, NONE))

    rng = np.random.default_rng(0)
    for n_a, n_b, room, expected in ((10, 3, 13, (10, 3)), (10, 3, 8, (5, 3)), (10, 12, 9, (5, 4)), (2, 30, 9, (2, 7)), (5, 5, 2, (1, 1))):
        a, b = trimmed(side(n_a), side(n_b), room, rng)
        assert (len(a), len(b)) == expected
        assert np.array_equal(np.diff(b.ids), np.ones(len(b) - 1))
    fronts = [int(trimmed(side(11), side(1), 9, rng)[0].ids[0]) for _ in range(400)]
    assert np.mean(fronts) == pytest.approx(1.5, abs=0.2), "at its front as often as at its back"


def test_a_phrase_that_is_cut_is_none() -> None:
    whole = Stretch(np.arange(6), np.array([0, 0, 0, 1, 2, 2]), np.array([4, 4, 4, NONE, 5, 5]))
    assert whole.cut(1, 5).ngrams.tolist() == [NONE] * 4
    assert whole.cut(0, 4).ngrams.tolist() == [4, 4, 4, NONE]


def test_parts_are_shuffled_in_every_order_and_the_answer_says_which(words: Tokenizer) -> None:
    objective = Masked(text(*[3] * 40), 24, words, tasks=(PASSAGE, ORDER), active=(1,))
    seen = Counter()
    for seed in range(60):
        batch = objective.sample(8, generator(seed))
        assert batch.task == 1
        for row in range(8):
            order = ORDERS[int(batch.label[row])]
            found = parts(batch, words, row)
            assert len(found) == len(order)
            assert sorted(range(len(found)), key=lambda i: found[order.index(i)]) == list(range(len(found))), "put back in order they rise"
            segments = [i for i, part in enumerate(found) for _ in range(len(part) + 1 + (i == 0))]
            assert batch.segments[row, : len(segments)].tolist() == segments
            seen[order] += 1
    assert set(seen) == set(ORDERS)
    assert ORDER.labels[ORDERS.index((1, 0, 2))] == "2 1 3"


def test_two_sentences_are_neighbours_near_or_far(words: Tokenizer) -> None:
    objective = Masked(text(*[2] * 150), 12, words, tasks=(DISTANCE,))
    seen = Counter()
    for seed in range(40):
        batch = objective.sample(16, generator(seed))
        for row in range(16):
            (a, *_), (b, *_) = parts(batch, words, row)
            label = int(batch.label[row])
            seen[label] += 1
            assert (b == a + 1, 1 < abs(a - b) <= NEARBY, abs(a - b) > NEARBY).index(True) == label
    assert min(seen.values()) > 0.27 * sum(seen.values()), "each about as often"
    short = Masked(text(2, 2, 2), 12, words, tasks=(DISTANCE,))
    assert {int(n) for seed in range(20) for n in short.sample(4, generator(seed)).label} == {0, 1}, "a short text has none from elsewhere"


def test_the_same_generator_gives_the_same_examples_and_the_spread_is_the_same_each_time(words: Tokenizer) -> None:
    objective = Masked(text(*[5] * 60), 24, words, tasks=(PASSAGE, ORDER, DISTANCE), active=(0, 1, 2))
    one, same, other = (objective.sample(8, generator(seed)) for seed in (1, 1, 2))
    assert torch.equal(one.ids, same.ids)
    assert torch.equal(one.targets, same.targets)
    assert one.ids.shape != other.ids.shape or not torch.equal(one.ids, other.ids)
    first, again = objective.spread(600, 4), objective.spread(600, 4)
    assert [batch.task for batch in first] == [0, 0, 1, 1, 2, 2]
    assert all(torch.equal(a.ids, b.ids) and torch.equal(a.targets, b.targets) for a, b in zip(first, again, strict=True))


def test_static_masks_are_seen_again_and_dynamic_ones_are_not(words: Tokenizer) -> None:
    n_ways = {}
    for static in (True, False):
        objective = Masked(text(*[9] * 4), 11, words, tasks=(PASSAGE,), static=static)
        drawn = [objective.sample(8, generator(seed)) for seed in range(60)]
        n_ways[static] = len({(tuple(i), tuple(t)) for batch in drawn for i, t in zip(batch.ids.tolist(), batch.targets.tolist(), strict=True)})
    assert n_ways[True] <= 4 * COPIES < n_ways[False]


@pytest.mark.parametrize("kind", ["word", "character", "bpe", "wordpiece"])
@pytest.mark.parametrize("given", ["a", "the king sees the queen", "我们学习语言模型。我们去公园。", "one line\nanother line\nthe end"])
@pytest.mark.parametrize("level", ["tokens", "words", "phrases"])
def test_the_shortest_texts_have_examples_of_every_task(kind: str, given: str, level: str) -> None:
    """One token, one sentence, Chinese; a vocabulary of one word."""
    tokenizer = tokenizers.train([given * 30], TokenizerSettings(kind=kind, vocab_size=400))
    for task in (PASSAGE, NEXT_SENTENCE, ORDER, DISTANCE):
        objective = Masked(stream(given, tokenizer), 16, tokenizer, level=level, tasks=(task,))
        for batch in (objective.sample(3, generator(1)), *objective.spread(100, 4)):
            assert batch.ids.shape[1] <= 16
            assert ((batch.targets != IGNORE).sum(1) > 0).all()
            assert (batch.targets[batch.targets != IGNORE] != tokenizer.sep_id).all()


def test_a_text_without_sentence_ends_is_taken_in_pieces(words: Tokenizer) -> None:
    ids = np.arange(7, 207)
    pieces = Sentences(ids, words, 30)
    assert [len(pieces[i]) for i in range(len(pieces))] == [30] * 6 + [20]
    assert np.array_equal(pieces.stretch(0, 7).ids, ids)
    batch = Masked(ids, 33, words).sample(4, generator())
    assert batch.label is not None
    assert batch.ids.shape == (4, 33)
    assert Sentences(np.array([7, END, 8, 9, END]), words, 30).chunks().tolist() == [0]
    with pytest.raises(ValueError, match="There is no token in this text"):
        Masked(np.array([END]), 16, words)


def test_a_frame_is_of_cls_and_a_sep_after_each_part(words: Tokenizer) -> None:
    a, b = Stretch(np.array([8, 9]), np.array([0, 0]), np.array([3, 3])), Stretch(np.array([10]), np.array([0]), np.array([NONE]))
    sequence, segments = framed([a, b], words)
    assert sequence.ids.tolist() == [words.cls_id, 8, 9, words.sep_id, 10, words.sep_id]
    assert segments.tolist() == [0, 0, 0, 0, 1, 1]
    assert sequence.units[1] == sequence.units[2] != sequence.units[4]
    assert (sequence.units[[0, 3, 5]] == NONE).all()
