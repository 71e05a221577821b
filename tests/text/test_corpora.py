import os
import time
from collections import Counter
from pathlib import Path

import numpy as np
import pytest

from core.text import corpora, cutting
from core.text.cutting import blocks

TEXT = "The cat sat. The dog ran!\nthe end\n\nNo <script>alert(1)</script> here\n"


def test_the_facts_of_a_text() -> None:
    corpus = corpora.add_text("Cats & <b>dogs</b>", TEXT)
    assert (corpus.n_words, corpus.n_sentences, corpus.n_distinct, corpus.n_bytes) == (14, 4, 11, len(TEXT))
    assert corpus.title == "Cats & <b>dogs</b>"
    assert corpus.id.startswith("cats-b-dogs-b-")
    assert corpus.frequencies().tolist() == [3, 2, *[1] * 9]
    assert corpus.top(2) == [("the", 3), ("script", 2)]
    assert corpora.available() == [corpus]
    assert corpora.find(corpus.id) == corpus


def test_another_text_of_the_same_title_is_another_corpus_and_the_same_text_is_not() -> None:
    one, two, three = (corpora.add_text("notes", text) for text in ("a b c", "a b d", "a b c"))
    assert one == three
    assert one.id != two.id


def test_facts_do_not_depend_on_where_blocks_end(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    path = tmp_path / "text.txt"
    for text in (TEXT * 9, "word " * 50, "語言模型" * 50, "aé☃" * 40 + "\n"):
        path.write_text(text, "utf-8")
        for size in (16, 17, 18, 19, 1000):
            parts = list(blocks(path, size))
            assert "".join(part for part, _ in parts) == text
            assert parts[-1][1] == 1.0
    small = corpora.add_text("one", TEXT * 30)
    raw_blocks = cutting.raw_blocks
    monkeypatch.setattr(cutting, "raw_blocks", lambda path: raw_blocks(path, 64))
    again = corpora.add_text("two", TEXT * 30)
    assert (small.n_words, small.n_sentences, small.digest) == (again.n_words, again.n_sentences, again.digest)


def test_a_sample_shows_lines_from_all_over() -> None:
    corpus = corpora.add_text("lines", "\n".join(f"line number {i} é" for i in range(1000)))
    sample = corpus.sample(5)
    assert len(sample) == 5
    assert sample[0] == "line number 0 é"
    assert all(line.startswith("line number ") for line in sample)
    assert corpora.add_text("one long line", "abc " * 5000).sample(3, width=9)[0] == "abc abc a"


def test_what_is_removed_is_gone(home: Path) -> None:
    from core.text.encoding import encode
    from core.text.tokenizing import TokenizerSettings

    corpus = corpora.add_text("notes", TEXT * 5)
    encode(corpus, TokenizerSettings())
    corpora.remove(corpus.id)
    assert corpora.available() == []
    assert [list((home / "cache" / name).iterdir()) for name in ("encoded", "cut")] == [[], []]
    corpora.remove(corpus.id)
    for id in ("..", ".", "", "a/b", "../runs"):
        with pytest.raises(ValueError, match="is no text's id"):
            corpora.remove(id)


@pytest.mark.parametrize(
    ("name", "damage"), [("about.json", "gone"), ("about.json", "cut"), ("text.txt", "gone"), ("text.txt", "cut"), ("frequencies.npy", "gone")]
)
def test_a_half_deleted_corpus_is_passed_over_and_made_again(name: str, damage: str) -> None:
    corpus = corpora.find("small-world:50:3")
    file = corpus.folder / name
    content = file.read_bytes()
    file.unlink()
    if damage == "cut":
        file.write_bytes(content[:20])
    assert corpora.available() == []
    assert corpora.find("small-world:50:3") == corpus


def test_an_interruption_leaves_nothing(home: Path) -> None:
    def stop(what: str, fraction: float | None) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        corpora.find("small-world:50:1", stop)
    assert list((home / "corpora").iterdir()) == []


def test_what_a_killed_process_left_is_passed_over_and_swept_away_after_a_day(home: Path) -> None:
    left = home / "corpora" / ".abc.part"
    left.mkdir(parents=True)
    corpora.add_text("a", TEXT)
    assert left.exists()
    os.utime(left, (time.time() - 2 * 24 * 3600,) * 2)
    assert len(corpora.available()) == 1
    corpora.add_text("b", TEXT + "more")
    assert not left.exists()


@pytest.mark.parametrize("reference", ["", "nothing", "no/such/file.txt", "..", "/", ".", "small-world-"])
def test_an_unknown_reference_names_those_there_are(reference: str) -> None:
    with pytest.raises(ValueError, match=r"There is no text called .* There are documentation, small-world"):
        corpora.find(reference)


def test_counting_judged_by_hand_on_real_text(shared: Path) -> None:
    corpus = corpora.find(str(shared / "data" / "tinyshakespeare.txt"))
    words = Counter((shared / "data" / "tinyshakespeare.txt").read_text().lower().replace("--", " ").split())
    assert abs(corpus.n_words - words.total()) < 0.03 * words.total()
    assert np.all(np.diff(corpus.frequencies()) <= 0)
    assert corpus.frequencies().sum() == corpus.n_words
