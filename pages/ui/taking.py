"""What is on the map, to be taken along: coordinates, neighbours, selection, groups as tables; the vectors as a folder for TensorFlow's projector."""

import io
import tempfile
import zipfile
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import streamlit as st

from core import formats
from core.columns import as_table
from core.projection.neighbour_graph import nearest_neighbours
from pages.ui import chosen, grouping, layouts, pickers
from pages.ui.layouts import Layout
from pages.ui.shown import Shown
from pages.ui.word_map import Colour

N_NEIGHBOURS = 10
AXES = ("x", "y", "z")
PROJECTOR = "projector"
CONFIG = 'embeddings {{\n  tensor_name: "{name}"\n  tensor_path: "{vectors}"\n  metadata_path: "{metadata}"\n}}\n'


def offer(words: Shown, layout: Layout, colour: Colour | None) -> None:
    """What can be taken, in which form. It is made when the button is pressed."""
    with st.popover("Take along", icon=":material/download:", key="take"):
        st.caption("The picture itself (PNG, SVG, one HTML file) is saved by the arrow on the map.")
        # A table is made when its button is pressed, where nobody knows the address any more: what it says is read here.
        picked, groups = chosen.rows(words), grouping.colour(words, layout)
        tables: dict[str, tuple[str, Callable[[], pd.DataFrame]]] = {
            "coordinates": ("Coordinates", lambda: coordinates(words, layout, colour)),
            "neighbours": ("Neighbours", lambda: neighbours(words)),
            "chosen": ("Chosen words", lambda: coordinates(words, layout, colour, picked)),
            "groups": ("Groups", lambda: grouping.table(words, groups)),
        }
        titles = {**{name: title for name, (title, _) in tables.items()}, PROJECTOR: "Vectors, for the projector"}
        what = pickers.choice("What", titles, "take")
        stem = f"{words.view.source.id}-{what}"
        if what == PROJECTOR:
            st.download_button("Folder (.zip)", lambda: projector(words, stem), f"{stem}.zip", "application/zip", icon=":material/download:", on_click="ignore")
            return
        if (what == "groups" and groups is None) or (what == "chosen" and not len(picked)):
            st.caption("There are none yet: ask for groups, or choose words on the map.")
            return
        make = tables[what][1]
        with st.container(horizontal=True):
            for label, ending, kind, write in (("CSV", "csv", "text/csv", _csv), ("Parquet", "parquet", "application/vnd.apache.parquet", _parquet)):
                st.download_button(
                    label, lambda write=write: write(make()), f"{stem}.{ending}", kind, icon=":material/download:", on_click="ignore", key=f"take-{ending}"
                )


def coordinates(words: Shown, layout: Layout, colour: Colour | None = None, rows: np.ndarray | None = None) -> pd.DataFrame:
    """Each word with its place on the map, how often it was seen, what was brought of it, the share of its neighbours kept, and its colour.

    rows: of the vocabulary, those alone.
    """
    vectors = words.vectors
    table = pd.DataFrame({"word": vectors.words, **{axis: layout.xy[:, i] for i, axis in enumerate(AXES[: layout.xy.shape[1]])}})
    if vectors.counts is not None:
        table["count"] = np.asarray(vectors.counts)
    for column in words.columns:
        table[column.name if column.name not in table else f"{column.name} (brought)"] = column.texts() if column.names else column.values
    honest = layouts.honesty(words, layout, every=True)
    if honest is not None:
        table["neighbours_kept"] = honest.kept
    if colour is not None and any(colour.values is each.values for each in words.columns):
        pass  # it is there
    elif colour is not None and colour.categorical:
        table[colour.label or "category"] = [colour.names[value] if 0 <= value < len(colour.names) else "" for value in colour.values]
    elif colour is not None and colour.label not in table:
        table[colour.label or "value"] = colour.values
    return table if rows is None else table.iloc[words.of_rows(rows)].reset_index(drop=True)


def neighbours(words: Shown) -> pd.DataFrame:
    """The nearest words of each in the original space: one row a pair."""
    k = min(N_NEIGHBOURS + 1, len(words.rows))
    indices, distances = nearest_neighbours(np.asarray(words.vectors.matrix, np.float32), k)
    names = np.array(words.vectors.words, object)
    n = len(names)
    return pd.DataFrame(
        {
            "word": np.repeat(names, k - 1),
            "rank": np.tile(np.arange(1, k), n),
            "neighbour": names[indices[:, 1:].ravel()],
            "cosine": 1 - distances[:, 1:].ravel(),
        }
    )


def projector(words: Shown, stem: str) -> bytes:
    """Vectors, words and the projector's own description, zipped."""
    content = io.BytesIO()
    with tempfile.TemporaryDirectory() as folder, zipfile.ZipFile(content, "w", zipfile.ZIP_DEFLATED) as packed:
        paths = formats.write(words.vectors, Path(folder) / stem, formats.named("tsv"), more=as_table(words.columns))
        for path in paths:
            packed.write(path, f"{stem}/{path.name}")
        vectors, metadata = (path.name for path in paths)
        packed.writestr(f"{stem}/projector_config.pbtxt", CONFIG.format(name=stem, vectors=vectors, metadata=metadata))
    return content.getvalue()


def _csv(table: pd.DataFrame) -> str:
    return table.to_csv(index=False)


def _parquet(table: pd.DataFrame) -> bytes:
    content = io.BytesIO()
    table.to_parquet(content, index=False)
    return content.getvalue()
