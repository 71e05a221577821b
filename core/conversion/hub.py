"""A model by its name on the Hugging Face hub: from this machine's cache, or fetched. No remote code, no pickled weights."""

import json
import os
import re
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.text.progress import Progress
from core.text.web import downloaded
from core.text.writing import folder_aside
from core.workspace import subfolder

NAME = re.compile(r"[\w-]+|[\w-][\w.-]*/[\w-][\w.-]*", re.ASCII)
NEEDED = ("config.json", "tokenizer.json")
OPTIONAL = ("tokenizer_config.json", "special_tokens_map.json")
WEIGHTS, INDEX = "model.safetensors", "model.safetensors.index.json"


def is_name(text: str) -> bool:
    """Whether a text may be a model's name ("gpt2", "google-t5/t5-small") and is no folder of this machine."""
    return bool(NAME.fullmatch(text)) and not Path(text).expanduser().exists()


@contextmanager
def folder_of(name: str, progress: Progress) -> Iterator[Path]:
    """A model's folder, until the block is left; ValueError in words where it can be had neither from the cache nor from the hub."""
    with folder_aside(subfolder("cache", "downloads")) as aside:
        folder, kept = aside / name.rpartition("/")[2], cached(name)
        if kept is not None:
            folder.symlink_to(kept)
        else:
            folder.mkdir()
            _fetch(name, folder, progress)
        yield folder


def cache() -> Path:
    """Where the hub's own programs keep what they have loaded."""
    home = Path(os.environ.get("HF_HOME") or Path(os.environ.get("XDG_CACHE_HOME") or "~/.cache") / "huggingface")
    return Path(os.environ.get("HF_HUB_CACHE") or home / "hub").expanduser()


def cached(name: str) -> Path | None:
    """The newest snapshot of a model in that cache, of those that are whole."""
    there = cache() / f"models--{name.replace('/', '--')}" / "snapshots"
    found = sorted(there.iterdir(), key=lambda folder: folder.stat().st_mtime, reverse=True) if there.is_dir() else []
    return next((folder for folder in found if all((folder / each).is_file() for each in NEEDED)), None)


def _fetch(name: str, folder: Path, progress: Progress) -> None:
    try:
        if os.environ.get("HF_HUB_OFFLINE", "0").lower() in ("1", "true", "yes", "on"):
            raise ValueError("HF_HUB_OFFLINE forbids it")
        _load_all(f"{(os.environ.get('HF_ENDPOINT') or 'https://huggingface.co').rstrip('/')}/{name}/resolve/main", folder, progress)
    except (ValueError, KeyError, AttributeError) as error:
        raise ValueError(
            f"The model {name} is not in this machine's cache ({cache()}) and cannot be fetched: {str(error).removesuffix('.')}. "
            f"Where there is a network, load it with: hf download {name}; then copy its folder here, and give the folder's path."
        ) from error


def _load_all(address: str, folder: Path, progress: Progress) -> None:
    """Config, tokenizer and weights, whole or in the parts that their index names."""

    def load(file: str) -> None:
        with downloaded(f"{address}/{file}", lambda what, share: progress(f"{file}: {what}", share)) as (_, content):
            os.replace(content, folder / file)

    def there(file: str) -> bool:
        try:
            load(file)
        except ValueError as error:
            if not re.search(r" answered 40[14] ", str(error)):  # the hub says 401 of a model that it does not know
                raise
            return False
        return True

    if not there(NEEDED[0]):
        raise ValueError("the hub has no public model of this name")
    for file in (*NEEDED[1:], *OPTIONAL):
        there(file)
    if not there(WEIGHTS) and there(INDEX):
        for file in sorted({Path(str(each)).name for each in json.loads((folder / INDEX).read_text("utf-8"))["weight_map"].values()}):
            load(file)
