from itertools import pairwise

import pytest
import torch
from transformers import TemperatureLogitsWarper, TopKLogitsWarper, TopPLogitsWarper

from core.generation.sampling import Sampling, generate, probabilities

LOGITS = torch.tensor([1.0, 3.0, 2.0, 0.5, -1.0])


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def test_tokens_are_drawn_as_often_as_the_softmax_says() -> None:
    drawn = torch.tensor([token.id for token in generate(lambda _: LOGITS, [0], 6000, generator())])
    torch.testing.assert_close(drawn.bincount(minlength=5) / len(drawn), LOGITS.softmax(-1), atol=0.02, rtol=0)


@pytest.mark.parametrize("temperature", [0.1, 0.7, 1.0, 3.0])
@pytest.mark.parametrize("top_k", [0, 1, 7, 40, 100])
@pytest.mark.parametrize("top_p", [0.05, 0.5, 0.9, 1.0])
def test_temperature_and_cuts_are_those_of_transformers(temperature: float, top_k: int, top_p: float) -> None:
    logits = torch.randn(40, generator=generator(top_k)).double() * 3
    expected = TemperatureLogitsWarper(temperature)(torch.tensor([[0]]), logits[None])
    if top_k:
        expected = TopKLogitsWarper(top_k)(torch.tensor([[0]]), expected)
    expected = TopPLogitsWarper(top_p)(torch.tensor([[0]]), expected)[0].softmax(-1)
    torch.testing.assert_close(probabilities(logits, Sampling(temperature, top_k, top_p)), expected, atol=1e-12, rtol=0)


def test_a_temperature_of_nothing_takes_the_likeliest_always() -> None:
    drawn = list(generate(lambda _: LOGITS, [0], 5, generator(), Sampling(temperature=0.0), n_alternatives=2))
    assert {token.id for token in drawn} == {1}
    assert probabilities(LOGITS, Sampling(temperature=0.0)).tolist() == [0, 1, 0, 0, 0]
    model_says = LOGITS.softmax(-1)
    assert drawn[0].probability == pytest.approx(float(model_says[1]))
    assert [i for i, _ in drawn[0].alternatives] == [1, 2]
    assert [p for _, p in drawn[0].alternatives] == pytest.approx([float(model_says[1]), float(model_says[2])])


def test_each_draw_is_made_after_what_was_drawn_before() -> None:
    def counting(ids: list[int]) -> torch.Tensor:
        return torch.nn.functional.one_hot(torch.tensor((ids[-1] + 1) % 5), 5) * 100.0

    drawn = [token.id for token in generate(counting, [2], 8, generator())]
    assert all(after == (before + 1) % 5 for before, after in pairwise([2, *drawn]))
    assert [token.id for token in generate(counting, [2], 8, generator(), eos_id=0)] == [3, 4, 0]


def test_the_seed_decides() -> None:
    first, again, other = ([token.id for token in generate(lambda _: LOGITS, [0], 30, generator(seed))] for seed in (1, 1, 2))
    assert first == again != other


@pytest.mark.parametrize("wrong", [{"temperature": -1.0}, {"temperature": float("nan")}, {"top_k": -1}, {"top_p": 0.0}, {"top_p": 1.5}])
def test_sampling_that_cannot_be_is_said_in_words(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="Temperature and top k must be at least 0"):
        Sampling(**wrong)
