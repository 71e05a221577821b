"""Where everything is kept: `$ORRERY_HOME`, or `runs/` beside the app.

<workspace>/<run>/       one folder a run (see core.training.run)
<workspace>/corpora/     one folder a text (see core.text.corpora)
<workspace>/vectors/     one folder for each file of vectors that was opened (see core.opened)
<workspace>/attention-files/  one folder for each file of attention that was opened (see core.attention_files)
<workspace>/evaluation/  test sets that the user brought (see core.evaluation.sets)
<workspace>/selections/  words that were chosen on a map, where they are too many for an address
<workspace>/cache/       what can be computed again: encoded texts, projections, calibration
"""

import os
import secrets
from pathlib import Path

NOT_RUNS = ("corpora", "vectors", "attention-files", "cache", "slots", "evaluation", "selections")


def workspace() -> Path:
    """The workspace's folder, made when absent."""
    folder = Path(os.environ.get("ORRERY_HOME") or Path(__file__).parent.parent / "runs").expanduser().resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def subfolder(*names: str) -> Path:
    """A folder inside the workspace, made when absent: `subfolder("cache", "projections")`."""
    folder = workspace().joinpath(*names)
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def write_whole(path: Path, content: bytes | str) -> None:
    """Writes aside, then renames: whoever reads `path` sees the old content or the new, never a part."""
    aside = path.with_name(f".{path.name}.{secrets.token_hex(4)}.part")
    try:
        with open(aside, "wb") as file:
            file.write(content.encode() if isinstance(content, str) else content)
            file.flush()
            os.fsync(file.fileno())
        os.replace(aside, path)
    finally:
        aside.unlink(missing_ok=True)
