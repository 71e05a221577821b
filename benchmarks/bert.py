"""BERT's pretraining against transformers' BertForPreTraining under the plain loop: tokens a second on the same cores with the same settings.

    python -m benchmarks.bert [--corpus documentation | small-world:SENTENCES:SEED | TEXT FILE] [--steps 100] [--rounds 10] [--json]
    python -m benchmarks.bert --steps 20 --rounds 2        a quick look

Both are of our default size, get their examples from the same objective (hidden tokens, and is b the sentence after a), and train by turns, each in a
process of its own, --rounds short stretches each, from start to end. The loss is that of hidden tokens and sentences together, over the same held-out
examples, in float32.
"""

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from benchmarks.loops import PLAIN_BETAS, Apart, Ours, Plain, versus
from benchmarks.measuring import arguments, report
from core.batch import Batch
from core.models.language_model import resting
from core.systems import system
from core.systems.bert import BERTSettings
from core.text.corpora import find
from core.text.encoding import EncodedCorpus, encode
from core.training import device
from core.training.bert import BERTLearner
from core.training.neural import HELD_OUT_TOKENS, sum_of

TEXT = Path(__file__).parents[1] / "../shared/data/wikitext2.valid.txt"


def bert(settings: BERTSettings, vocab_size: int) -> nn.Module:
    """transformers' model of the same size, as it comes."""
    from transformers import BertConfig, BertForPreTraining

    sizes = {"hidden_size": settings.d_model, "num_hidden_layers": settings.n_layers, "num_attention_heads": settings.n_heads}
    more = {"intermediate_size": 4 * settings.d_model, "max_position_embeddings": settings.n_ctx, "hidden_dropout_prob": settings.dropout}
    config = BertConfig(vocab_size=vocab_size, attention_probs_dropout_prob=settings.dropout, **sizes, **more)
    return BertForPreTraining(config).to(device.chosen())


def loss_of(model: nn.Module, batch: Batch) -> Tensor:
    """As its documentation computes it: both losses by the model itself."""
    seen = batch.attn_mask[:, 0, 0].expand_as(batch.ids).long()
    told = model(batch.ids, attention_mask=seen, token_type_ids=batch.segments, labels=batch.targets, next_sentence_label=batch.label)
    loss: Tensor = told.loss
    return loss


def held_out(model: nn.Module, loss: Callable[[Batch], Tensor], batches: list[Batch]) -> float:
    with resting(model):
        losses = [loss(batch).item() * batch.n_tokens for batch in batches]
    return sum(losses) / sum(batch.n_tokens for batch in batches)


def held_out_batches(encoded: EncodedCorpus, settings: BERTSettings) -> list[Batch]:
    return BERTLearner.objective_on(encoded.held_out, settings, encoded.tokenizer, device.chosen()).spread(HELD_OUT_TOKENS, settings.batch_size)


def peers_side(encoded: EncodedCorpus, settings: BERTSettings, n_steps: int, n_threads: int) -> Plain:
    """What a process of its own trains."""
    torch.set_num_threads(n_threads)
    torch.manual_seed(1337)
    model, generator = bert(settings, encoded.tokenizer.vocab_size), torch.Generator().manual_seed(1)
    optimizer = torch.optim.AdamW(model.parameters(), settings.learning_rate, PLAIN_BETAS, weight_decay=settings.weight_decay)
    objective, batches = BERTLearner.objective_on(encoded.train, settings, encoded.tokenizer, device.chosen()), held_out_batches(encoded, settings)

    def loss() -> tuple[Tensor, int]:
        batch = objective.sample(settings.batch_size, generator)
        return loss_of(model, batch), batch.n_tokens

    return Plain(model, optimizer, loss, lambda: held_out(model, lambda batch: loss_of(model, batch), batches), settings, n_steps)


def main() -> None:
    parser = arguments(__doc__, rounds=10)
    parser.add_argument("--corpus", default=str(TEXT) if TEXT.exists() else "small-world", help="a built-in corpus or a text file")
    parser.add_argument("--steps", type=int, default=100)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given: Any = parser.parse_args()
    torch.set_num_threads(given.threads)
    corpus = find(given.corpus)
    encoded = encode(corpus, system("bert").tokenizer)
    settings = BERTSettings(n_steps=given.steps, warmup_steps=given.steps // 10)
    learner, n_steps, batches = BERTLearner(settings, encoded), max(1, given.steps // given.rounds), held_out_batches(encoded, settings)
    theirs = Apart(peers_side, encoded, settings, n_steps, given.threads)

    def loss() -> float:
        return held_out(learner.model, lambda batch: sum_of(learner.losses(batch)), batches)

    lines = versus("bert_vs_transformers", "transformers", Ours(learner, n_steps), theirs, given.rounds, 2, loss)
    sizes = {"vocabulary": encoded.tokenizer.vocab_size, "threads": given.threads, **vars(settings)}
    report("BERT's pretraining at our default size", lines, {"corpus": corpus.title, **sizes}, given.json)


if __name__ == "__main__":
    main()
