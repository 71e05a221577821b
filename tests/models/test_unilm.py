"""UniLM on what its objectives make, judged by transformers' BERT under a mask of four dimensions."""

import numpy as np
import pytest
import torch
import torch.nn.functional as F

from core.batch import IGNORE, Batch
from core.objectives.unified import SequenceToSequence, Unified, ways_of
from core.systems.unilm import UniLMSettings
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.sentences import stream
from core.text.tokenizing import TokenizerSettings
from core.training.unilm import UniLMLearner
from tests.models.judging import same_gradients
from tests.models.test_bert import judged, named
from tests.objectives.test_unified import TEXT

PAIRS = "the king rules\tthe queen sees\nthe dog ran\tthe land is old\n" * 6


@pytest.mark.parametrize("text", [TEXT, PAIRS], ids=["all ways at once", "fine-tuned on pairs"])
@pytest.mark.parametrize(("n_layers", "n_heads"), [(1, 1), (3, 5)])
def test_each_ways_loss_and_the_gradients_are_those_of_transformers(text: str, n_layers: int, n_heads: int) -> None:
    tokenizer = tokenizers.train([TEXT], TokenizerSettings(min_count=1))
    ids = stream(text, tokenizer).astype(np.int32)
    settings = UniLMSettings(n_layers=n_layers, n_heads=n_heads, d_model=4 * n_heads, n_ctx=16, batch_size=12)
    learner = UniLMLearner(settings, EncodedCorpus(tokenizer, ids, np.bincount(ids[ids >= 0])))
    assert isinstance(learner.objective, SequenceToSequence if "\t" in text else Unified)
    ours = learner.model.double()
    theirs = judged(ours, layer_norm_eps=1e-5)
    batch = next(each for each in (learner.objective.sample(12, torch.Generator().manual_seed(seed)) for seed in range(9)) if complete(each, text))
    losses = learner.losses(batch)
    allowed = batch.attn_mask
    additive = torch.zeros(allowed.shape, dtype=torch.double).masked_fill(~allowed, torch.finfo(torch.double).min)
    expected = theirs(batch.ids, token_type_ids=batch.segments, attention_mask=additive)
    total = F.cross_entropy(expected.prediction_logits.flatten(0, 1), batch.targets.flatten(), ignore_index=IGNORE)
    for way, rows in ways_of(batch).items():
        logits, targets = expected.prediction_logits[rows].flatten(0, 1), batch.targets[rows].flatten()
        torch.testing.assert_close(losses[way], F.cross_entropy(logits, targets, ignore_index=IGNORE), atol=1e-10, rtol=1e-10)
    if batch.label is not None:
        question = F.cross_entropy(expected.seq_relationship_logits, batch.label, ignore_index=IGNORE)
        torch.testing.assert_close(losses["next sentence"], question, atol=1e-10, rtol=1e-10)
        total = total + question
    whole = learner.whole(losses, batch)
    torch.testing.assert_close(whole, total, atol=1e-10, rtol=1e-10)
    whole.backward()
    total.backward()
    same_gradients(ours, theirs, named("bert."), 1e-10)


def complete(batch: Batch, text: str) -> bool:
    return "\t" in text or len(ways_of(batch)) == 4
