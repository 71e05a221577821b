"""From a Python source to clean paragraphs of prose: its docstrings and long string literals, without markup, code and parameter lists.

What mattered for the vectors learnt from it: doctests and literal blocks go; so do rules, directives and numpydoc's "name : type" lines, while
their descriptions stay; roles shrink to the last part of what they name; formulas go; sentences too short or with too few letters go.
"""

import ast
import inspect
import re
from collections.abc import Iterator
from functools import lru_cache

MIN_LITERAL = 80  # characters: a shorter string literal is a message, not documentation
MIN_WORDS = 4  # of a sentence
MIN_LETTERS = 0.75  # share of a sentence's characters that are letters, blanks left out

_PROSE_DIRECTIVES = ("note", "warning", "tip", "important", "attention", "hint", "caution", "admonition", "topic", "rubric")
_DIRECTIVE = re.compile(r"\.\.\s+([\w:.-]+?)::|\.\.(\s|$)")
_RULE = re.compile(r"[-=~^+*#_|`'\". :<>]{3,}")
_TITLES = "Args|Arguments|Parameters|Returns?|Yields?|Raises|Examples?|Attributes|Notes?|Keyword Args|Shape|Inputs?|Outputs?"
_HEADER = re.compile(rf"[*`\w\"'\[(][\w*`\"', ./\[\](){{}}=-]*?\s:(\s|$)|({_TITLES}):$")
_SIGNATURE = re.compile(r"[\w.]+\([^()]*\)(\s*->.*)?")
_FIELD = r":(param|type|arg|raises|return|rtype|returns|keyword|ivar|var)\b[^:]*:\s*"
_BULLET = re.compile(rf"([-*+•]|\(?\d{{1,2}}[.)]|\(?[a-z]\))\s+|{_FIELD}|\*{{0,2}}[\w.]+(\s\([^)]*\))?:\s+")

_INLINE = [
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        (r":(?:math|eq):`[^`]*`|\$[^$\n]{1,200}\$", " "),  # formulas
        (r"(?::[\w:+.-]+:)?`([^`<]+?)\s*<[^`>]*>`_{0,2}", r"\1"),  # a link, or a role with a title of its own
        (r"https?://\S+|www\.\S+", " "),
        (r":[\w:+.-]+:`[~!]?(?:[^`]*\.)?([^`.]+)\.?`", r"\1"),  # a role: the last part of what it names
        (r"``([^`]*)``|`([^`]*)`_{0,2}", r"\1\2"),
        (r"\[\d+\]_?|\[[A-Z][\w+-]*\d{2,4}[a-z]?\]_?|(?<=\w)_{1,2}(?=[\s.,;)]|$)", ""),  # citations, references
        (r"%\(\w+\)[sdrf]|\$?\{[\w.\[\]]*\}", " "),  # slots of templates
        (r"\*\*([^*\n]+)\*\*|(?<![\w*])\*([^*\s][^*\n]*)\*(?![\w*])", r"\1\2"),
        (r"\\[a-zA-Z]+|[\\{}|]", " "),  # what is left of formulas and tables
        (r"\s+([.,;:!?)])", r"\1"),
    )
]
_MARKUP = re.compile(r"[`$*%{}|\[\]\\]|_(?!\w)|//|www\.")
_SENTENCE = re.compile(r"(?<=[.!?])\s+(?=[\"'(]?[A-Z])")


def paragraphs(source: str | bytes) -> list[str]:
    """The clean paragraphs of a Python source, in order; SyntaxError, ValueError, RecursionError or MemoryError where it cannot be parsed."""
    return [clean for literal in literals(ast.parse(source)) for clean in prose(literal)]


def literals(tree: ast.Module) -> Iterator[str]:
    """Docstrings, and long literals outside of function bodies (add_newdoc, add_docstr, templates of docstrings)."""
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            documented = ast.get_docstring(node)
            yield documented or ""
            is_function = isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            waiting.extend(reversed([] if is_function else node.body[documented is not None :]))
            waiting.extend(reversed([] if isinstance(node, ast.Module) else node.decorator_list))
        elif isinstance(node, ast.Constant):
            if isinstance(node.value, str) and len(node.value) >= MIN_LITERAL:
                yield inspect.cleandoc(node.value)
        else:
            waiting.extend(reversed(list(ast.iter_child_nodes(node))))


def prose(docstring: str) -> list[str]:
    """The clean paragraphs of a docstring whose indentation is already taken away."""
    reader = _Reader()
    for line in docstring.expandtabs().splitlines():
        reader.read(line.strip(), len(line) - len(line.lstrip()))
    reader.close()
    return [clean for clean in map(_clean, reader.paragraphs) if clean]


class _Reader:
    """Cuts a docstring into paragraphs, line by line, and leaves out what is no prose."""

    def __init__(self) -> None:
        self.paragraphs: list[str] = []
        self.lines: list[str] = []
        self.skipped: int | None = None  # the indentation whose deeper lines are being left out
        self.doctest = self.fence = False

    def read(self, line: str, indent: int) -> None:
        if self._left_out(line, indent):
            return
        directive = _DIRECTIVE.match(line)
        if directive:
            self.close()
            self.skipped = None if (directive[1] or "").rsplit(":", 1)[-1] in _PROSE_DIRECTIVES else indent
        elif _RULE.fullmatch(line):
            # What it underlines is a heading.
            self.lines = self.lines[:-1]
            self.close()
        elif _HEADER.match(line) or _SIGNATURE.fullmatch(line):
            self.close()
        else:
            self._keep(line, indent)

    def _left_out(self, line: str, indent: int) -> bool:
        if line.startswith("```"):
            self.fence = not self.fence
            self.close()
            return True
        if self.skipped is not None and line and indent <= self.skipped:
            self.skipped = None
        if line.startswith((">>>", "In [")):
            self.doctest = True
        if not line:
            self.doctest = False
            self.close()
        elif self.doctest:
            self.close()
        return not line or self.doctest or self.fence or self.skipped is not None

    def _keep(self, line: str, indent: int) -> None:
        bullet = _BULLET.match(line)
        if bullet:
            self.close()
            line = line[bullet.end() :]
        if line.endswith("::"):
            self.skipped = indent
            line = line[:-1]
        self.lines.append(line)
        if self.skipped is not None:
            self.close()

    def close(self) -> None:
        if self.lines:
            self.paragraphs.append(" ".join(self.lines))
            self.lines = []


@lru_cache(maxsize=100_000)  # generated sources (plotly's) repeat most of their paragraphs
def _clean(paragraph: str) -> str:
    if _MARKUP.search(paragraph):
        for pattern, replacement in _INLINE:
            paragraph = pattern.sub(replacement, paragraph)
    return " ".join(sentence for sentence in _SENTENCE.split(" ".join(paragraph.split())) if _is_prose(sentence))


def _is_prose(sentence: str) -> bool:
    words = sentence.split()
    letters = sum(map(str.isalpha, sentence))
    return len(words) >= MIN_WORDS and sentence.count("=") <= 2 and letters >= MIN_LETTERS * sum(map(len, words))
