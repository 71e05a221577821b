import threading

import pytest
import torch
from torch import nn

from core.blocks.hook_points import NOBODY, HookPoint, taps
from core.inspection.hooks import capture, edit, hook_points


class Doubling(nn.Module):
    def __init__(self) -> None:
        super().__init__()
        self.before, self.after = HookPoint(), HookPoint()

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return self.after(2 * self.before(x))


def model() -> nn.Sequential:
    return nn.Sequential(Doubling(), Doubling())


ONE = torch.ones(1)


def test_capture_reads_what_goes_through_the_points_named() -> None:
    net = model()
    with capture(net, "*.after") as captured:
        assert net(ONE) == 4
    assert {name: float(x) for name, x in captured.items()} == {"0.after": 2, "1.after": 4}
    assert list(hook_points(net)) == ["0.before", "0.after", "1.before", "1.after"]


def test_edit_replaces_it() -> None:
    net = model()
    with edit(net, "0.after", lambda x: x + 10):
        assert net(ONE) == 24
    assert net(ONE) == 4


def test_of_two_the_outer_one_acts_first() -> None:
    net = model()
    with capture(net, "0.after") as before, edit(net, "0.after", lambda x: x + 10), capture(net, "0.after") as after:
        net(ONE)
    assert (float(before["0.after"]), float(after["0.after"])) == (2, 12)


def test_nothing_is_left_behind_after_an_error_either() -> None:
    net = model()
    with pytest.raises(ZeroDivisionError), capture(net, "*") as captured, edit(net, "1.before", lambda x: x / 0 if 1 // 0 else x):
        net(ONE)
    assert list(captured) == ["0.before", "0.after", "1.before"]
    captured.clear()
    assert net(ONE) == 4
    assert not captured
    assert not any(point.heard for point in hook_points(net).values())
    assert not taps.get(NOBODY)
    assert not any(module._forward_hooks for module in net.modules())


def test_another_thread_with_the_same_model_hears_and_changes_nothing() -> None:
    net, there = model(), []
    with capture(net, "*") as captured, edit(net, "*", lambda x: x + 1):
        thread = threading.Thread(target=lambda: there.append(net(ONE)))
        thread.start()
        thread.join()
    assert there == [4]
    assert not captured


def test_a_name_that_is_no_hook_points_is_our_mistake() -> None:
    with pytest.raises(AssertionError, match=r"no hook point is called 'z'; there are 0\.before"), capture(model(), "z"):
        pass


def test_captured_tensors_keep_their_gradients() -> None:
    net, x = model(), torch.ones(1, requires_grad=True)
    with capture(net, "0.after") as captured:
        y = net(x)
    assert torch.autograd.grad(y, captured["0.after"])[0] == 2
