"""One test for all objectives: an output depends on a token exactly where the batch's masks let it. New rows of SYSTEMS are walked by themselves."""

from dataclasses import replace

import numpy as np
import pytest
import torch
from torch import Tensor

from core.batch import Batch
from core.systems import System, offering
from core.text import tokenizers
from core.text.encoding import EncodedCorpus
from core.text.sentences import stream
from core.text.tokenizing import TokenizerSettings
from tests.models.judging import stirred
from tests.test_systems import tiny

TEXT = "the king rules the land\nthe queen sees the king and the land\na dog ran\nthe man has a dog\nthe woman sees the man\nthe land is old\n" * 4
PARTS = ("ids", "source")


def reached(mask: Tensor, n_layers: int) -> Tensor:
    """Who may learn of whom over so many layers, each of which keeps what a position has: bool [query key]."""
    one = mask.double() + torch.eye(mask.shape[-1], dtype=torch.double)
    return torch.linalg.matrix_power(one.clamp(max=1), n_layers) > 0


def permitted(batch: Batch, n_layers: int) -> dict[str, Tensor]:
    """Of which tokens the outputs of the batch's first sequence may know: bool [output token] for each of PARTS that there is."""
    n = batch.ids.shape[1]
    own = reached(batch.attn_mask[0, 0, :, -n:].expand(n, n), n_layers)
    known = {"ids": own}
    if batch.query_mask is not None:  # a query knows of the others what they know of each other a layer below; of itself nothing
        content = reached(batch.attn_mask[0, 0, :, -n:].expand(n, n), n_layers - 1)
        known["ids"] = (batch.query_mask[0, 0, :, -n:].expand(n, n).double() @ content.double()) > 0
    if batch.source is not None and batch.source_mask is not None and batch.memory_mask is not None:
        m = batch.source.shape[1]
        memory = reached(batch.source_mask[0, 0].expand(m, m), n_layers)
        known["source"] = (own.double() @ batch.memory_mask[0, 0].expand(n, m).double() @ memory.double()) > 0
    return known


def there(mask: Tensor, n: int) -> Tensor:
    """Which positions are no filling: somebody may see them."""
    return mask[0, 0].expand(-1, mask.shape[-1])[:, -n:].any(0)


@pytest.mark.parametrize("row", offering("objective"), ids=lambda row: row.name)
@torch.no_grad()
def test_an_output_depends_on_a_token_exactly_where_the_masks_let_it(row: System) -> None:
    """Each token of a batch is changed in turn, its filling too."""
    tokenizer = tokenizers.train([TEXT], TokenizerSettings(min_count=1))
    ids = stream(TEXT, tokenizer).astype(np.int32)
    encoded = EncodedCorpus(tokenizer, ids, np.bincount(ids[ids >= 0], minlength=tokenizer.vocab_size))
    learner = row.load_learner()(tiny(row, n_layers=2, n_ctx=12), encoded)
    model = learner.model.double().eval()
    torch.manual_seed(1)
    stirred(model)
    for seed in range(3):
        batch = learner.objective.sample(16, torch.Generator().manual_seed(seed))
        shortest = (batch.attn_mask if batch.source is None else batch.source_mask).expand(16, -1, -1, -1).sum((1, 2, 3)).argmin()
        batch = first_of(batch, int(shortest))
        judged = there(batch.attn_mask, batch.ids.shape[1]) if batch.query_mask is None else torch.ones(batch.ids.shape[1], dtype=torch.bool)
        before = model.hidden(batch)[0]
        for part, allowed in permitted(batch, 2).items():
            tokens = getattr(batch, part)
            assert not (there(batch.attn_mask if part == "ids" else batch.source_mask, tokens.shape[1]) & (tokens[0] == tokenizer.pad_id)).any()
            for at in range(tokens.shape[1]):
                other = tokens.clone()
                other[0, at] = (tokens[0, at] + 1) % tokenizer.vocab_size
                changed = (model.hidden(replace(batch, **{part: other}))[0] - before).abs().amax(-1) > 1e-9
                assert torch.equal(changed[judged], allowed[judged, at]), (
                    f"{part} {at} of {tokens[0].tolist()}: {changed.tolist()}, not {allowed[:, at].tolist()}"
                )


def first_of(batch: Batch, which: int) -> Batch:
    """A batch of one of its sequences, with its filling."""
    parts = {name: part[which : which + 1] for name, part in vars(batch).items() if isinstance(part, Tensor) and len(part) > 1}
    return replace(batch, **parts)
