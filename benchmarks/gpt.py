"""GPT against nanoGPT, or transformers' GPT-2 under the plain loop: tokens a second on the same cores with the same settings, and the loss that comes out.

    python -m benchmarks.gpt [--nanogpt FOLDER] [--corpus TEXT FILE | tiny-shakespeare] [--steps 2000] [--rounds 100] [--json]

The setting is nanoGPT's for a processor without graphics: characters of tiny Shakespeare, 4 layers of 4 heads and 128, 64 characters in 12 sequences,
no dropout, the rate from 1e-3 along a cosine to a tenth over 2000 steps. The first nine tenths of the text are trained on, the rest is not; its loss is
taken over the same stretches of it on both sides, in float32. FOLDER holds nanoGPT's model.py; its steps are those of its train.py. The two train by
turns, each in a process of its own, --rounds short stretches each, from start to end, so that what slows the machine down slows both.
"""

import importlib.util
import os
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from benchmarks.loops import PLAIN_BETAS, Apart, Ours, Plain, versus
from benchmarks.measuring import Line, arguments, report
from core.batch import Batch
from core.models.language_model import resting
from core.systems.gpt import GPTSettings
from core.text.corpora import find
from core.text.encoding import EncodedCorpus, encode
from core.text.tokenizing import TokenizerSettings
from core.training import device
from core.training.gpt import GPTLearner

CHARACTERS = TokenizerSettings(kind="character", min_count=1, lowercase=False)
TEXT = Path(__file__).parents[1] / "../shared/data/tinyshakespeare.txt"
HELD_OUT_TOKENS = 100_000


class NineTenths(EncodedCorpus):
    """A text split as nanoGPT splits it."""

    cut = property(lambda self: int(0.9 * len(self.ids)))  # type: ignore[assignment]


@dataclass(frozen=True)
class Peer:
    """loss: of ids and targets, as it trains; logits: of every position."""

    name: str
    model: nn.Module
    optimizer: torch.optim.Optimizer
    loss: Callable[[Tensor, Tensor], Tensor]
    logits: Callable[[Tensor], Tensor]


def nanogpt(folder: Path, settings: GPTSettings, vocab_size: int) -> Peer:
    """Its model and optimizer, as its train.py makes them (on a processor without graphics, and not compiled)."""
    spec = importlib.util.spec_from_file_location("nanogpt_model", folder / "model.py")
    assert spec is not None
    assert spec.loader is not None
    module = sys.modules["nanogpt_model"] = importlib.util.module_from_spec(spec)
    with redirect_stdout(sys.stderr):
        spec.loader.exec_module(module)
        sizes = {"block_size": settings.n_ctx, "n_layer": settings.n_layers, "n_head": settings.n_heads, "n_embd": settings.d_model}
        model = module.GPT(module.GPTConfig(vocab_size=vocab_size, dropout=0.0, bias=False, **sizes)).to(device.chosen())
        optimizer = model.configure_optimizers(settings.weight_decay, settings.learning_rate, PLAIN_BETAS, device.chosen().type)
    # It gives the logits of all positions only where it is told targets.
    return Peer("nanogpt", model, optimizer, lambda ids, targets: model(ids, targets)[1], lambda ids: model(ids, ids)[0])


def gpt2(settings: GPTSettings, vocab_size: int) -> Peer:
    """transformers' GPT-2 and torch's AdamW, both as they come."""
    from transformers import GPT2Config, GPT2LMHeadModel

    sizes = {"n_positions": settings.n_ctx, "n_embd": settings.d_model, "n_layer": settings.n_layers, "n_head": settings.n_heads}
    dropouts = {"resid_pdrop": 0.0, "embd_pdrop": 0.0, "attn_pdrop": 0.0}
    model = GPT2LMHeadModel(GPT2Config(vocab_size=vocab_size, bos_token_id=None, eos_token_id=None, use_cache=False, **sizes, **dropouts)).to(device.chosen())
    optimizer = torch.optim.AdamW(model.parameters(), settings.learning_rate, PLAIN_BETAS, weight_decay=settings.weight_decay)

    def logits(ids: Tensor) -> Tensor:
        every: Tensor = model(ids).logits
        return every

    return Peer("transformers", model, optimizer, lambda ids, targets: F.cross_entropy(logits(ids).flatten(0, 1), targets.flatten()), logits)


def examples(stream: Tensor, settings: GPTSettings, peer: Peer) -> Callable[[], tuple[Tensor, int]]:
    """The loss of a batch drawn as nanoGPT's train.py draws it."""

    def loss() -> tuple[Tensor, int]:
        starts, n = torch.randint(len(stream) - settings.n_ctx, (settings.batch_size,)), settings.n_ctx
        ids = torch.stack([stream[i : i + n] for i in starts]).to(device.chosen())
        targets = torch.stack([stream[i + 1 : i + 1 + n] for i in starts]).to(device.chosen())
        return peer.loss(ids, targets), ids.numel()

    return loss


def held_out(model: nn.Module, logits: Callable[[Batch], Tensor], batches: list[Batch]) -> float:
    with resting(model):
        losses = [F.cross_entropy(logits(batch).flatten(0, 1), batch.targets.flatten()).item() * batch.n_tokens for batch in batches]
    return sum(losses) / sum(batch.n_tokens for batch in batches)


def held_out_batches(encoded: EncodedCorpus, settings: GPTSettings) -> list[Batch]:
    return GPTLearner.objective_on(encoded.held_out, settings, encoded.tokenizer, device.chosen()).spread(HELD_OUT_TOKENS, 100)


def peers_side(name: str, encoded: EncodedCorpus, settings: GPTSettings, n_steps: int, given: Any) -> Plain:
    """What a process of its own trains."""
    torch.set_num_threads(given.threads)
    torch.manual_seed(1337)
    vocab_size = encoded.tokenizer.vocab_size
    peer = nanogpt(given.nanogpt, settings, vocab_size) if name == "nanogpt" else gpt2(settings, vocab_size)
    stream, batches = torch.from_numpy(encoded.train[:].astype("int64")), held_out_batches(encoded, settings)

    def loss() -> float:
        return held_out(peer.model, lambda batch: peer.logits(batch.ids.contiguous()), batches)

    return Plain(peer.model, peer.optimizer, examples(stream, settings, peer), loss, settings, n_steps)


def compared(name: str, encoded: EncodedCorpus, settings: GPTSettings, given: Any) -> list[Line]:
    learner, n_steps = GPTLearner(settings, encoded), max(1, given.steps // given.rounds)
    theirs = Apart(peers_side, name, encoded, settings, n_steps, given)
    batches = held_out_batches(encoded, settings)
    return versus(f"gpt_vs_{name}", name, Ours(learner, n_steps), theirs, given.rounds, 1.5, lambda: held_out(learner.model, learner.model, batches))


def main() -> None:
    parser = arguments(__doc__, rounds=100)
    parser.add_argument("--corpus", default=str(TEXT) if TEXT.exists() else "tiny-shakespeare", help="a text")
    parser.add_argument("--nanogpt", type=Path, help="the folder of nanoGPT's sources; without it transformers' GPT-2 is the peer")
    parser.add_argument("--transformers", action="store_true", help="transformers' GPT-2 besides")
    parser.add_argument("--steps", type=int, default=2000)
    parser.add_argument("--threads", type=int, default=os.cpu_count() or 1)
    given = parser.parse_args()
    if given.nanogpt and not (given.nanogpt / "model.py").is_file():
        raise SystemExit(f"There is no model.py in {given.nanogpt}; --nanogpt takes the folder of nanoGPT's sources.")
    torch.set_num_threads(given.threads)
    whole = encode(find(given.corpus), CHARACTERS)
    encoded = NineTenths(whole.tokenizer, whole.ids, whole.counts)
    settings = GPTSettings(batch_size=12, n_steps=given.steps)
    peers = ["nanogpt"] if given.nanogpt else []
    peers += ["transformers"] if given.transformers or not given.nanogpt else []
    lines = [line for peer in peers for line in compared(peer, encoded, settings, given)]
    report("GPT at nanoGPT's setting for a processor", lines, {"steps": given.steps, "threads": given.threads, **vars(settings)}, given.json)


if __name__ == "__main__":
    main()
