"""What the attention viewer sends to the browser: as little as keeps the numbers right."""

import gzip
from base64 import b64encode
from typing import Any

import numpy as np
import pytest

from pages.ui import viewer
from pages.ui.components import program

WEIGHTS = np.random.default_rng(0).dirichlet(np.ones(8), (1, 2, 3, 8)).astype(np.float32)
TOKENS = list("abcdefgh")
OPEN = np.ones((8, 8), bool)


def test_its_program_stays_small_for_it_travels_with_every_message() -> None:
    assert len(b64encode(gzip.compress(program("attention", *viewer.PARTS).encode()))) < 50_000


@pytest.mark.parametrize(("floats", "shorts", "kind", "wrong"), [(384, 999, "float32", 0), (383, 999, "uint16", 1 / 130_000), (0, 383, "uint8", 0.004)])
def test_many_weights_are_sent_in_fewer_bytes(monkeypatch: pytest.MonkeyPatch, floats: int, shorts: int, kind: str, wrong: float) -> None:
    monkeypatch.setattr(viewer, "AS_FLOATS", floats)
    monkeypatch.setattr(viewer, "AS_SHORTS", shorts)
    meta, arrays = viewer.message(WEIGHTS, TOKENS, TOKENS, OPEN)
    sent = arrays["weights"]
    assert sent.dtype == kind
    assert meta["roots"] == (kind == "uint8")
    read = (sent / 255) ** 2 if kind == "uint8" else sent / {"float32": 1, "uint16": 65_000}[kind]
    assert np.abs(read - WEIGHTS).max() <= wrong + 1e-7


def test_words_are_offered_only_where_something_would_come_together() -> None:
    apart, together = list(range(8)), [0, 0, 1, 2, 3, 4, 5, 6]
    assert viewer.message(WEIGHTS, TOKENS, TOKENS, OPEN, words=(apart, apart))[0]["words"] is None
    assert viewer.message(WEIGHTS, TOKENS, TOKENS, OPEN, words=(apart, together))[0]["words"] == [apart, together]


def test_half_a_surrogate_pair_in_a_token_can_be_sent() -> None:
    assert viewer.message(WEIGHTS, ["\ud83d", *TOKENS[1:]], TOKENS, OPEN)[0]["queries"][0] == "?"


def test_an_address_of_two_clicks_ago_does_not_undo_the_third(monkeypatch: pytest.MonkeyPatch) -> None:
    state: dict[str, Any] = {}
    monkeypatch.setattr(viewer.st, "session_state", state)

    def run(address: str, click: str | None = None) -> tuple[int, dict[str, str]]:
        if click is not None:
            state["a view"] = {"look": {"command": 1, "told": {"show": click}}}
        number, look = viewer.command("a view", {"show": address})
        heard = state.get("a view")
        state["a view told"] = heard["look"]["told"] if heard else look
        return number, look

    assert run("head") == (1, {"show": "head"})
    assert run("head", "mean")[0] == run("head", "max")[0] == 1
    assert run("mean", "rollout")[0] == 1, "the address of the first click comes with the third"
    assert run("rollout")[0] == 1
    assert run("head") == (2, {"show": "head"}), "back, by the browser"
