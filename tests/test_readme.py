"""The README's tree says one line a file, taken from the files themselves; `python -m tests.test_readme` writes it anew."""

import ast
import re
from pathlib import Path

ROOT = Path(__file__).parents[1]
README = ROOT / "README.md"
FOLDERS = {
    "app.py": "",
    "pages": "one short file a page; its name is its URL",
    "pages/ui": "what pages share",
    "assets": "what the browser gets: style, icons, pictures",
    "assets/components": "the JavaScript of the browser views",
    "core": "everything but the interface; runs without Streamlit",
    "core/systems": "one row a system",
    "core/text": "texts, and how they are cut",
    "core/embeddings": "static vectors on numba kernels",
    "core/blocks": "what models are made of; knows no model",
    "core/models": "one file, one system, one readable page",
    "core/objectives": "token ids in, batch out: the mask belongs to the objective",
    "core/generation": "what a model's logits become: tokens drawn, sequences searched for",
    "core/trained": "a trained model to look at, and what it can be asked",
    "core/attention_files": "attention from elsewhere, read and kept",
    "core/formats": "files of vectors, read and written",
    "core/conversion": "models as transformers has them, and back",
    "core/evaluation": "how good vectors are",
    "core/training": "runs, and the processes that train them",
    "core/inspection": "looking into a model, and changing what it does",
    "core/projection": "many dimensions on two, and how honest that is",
    "core/figures": "standing charts: plain arrays in, Plotly out",
    "benchmarks": "python -m benchmarks.NAME: ours and the peer's in one run",
}


def first_sentence(path: Path) -> str:
    """What a file says of itself in its first line."""
    if path.suffix == ".py":
        told = (ast.get_docstring(ast.parse(path.read_text("utf-8"))) or "").partition("\n")[0]
    else:
        told = re.sub(r"^[/* ]+|[*/ ]+$", "", path.read_text("utf-8").partition("\n")[0])
    return re.split(r"\.(?: |$)", told.replace("et al. ", "et al\0"))[0].replace("\0", ". ")


def tree() -> str:
    """All source files by folder, each with its first sentence."""
    lines = []
    for name, told in FOLDERS.items():
        path = ROOT / name
        if path.is_file():
            lines.append(f"{name:<28}{first_sentence(path)}")
            continue
        lines += ["", f"{name + '/':<28}{told}"]
        for file in sorted(path.iterdir()):
            if file.suffix in (".py", ".js") and file.name != "__init__.py":
                lines.append(f"  {file.name:<26}{first_sentence(file)}")
    return "\n".join(lines)


def test_the_readme_names_every_file_with_what_it_says_of_itself():
    assert f"```\n{tree()}\n```" in README.read_text("utf-8"), "run: python -m tests.test_readme"


def test_every_source_file_says_what_it_is():
    for name in FOLDERS:
        for path in sorted((ROOT / name).glob("*.py")):
            assert path.name == "__init__.py" or first_sentence(path), path


if __name__ == "__main__":
    README.write_text(re.sub(r"## The tree\n\n```.*?```", lambda _: f"## The tree\n\n```\n{tree()}\n```", README.read_text("utf-8"), flags=re.S), "utf-8")
