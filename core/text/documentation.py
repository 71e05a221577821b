"""Python's library documentation."""

import sysconfig
from pathlib import Path

from core.text.progress import Progress

ORIGIN = "docstrings of the Python packages installed here"


def write(path: Path, progress: Progress) -> None:
    import ast

    out = []
    for file in sorted(Path(sysconfig.get_path("stdlib")).glob("*.py")):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, (ast.FunctionDef, ast.ClassDef, ast.Module)):
                out += [" ".join(p.split()) for p in (ast.get_docstring(node) or "").split("\n\n")]
    path.write_text("\n".join(out), "utf-8")
