"""The user's own texts."""

from pathlib import Path

from core.text.progress import Progress


def write_text(text: str, path: Path) -> None:
    path.write_text(text, "utf-8")


def write_file(name: str, content: bytes | Path, path: Path, progress: Progress) -> str:
    path.write_bytes(content if isinstance(content, bytes) else content.read_bytes())
    return ""
