"""The walls of the house: imports point one way, the interface stays out of the core, and a page's first paint needs nothing heavy."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# Each layer may import itself and those above it in this list.
LAYERS = (
    {"machine", "workspace", "settings", "locks", "vectors", "patterns", "mix", "selections", "figures"},
    {"warm"},
    {"text"},
    {"projection", "neighbour_history", "grouping"},
    {"projecting"},
    {"systems"},
    {"batch", "blocks"},
    {"objectives", "models"},
    {"inspection", "generation"},
    {"trained"},
    {"training", "embeddings"},  # embeddings knows the Learner's words, training finds its learners by name
    {"formats"},
    {"columns"},
    {"conversion"},
    {"opened", "attention_files"},
    {"evaluation"},
    {"labs"},
    {"exporting"},
    {"subjects", "evaluating"},
    {"terminal"},
    {"vector_commands", "command_form"},
    {"commands", "__main__"},
)
LAYER = {name: depth for depth, names in enumerate(LAYERS) for name in names}


def imports(path: Path) -> set[str]:
    """Every module that a file names in an import, wherever in the file."""
    tree = ast.parse(path.read_text("utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            found |= {f"{node.module}.{alias.name}" for alias in node.names}
    return found


CORE = [path for path in sorted((ROOT / "core").rglob("*.py")) if path.name != "__init__.py" or path.stat().st_size]


@pytest.mark.parametrize("path", CORE, ids=lambda path: str(path.relative_to(ROOT)))
def test_core_imports_point_one_way_and_never_to_the_interface(path):
    mine = path.relative_to(ROOT / "core").parts[0].removesuffix(".py")
    for name in imports(path):
        assert name.split(".")[0] not in ("streamlit", "pages"), f"{name} is the interface"
        if name.startswith("core."):
            other = name.split(".")[1]
            assert LAYER[other] <= LAYER[mine], f"{mine} may not import {other}"


@pytest.mark.parametrize("path", sorted((ROOT / "core" / "figures").glob("*.py")), ids=lambda path: path.name)
def test_figures_know_arrays_and_plotly_only(path):
    allowed = {"numpy", "pandas", "plotly", "core.figures", "collections", "typing", "dataclasses", "math", "textwrap"}
    for name in imports(path):
        assert name.split(".")[0] in allowed or ".".join(name.split(".")[:2]) in allowed, name


@pytest.mark.parametrize("path", sorted((ROOT / "pages").glob("*.py")), ids=lambda path: path.name)
def test_a_page_is_thin_and_begins_by_entering_the_frame(path):
    lines = path.read_text("utf-8").splitlines()
    assert len(lines) <= 90
    if lines:
        first = next(node for node in ast.parse(path.read_text("utf-8")).body[1:] if not isinstance(node, (ast.Import, ast.ImportFrom)))
        assert re.match(rf"frame\.enter\('{path.stem}'", ast.unparse(first)), "it may be the first page that a server is asked for"
        assert "session_state" not in path.read_text("utf-8")


def test_nothing_on_the_way_to_the_first_paint_imports_torch_or_umap():
    modules = [f"pages.ui.{path.stem}" for path in (ROOT / "pages" / "ui").glob("*.py") if path.stem != "__init__"]
    heavy = ("torch", "umap", "numba", "sklearn", "transformers", "tokenizers", "jieba")
    code = f"import importlib, sys\nfor name in {modules!r}: importlib.import_module(name)\nprint([name for name in {heavy!r} if name in sys.modules])"
    told = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert told.stdout.strip().splitlines()[-1] == "[]", told.stderr[-2000:]


def test_nothing_that_is_committed_runs_what_a_user_brought():
    forbidden = ("pickle.load", "allow_pickle=True", "weights_only=False", "trust_remote_code=True", "unsafe_allow_html=True", "innerHTML", "eval(", "exec(")
    for folder in ("core", "pages", "assets"):
        for path in (ROOT / folder).rglob("*"):
            if path.suffix in (".py", ".js"):
                text = path.read_text("utf-8")
                for word in forbidden:
                    assert word not in text.replace("literal_eval(", "").replace(".eval(", ""), f"{path.name} has {word}"
