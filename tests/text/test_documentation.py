import sysconfig
from pathlib import Path

import pytest

from core.text import documentation
from core.text.docstrings import paragraphs, prose
from core.text.progress import silent

SOURCE = '''"""Tools for the :class:`~collections.abc.Mapping` of things.

A ``mapping`` holds each *thing* once; see `the guide <https://example.org>`_ for more [1]_.

>>> this(is) == "a doctest"
and its output

Parameters
----------
first : int, optional
    How many things are held at once.
second : array_like
    The things themselves, one a row.

The code looks like this::

    for thing in things:
        keep(thing)

Afterwards nothing is left over, as :math:`x^2 + y^2` shows.

.. code-block:: python

    never(read)

.. note::

    Notes are prose that we like to read.

Args:
    third (str): The name of the third thing.

Too short.
"""

def function(a):
    """Returns the sum of all things in it."""
    """not a docstring that anybody reads, and it stands inside of a function's body
    so that it is left alone."""

add_newdoc("module", "name", """
name(x, out=None)

    Computes the name of every element in the input.
    It is a long literal outside of functions, read like a docstring.
""")
'''


def test_prose_stays_and_markup_code_and_parameter_lists_go() -> None:
    assert paragraphs(SOURCE) == [
        "Tools for the Mapping of things.",
        "A mapping holds each thing once; see the guide for more.",
        "How many things are held at once.",
        "The things themselves, one a row.",
        "The code looks like this:",
        "Afterwards nothing is left over, as shows.",
        "Notes are prose that we like to read.",
        "The name of the third thing.",
        "Returns the sum of all things in it.",
        "Computes the name of every element in the input. It is a long literal outside of functions, read like a docstring.",
    ]


@pytest.mark.parametrize("docstring", ["", "\n\n", "```\nx = 1\n", ".. ", "::", "x::\n\n", "= = =\n", ">>> a\n" * 5, "[[[((( {{{ a b c d"])
def test_odd_docstrings_give_nothing(docstring: str) -> None:
    assert prose(docstring) == []


def test_packages_are_read_in_parallel_and_bad_files_are_passed_over(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    files = []
    for i in range(60):
        files.append(tmp_path / f"m{i:02}.py")
        files[-1].write_text(f'"""Module number {i} does what it says.\n\nThis paragraph stands in every one of them.\n"""\n')
    files[3].write_text('"""unfinished')
    files[4].write_bytes(b'"""\xff\xfe bad bytes in here"""')
    files[5].write_text('"""deep"""\nx = ' + "(" * 5000 + ")" * 5000)
    files[6].unlink()
    files[7].write_text('"""Escapes such as \\d give a warning."""\nx = "\\d"')
    monkeypatch.setattr(documentation, "sources", lambda: files)
    said: list[float | None] = []
    documentation.write(tmp_path / "text.txt", lambda what, fraction: said.append(fraction))
    lines = (tmp_path / "text.txt").read_text().splitlines()
    assert len(lines) == 60 - 5 + 1 + 1
    assert lines.count("This paragraph stands in every one of them.") == 1
    assert lines != sorted(lines)
    assert said[-1] == 1.0
    documentation.write(tmp_path / "again.txt", silent)
    assert (tmp_path / "again.txt").read_text().splitlines() == lines
    assert sorted(path.suffix for path in tmp_path.iterdir() if path.suffix != ".py") == [".txt", ".txt"]


def test_an_interruption_ends_the_readers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def stop(what: str, fraction: float | None) -> None:
        if fraction:
            raise KeyboardInterrupt

    monkeypatch.setattr(documentation, "sources", lambda: sorted(Path(sysconfig.get_path("stdlib")).glob("[a-d]*.py")))
    with pytest.raises(KeyboardInterrupt):
        documentation.write(tmp_path / "text.txt", stop)
    assert list(tmp_path.iterdir()) == []


def test_without_sources_a_sentence_says_so(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(documentation, "sources", lambda: [])
    with pytest.raises(ValueError, match="No documentation was found"):
        documentation.write(tmp_path / "text.txt", silent)


def test_what_is_read_is_what_the_app_needs_anyway() -> None:
    files = documentation.sources()
    assert files == documentation.sources()
    folders = {part for file in files for part in file.parts}
    assert {"numpy", "torch", "streamlit", "json", "asyncio"} <= folders
    assert not any("_inductor" in file.parts or "tests" in file.parts for file in files)
