"""What is asked of a model that writes targets: alone or many at once, by the likeliest token or by beams; and what may change what."""

from typing import Any

import numpy as np
import pytest
import torch

from core.models.language_model import resting
from core.models.transformer import Transformer
from core.objectives.pairs import pair_batch, writing
from core.patterns import history
from core.systems import offering
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.tokenizers import END, TAB
from core.text.tokenizing import TokenizerSettings
from core.trained.translating import Rewrites, Translates
from tests.test_systems import tiny

rewriting = pytest.mark.parametrize("row", offering("translate"), ids=lambda row: row.name)
translating = pytest.mark.parametrize(
    "row", [row for row in offering("translate") if issubclass(row.load_learner().look, Translates)], ids=lambda row: row.name
)


def learner(row: Any, n_steps: int = 12) -> Any:
    """One that has taken a few steps on pairs of a few letters."""
    tokenizer = tokenizers.train(["abcdef"], TokenizerSettings(kind="character"))
    drawn = np.random.default_rng(1)
    stream = np.concatenate([[*(side := drawn.integers(7, 13, drawn.integers(2, 7))), TAB, *side[::-1], END] for _ in range(60)]).astype(np.int32)
    made = row.load_learner()(tiny(row), EncodedCorpus(tokenizer, stream, np.bincount(stream[stream >= 0], minlength=13)))
    for _ in range(n_steps):
        made.advance()
    return made


@rewriting
def test_many_sources_at_once_are_answered_as_each_alone_whatever_the_filling(row: Any) -> None:
    trained = learner(row).trained
    sources = [trained.source(text)[0] for text in ("ab", "abcdef", "fed", "ccccc")]
    together = trained.answers(sources)
    assert together == [trained.answers([source])[0] for source in sources]
    assert together == [[i for i in trained.search(source, width=1).best[0].ids if i != trained.tokenizer.eos_id] for source in sources]


@translating
def test_a_beam_says_what_its_tokens_are_worth(row: Any) -> None:
    trained = learner(row).trained
    for one in trained.translations("abc", width=3):
        target = [i for i in one.ids if i != trained.tokenizer.eos_id]
        batch = pair_batch([trained.source("abc")[0]], [target], trained.tokenizer)
        costs = trained.losses(batch)[0, : len(one.ids)]
        assert -costs == pytest.approx(np.log(one.probabilities), abs=1e-4)
        assert one.log_probability == pytest.approx(-costs.sum(), abs=1e-4)


@translating
def test_a_token_changes_what_may_see_it_and_nothing_else(row: Any) -> None:
    """Each token of the source changes all that is said; each token written changes what is said there and after it; filling changes nothing."""
    trained = learner(row).trained
    model, t = trained.model, trained.tokenizer
    batch = pair_batch([[7, 8, 9, 10], [7, 8]], [[11, 12, 7], [9]], t)

    def said(**changed: torch.Tensor) -> torch.Tensor:
        with resting(model):
            return model(type(batch)(**{**vars(batch), **changed}))

    before = said()
    for row_of, n_source, n_target in ((0, 4, 4), (1, 2, 2)):
        for place in range(4):
            source = batch.source.clone()
            source[row_of, place] = 12
            differs = (said(source=source) != before).any(-1)
            assert differs[row_of, :n_target].all() == (place < n_source)
            assert not differs[1 - row_of].any()
            ids = batch.ids.clone()
            ids[row_of, place] = 8 if ids[row_of, place] != 8 else 9
            differs = (said(ids=ids) != before).any(-1)
            assert differs[row_of, :n_target].tolist() == [place <= later < n_target for later in range(n_target)]
            assert not differs[1 - row_of].any()


@translating
def test_what_is_being_written_is_read_as_in_training(row: Any) -> None:
    trained = learner(row).trained
    read = pair_batch([[7, 8, 9], [7]], [[], []], trained.tokenizer)
    ids = torch.tensor([[trained.tokenizer.bos_id, 7, 8], [trained.tokenizer.bos_id, 9, 10]])
    one = writing(read, torch.tensor([1, 0]), ids)
    whole = pair_batch([[7], [7, 8, 9]], [[7, 8], [9, 10]], trained.tokenizer)
    with resting(trained.model):
        torch.testing.assert_close(trained.model(one), trained.model(whole))


@translating
def test_a_source_with_its_target_is_read_as_given_and_one_without_with_the_models_own(row: Any) -> None:
    trained = learner(row).trained
    given = trained.read("abc\tfa")
    assert [given.tokens[0], *given.tokens[1:]] == ["[BOS]", "f", "a"]
    assert list(given.source)[:3] == ["a", "b", "c"]
    own = trained.read("abc")
    assert len(own.tokens) <= trained.model.n_ctx
    long = trained.read("abcdef" * 9 + "\ta")
    assert long.n_left_out == 54 - 16 + (len(given.source) - 3)
    with pytest.raises(ValueError, match="There is no token"):
        trained.read("\ta")


TOKENIZER = tokenizers.train(["a b c d e f g h"], TokenizerSettings(kind="word", min_count=1))


def trained(seed: int) -> Translates:
    torch.manual_seed(seed)
    model = Transformer(d_model=8, n_heads=2, n_layers=1, d_ff=16, n_ctx=8, vocab_size=TOKENIZER.vocab_size)
    return Translates(model, TOKENIZER, None)


def test_a_settled_text_is_read_alike_by_the_models_of_all_steps() -> None:
    at = {step: trained(step) for step in (1, 2, 3)}
    alone = {step: {each.part: each for each in model.patterns("a b c")} for step, model in at.items()}
    assert len({tuple(each["cross"].queries) for each in alone.values()}) > 1, "each writes something else"
    text = at[3].settled("a b c")
    assert text.startswith("a b c\t")
    assert at[1].settled(text) == text
    together = {step: {each.part: each for each in model.patterns(text)} for step, model in at.items()}
    for part in ("encoder", "decoder", "cross"):
        made = history({step: each[part] for step, each in together.items()}, most=10**6)
        assert made.steps == [1, 2, 3]
        assert list(made.queries) == list(together[3][part].queries)


@translating
def test_tokens_agree_one_after_the_other_as_all_at_once(row: Any) -> None:
    trained = learner(row).trained
    sources, targets = ([trained.source(text)[0] for text in texts] for texts in (("ab", "abcdef", "fed"), ("ba", "fedcba", "ddd")))
    assert Rewrites.agreed(trained, sources, targets) == trained.agreed(sources, targets)
