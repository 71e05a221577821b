import json

import pytest

from benchmarks.measuring import Line, compare, report


def test_sides_run_by_turns_and_the_ratio_is_a_median_of_rounds() -> None:
    order: list[str] = []

    def side(name: str, rates: list[float], n: int) -> float:
        order.append(f"{name}{n}")
        return rates[n]

    lines = compare("ours_vs_peer", "words/s", "peer", lambda n: side("o", [8, 20, 9], n), lambda n: side("p", [2, 2, 3], n), 3, goal=3)
    assert order == ["o0", "p0", "p1", "o1", "o2", "p2"]
    assert [line.value for line in lines] == [4, 9, 2]
    assert lines[0].key == "ours_vs_peer"


def test_json_has_a_key_for_each_line(capsys: pytest.CaptureFixture[str]) -> None:
    report("title", [Line("a_vs_b", "ours / b", 3.5, "x", (3.0, 4.0))], {"epochs": 2}, as_json=True)
    printed = json.loads(capsys.readouterr().out)
    assert printed["a_vs_b"] == 3.5
    assert printed["settings"]["epochs"] == 2


def test_many_rounds_are_shown_by_where_the_middle_half_lies(capsys: pytest.CaptureFixture[str]) -> None:
    report("title", [Line("a_vs_b", "ours / b", 3.0, "x", tuple(map(float, range(101))))], {}, as_json=False)
    assert "half of 101 rounds between 24.500 and 75.500" in capsys.readouterr().out
