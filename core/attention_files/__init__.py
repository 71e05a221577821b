"""Attention that was made elsewhere, kept in the workspace to be looked at as a run's is (the file: see core.attention_files.reading).

<workspace>/attention-files/<id>/    about.json, and NNNNNNNN/attention.safetensors for each step, as in a run's snapshots
"""

import hashlib
import json
import re
import secrets
import shutil
import time
from dataclasses import dataclass
from pathlib import Path

from core.attention_files.reading import Content, read
from core.patterns import PARTS, Patterns
from core.text.writing import folder_aside, put_in_place
from core.training.recording import write_attention
from core.training.snapshots import Snapshot, listed
from core.workspace import subfolder, write_whole


@dataclass(frozen=True)
class AttentionFile:
    """Attention in the workspace. Cheap to make. about: what there is, in a sentence; created: seconds since 1970."""

    id: str
    name: str
    about: str
    created: float
    folder: Path

    def snapshots(self) -> list[Snapshot]:
        """A step each, whose `attention` has one text."""
        return listed(self.folder)

    def remove(self) -> None:
        """Deletes what was kept; the file that it came from stays."""
        away = self.folder.with_name(f".{self.id}.{secrets.token_hex(4)}.part")
        try:
            self.folder.rename(away)
        except FileNotFoundError:
            return
        shutil.rmtree(away, ignore_errors=True)


def add(content: Content, name: str = "") -> AttentionFile:
    """Keeps the attention of a file; ValueError in words where it cannot be read. The same file under the same name is kept once."""
    title = (name or (content.name if isinstance(content, Path) else "attention")).removesuffix(".npz")[:100]
    found = read(content, name or title)
    slug = re.sub(r"[^a-z0-9]+", "-", title.lower()).strip("-")[:40].strip("-") or "attention"
    with folder_aside(subfolder("attention-files")) as aside:
        digest = hashlib.blake2b(digest_size=4)
        for step, parts in found.items():
            folder = aside / f"{step:08d}"
            folder.mkdir()
            write_attention(folder, [parts])
            digest.update((folder / "attention.safetensors").read_bytes())
        about = {"id": f"{slug}-{digest.hexdigest()}", "name": title, "about": _about(found), "created": time.time()}
        write_whole(aside / "about.json", json.dumps(about, ensure_ascii=False))
        put_in_place(aside, subfolder("attention-files") / str(about["id"]))
    return next(each for each in opened() if each.id == about["id"])


def opened() -> list[AttentionFile]:
    """All that are kept, the newest first; a folder that is half deleted is not one of them."""
    found = (_kept(folder) for folder in subfolder("attention-files").iterdir() if folder.is_dir() and not folder.name.startswith("."))
    return sorted((each for each in found if each), key=lambda each: each.created, reverse=True)


def _kept(folder: Path) -> AttentionFile | None:
    try:
        about = AttentionFile(folder=folder, **json.loads((folder / "about.json").read_text("utf-8")))
        return about if about.id == folder.name and about.snapshots() else None
    except (OSError, ValueError, TypeError):
        return None


def _about(found: dict[int, list[Patterns]]) -> str:
    """In a sentence."""
    parts = []
    for each in next(iter(found.values())):
        layers, heads = (f"{n} {what}{'' if n == 1 else 's'}" for n, what in zip(each.weights.shape, ("layer", "head"), strict=False))
        parts.append(f"{PARTS[each.part]} of {layers} x {heads}, {len(each.queries):,} x {len(each.keys):,} tokens")
    steps = f", at {len(found)} steps" if len(found) > 1 else ""
    text = "; ".join(parts) + steps + "."
    return text[0].upper() + text[1:]
