import pytest
import torch
import torch.nn.functional as F
from transformers import GPT2Config, GPT2LMHeadModel, OpenAIGPTConfig, OpenAIGPTLMHeadModel

from core.batch import IGNORE, Batch
from core.blocks.masks import causal, full, padding, prefix, window
from core.inspection.hooks import capture
from core.models.gpt import GPT
from core.models.language_model import resting
from core.systems.gpt import GPTSettings

VOCAB = 11


def batch_of(ids: torch.Tensor, mask: torch.Tensor | None = None) -> Batch:
    return Batch(ids, torch.full_like(ids, IGNORE), causal(ids.shape[1]) if mask is None else mask)


def gpt(seed: int = 0, **settings: object) -> GPT:
    torch.manual_seed(seed)
    return GPT(GPTSettings(**{"n_layers": 2, "n_heads": 3, "d_model": 12, "n_ctx": 8, "activation": "gelu by tanh", **settings}), VOCAB)


def theirs_of(ours: GPT, **more: object) -> torch.nn.Module:
    """The transformers model of the same weights, ours given at random: none is left at a start that hides a difference."""
    sizes = {
        "vocab_size": VOCAB,
        "n_positions": ours.n_ctx,
        "n_embd": ours.embed.embedding_dim,
        "n_layer": len(ours.blocks),
        "n_head": ours.blocks[0].attention.n_heads,
    }
    dropouts = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0, "bos_token_id": None, "eos_token_id": None}
    dropouts |= {"tie_word_embeddings": ours.unembedding is None}
    pre = ours.blocks[0].norm_place == "pre"
    with torch.no_grad():
        for weight in ours.parameters():
            weight.add_(0.3 * torch.randn_like(weight))
    if pre:
        theirs = GPT2LMHeadModel._from_config(GPT2Config(**sizes, **dropouts, **more), attn_implementation="eager")
    else:
        theirs = OpenAIGPTLMHeadModel._from_config(OpenAIGPTConfig(**sizes, **dropouts), attn_implementation="eager")
    theirs = theirs.to(ours.embed.weight.dtype)
    missing = theirs.load_state_dict(renamed(dict(ours.named_parameters()), pre), strict=False)
    assert not missing.unexpected_keys
    assert set(missing.missing_keys) <= ({"lm_head.weight"} if ours.unembedding is None else set())
    return theirs


def renamed(ours: dict[str, torch.Tensor], pre: bool) -> dict[str, torch.Tensor]:
    """Our weights (or gradients) under transformers' names; its Conv1D keeps matrices transposed."""
    names = {"embed.weight": "wte.weight" if pre else "tokens_embed.weight", "positions.weight": "wpe.weight" if pre else "positions_embed.weight"}
    parts = {"attention.qkv": "attn.c_attn", "attention.out": "attn.c_proj", "feed_forward.into": "mlp.c_fc", "feed_forward.out": "mlp.c_proj"}
    parts |= {"attention_norm": "ln_1", "feed_forward_norm": "ln_2", "final_norm": "ln_f", "blocks": "h"}
    result = {}
    for name, weight in ours.items():
        if name == "unembedding.weight":
            result["lm_head.weight"] = weight.detach()
            continue
        new = names.get(name, name)
        for part, their_part in parts.items():
            new = new.replace(part, their_part)
        result["transformer." + new] = weight.detach().T if ".c_" in new and weight.ndim == 2 else weight.detach()
    return result


@pytest.mark.parametrize("norm", ["pre", "post"])
@pytest.mark.parametrize(("dtype", "tolerance"), [(torch.double, 1e-10), (torch.float, 1e-5)])
@pytest.mark.parametrize(("n_layers", "n_heads", "n", "n_batch", "tied"), [(1, 1, 1, 1, True), (2, 3, 8, 2, True), (3, 5, 5, 3, False), (1, 2, 7, 4, True)])
def test_it_is_transformers_gpt2_and_openai_gpt(
    norm: str, dtype: torch.dtype, tolerance: float, n_layers: int, n_heads: int, n: int, n_batch: int, tied: bool
) -> None:  # fmt: skip
    """Logits, attention and the gradient of every weight."""
    ours = gpt(n_layers=n_layers, n_heads=n_heads, d_model=4 * n_heads, norm=norm, tied=tied).to(dtype)
    theirs = theirs_of(ours)
    ids, targets = torch.randint(VOCAB, (n_batch, n)), torch.randint(VOCAB, (n_batch * n,))
    with capture(ours, "*.pattern") as captured:
        logits = ours(batch_of(ids))
    unheard = ours(batch_of(ids))
    expected = theirs(ids, output_attentions=True)
    for given in (logits, unheard):
        torch.testing.assert_close(given, expected.logits, atol=tolerance, rtol=tolerance)
    torch.testing.assert_close(torch.stack(list(captured.values())), torch.stack(expected.attentions), atol=tolerance, rtol=0)
    F.cross_entropy(unheard.flatten(0, 1), targets).backward()
    F.cross_entropy(expected.logits.flatten(0, 1), targets).backward()
    gradients = {name: weight.grad for name, weight in theirs.named_parameters()}
    for name, gradient in renamed({name: weight.grad for name, weight in ours.named_parameters()}, norm == "pre").items():
        torch.testing.assert_close(gradient, gradients[name], atol=tolerance, rtol=tolerance)


def seen_by_change(model: GPT, mask: torch.Tensor, n: int) -> torch.Tensor:
    """bool [batch query key]: whether the output at `query` changes, in the last bit at least, when the token at `key` does."""
    ids = torch.randint(VOCAB, (mask.shape[0], n))
    with resting(model):
        before = model(batch_of(ids, mask))
        changed = []
        for key in range(n):
            other = ids.clone()
            other[:, key] = (other[:, key] + 1) % VOCAB
            changed.append((model(batch_of(other, mask)) != before).any(-1))
    return torch.stack(changed, dim=-1)


@pytest.mark.parametrize("norm", ["pre", "post"])
def test_gpt_never_sees_the_future(norm: str) -> None:
    """Each input token changed in turn: exactly the outputs at its place and after change."""
    for n in (1, 2, 8):
        assert torch.equal(seen_by_change(gpt(norm=norm).double(), causal(n), n), causal(n)[0])


@pytest.mark.parametrize("mask", [full(8), causal(8) | prefix(torch.tensor([3, 5]), 8), causal(8) & padding(torch.tensor([8, 4]), 8), window(8, 1)])
def test_it_sees_what_the_batchs_mask_allows_and_no_more(mask: torch.Tensor) -> None:
    """One layer: what is allowed. Two: what is allowed in two hops. A position always sees itself along the residual stream."""
    hop = (mask[:, 0] | torch.eye(8, dtype=torch.bool)).float()
    assert torch.equal(seen_by_change(gpt(n_layers=1).double(), mask, 8), hop > 0)
    assert torch.equal(seen_by_change(gpt(n_layers=2).double(), mask, 8), hop @ hop > 0)


def test_logits_can_be_asked_for_at_some_positions_only() -> None:
    model = gpt()
    batch = batch_of(torch.randint(VOCAB, (2, 8)))
    where = torch.rand(2, 8) < 0.3
    torch.testing.assert_close(model.unembed(model.hidden(batch)[where]), model(batch)[where])


def test_it_starts_out_knowing_nothing_with_a_stream_that_does_not_grow() -> None:
    torch.manual_seed(0)
    model = GPT(GPTSettings(n_layers=8, d_model=64), 500)
    ids = torch.randint(500, (8, 64))
    loss = F.cross_entropy(model(batch_of(ids)).flatten(0, 1), torch.randint(500, (8 * 64,)))
    assert abs(loss.item() - torch.tensor(500.0).log()) < 0.05
    assert abs(model.blocks[0].feed_forward.into.weight.std().item() - 0.02) < 1e-3
    assert abs(model.blocks[0].attention.out.weight.std().item() - 0.02 / 4) < 1e-3


def test_untied_a_narrow_one_starts_with_larger_weights_and_knows_little_still() -> None:
    torch.manual_seed(0)
    model = GPT(GPTSettings(n_layers=2, d_model=64, tied=False), 500)
    for weight in (model.embed.weight, model.unembedding.weight, model.blocks[0].attention.qkv.weight):
        assert weight.std().item() == pytest.approx(0.02 * (1600 / 64) ** 0.5, rel=0.05)
    loss = F.cross_entropy(model(batch_of(torch.randint(500, (8, 8)))).flatten(0, 1), torch.randint(500, (64,)))
    assert abs(loss.item() - torch.tensor(500.0).log()) < 0.7


def test_without_feed_forward_layers_and_norms_only_attention_adds_to_the_stream() -> None:
    model = gpt(norm="none", feed_forward=False)
    assert {name.split(".")[2] for name, _ in model.blocks.named_parameters(prefix="blocks")} == {"attention"}
    ids = torch.randint(VOCAB, (2, 8))
    with capture(model, "*") as captured:
        hidden = model.hidden(batch_of(ids))
    x = model.embed(ids) + model.positions(8)
    for n, block in enumerate(model.blocks):
        z = captured[f"blocks.{n}.attention.z"]
        x = x + block.attention.out(z.transpose(1, 2).flatten(2))
    torch.testing.assert_close(hidden, x)


@pytest.mark.parametrize("activation", ["gelu", "relu"])
def test_another_activation_is_transformers_of_that_name(activation: str) -> None:
    ours = gpt(activation=activation)
    theirs = theirs_of(ours, activation_function=activation)
    ids = torch.randint(VOCAB, (2, 8))
    torch.testing.assert_close(ours(batch_of(ids)), theirs(ids).logits, atol=1e-5, rtol=1e-5)


def test_one_batch_is_learnt_by_heart() -> None:
    model = gpt(d_model=24)
    batch = batch_of(torch.randint(VOCAB, (2, 8)))
    targets = torch.randint(VOCAB, (16,))
    optimizer = torch.optim.Adam(model.parameters(), 1e-2)
    for _ in range(150):
        loss = F.cross_entropy(model(batch).flatten(0, 1), targets)
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
    assert loss < 0.01


def test_resting_gives_the_model_back_as_it_was() -> None:
    model = gpt(dropout=0.5)
    batch = batch_of(torch.randint(VOCAB, (1, 8)))
    with resting(model):
        assert torch.equal(model(batch), model(batch))
        assert not model(batch).requires_grad
    assert model.training
    assert not torch.equal(model(batch), model(batch))
