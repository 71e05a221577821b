"""A text is cut once, whatever its length, and every setting looks up in that."""

import random
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from core.text import corpora, cutting, numbering
from core.text.encoding import encode
from core.text.numbering import LOST
from core.text.tokenizing import TokenizerSettings

ROOT = Path(__file__).parents[2]
SETTINGS = [TokenizerSettings(lowercase=lowercase, punctuation=marks, min_count=2) for lowercase in (True, False) for marks in (True, False)]
LINES = [
    "The king's cat, naïve as ever, sat. It RAN!\n",
    "中文的句子。and ENGLISH words\n",
    "İstanbul ΟΔΟΣ straße STRASSE\n",
    "3.14 x-ray ... U.S. e.g. this\n",
]


def test_compiled_or_not_a_text_has_the_same_facts_and_ids(monkeypatch: pytest.MonkeyPatch) -> None:
    text = "".join(random.Random(1).choices(LINES, k=300))
    plain = corpora.add_text("one", text)
    expected = [encode(plain, settings) for settings in SETTINGS]
    about = (plain.n_words, plain.n_sentences, plain.n_distinct, plain.top(), plain.frequencies().tolist())
    corpora.remove(plain.id)
    monkeypatch.setattr(numbering, "COMPILED_FROM", 0)
    compiled = corpora.add_text("one", text)
    assert (compiled.n_words, compiled.n_sentences, compiled.n_distinct, compiled.top(), compiled.frequencies().tolist()) == about
    for settings, before in zip(SETTINGS, expected, strict=True):
        now = encode(compiled, settings)
        assert now.tokenizer.words == before.tokenizer.words
        assert np.array_equal(now.ids, before.ids)
        assert np.array_equal(now.counts, before.counts)


def test_the_tokenizer_cuts_a_new_text_as_it_was_cut_from_the_corpus() -> None:
    text = "".join(LINES)
    for settings in SETTINGS:
        encoded = encode(corpora.add_text("one", text * 5), settings)
        known = encoded.tokenizer.encode(text)
        assert [i for i in encoded.ids[: 4 * len(known)].tolist() if i >= 0][: len(known)] == [i for i in known if settings.punctuation or i != 1]


def test_words_too_many_to_be_held_are_left_out_and_the_others_stay_what_they_are(monkeypatch: pytest.MonkeyPatch) -> None:
    dice = random.Random(2)
    frequent = [f"often{n}" for n in range(40)]
    text = "".join(f"{' '.join(dice.choices(frequent, k=6))} rare{n} and Rare{n}, again. \n" for n in range(600))
    settings = TokenizerSettings(min_count=20)
    monkeypatch.setattr(numbering, "COMPILED_FROM", 0)
    corpus = corpora.add_text("many", text)
    whole = encode(corpus, settings)
    corpora.remove(corpus.id)
    monkeypatch.setattr(numbering, "LIMIT", 200)
    raw_blocks = cutting.raw_blocks
    monkeypatch.setattr(cutting, "raw_blocks", lambda path: raw_blocks(path, 1000))
    monkeypatch.setattr(cutting, "AT_ONCE", 100)
    some = corpora.add_text("many", text)
    found = encode(some, settings)
    cut = some.cut()
    assert len(cut.counts) < 600
    assert cut.n_lost == sum(np.count_nonzero(numbers == LOST) for numbers in cut.blocks()) > 500
    assert some.n_words == corpus.n_words == 600 * 10
    assert found.tokenizer.words == whole.tokenizer.words
    assert np.array_equal(found.ids, whole.ids)
    assert np.array_equal(found.counts, whole.counts)
    assert not list(cutting.subfolder("cache", "cut").rglob("*told*"))


@pytest.mark.parametrize("name", ["numbers.npy", "words.npz"])
@pytest.mark.parametrize("damage", ["gone", "cut", "empty"])
def test_a_damaged_cut_is_made_again(home: Path, name: str, damage: str) -> None:
    corpus = corpora.add_text("cats", "The cat sat. " * 50)
    before = np.concatenate(list(corpus.cut().blocks()))
    file = next((home / "cache" / "cut").iterdir()) / name
    content = file.read_bytes()
    file.unlink()
    if damage != "gone":
        file.write_bytes(content[: len(content) // 2] if damage == "cut" else b"")
    assert np.array_equal(np.concatenate(list(corpus.cut().blocks())), before)


def test_a_text_changed_behind_our_back_is_said(home: Path) -> None:
    corpus = corpora.add_text("cats", "The cat sat. " * 50)
    cutting.remove(corpus.digest)
    (corpus.folder / "text.txt").write_text("The dog sat. " * 50)
    with pytest.raises(ValueError, match="“cats” has been changed since it was added"):
        corpus.cut()


MEMORY = """
import resource, sys
from core.text import corpora, encoding, numbering
from core.text.tokenizing import TokenizerSettings
numbering.COMPILED_FROM = 0
small, long = (corpora.find(path) for path in sys.argv[2:])
def peak(corpus):
    encoding.encode(corpus, TokenizerSettings(kind=sys.argv[1], vocab_size=400))
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
peak(small)
print(peak(small), peak(long))
"""


@pytest.mark.parametrize("kind", ["word", "character"])
def test_the_memory_that_a_text_takes_does_not_grow_with_its_length(tmp_path: Path, kind: str) -> None:
    dice = random.Random(3)
    line = lambda: " ".join(f"w{int(dice.paretovariate(0.7)) % 5000}" for _ in range(10)) + ".\n"  # noqa: E731
    part = "".join(line() for _ in range(25_000))  # 1.3 MB
    sizes = []
    for name, times in (("small", 6), ("long", 24)):
        path = tmp_path / name
        with open(path, "w") as file:
            for _ in range(times):
                file.write(part)
        sizes.append(path.stat().st_size)
    done = subprocess.run(
        [sys.executable, "-c", MEMORY, kind, *(str(tmp_path / name) for name in ("small", "long"))], cwd=ROOT, capture_output=True, check=True
    )
    small, long = (1024 * int(each) for each in done.stdout.split())
    assert sizes[1] - sizes[0] > 12e6
    assert long - small < 0.4 * (sizes[1] - sizes[0])
