"""Rows of a word, a bar and a number, as escaped HTML for `st.html`. Where some are below nothing, nothing is further in."""

from collections.abc import Sequence
from html import escape


def bars(words: Sequence[str], values: Sequence[float], whole: float = 0.0, form: str = "{:z.1%}") -> str:
    """`whole`: the value of a full bar, where it is more than the largest. Positive ones in the accent, negative ones in orange, the stronger the larger."""
    low, high = min([0.0, *values]), max([whole, *values])
    rows = "".join(_row(word, value, low, (high - low) or 1.0, form) for word, value in zip(words, values, strict=True))
    return f'<div class="bars">{rows}</div>'


def _row(word: str, value: float, low: float, room: float, form: str) -> str:
    start, length = (min(value, 0.0) - low) / room, abs(value) / room
    look = "negative" if value < 0 else "positive"
    bar = f'<span class="{look}" style="margin-left:{start:.1%};width:{length:.1%};opacity:{0.35 + 0.65 * length:.2f}"></span>'
    visible = word.replace(" ", "␣").replace("\n", "⏎").replace("\t", "⇥")
    return f'<span class="word">{escape(visible)}</span><span class="bar">{bar}</span><span class="number">{escape(form.format(value))}</span>'
