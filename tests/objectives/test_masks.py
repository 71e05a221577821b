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


def reached(mask: Tensor, n_layers: int) -> Tensor:
    """Who may learn of whom over so many layers, each of which keeps what a position has: bool [query key]. Who may not see itself (ELMo's gaps) asks once."""
    if not mask.diagonal().all():
        return mask
    return torch.linalg.matrix_power(mask.double(), n_layers) > 0


def permitted(batch: Batch, n_layers: int) -> dict[str, Tensor]:
    """Of which tokens the outputs of a batch of one sequence may know: bool [output token] for each of "ids" and "source" that there is."""
    n = batch.ids.shape[1]
    visible = batch.attn_mask[0, 0].expand(n, -1)[:, -n:] | (torch.eye(n, dtype=torch.bool) & (batch.ids == 0))  # filling keeps what it has
    own = reached(visible, n_layers)
    known = {"ids": own}
    if batch.query_mask is not None:  # a query knows of the others what they know of each other a layer below; of itself nothing
        known["ids"] = (batch.query_mask[0, 0].expand(n, -1)[:, -n:].double() @ reached(visible, n_layers - 1).double()) > 0
    if batch.source is not None and batch.source_mask is not None and batch.memory_mask is not None:
        m = batch.source.shape[1]
        source = batch.source_mask[0, 0].expand(m, m) | (torch.eye(m, dtype=torch.bool) & (batch.source == 0))
        known["source"] = (own.double() @ batch.memory_mask[0, 0].expand(n, m).double() @ reached(source, n_layers).double()) > 0
    return known


def alone(batch: Batch, which: int) -> Batch:
    """A batch of one of its sequences, with its filling."""
    parts = {name: part[which : which + 1] for name, part in vars(batch).items() if isinstance(part, Tensor) and len(part) > 1}
    return replace(batch, **parts)


def changed(batch: Batch, part: str, vocab_size: int) -> Batch:
    """A sequence as it is, and then with each of its tokens changed."""
    n = getattr(batch, part).shape[1]
    parts = {name: value.repeat(n + 1, *[1] * (value.ndim - 1)) for name, value in vars(batch).items() if isinstance(value, Tensor)}
    tokens = parts[part]
    at = torch.arange(n)
    tokens[at + 1, at] = (tokens[at + 1, at] + 1) % vocab_size
    return replace(batch, **parts)


@pytest.mark.parametrize("row", offering("objective"), ids=lambda row: row.name)
@torch.no_grad()
def test_an_output_depends_on_a_token_exactly_where_the_masks_let_it(row: System) -> None:
    """Each token of an example is changed in turn, its filling too."""
    tokenizer = tokenizers.train([TEXT], TokenizerSettings(min_count=1))
    ids = stream(TEXT, tokenizer).astype(np.int32)
    encoded = EncodedCorpus(tokenizer, ids, np.bincount(ids[ids >= 0], minlength=tokenizer.vocab_size))
    learner = row.load_learner()(tiny(row, n_layers=2, n_ctx=12), encoded)
    model = learner.model.double().eval()
    torch.manual_seed(1)
    stirred(model)
    for seed in range(3):
        whole = learner.objective.sample(16, torch.Generator().manual_seed(seed))
        filled = (whole.ids if whole.source is None else whole.source) == tokenizer.pad_id
        for which in {0, len(filled) // 2, len(filled) - 1, int(filled.sum(1).argmax())}:
            batch = alone(whole, which)
            for part, allowed in permitted(batch, 2).items():
                before, *after = model.hidden(changed(batch, part, tokenizer.vocab_size))
                differs = (torch.stack(after) - before).abs().amax(-1).T > 1e-9  # [output token]
                said = batch.ids[0] != tokenizer.pad_id
                assert torch.equal(differs[said], allowed[said]), f"{part}: {differs.int().tolist()}, not {allowed.int().tolist()}"
                filling = getattr(batch, part)[0] == tokenizer.pad_id
                assert not allowed[said][:, filling].any(), "nobody sees the filling"
