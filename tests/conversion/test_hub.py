"""Models by their names on the hub: from the cache, from a server that answers as the hub does, and from nowhere."""

import shutil
from pathlib import Path

import pytest

from core.conversion.hub import is_name
from core.conversion.opening import open_model
from core.systems import system
from tests.conversion.test_export import exported, learner
from tests.text.server import Answer, serving


@pytest.fixture
def folder(tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "HF_HUB_OFFLINE"):
        monkeypatch.delenv(name, raising=False)
    return exported(learner(system("gpt")), system("gpt"), tmp_path / "made")


@pytest.mark.parametrize(
    ("text", "may_be"), [("gpt2", True), ("google-t5/t5-small", True), ("a.npz", False), ("a/..", False), ("../a", False), ("/tmp", False), ("a b", False)]
)
def test_a_name_is_told_from_a_path(text: str, may_be: bool) -> None:
    assert is_name(text) == may_be


def test_a_model_in_the_cache_is_opened_by_its_name(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "hub" / "models--some--tiny-gpt" / "snapshots" / "0123abcd")
    run = open_model("some/tiny-gpt")
    assert (run.name, run.config.system) == ("tiny-gpt", "gpt")
    assert (tmp_path / "hub" / "models--some--tiny-gpt" / "snapshots" / "0123abcd" / "model.safetensors").exists()


def test_a_model_is_fetched_file_by_file_and_nothing_else(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    answers = {f"/some/tiny/resolve/main/{path.name}": Answer(path.read_bytes(), "application/octet-stream") for path in folder.iterdir()}
    said: list[str] = []
    with serving(answers) as (address, asked):
        monkeypatch.setenv("HF_ENDPOINT", address)
        run = open_model("some/tiny", progress=lambda what, share: said.append(what))
    assert run.state() == "done"
    assert {path.rpartition("/")[2] for path in asked} <= {
        "config.json",
        "tokenizer.json",
        "tokenizer_config.json",
        "special_tokens_map.json",
        "model.safetensors",
    }
    assert any(what.startswith("model.safetensors: loading") for what in said)


def test_without_a_network_the_remedy_is_said(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_ENDPOINT", "http://127.0.0.1:9")
    with pytest.raises(ValueError, match=r"bert-base is not in this machine's cache .*cannot be reached.*hf download bert-base"):
        open_model("bert-base")
    with serving({}) as (address, _), monkeypatch.context() as here:
        here.setenv("HF_ENDPOINT", address)
        with pytest.raises(ValueError, match="no public model of this name"):
            open_model("some/none")
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    with pytest.raises(ValueError, match="HF_HUB_OFFLINE forbids it"):
        open_model("bert-base")
