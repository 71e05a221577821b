"""What ELMo can be asked: words from their letters, seen or not."""

import numpy as np
import pytest
import torch

from core.systems.elmo import ELMoSettings
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.tokenizing import TokenizerSettings
from core.trained.elmo import TrainedELMo
from core.training.elmo import ELMoLearner

TEXT = "The king rules the land . the queen rules the sea . " * 10
TINY = ELMoSettings(d_model=8, d_hidden=8, n_ctx=8, batch_size=2, n_steps=5)


def learner(**how: object) -> ELMoLearner:
    tokenizer = tokenizers.train([TEXT], TokenizerSettings(min_count=1, punctuation=True, **{"kind": "word", "lowercase": True} | how))
    ids = tokenizer.array(TEXT)
    return ELMoLearner(TINY, EncodedCorpus(tokenizer, ids, np.bincount(ids[ids >= 0], minlength=tokenizer.vocab_size)))


@pytest.fixture(scope="module")
def trained() -> TrainedELMo:
    return learner().trained


def test_a_word_has_the_vector_of_its_letters_whether_it_was_seen_or_not(trained: TrainedELMo) -> None:
    vectors = trained.vectors(np.ones(trained.tokenizer.vocab_size, np.int64))
    assert not set(vectors.words) & {"[UNK]", "[EOS]"}
    assert np.allclose(vectors.vector("king"), trained.token_layer(["king"])[0], atol=1e-6)
    assert vectors.subwords is not None
    assert np.allclose(vectors.subwords.parts("KING")[0][1], vectors.vector("king"), atol=1e-6), "folded as its text was"
    assert "kings" not in vectors.index
    assert np.linalg.norm(vectors.vector("kings") - vectors.vector("king")) > 0.01
    assert len(vectors.neighbours("kings", 3)) == 3


def test_in_its_sentence_a_word_never_seen_is_read_as_it_is_written(trained: TrainedELMo) -> None:
    one, other = (trained.contextual(f"The {word} rules") for word in ("knight", "zebra"))
    assert one.tokens == ["[EOS]", "the", "knight", "rules", "[EOS]"]
    assert np.allclose(one.layers[0, 2, :8], trained.token_layer(["knight"])[0], atol=1e-6)
    assert not np.allclose(one.layers[0, 2], other.layers[0, 2])
    assert np.allclose(one.layers[0, 3], other.layers[0, 3])
    assert not np.allclose(one.layers[1, 3], other.layers[1, 3])
    assert one.shares is not None
    assert one.shares == pytest.approx([1 / 3] * 3)


def test_its_vectors_come_back_from_its_weights_alone_and_from_a_checkpoint() -> None:
    made = learner()
    for _ in range(2):
        made.advance()
    tokenizer, counts = made.encoded.tokenizer, made.encoded.counts
    for kept in (made.weights(), made.state()):
        read = ELMoLearner.read(TINY, tokenizer, counts, kept, "in")
        assert read.words == made.vectors().words
        assert np.array_equal(read.matrix, made.vectors().matrix)


def test_sub_words_and_chinese_are_spelled_too() -> None:
    assert learner(kind="character").trained.contextual("king").tokens == ["[EOS]", *"king", "[EOS]"]
    assert learner().trained.contextual("女王统治大海").layers.shape[1] > 3


def test_it_takes_over_the_words_it_knows_and_spells_the_new_ones(trained: TrainedELMo) -> None:
    old, new = learner(), learner(lowercase=False)
    rows = np.array([old.encoded.tokenizer.index.get(token, -1) for token in new.encoded.tokenizer.tokens])
    assert (rows < 0).sum() == 1, "The"
    spelling = new.model.spelling.clone()
    new.begin(old.weights(), rows)
    assert torch.equal(new.model.spelling, spelling)
    known = rows >= 0
    assert torch.equal(new.model.unembedding.weight[torch.from_numpy(known)], old.model.unembedding.weight[torch.from_numpy(rows[known])])


def test_a_gap_is_filled_from_the_words_beside_it(trained: TrainedELMo) -> None:
    """Whatever stands there itself, and in the order of both of its sides."""
    _, (hole,) = trained.fill("the [MASK] rules the sea")
    assert hole.position == 2
    assert sum(p for _, p in hole.alternatives) <= 1 + 1e-5
    batch = trained.batch_of([trained.tokenizer.encode("the king rules the sea")])
    behind = dict(zip(trained.tokenizer.words, trained.behind(batch, torch.tensor([2]))[0].tolist(), strict=True))
    assert all(behind[word] == pytest.approx(p, abs=1e-5) for word, p in hole.alternatives)
    _, (other,) = trained.fill("the [MASK] rules the land")
    assert other.alternatives != hole.alternatives


def test_it_continues_by_its_direction_from_the_beginning(trained: TrainedELMo) -> None:
    one, other = (trained.next_logits(trained.tokenizer.encode(text)) for text in ("the king rules", "the queen rules"))
    assert one.shape == (trained.tokenizer.vocab_size,)
    assert not torch.allclose(one, other)
    assert torch.isfinite(trained.next_logits(trained.tokenizer.encode("king"))).all()
