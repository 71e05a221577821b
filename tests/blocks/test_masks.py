import torch

from core.blocks.masks import anticausal, as_bias, before, causal, full, is_causal, itself, padding, prefix, remembering, up_to, window


def drawn(mask: torch.Tensor) -> list[str]:
    """A mask of one sequence as lines of # (may attend) and . (may not)."""
    return ["".join("#" if seen else "." for seen in row) for row in mask[0, 0]]


def test_each_mask_shows_what_its_name_says() -> None:
    assert drawn(full(2, 3)) == ["###", "###"]
    assert drawn(causal(3)) == ["#..", "##.", "###"]
    assert drawn(window(4, 1)) == ["##..", "###.", ".###", "..##"]
    assert drawn(prefix(torch.tensor([2]), 4)) == ["##.."]
    assert torch.equal(padding(torch.tensor([2, 4]), 4), prefix(torch.tensor([2, 4]), 4))
    assert drawn(itself(3)) == ["#..", ".#.", "..#"]
    assert drawn(anticausal(3)) == ["###", ".##", "..#"]
    order = torch.tensor([[0, 2, 0, 1]])
    assert drawn(before(order)) == ["....", "#.##", "....", "#.#."]
    assert drawn(up_to(order)) == ["#.#.", "####", "#.#.", "#.##"]
    assert drawn(remembering(causal(2), 3)) == ["####.", "#####"]
    assert torch.equal(up_to(torch.arange(5)[None]), causal(5))


def test_masks_join_into_others() -> None:
    lengths = torch.tensor([2, 3])
    prefix_lm = causal(3) | prefix(lengths, 3)
    assert prefix_lm.shape == (2, 1, 3, 3)
    assert drawn(prefix_lm) == ["##.", "##.", "###"]
    assert drawn(prefix_lm[1:]) == ["###", "###", "###"]
    assert drawn(causal(3) & padding(lengths, 3)) == ["#..", "##.", "##."]
    assert drawn(causal(4) & window(4, 1)) == ["#...", "##..", ".##.", "..##"]


def test_a_causal_mask_is_known_as_such_until_it_is_changed_or_joined() -> None:
    mask = causal(3)
    assert is_causal(mask)
    assert not is_causal(full(3))
    assert not is_causal(mask & full(3))
    assert not is_causal(mask.clone())
    mask[0, 0, 2, 0] = False
    assert not is_causal(mask)


def test_a_mask_as_something_to_add_is_made_once_and_anew_when_the_mask_changes() -> None:
    mask = causal(3) & full(3)
    assert as_bias(mask).tolist() == [[[[0, -torch.inf, -torch.inf], [0, 0, -torch.inf], [0, 0, 0]]]]
    assert as_bias(mask) is as_bias(mask)
    mask[0, 0, 2, 0] = False
    assert as_bias(mask)[0, 0, 2].tolist() == [-torch.inf, 0, 0]
    assert as_bias(~full(3)) is None, "a query that sees nothing"
