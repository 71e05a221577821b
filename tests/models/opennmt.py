"""OpenNMT-py's recurrent modules, a judge that needs none of its dependencies: `pip install --no-deps OpenNMT-py==3.5.1` (the Makefile does)."""

import importlib
import sys
import warnings
from importlib.metadata import PackageNotFoundError, distribution
from types import ModuleType

import pytest
import torch
from torch import Tensor, nn


def modules() -> tuple[type[nn.Module], dict[bool, type[nn.Module]]]:
    """Its RNNEncoder, and its decoders by whether they feed; the test is skipped where it is not installed.

    The packages' own __init__ files import all of its dependencies, so that empty packages stand in their place.
    """
    try:
        root = distribution("OpenNMT-py").locate_file("onmt")
    except PackageNotFoundError:
        pytest.skip("OpenNMT-py is not installed")
    for name in ("onmt", "onmt.modules", "onmt.encoders", "onmt.decoders", "onmt.utils"):
        if name not in sys.modules:
            package = ModuleType(name)
            package.__path__ = [str(root.joinpath(*name.split(".")[1:]))]
            sys.modules[name] = package
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of names in torch that were renamed since
        sys.modules["onmt.modules"].GlobalAttention = importlib.import_module("onmt.modules.global_attention").GlobalAttention
        sys.modules["onmt.modules"].context_gate_factory = None
        decoders = importlib.import_module("onmt.decoders.decoder")
        encoder = importlib.import_module("onmt.encoders.rnn_encoder").RNNEncoder
    return encoder, {False: decoders.StdRNNDecoder, True: decoders.InputFeedRNNDecoder}


class Embedding(nn.Embedding):
    """As OpenNMT's modules ask for one."""

    @property
    def embedding_size(self) -> int:
        return self.embedding_dim

    def forward(self, ids: Tensor) -> Tensor:
        return super().forward(ids[:, :, 0] if ids.ndim == 3 else ids)  # a decoder has its tokens' features in a third axis


class WithTanh(nn.Module):
    """Its additive attention, which has a bias in two places and no tanh at its end."""

    def __init__(self, inner: nn.Module) -> None:
        super().__init__()
        self.inner = inner

    def forward(self, *given: Tensor, src_len: Tensor | None = None) -> tuple[Tensor, Tensor]:
        found, pattern = self.inner(*given, src_len=src_len)
        return torch.tanh(found), pattern


class OpenNMT(nn.Module):
    def __init__(self, d_model: int, n_layers: int, vocab_size: int, cell: str, both_ways: bool, attention: str, feeds: bool) -> None:
        super().__init__()
        encoder, decoders = modules()
        self.embed = Embedding(vocab_size, d_model)
        self.encoder = encoder(cell.upper(), both_ways, n_layers, d_model, embeddings=self.embed)
        score = {"additive": "mlp"}.get(attention, attention)
        self.decoder = decoders[feeds](cell.upper(), both_ways, n_layers, d_model, attn_type=score, embeddings=self.embed)
        if attention == "additive":
            nn.init.zeros_(self.decoder.attn.linear_query.bias)
            nn.init.zeros_(self.decoder.attn.linear_out.bias)
            self.decoder.attn = WithTanh(self.decoder.attn)

    def forward(self, source: Tensor, lengths: Tensor, ids: Tensor) -> tuple[Tensor, Tensor | None]:
        """The decoder's outputs, and the attention [batch query key]."""
        memory, ended, lengths = self.encoder(source, lengths)
        self.decoder.init_state(source, memory, ended)
        found, attention = self.decoder(ids[:, :, None], memory, src_len=lengths)
        pattern = attention.get("std")
        return found, pattern.transpose(0, 1) if pattern is not None and self.decoder.__class__.__name__.startswith("Input") else pattern
