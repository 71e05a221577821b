"""What the tests of the models share: a reference of the same weights, and how two models are held to be equal."""

from collections.abc import Callable, Mapping

import torch
from torch import Tensor, nn

Rename = Callable[[Mapping[str, Tensor]], dict[str, Tensor]]  # our weights (or their gradients) under the reference's names


def stirred(model: nn.Module) -> None:
    """None of its weights is left at a start that would hide a difference."""
    with torch.no_grad():
        for weight in model.parameters():
            weight.add_(0.3 * torch.randn_like(weight))


def given_weights(theirs: nn.Module, ours: nn.Module, renamed: Rename, missing: tuple[str, ...] = ()) -> nn.Module:
    """The reference with our weights; only those named in `missing` may be tied, or not there."""
    told = theirs.load_state_dict(renamed({name: weight.detach() for name, weight in ours.named_parameters()}), strict=False)
    assert not told.unexpected_keys
    assert all(name.startswith(missing) for name in told.missing_keys), told.missing_keys
    return theirs


def same_gradients(ours: nn.Module, theirs: nn.Module, renamed: Rename, tolerance: float, but: tuple[str, ...] = ()) -> None:
    """Every weight of ours that took part has the reference's gradient."""
    gradients = {name: weight.grad for name, weight in theirs.named_parameters()}
    found = renamed({name: weight.grad for name, weight in ours.named_parameters() if weight.grad is not None})
    assert found
    for name, gradient in found.items():
        if not name.startswith(but or "-"):
            torch.testing.assert_close(gradient, gradients[name], atol=tolerance, rtol=tolerance, msg=lambda told, name=name: f"{name}: {told}")
