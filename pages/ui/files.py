"""Files of vectors: opening what people bring, and writing what they take along."""

import shutil
import time
from collections.abc import Callable, Sequence
from functools import partial
from pathlib import Path
from typing import TypeVar

import streamlit as st

from core import columns, formats, opened
from core.formats import FORMATS, Format
from core.machine import size
from core.opened import Opened
from core.systems import Matrix
from core.text.progress import Progress
from core.workspace import subfolder
from pages.ui import forms, kept, pickers, say, sources
from pages.ui.sources import Source, View

Made = TypeVar("Made")
LARGEST = 4096  # MB of a file; larger ones are opened by the command line, which does not hold them in memory
KEPT = 3600  # seconds that a written file waits to be downloaded
ENDINGS = sorted({suffix.split(".")[-1] for row in FORMATS for suffix in (*row.suffixes, row.beside) if suffix} | {"gz", "json", "csv"})


def upload() -> None:
    """A file, or the two of a pair; with progress, and a sentence where it is broken."""
    turn = st.session_state.get("vectors-turn", 0)
    titles = ", ".join(row.title for row in FORMATS)
    st.caption(
        f"{titles}; plain or .gz. What is in a file is found out by itself. Choose the two files of a pair together, and with them a .csv of columns for "
        "colour and text."
    )
    chosen = st.file_uploader("Files", ENDINGS, accept_multiple_files=True, key=f"vectors-upload-{turn}", max_upload_size=LARGEST, label_visibility="collapsed")
    contents = {each.name: each for each in chosen}
    if not contents or not st.button("Open", type="primary", icon=":material/file_open:", key="vectors-open"):
        return
    tables = [name for name in contents if bare(name).endswith(".csv")]
    pairs = grouped([name for name in contents if name not in tables])
    if not pairs:
        st.error(f"{say.plain(tables[0])} is a table of columns. Choose the vectors with it; or bring it to vectors that are here, beneath “Save”.")
        return
    made = []
    for name, beside in pairs:
        content = {other: contents[other].getvalue() for other in beside}
        found = with_bar(lambda progress, name=name, content=content: opened.add(contents[name].getvalue(), name, progress, beside=content))
        made += [found] if found and all(_bring(found, each, contents[each].getvalue()) for each in tables) else []
    if len(made) == len(pairs):
        st.session_state["vectors-turn"] = turn + 1  # an uploader of its own for the next ones
        st.toast(f"{say.plain(made[-1].name)}: {made[-1].n_words:,} words", icon=":material/check:")
        st.rerun()


def bare(name: str) -> str:
    return name.lower().removesuffix(".gz")


def _bring(to: Opened, name: str, content: bytes) -> bool:
    """Whether a table that was chosen with vectors could be joined to them."""
    words = to.vectors().words
    return with_bar(lambda progress: columns.bring(to.folder, words, content, name, progress)) is not None


def grouped(names: Sequence[str]) -> list[tuple[str, list[str]]]:
    """Which files are vectors, each with those that may hold the list of its words: "x.npy" with "x.words.txt", a projector's pair of tables."""
    numbers = [name for name in names if bare(name).endswith((".npy", ".safetensors")) or (bare(name).endswith(".tsv") and "metadata" not in name.lower())]
    stems = tuple(bare(name).rsplit(".", 1)[0] for name in numbers)
    lists = [name for name in names if numbers and name not in numbers and bare(name).endswith((".txt", ".json", ".tsv"))]
    lists = [name for name in lists if any(part in name.lower() for part in ("word", "vocab", "metadata")) or bare(name).startswith(stems)]
    return [(name, lists if name in numbers else []) for name in names if name not in lists]


def opened_ones() -> None:
    """What is open: its size, what was odd about it, ways to it and away."""
    found = opened.opened()
    if not found:
        st.caption("Nothing is open yet. For a file of many gigabytes, `python -m core open FILE` needs less memory than the browser.")
    for each in found:
        look = partial(st.page_link, "pages/embeddings.py", label="Explore the map", icon=":material/scatter_plot:", query_params={"source": each.id})
        kept.card(each, "these vectors", look, tuple(each.notes))


# ---------------------------------------------------------------- saving


def source() -> Source | None:
    """Whose vectors are saved, and whose words get columns; None, after saying so, where there are none."""
    if sources.available():
        return pickers.source()
    st.caption("There are no vectors yet: train a run, or open a file.")
    return None


def save(source: Source) -> None:
    """A matrix of a source and a format; written when asked for, then offered to the browser."""
    matrix = pickers.matrix(source)
    rows = {row.name: row for row in FORMATS}
    chosen = rows[pickers.one_of("Format", {row.name: row.title for row in FORMATS}, "format")]
    st.caption(say.plain(chosen.help))
    packed = st.toggle("Packed (.gz)", **forms.kept("gz"))
    view = View(source, source.steps[-1] if source.steps else 0, matrix)
    if st.button("Write", type="primary", icon=":material/save:", key="vectors-write"):
        written = with_bar(lambda progress: _write(view, chosen, packed, progress))
        st.session_state["vectors-written"] = (_name(source, matrix, chosen, packed), written or [])
    name, paths = st.session_state.get("vectors-written") or ("", [])
    if name != _name(source, matrix, chosen, packed):
        return
    for path in paths:
        if path.exists():
            # Read when it is asked for: a page that is drawn again need not hold it.
            st.download_button(
                f"{say.plain(path.name)} · {size(path.stat().st_size)}",
                lambda path=path: path.open("rb"),
                path.name,
                "application/octet-stream",
                icon=":material/download:",
                key=f"download-{path.name}",
                on_click="ignore",
            )


def _name(source: Source, matrix: Matrix | None, format: Format, packed: bool) -> str:
    return f"{source.id} {source.version} {source.steps[-1:]} {matrix} {format.name} {packed}"


def _write(view: View, format: Format, packed: bool, progress: Progress) -> list[Path]:
    folder = subfolder("cache", "exports")
    for old in folder.iterdir():
        if time.time() - old.stat().st_mtime > KEPT:
            shutil.rmtree(old, ignore_errors=True)
    stem = view.source.id if view.matrix in (None, *view.source.matrices[:1]) else f"{view.source.id}-{view.matrix}"
    target = subfolder("cache", "exports", f"{time.time_ns():x}")
    progress("reading the vectors", None)
    vectors, note = view.vectors(), view.note
    if note:
        st.caption(f":material/info: {say.plain(note)}")
    return formats.write(vectors, target / stem, format, packed, progress, columns.as_table(view.columns()))


def with_bar(work: Callable[[Progress], Made]) -> Made | None:
    """Does something slow with a bar that says how far it is; None after a sentence where it cannot be done."""
    bar = st.progress(0.0, text="reading")
    try:
        return work(lambda what, share: bar.progress(min(share or 0.0, 1.0), text=say.plain(what)) and None)
    except (ValueError, OSError) as wrong:
        st.error(say.plain(str(wrong)), icon=":material/block:")
        return None
    finally:
        bar.empty()


def model() -> None:
    """A model that transformers saved, as a run that every page shows: a folder of this machine, or a name on the hub."""
    given = st.text_input(
        "A folder on this machine, or a name on the Hugging Face hub",
        key="model-folder",
        placeholder="/models/my-gpt2 or prajjwal1/bert-tiny",
        help="GPT-2, BERT, ERNIE, XLNet, T5, Marian and what wraps them; weights as safetensors. A name is looked up in this machine's cache, then fetched.",
        icon=":material/folder_open:",
        max_chars=1000,
    ).strip()
    if st.button("Open the model", disabled=not given, key="open-model"):
        from core.conversion.opening import open_model

        run = with_bar(lambda progress: open_model(given, progress=progress))
        if run is not None:
            view = "attention" if "attention" in run.config.offers else "embeddings"
            st.switch_page(f"pages/{view}.py", query_params={"run": run.id})
