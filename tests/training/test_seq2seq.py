"""seq2seq as it trains: what its settings may be, and a run without attention."""

from pathlib import Path

import pytest

from core.systems.seq2seq import Seq2SeqSettings
from core.text import corpora
from core.training import trainer
from core.training.run import RunConfig, create
from tests.training.conftest import WORDS

TINY = {"d_model": 8, "n_ctx": 16, "batch_size": 4, "n_steps": 3}


def test_a_run_without_attention_shows_none_and_says_what_it_answers(monkeypatch: pytest.MonkeyPatch) -> None:
    run = create(RunConfig("seq2seq", "small-world:300:1", WORDS, Seq2SeqSettings(attention="none", both_ways=False, **TINY)))
    monkeypatch.setattr("core.training.recording.Recorder._watched", lambda self: True)
    trainer.train(run)
    assert run.state() == "done", run.error()
    live, last = run.live(), run.snapshots()[-1]
    assert live is not None
    assert live.attention is None
    assert "→" in live.text
    assert last.attention() == []
    assert last.samples()[0]["prompt"]


def test_how_many_pairs_are_too_long_is_said(tmp_path: Path) -> None:
    short, long = "the king\tle roi\n", f"{'the king ' * 20}\tle roi\n"
    notes = []
    for name, lines in (("some.tsv", [short, long, short] * 20), ("none.tsv", [short] * 60)):
        (tmp_path / name).write_text("".join(lines))
        run = create(RunConfig("seq2seq", corpora.find(f"pairs:{tmp_path / name}").id, WORDS, Seq2SeqSettings(**TINY)))
        trainer.train(run)
        assert run.state() == "done", run.error()
        notes.append(run.note())
    assert notes[0].endswith("pairs are longer than n_ctx (16 tokens), and left out.")
    left_out, of = (int(number) for number in notes[0].split(" pairs")[0].split(" of "))
    assert abs(left_out - of / 3) <= 1
    assert notes[1] == ""


def test_settings_that_cannot_be_are_refused_in_words() -> None:
    with pytest.raises(ValueError, match=r"half of d_model, and 9 is odd. Take 10"):
        Seq2SeqSettings(d_model=9)
    Seq2SeqSettings(d_model=9, both_ways=False)
    with pytest.raises(ValueError, match="Choose an attention, or switch input_feeding off"):
        Seq2SeqSettings(attention="none", input_feeding=True)
