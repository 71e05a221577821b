import itertools

import pytest
import torch

from core.generation.beam import beam_search, length_penalty

END = 0


def table(seed: int = 0) -> torch.Tensor:
    """The next token's logits follow from the last token alone."""
    return 2 * torch.randn(5, 5, generator=torch.Generator().manual_seed(seed))


@pytest.mark.parametrize("seed", range(5))
def test_a_beam_as_wide_as_all_sequences_finds_the_best_of_them(seed: int) -> None:
    logits, alpha = table(seed), 0.7
    log_p = logits.log_softmax(-1)
    best = {}
    for n in range(4):
        for middle in itertools.product(range(1, 5), repeat=n):
            ids = (*middle, END)
            best[ids] = float(sum(log_p[a, b] for a, b in itertools.pairwise((1, *ids)))) / length_penalty(len(ids), alpha)
    found = beam_search(lambda ids: logits[ids[:, -1]], 1, END, width=200, longest=4, alpha=alpha)
    assert found[0].ids == max(best, key=best.__getitem__)
    assert found[0].score == pytest.approx(max(best.values()), abs=1e-5)
    assert found[0].log_probability == pytest.approx(sum(torch.tensor(found[0].probabilities).log()).item(), abs=1e-4)


def test_a_width_of_one_takes_the_likeliest_each_time_and_stops_where_it_has_to() -> None:
    logits = table()
    logits[:, END] = -9
    (found,) = beam_search(lambda ids: logits[ids[:, -1]], 1, END, width=1, longest=6)
    greedy, at = [], 1
    for _ in range(6):
        at = int(logits[at].argmax())
        greedy.append(at)
    assert list(found.ids) == greedy


def test_a_higher_alpha_favours_longer_sequences() -> None:
    # Ending at once is likelier than any longer way.
    logits = torch.log(torch.tensor([[1.0, 0, 0], [0.35, 0.65, 0], [1, 0, 0]]) + 1e-9)
    short, long = (beam_search(lambda ids: logits[ids[:, -1]], 1, END, width=4, longest=8, alpha=alpha)[0] for alpha in (0.0, 4.0))
    assert len(short.ids) < len(long.ids)
