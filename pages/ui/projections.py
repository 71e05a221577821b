"""The map of a view's words: what kind of map, what colours it, and the map itself."""

import numpy as np
import streamlit as st

from core import selections
from core.projection.manifold import TsneSettings, UmapSettings
from core.vectors import Vectors
from pages.ui import address, chosen, colours, forms, grouping, layouts, pickers, say, shown, space, taking
from pages.ui.asking import Marked
from pages.ui.layouts import METHODS, Axis, Layout, Wish
from pages.ui.shown import Shown
from pages.ui.sources import Source, View
from pages.ui.word_map import Click, Colour, Points, word_map

HEIGHT = 620
LONGEST = 200  # characters of the words at an axis's end, or of a column's text
MOST_TOLD = 8  # columns of a word under the pointer
MANY = 200_000  # words, beyond which their columns are not sent to be read
NONE = "nothing"


def choose(source: Source) -> Shown:
    """A moment and a matrix of a source, where there is a choice, and how many of its words; all in the URL."""
    widths = [4] * bool(source.steps) + [2] * bool(source.matrices) + [2]
    columns = iter(st.columns(widths, vertical_alignment="bottom", gap="medium"))
    step, matrix = 0, None
    if source.steps:
        with next(columns):
            step = pickers.step(source.of)
    if source.matrices:
        with next(columns):
            matrix = pickers.matrix(source)
    with next(columns):
        return shown.picker(View(source, step, matrix))


def place(words: Shown) -> tuple[Layout | None, str]:
    """The projection with its settings, and what colours the points, all in the URL; where the words then lie, None where none has a place."""
    with st.container(horizontal=True, vertical_alignment="bottom", gap="small"):
        method = pickers.segment("Projection", METHODS, "projection")
        settings, labels = _settings(words, method)
        deep = method in ("pca", "umap") and pickers.segment("Dimensions", {"2": "2-D", "3": "3-D"}, "dims") == "3"
        colour = colours.picker(words)
    axes = _axes(words.view) if method == "axes" else ()
    if not len(words.rows):
        st.info("None of these words has a place: their vectors are no numbers (NaN). Choose another step, or other vectors.", icon=":material/block:")
        return None, colour
    return layouts.of(words, Wish(method, settings, axes, 3 if deep else 2, labels), colours.categories(words, labels) if labels else None), colour


def _settings(words: Shown, method: str) -> tuple[UmapSettings | TsneSettings | None, str]:
    """Of UMAP and t-SNE; what they keep together."""
    if method not in ("umap", "tsne"):
        return None, ""
    with st.popover("", icon=":material/tune:", help="Settings of the projection"):
        if method == "tsne":
            return forms.settings_form(TsneSettings, "tsne", TsneSettings()), ""
        settings = forms.settings_form(UmapSettings, "umap", UmapSettings())
        columns = colours.of_categories(words)
        if not columns:
            return settings, ""
        names = {NONE: NONE, **{name: name for name in columns}}
        together = pickers.one_of("Keep together", names, "together", "Supervised: words of one category are drawn to each other.", default=NONE)
        return settings, "" if together == NONE else together


def _axes(view: View) -> tuple[Axis, ...]:
    """Two axes from words to words, in the address; the second one may be left out."""
    with st.container(key="fields-axes"):
        columns = st.columns(4, vertical_alignment="bottom")
    examples = ("he, man", "she, woman", "small", "big")
    labels = ("Across, from", "to", "Up, from", "to")
    ends = []
    for column, label, part, example in zip(columns, labels, ("left", "right", "bottom", "top"), examples, strict=True):
        with column:
            typed = str(st.text_input(label, placeholder=example, max_chars=LONGEST, **forms.kept(part)))
        ends.append(tuple(word for each in typed.replace("，", ",").replace("、", ",").split(",") if (word := each.strip())))
    whole = view.vectors()
    unknown = [word for side in ends for word in side if not _known(whole, word)]
    if unknown:
        st.warning(
            f"{say.plain(', '.join(f'“{word}”' for word in unknown[:5]))} {'is' if len(unknown) == 1 else 'are'} not among the "
            f"{len(whole.words):,} words here, and left out.",
            icon=":material/search_off:",
        )
    known = [tuple(word for word in side if _known(whole, word)) for side in ends]
    axes = tuple(Axis(low, high) for low, high in (known[:2], known[2:]) if low and high)
    if not axes:
        st.caption("Name words at both ends of an axis: each word of the map then lies where it stands between them.")
    return axes


def _known(vectors: Vectors, word: str) -> bool:
    try:
        vectors.row(word)
    except ValueError:
        return False
    return True


def show(words: Shown, layout: Layout, colour: str, marked: Marked) -> None:
    """The map, with the word that is looked at, the answers, what was named and what was chosen; and beneath it how honest it is."""
    shade = colours.offered(words)[colour](layout)
    if shade is None and colour != colours.PLAIN:
        _uncoloured(colour)
    # By the colours themselves: groups are found, or found anew, while they are what colours the map.
    points = _points(f"{words.key} {layout.key} {colour} {shade and shade.version}", words, layout, shade)

    def clicked(click: Click) -> None:
        marked.clicked("" if click.index is None else words.vectors.words[click.index])

    on_map = words.places
    here = on_map([marked.word])[:1] if marked.word else []
    # A word that has no place on the map has no lines to its neighbours either: they are shown by themselves.
    matches = on_map([*marked.named, *([] if here else marked.answers)])
    picked = words.of_rows(chosen.rows(words))
    if layout.xy.shape[1] == 3:
        space.show(points, words.view.source.id, here[0] if here else None, on_map(marked.answers) if here else [], [*matches, *picked], clicked)
        _honest(words, layout)
        taking.offer(words, layout, shade)
        return
    word_map(
        f"map-{words.view.source.id}",
        points,
        selected=here[0] if here else None,
        neighbours=on_map(marked.answers) if here else [],
        matches=matches,
        chosen=selections.written(np.array(picked, np.int64)),
        shapes=[places for shape in marked.shapes if len(places := on_map(shape)) == 4],
        ends=layout.ends,
        height=HEIGHT,
        caption=_caption(words, layout),
        at=address.get("at"),
        file=f"{words.view.source.id}-{layout.how.partition(' (')[0]}".replace(" ", "-"),
        on_click=clicked,
        on_choose=lambda rows: chosen.take(words, rows),
        on_look=lambda at: address.put(at=at),
    )
    _honest(words, layout)
    taking.offer(words, layout, shade)


def _uncoloured(colour: str) -> None:
    """Why the map has one colour although another was chosen."""
    if colour != grouping.COLOUR:
        st.caption("Three words are the fewest that have neighbours to keep.")
    elif address.get("ask") != "groups":
        st.button("Groups colour the map once they are found: find them", icon=":material/bubble_chart:", on_click=grouping.ask)


@st.cache_resource(max_entries=12, show_spinner=False)
def _points(key: str, _words: Shown, _layout: Layout, _shade: Colour | None) -> Points:
    vectors = _words.vectors
    ids = _words.rows if _words.isolated or _words.n_without_place else None
    return Points(_layout.xy, vectors.words, vectors.counts, ids, _shade, source=_words.view.source.id, texts=_told(_words, _shade))


def _told(words: Shown, shade: Colour | None) -> list[str] | None:
    """What is told of each word under the pointer: the columns that were brought, but for the one that colours it."""
    columns = [each for each in words.columns if shade is None or each.values is not shade.values][:MOST_TOLD]
    if not columns or len(words.rows) > MANY:
        return None
    rows = ([(each.name, told) for each in columns if (told := each.told(row))] for row in range(len(words.rows)))
    return ["\n".join(f"{name}: {told[:LONGEST]}" for name, told in row) for row in rows]


def _caption(words: Shown, layout: Layout) -> str:
    whole, n = words.view.vectors(), len(words.rows)
    if words.isolated:
        which = f"{n:,} chosen of "
    elif n < len(whole.words) - words.n_without_place:
        which = f"The {n:,} most frequent of " if whole.counts is not None else f"The first {n:,} of "
    else:
        which = ""
    return f"{which}{say.many(len(whole.words), 'word')}{words.view.when()}, {layout.how}"


def _honest(words: Shown, layout: Layout) -> None:
    """What the map was made from, and what of the neighbourhoods it keeps."""
    told = [f"{layout.fitted[0].upper()}{layout.fitted[1:]}."]
    if words.n_without_place:
        told.append(
            f"{say.many(words.n_without_place, 'word')} of these {'has' if words.n_without_place == 1 else 'have'} no place: "
            "their vectors hold values that are no numbers."
        )
    told += flatness(words)
    place = st.empty()
    place.caption(say.plain(" ".join(told)))
    honest = layouts.honesty(words, layout)
    if honest is None:
        return
    measured = "" if honest.n_measured == len(words.rows) else f", measured at {honest.n_measured:,} of them"
    told.append(f"Trustworthiness {honest.trustworthiness:.3f}, continuity {honest.continuity:.3f} (of 1; {honest.n_neighbours} neighbours{measured}).")
    place.caption(say.plain(" ".join(told)), help=HONESTY)


HONESTY = (
    "**Trustworthiness** falls with strangers among a point's neighbours on the map, **continuity** with true neighbours that the map has moved away. "
    "Both are 1 where every neighbourhood is as in the original space, and about 0.5 on a map by chance. Colour by “neighbours kept” to see where to "
    "believe the map; lines from a word to its true neighbours are broken where the map has torn them apart."
)


def flatness(words: Shown) -> list[str]:
    """What is odd about vectors whose map looks odd."""
    matrix = words.vectors.matrix
    if len(matrix) > 1 and (matrix[:1] == matrix[:1000]).all() and (matrix == matrix[0]).all():
        return ["All these vectors are equal: their points lie on one another."]
    if matrix.shape[1] == 1:
        return ["The vectors have one dimension: the map is a line."]
    return []
