import numpy as np
import pytest
import torch

from core.batch import Batch
from core.generation.sampling import Sampling
from core.models.language_model import LanguageModel
from core.objectives.causal import to_read
from core.text import tokenizers
from core.text.tokenizing import TokenizerSettings
from core.trained.continuing import Continues


class Counting(LanguageModel):
    """Says that the next id is one more than the last; after the highest comes the end of a sentence. Sees three tokens."""

    n_ctx = 3

    def __init__(self, vocab_size: int) -> None:
        super().__init__()
        self.embed = torch.nn.Embedding.from_pretrained(100 * torch.eye(vocab_size))
        self.seen: list[int] = []

    def hidden(self, batch: Batch) -> torch.Tensor:
        self.seen.append(batch.ids.shape[1])
        after = batch.ids + 1
        return torch.nn.functional.one_hot(torch.where(after < self.embed.num_embeddings, after, 3), self.embed.num_embeddings).float()


class Reads(Continues):
    def batch(self, ids: list[int]) -> Batch:
        return to_read(ids)


@pytest.fixture
def trained() -> Reads:
    tokenizer = tokenizers.train(["a b c d e"], TokenizerSettings(kind="word", min_count=1))
    return Reads(Counting(tokenizer.vocab_size), tokenizer, None)


def test_it_goes_on_until_enough_or_to_the_sentences_end(trained: Reads) -> None:
    assert trained.continuation([7, 8], 4, seed=0) == [7, 8, 9, 10, 11, 3]
    assert [drawn.id for drawn in trained.drawn([9], 20, 0, Sampling(), stop=True)] == [10, 11, trained.tokenizer.eos_id]


def test_the_model_is_shown_no_more_than_its_context(trained: Reads) -> None:
    trained.continuation([7, 8], 4, seed=0)
    assert trained.model.seen == [2, 3, 3, 3]


def test_a_beginning_follows_an_end(trained: Reads) -> None:
    assert trained.continuation([], 2, seed=0) == [4, 5]


def test_what_else_it_could_have_been_comes_with_each_token(trained: Reads) -> None:
    (drawn,) = trained.drawn([7], 1, 0, Sampling(temperature=0.0), n_alternatives=3)
    assert drawn.id == 8
    assert drawn.alternatives[0] == (8, pytest.approx(1.0))
    assert len(drawn.alternatives) == 3


def test_vectors_leave_out_what_is_no_word(trained: Reads) -> None:
    counts = np.zeros(trained.tokenizer.vocab_size, np.int64)
    counts[trained.tokenizer.index["c"]] = 5
    vectors = trained.vectors(counts)
    assert vectors.words == ["c", "a", "b", "d", "e"]
    assert vectors.matrix.shape == (5, trained.tokenizer.vocab_size)
