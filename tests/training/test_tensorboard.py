"""TensorBoard's own reader finds each step once."""

from collections.abc import Callable

import pytest

from core.training import metrics, trainer
from core.training.run import Run

Make = Callable[..., Run]


def scalars(run: Run, name: str) -> list[tuple[int, float]]:
    accumulator = pytest.importorskip("tensorboard.backend.event_processing.event_accumulator")
    reader = accumulator.EventAccumulator(str(run.folder / "tensorboard"))
    reader.Reload()
    return [(event.step, pytest.approx(event.value, rel=1e-6)) for event in reader.Scalars(name)]


@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_a_run_and_its_resumption_read_as_one_curve(toy_run: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    run = toy_run(n_steps=100)

    def crash(row: metrics.Row) -> None:
        if row["step"] == 60:
            raise RuntimeError("as if killed, with rows after the checkpoint")

    monkeypatch.setattr(trainer, "CHECKPOINT_EVERY", 0.0)
    monkeypatch.setattr(trainer, "CHECKPOINT_SHARE", 1e9)
    trainer.train(run, told=lambda row: run.pause() if row["step"] == 40 else None)
    (run.folder / "stop").unlink()
    monkeypatch.setattr(trainer, "CHECKPOINT_EVERY", 1e9)
    trainer.train(run, told=crash)
    assert run.status().step == 40
    trainer.train(run)
    rows = metrics.rows(run.folder / "metrics.jsonl")
    assert scalars(run, "loss") == [(row["step"], row["loss"]) for row in rows]
    assert scalars(run, "held_out") == [(row["step"], row["held_out"]) for row in rows if "held_out" in row]
    assert len(scalars(run, "speed")) == len(scalars(run, "learning_rate")) == 20
