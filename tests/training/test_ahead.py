import threading

import pytest

from core.training.ahead import Ahead


class Maker:
    """Remembers in which thread each number was made."""

    def __init__(self) -> None:
        self.threads: dict[int, int] = {}

    def __call__(self, step: int) -> str:
        assert step not in self.threads, "made twice"
        self.threads[step] = threading.get_ident()
        if step == 3:
            raise ValueError("there is no third")
        return f"made for {step}"


@pytest.fixture
def maker() -> Maker:
    return Maker()


def test_what_the_next_step_needs_is_made_in_another_thread(maker: Maker) -> None:
    ahead = Ahead(maker, worth_it=0.0)
    assert ahead(0) == "made for 0"
    for step in (1, 2):
        while step not in maker.threads:  # the other thread is on its way
            threading.Event().wait(0.001)
        assert ahead(step) == f"made for {step}"
    assert maker.threads[0] == threading.get_ident()
    assert maker.threads[1] == maker.threads[2] != maker.threads[0]


def test_a_step_that_nobody_expected_is_made_when_asked_for(maker: Maker) -> None:
    ahead = Ahead(maker, worth_it=0.0)
    assert [ahead(0), ahead(10)] == ["made for 0", "made for 10"]
    assert maker.threads[10] == threading.get_ident()


def test_what_is_made_in_no_time_is_made_when_asked_for(maker: Maker) -> None:
    ahead = Ahead(maker, worth_it=60.0)
    assert [ahead(step) for step in (0, 1, 2)] == ["made for 0", "made for 1", "made for 2"]
    assert set(maker.threads.values()) == {threading.get_ident()}


def test_what_goes_wrong_is_heard_when_it_is_asked_for(maker: Maker) -> None:
    ahead = Ahead(maker, worth_it=0.0)
    assert ahead(2) == "made for 2"
    with pytest.raises(ValueError, match="no third"):
        ahead(3)
