"""The file formats that vectors come in and go out in, and what reading one gives. One row a format: pages, command line and tests draw on it."""

from dataclasses import dataclass, field
from pathlib import Path

from core.vectors import Vectors


@dataclass(frozen=True)
class Format:
    """A row of FORMATS. suffixes: the first is the one written, no other format's. beside: the second file of a pair, as written beside NAME."""

    name: str  # as on a command line
    title: str
    suffixes: tuple[str, ...]
    help: str  # one line
    beside: str = ""

    def target(self, stem: str) -> str:
        """The name of the file that is written for `stem`, without .gz."""
        return stem + self.suffixes[0]


@dataclass(frozen=True, eq=False)
class Reading:
    """What a file held. notes: sentences about what was not as it should be and could be taken nevertheless.

    table: name and content of what may have more columns than the words: the second file of a pair, or a Parquet table itself.
    """

    vectors: Vectors
    format: Format
    notes: list[str] = field(default_factory=list)
    table: tuple[str, Path | bytes] | None = None


FORMATS = (
    Format("word2vec-bin", "word2vec binary", (".bin",), "The C tool's own; small and quick. gensim: load_word2vec_format(binary=True)."),
    Format("word2vec-txt", "word2vec text", (".txt",), "A first line with two sizes, then a line a word. gensim: load_word2vec_format()."),
    Format("glove", "GloVe text", (".glove.txt", ".txt"), "A line a word, no first line. gensim: load_word2vec_format(no_header=True)."),
    Format("vec", "fastText text", (".vec",), "What fastText writes beside its model: word2vec's text by another name."),
    Format(
        "fasttext-bin", "fastText model", (".fasttext.bin", ".bin"), "Words and their n-grams, so that words never seen have vectors. fasttext.load_model()."
    ),
    Format("tsv", "TensorFlow projector", (".vectors.tsv", ".tsv"), "Two tables for projector.tensorflow.org.", ".metadata.tsv"),
    Format("npy", "NumPy and words", (".npy",), "A matrix for numpy.load, and its words, one a line.", ".words.txt"),
    Format("safetensors", "safetensors", (".vectors.safetensors", ".safetensors"), "One tensor, its words in the metadata."),
    Format("parquet", "Parquet", (".parquet",), "A table with a word, its count and its vector a row. pandas.read_parquet."),
)


def named(name: str) -> Format:
    """The format of that name; ValueError in words where there is none."""
    for row in FORMATS:
        if row.name == name:
            return row
    raise ValueError(f"There is no format called {name!r}; there are {', '.join(row.name for row in FORMATS)}.")
