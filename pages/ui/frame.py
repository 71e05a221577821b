"""The frame around every page: navigation, style, and what has to be right before a page draws."""

import gc
from functools import cache
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage
from streamlit.runtime.pages_manager import PagesManager

from pages.ui import address

ROOT = Path(__file__).parents[2]
SIDEBAR_WIDTH = 220  # pixels
# stem of the file (and so the URL), title, icon
PAGES = {
    "": (("home", "Home", "orbit"), ("train", "Train", "play_circle")),
    "Look inside": (
        ("embeddings", "Embeddings", "scatter_plot"),
        ("history", "Over time", "timeline"),
        ("changes", "What changed", "difference"),
        ("contexts", "Contexts", "bubble_chart"),
        ("sentences", "Sentences", "manage_search"),
        ("generate", "Generate", "edit_note"),
        ("compare", "Compare", "compare_arrows"),
        ("vectors", "Files", "file_open"),
    ),
    "Attention": (
        ("attention", "Attention", "grid_view"),
        ("heads", "Heads", "apps"),
        ("masks", "Mask lab", "grid_on"),
        ("ablation", "Without heads", "toggle_off"),
        ("patching", "Patching", "healing"),
        ("lens", "Logit lens", "stacks"),
    ),
    "Text": (
        ("corpora", "Corpora", "library_books"),
        ("tokens", "Tokens", "content_cut"),
        ("pairs", "Training pairs", "conversion_path"),
        ("objectives", "Objectives", "target"),
    ),
}


def navigation() -> StreamlitPage:
    """Draws the menu and the style; returns the page that was asked for."""
    _quieten_collector()
    # An icon of our own: for a page's symbol the browser would ask a font server on the web.
    st.set_page_config(page_icon=str(ROOT / "assets" / "icon.svg"), layout="wide", initial_sidebar_state=SIDEBAR_WIDTH)
    st.logo(str(ROOT / "assets" / "logo.svg"), size="large")
    st.html(ROOT / "assets" / "style.css")
    return st.navigation(
        {
            section: [st.Page(ROOT / "pages" / f"{stem}.py", title=title, icon=f":material/{icon}:", default=stem == "home") for stem, title, icon in rows]
            for section, rows in PAGES.items()
        }
    )


def enter(page: str, title: str = "", lead: str = "") -> None:
    """The first line of every page: its file's stem, its title, and the sentence under it.

    The folder name pages/ wakes Streamlit's old discovery of pages: until a session has called st.navigation, a deep link runs the page without
    app.py, and with raw file names for a menu. Where that is so, the menu is drawn once and the script started again.
    """
    if PagesManager.uses_pages_directory:
        navigation()
        st.rerun()
    address.enter(page)
    if title:
        st.title(title, anchor=False)
    if lead:
        st.caption(lead)


@cache
def _quieten_collector() -> None:
    """Everything imported so far will stay: later collections need not walk it (100-200 ms each, holding the interpreter)."""
    gc.collect()
    gc.freeze()
