from dataclasses import replace
from typing import Any

import numpy as np
import pytest
import torch

from core.batch import IGNORE
from core.objectives.unified import SequenceToSequence, Unified
from core.systems.unilm import UniLMSettings
from core.text import corpora, tokenizers
from core.text.encoding import EncodedCorpus
from core.text.sentences import stream
from core.text.tokenizing import TokenizerSettings
from core.training import continuing, metrics, trainer
from core.training.run import RunConfig, create
from core.training.unilm import UniLMLearner
from tests.objectives.test_unified import TEXT

TINY = UniLMSettings(n_layers=2, n_heads=2, d_model=16, n_ctx=16, batch_size=12, warmup_steps=3, n_steps=60, learning_rate=1e-2)
WORDS = ("king", "queen", "land", "dog", "man", "woman")
OTHERS = ("rules", "sees", "ran", "has", "old", "is")


def encoded(text: str) -> EncodedCorpus:
    tokenizer = tokenizers.train([TEXT], TokenizerSettings(min_count=1))
    ids = stream(text, tokenizer).astype(np.int32)
    return EncodedCorpus(tokenizer, ids, np.bincount(ids[ids >= 0], minlength=tokenizer.vocab_size))


@pytest.fixture(scope="module")
def learnt() -> UniLMLearner:
    """Each word of a source becomes another word of the target, in the other order."""
    pairs = [(f"{WORDS[i]} {WORDS[j]}", f"{OTHERS[j]} {OTHERS[i]}") for i in range(6) for j in range(6)]
    learner = UniLMLearner(replace(TINY, d_model=32, n_steps=200), encoded("".join(f"{source}\t{target}\n" for source, target in pairs) * 4))
    for _ in range(200):
        learner.advance()
    return learner


def test_every_way_has_its_loss_and_all_fall() -> None:
    learner = UniLMLearner(TINY, encoded(TEXT))
    steps = [learner.advance() for _ in range(60)]
    for name in ("bidirectional", "left to right", "right to left", "sequence to sequence"):
        shown = [step.losses[name] for step in steps if name in step.losses]
        assert np.mean(shown[-10:]) < np.mean(shown[:5]) - 0.3, name
    assert "next sentence" in steps[0].losses
    assert np.isfinite(learner.held_out_loss())


def test_the_whole_loss_counts_every_token_alike() -> None:
    learner = UniLMLearner(replace(TINY, next_sentence=False), encoded(TEXT))
    batch = learner.objective.sample(12, torch.Generator().manual_seed(3))
    logits = learner.model(batch)
    expected = torch.nn.functional.cross_entropy(logits.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORE)
    torch.testing.assert_close(learner.whole(learner.losses(batch), batch), expected)


def test_it_writes_the_target_of_a_source(learnt: UniLMLearner) -> None:
    trained = learnt.trained
    assert learnt.answer("king dog\t") == ("king dog", "has rules")
    best = trained.translations("woman land", width=3)
    assert trained.text(best[0].ids) == "ran is"
    assert best[0].ids[-1] == trained.tokenizer.eos_id, "its end, which was [SEP]"
    encode = trained.tokenizer.encode
    sources = [encode("king dog"), encode("man")]
    assert trained.answers(sources)[0] == encode("has rules"), "beside another source as alone"
    assert trained.agreed([encode("king dog"), encode("land queen")], [encode("has rules"), encode("sees king")]) == (5, 6)


def test_a_target_is_written_behind_a_mask_after_what_is_there(learnt: UniLMLearner) -> None:
    """What is said of the next token is what BERT's network says under the mask from source to target."""
    trained, t = learnt.trained, learnt.encoded.tokenizer
    source, target = t.encode("king dog"), t.encode("has")
    whole = torch.tensor([[t.cls_id, *source, t.sep_id, *target, t.mask_id]])
    n, n_source = whole.shape[1], len(source) + 2
    mask = torch.ones(n, n).tril().bool() | (torch.arange(n) < n_source)
    batch = replace(trained.under("sequence to sequence").batch_of([source, [*target, t.mask_id]]), ids=whole)
    assert torch.equal(batch.attn_mask, mask[None, None])
    assert batch.segments.tolist() == [[4] * n_source + [5] * (n - n_source)]
    expected = learnt.model(batch)[0, -1].detach()
    said = trained.said([source])(torch.tensor([0]), torch.tensor([[t.bos_id, *target]])).detach()[0]
    ordinary = slice(t.n_special, None)
    torch.testing.assert_close(said[ordinary], expected[ordinary])
    torch.testing.assert_close(said[t.eos_id], expected[t.sep_id])


def test_a_long_source_leaves_room_for_a_target(learnt: UniLMLearner) -> None:
    trained = learnt.trained
    source, n_left_out = trained.source("king " * 30)
    assert (len(source), n_left_out) == (11, 19)
    assert 1 <= len(trained.searched("king " * 30).best[0].ids) <= 3
    assert len(trained.read("king " * 30).tokens) <= 16
    with pytest.raises(ValueError, match="no token in this text"):
        trained.translations("   ")


def test_a_text_is_read_in_the_way_that_is_asked_for(learnt: UniLMLearner) -> None:
    trained = learnt.trained
    both = trained.read("king dog")
    assert both.tokens == ["[CLS]", "king", "dog", "[SEP]"]
    assert both.batch.attn_mask.all()
    pair = trained.read("king dog\thas rules")
    assert pair.tokens == ["[CLS]", "king", "dog", "[SEP]", "has", "rules"]
    assert pair.batch.segments.tolist() == [[4, 4, 4, 4, 5, 5]]
    assert trained.read("king dog\nhas rules").batch.segments.tolist() == [[0, 0, 0, 0, 1, 1, 1]], "two sentences"
    (left,), (right,) = trained.under("left to right").patterns("king dog"), trained.under("right to left").patterns("king dog")
    assert np.array_equal(left.allowed, np.tri(3, dtype=bool))
    assert np.array_equal(right.allowed, np.tri(4, dtype=bool).T)
    assert trained.under("sequence to sequence").read("king dog").tokens == ["[CLS]", "king", "dog", "[SEP]", "has", "rules"], "the likeliest target"


def test_it_fills_in_and_continues_and_judges() -> None:
    learner = UniLMLearner(TINY, encoded(TEXT))
    for _ in range(60):
        learner.advance()
    trained, encode = learner.trained, learner.encoded.tokenizer.encode
    reading, (hole,) = trained.fill("the [MASK] rules the land")
    assert reading.tokens[hole.position] == "[MASK]"
    assert reading.batch.attn_mask.all()
    given, said = learner.answer("the king rules the land")
    assert "[MASK]" in given
    assert "[MASK]" not in said
    judged = trained.judged("the king rules the land\nthe queen sees the king and the land")
    assert sum(judged.values()) == pytest.approx(1)
    ids = encode("the king")
    expected = learner.model(trained.under("left to right").batch([*ids, learner.encoded.tokenizer.mask_id]))[0, -1].detach()
    torch.testing.assert_close(trained.next_logits(ids), expected)
    assert len(trained.continuation(ids, 30, seed=1)) == 32, "beyond the context"
    assert not UniLMLearner(replace(TINY, next_sentence=False), encoded(TEXT)).trained.judged_by


def test_what_was_learnt_from_a_text_goes_on_from_source_to_target(tmp_path: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """The tokenizer of sub-words stays as it is, the objective follows the text."""
    monkeypatch.setenv("ORRERY_HOME", str(tmp_path))
    settings = TokenizerSettings(kind="wordpiece", min_count=1, vocab_size=200)
    first = create(RunConfig("unilm", corpora.add_text("text", TEXT).id, settings, replace(TINY, n_steps=10), report_every=5, eval_every=10))
    trainer.train(first)
    assert first.state() == "done", first.error()
    pairs = "the king\tthe queen\na dog\tthe man\n" * 40
    both = corpora.store("pairs", "pairs", "test", lambda path, _: path.write_text(pairs, "utf-8"), lambda what, share: None, pairs=True)
    config = replace(continuing.config(first, both.id, n_steps=15), report_every=5, eval_every=15)
    second = continuing.made(first, config)
    trainer.train(second)
    assert second.state() == "done", second.error()
    old, new = (tokenizers.load(run.folder / "tokenizer.json") for run in (first, second))
    assert old.digest == new.digest
    before, after = first.snapshots()[-1].weights(), second.snapshots()[0].weights()
    assert before is not None
    assert after is not None
    assert all(np.array_equal(after[name], before[name]) for name in before)
    rows = list(metrics.rows(second.folder / "metrics.jsonl"))
    assert "loss: sequence to sequence" in rows[-1]
    assert "loss: bidirectional" not in rows[-1]
    assert rows[-1]["loss"] < rows[0]["loss"]
    assert first.snapshots()[-1].samples()[0]["text"].startswith(first.snapshots()[-1].samples()[0]["prompt"]), "it goes on with a text"
    assert second.snapshots()[-1].samples()[0]["prompt"] in ("the king", "a dog"), "it answers to a source"


def test_the_objective_follows_the_text() -> None:
    assert isinstance(UniLMLearner(TINY, encoded(TEXT)).objective, Unified)
    assert isinstance(UniLMLearner(TINY, encoded("the king\tthe queen\n" * 10)).objective, SequenceToSequence)
