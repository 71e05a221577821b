"""BERT, and the same network as ERNIE and UniLM, judged by transformers."""

from collections.abc import Mapping

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from transformers import BertConfig, BertForPreTraining, ErnieConfig, ErnieForPreTraining

from core.batch import IGNORE, Batch
from core.blocks.masks import causal, full, padding, prefix
from core.inspection.hooks import capture
from core.models.bert import BERT
from core.systems.bert import BERTSettings
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.sentences import stream
from core.text.tokenizing import TokenizerSettings
from core.training.bert import BERTLearner
from core.training.neural import sum_of
from tests.models.judging import given_weights, same_gradients, stirred

VOCAB = 13
NAMES = {
    "embed.weight": "{}embeddings.word_embeddings.weight",
    "positions.weight": "{}embeddings.position_embeddings.weight",
    "segments.weight": "{}embeddings.token_type_embeddings.weight",
    "tasks.weight": "{}embeddings.task_type_embeddings.weight",
    "embed_norm": "{}embeddings.LayerNorm",
    "pooler": "{}pooler.dense",
    "head_norm": "cls.predictions.transform.LayerNorm",
    "head_bias": "cls.predictions.bias",
    "head": "cls.predictions.transform.dense",
    "classes.0": "cls.seq_relationship",
    "attention.out": "attention.output.dense",
    "attention_norm": "attention.output.LayerNorm",
    "feed_forward.into": "intermediate.dense",
    "feed_forward.out": "output.dense",
    "feed_forward_norm": "output.LayerNorm",
    "blocks": "{}encoder.layer",
}


def named(prefix: str):
    def renamed(ours: Mapping[str, Tensor]) -> dict[str, Tensor]:
        result = {}
        for name, weight in ours.items():
            if "qkv" in name:
                block, kind = name.split(".attention.qkv.")
                for part, rows in zip(("query", "key", "value"), weight.chunk(3), strict=True):
                    result[f"{prefix}encoder.layer{block.removeprefix('blocks')}.attention.self.{part}.{kind}"] = rows
                continue
            for old, new in NAMES.items():
                if name.startswith(old) or f".{old}" in name:
                    name = name.replace(old, new.format(prefix), 1)
            result[name] = weight
        return result

    return renamed


def bert(n_layers: int = 2, n_heads: int = 3, **more: object) -> BERT:
    torch.manual_seed(n_layers)
    return BERT(4 * n_heads, n_heads, n_layers, 8, VOCAB, **more)  # type: ignore[arg-type]


def judged(ours: BERT, **more: object) -> torch.nn.Module:
    stirred(ours)
    sizes = {
        "vocab_size": ours.embed.num_embeddings, "hidden_size": ours.embed.embedding_dim, "num_hidden_layers": len(ours.blocks),
        "max_position_embeddings": ours.n_ctx, "pad_token_id": None,
        "num_attention_heads": ours.blocks[0].attention.n_heads, "intermediate_size": 4 * ours.embed.embedding_dim,
        "type_vocab_size": ours.segments.num_embeddings, "hidden_dropout_prob": 0.0, "attention_probs_dropout_prob": 0.0, **more,
    }  # fmt: skip
    cls, config, prefix = (ErnieForPreTraining, ErnieConfig, "ernie.") if ours.tasks is not None else (BertForPreTraining, BertConfig, "bert.")
    theirs = cls._from_config(config(**sizes), attn_implementation="eager").to(ours.embed.weight.dtype)
    return given_weights(theirs, ours, named(prefix), ("cls.predictions.decoder",))


MASKS = {
    "bidirectional": full(7),
    "padding": full(7) & padding(torch.tensor([7, 4]), 7),
    "left to right": causal(7),
    "right to left": causal(7).flip(-1, -2),
    "sequence to sequence": causal(7) | prefix(torch.tensor([3, 5]), 7),
}


@pytest.mark.parametrize("system", ["BERT", "ERNIE", "UniLM"])
@pytest.mark.parametrize("mask", MASKS.values(), ids=MASKS)
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.double, 1e-10), (torch.float, 2e-5)])
@pytest.mark.parametrize(("n_layers", "n_heads"), [(1, 1), (3, 5)])
def test_it_is_transformers_model(system: str, mask: Tensor, dtype: torch.dtype, tolerance: float, n_layers: int, n_heads: int) -> None:
    """Logits of tokens and of the pair, attention, and the gradient of every weight."""
    more = {"BERT": {}, "ERNIE": {"n_tasks": 3}, "UniLM": {"n_segments": 6, "epsilon": 1e-5}}[system]
    ours = bert(n_layers, n_heads, **more).to(dtype)
    theirs = judged(ours, **({"use_task_id": True} if system == "ERNIE" else {"layer_norm_eps": 1e-5} if system == "UniLM" else {}))
    ids, segments = torch.randint(VOCAB, (2, 7)), torch.randint(ours.segments.num_embeddings, (2, 7))
    batch = Batch(ids, torch.full_like(ids, IGNORE), mask, segments=segments, task=1 if system == "ERNIE" else 0)
    with capture(ours, "*.pattern") as captured:
        hidden = ours.hidden(batch)
    additive = torch.zeros(mask.shape, dtype=dtype).masked_fill(~mask, torch.finfo(dtype).min).expand(2, 1, 7, 7)
    extra = {"task_type_ids": torch.ones_like(ids)} if system == "ERNIE" else {}
    expected = theirs(ids, token_type_ids=segments, attention_mask=additive, output_attentions=True, **extra)
    logits, classes = ours.unembed(hidden), ours.classified(hidden)
    torch.testing.assert_close(logits, expected.prediction_logits, atol=tolerance, rtol=tolerance)
    torch.testing.assert_close(classes, expected.seq_relationship_logits, atol=tolerance, rtol=tolerance)
    torch.testing.assert_close(torch.stack(list(captured.values())), torch.stack(expected.attentions), atol=tolerance, rtol=0)
    targets, label = torch.randint(VOCAB, (14,)), torch.tensor([0, 1])
    (F.cross_entropy(logits.flatten(0, 1), targets) + F.cross_entropy(classes, label)).backward()
    (F.cross_entropy(expected.prediction_logits.flatten(0, 1), targets) + F.cross_entropy(expected.seq_relationship_logits, label)).backward()
    same_gradients(ours, theirs, named("ernie." if system == "ERNIE" else "bert."), tolerance)


def test_what_is_hidden_can_be_scored_alone() -> None:
    model = bert()
    ids = torch.randint(VOCAB, (2, 8))
    batch = Batch(ids, torch.full_like(ids, IGNORE), full(8))
    where = torch.rand(2, 8) < 0.3
    torch.testing.assert_close(model.unembed(model.hidden(batch)[where]), model(batch)[where])


@pytest.mark.parametrize("kind", ["word", "wordpiece"])
def test_its_whole_pretraining_loss_is_transformers(kind: str) -> None:
    """Hidden tokens and the next sentence together, on the batches that it is trained on, filling included; and the gradient of every weight."""
    text = "".join(f"{' '.join(f'w{n % k}' for n in range(k))} .\n" for k in range(2, 14)) * 3
    tokenizer = tokenizers.train([text], TokenizerSettings(kind=kind, vocab_size=60, punctuation=True))
    ids = stream(text, tokenizer).astype(np.int32)
    settings = BERTSettings(n_layers=2, n_heads=3, d_model=12, n_ctx=24, batch_size=16)
    learner = BERTLearner(settings, EncodedCorpus(tokenizer, ids, np.bincount(ids[ids >= 0], minlength=tokenizer.vocab_size)))
    learner.model.double()
    theirs = judged(learner.model)
    filled = False
    for seed in range(3):
        batch = learner.objective.sample(16, torch.Generator().manual_seed(seed))
        losses = learner.losses(batch)
        assert set(losses) == {"masked tokens", "next sentence"}
        there = batch.attn_mask[:, 0, 0].long()
        filled |= not there.all()
        expected = theirs(batch.ids, attention_mask=there, token_type_ids=batch.segments, labels=batch.targets, next_sentence_label=batch.label)
        torch.testing.assert_close(sum_of(losses), expected.loss, atol=1e-10, rtol=0)
        for model, loss in ((learner.model, sum_of(losses)), (theirs, expected.loss)):
            model.zero_grad()
            loss.backward()
        same_gradients(learner.model, theirs, named("bert."), 1e-10)
    assert filled


def test_an_ngrams_logit_stands_behind_those_of_the_tokens() -> None:
    model = bert(n_ngrams=4)
    logits = model.unembed(torch.randn(2, 3, 12))
    assert logits.shape == (2, 3, VOCAB + 4)
    plain = bert()
    plain.load_state_dict({name: weight for name, weight in model.state_dict().items() if not name.startswith("ngrams")})
    x = torch.randn(5, 12)
    torch.testing.assert_close(model.unembed(x)[:, :VOCAB], plain.unembed(x))
