import numpy as np
import torch

from core.inspection.contextual import Contextual, contextual
from core.models.gpt import GPT
from core.models.language_model import resting
from core.models.transformer import Transformer
from core.objectives.causal import to_read
from core.objectives.pairs import pair_batch
from core.systems.gpt import GPTSettings
from core.text import tokenizers
from core.text.tokenizing import TokenizerSettings

TOKENIZER = tokenizers.train(["a b c d e"], TokenizerSettings(kind="word", min_count=1))


def test_the_layers_of_a_decoder_lead_from_its_embedding_to_its_logits() -> None:
    torch.manual_seed(1)
    model = GPT(GPTSettings(n_layers=3, n_heads=2, d_model=8, n_ctx=8, dropout=0.5), TOKENIZER.vocab_size)
    batch = to_read([7, 9, 8])
    found = contextual(model, batch, ["a", "c", "b"])
    assert found.layers.shape == (4, 3, 8)
    with resting(model):
        torch.testing.assert_close(torch.from_numpy(found.layers[0]), model.embed(batch.ids)[0] + model.positions(3))
        torch.testing.assert_close(model.unembed(model.normed(torch.from_numpy(found.layers[-1]))), model(batch)[0])


def test_of_an_encoder_and_a_decoder_it_is_what_the_encoder_makes_of_the_source() -> None:
    torch.manual_seed(1)
    model = Transformer(8, 2, 2, 16, 8, TOKENIZER.vocab_size)
    batch = pair_batch([[7, 8, 9]], [[7]], TOKENIZER)
    found = contextual(model, batch, ["a", "b", "c"])
    assert found.layers.shape == (3, 3, 8)
    with resting(model):
        torch.testing.assert_close(torch.from_numpy(found.layers[-1]), model.encode(batch.source, batch.source_mask)[0])


def test_layers_are_mixed_by_the_models_own_shares_or_evenly() -> None:
    layers = np.arange(12, dtype=np.float32).reshape(2, 3, 2)
    assert np.allclose(Contextual("abc", layers).mixed, layers.mean(0))
    assert np.allclose(Contextual("abc", layers, np.array([0.25, 0.75], np.float32), 2.0).mixed, 0.5 * layers[0] + 1.5 * layers[1])
