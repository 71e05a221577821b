import torch

from core.models.transformer import Transformer
from core.patterns import history
from core.text import tokenizers
from core.text.tokenizing import TokenizerSettings
from core.trained.translating import Translates

TOKENIZER = tokenizers.train(["a b c d e f g h"], TokenizerSettings(kind="word", min_count=1))


def trained(seed: int) -> Translates:
    torch.manual_seed(seed)
    model = Transformer(d_model=8, n_heads=2, n_layers=1, d_ff=16, n_ctx=8, vocab_size=TOKENIZER.vocab_size)
    return Translates(model, TOKENIZER, None)


def test_a_settled_text_is_read_alike_by_the_models_of_all_steps() -> None:
    at = {step: trained(step) for step in (1, 2, 3)}
    alone = {step: {each.part: each for each in model.patterns("a b c")} for step, model in at.items()}
    assert len({tuple(each["cross"].queries) for each in alone.values()}) > 1, "each writes something else"
    text = at[3].settled("a b c")
    assert text.startswith("a b c\t")
    assert at[1].settled(text) == text
    together = {step: {each.part: each for each in model.patterns(text)} for step, model in at.items()}
    for part in ("encoder", "decoder", "cross"):
        made = history({step: each[part] for step, each in together.items()}, most=10**6)
        assert made.steps == [1, 2, 3]
        assert list(made.queries) == list(together[3][part].queries)
