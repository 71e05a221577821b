import itertools
import random
import subprocess
import sys
from pathlib import Path

import pytest

from core.text import subwords, tokenizers
from core.text.tokenizers import SPECIALS, Tokenizer
from core.text.tokenizing import TokenizerSettings

TEXT = "The cat sat on the mat. The cats sat walking; the walker was walking, naïve café!\nA low lower lowest newer newest.\n" * 20
KINDS = ("word", "character", "bpe", "wordpiece")


def trained(kind: str, **changes: object) -> Tokenizer:
    return tokenizers.train([TEXT], TokenizerSettings(**{"kind": kind, "vocab_size": 400, "min_count": 2, "lowercase": False, "punctuation": True, **changes}))  # type: ignore[arg-type]


@pytest.mark.parametrize("kind", KINDS)
def test_special_tokens_come_first_and_no_text_becomes_one(kind: str) -> None:
    tokenizer = trained(kind)
    assert tuple(tokenizer.words[:7]) == SPECIALS
    ids = tokenizer.encode("[PAD] [BOS] [EOS] [MASK] [CLS] [SEP] <script>alert(1)</script> <s> </s>")
    assert all(i == tokenizer.unk_id or i >= tokenizer.n_special for i in ids)


@pytest.mark.parametrize("kind", KINDS)
def test_a_saved_tokenizer_comes_back_the_same(kind: str, tmp_path: Path) -> None:
    tokenizer = trained(kind)
    tokenizer.save(tmp_path / "tokenizer.json")
    again = tokenizers.load(tmp_path / "tokenizer.json")
    assert (again.words, again.settings, again.encode(TEXT)) == (tokenizer.words, tokenizer.settings, tokenizer.encode(TEXT))


@pytest.mark.parametrize("kind", KINDS)
def test_the_tokenizers_library_reads_our_file_and_cuts_alike(kind: str, tmp_path: Path) -> None:
    import tokenizers as library

    tokenizer = trained(kind)
    tokenizer.save(tmp_path / "tokenizer.json")
    text = "The walker's low-cut 3.14 newest naïve café, unseen ☃!\nA cat."
    assert library.Tokenizer.from_file(str(tmp_path / "tokenizer.json")).encode(text, add_special_tokens=False).ids == tokenizer.encode(text)


@pytest.mark.parametrize(
    "content", ["", "{", "[]", '{"model": {}}', '{"model": {"vocab": {}, "orrery": {"kind": "word"}}}', '{"model": {"vocab": 3, "orrery": {}}}']
)
def test_a_damaged_file_is_said_in_words(content: str, tmp_path: Path) -> None:
    (tmp_path / "tokenizer.json").write_text(content)
    with pytest.raises(ValueError, match=r"is not a tokenizer of ours, or is cut short"):
        tokenizers.load(tmp_path / "tokenizer.json")
    with pytest.raises(ValueError, match="tokenizer"):
        tokenizers.load(tmp_path / "absent.json")


def test_a_token_that_ends_within_a_character_shows_the_whole_ones_and_the_bytes_of_that() -> None:
    from tokenizers.pre_tokenizers import ByteLevel

    ((token, _),) = ByteLevel(add_prefix_space=False, use_regex=False).pre_tokenize_str("a巴黎")
    assert [subwords.shown(token[:n]) for n in (4, 6, 7)] == ["a巴", "a巴<0xE9><0xBB>", "a巴黎"]
    assert subwords.shown(token[2:6]) == "<0xB7><0xB4><0xE9><0xBB>"


def test_bpe_gives_back_any_text_exactly() -> None:
    tokenizer = trained("bpe")
    rng = random.Random(1)
    hostile = ["", " ", "\n\n  a\t\r\n", "☃👩‍👩‍👧 \u0301x", "[MASK]<script>\0", "日本語 العربية"]
    noise = [
        "".join(chr(rng.choice((rng.randrange(32, 127), rng.randrange(0xA0, 0x2000), rng.randrange(0x1F300, 0x1F600)))) for _ in range(40)) for _ in range(20)
    ]
    import unicodedata

    for text in hostile + noise:
        assert tokenizer.decode(tokenizer.encode(text)) == unicodedata.normalize("NFC", text)


def test_characters_keep_line_ends_and_unknown_ones_are_marked() -> None:
    tokenizer = trained("character")
    assert tokenizer.decode(tokenizer.encode("A cat.\nThe mat")) == "A cat.\nThe mat"
    assert tokenizer.pieces("a☃") == ["a", "[UNK]"]


def test_unknown_words_are_marked_and_capitals_fold_when_asked() -> None:
    assert trained("word", lowercase=True).pieces("THE Zebra sat") == ["the", "[UNK]", "sat"]
    assert trained("word").pieces("THE cat") == ["[UNK]", "cat"]


def test_words_decode_to_lines() -> None:
    tokenizer = trained("word")
    ids = [*tokenizer.encode("The cat"), -1, *tokenizer.encode("the mat"), tokenizer.eos_id, tokenizer.pad_id]
    assert tokenizer.decode(ids) == "The cat\nthe mat\n"


def test_wordpiece_marks_what_goes_on() -> None:
    pieces = trained("wordpiece", vocab_size=90).pieces("lowwalk walker")
    assert any(piece.startswith("##") for piece in pieces)
    assert "".join(piece.removeprefix("##") for piece in pieces) == "lowwalkwalker"


@pytest.mark.parametrize("kind", KINDS)
def test_min_count_and_vocab_size_are_kept(kind: str) -> None:
    rare = TEXT + "zyzzyva Zyzzyva ß"
    settings = TokenizerSettings(kind=kind, vocab_size=300, min_count=3, lowercase=True, punctuation=True)
    tokenizer = tokenizers.train([rare], settings)
    assert tokenizer.vocab_size <= 300
    assert "zyzzyva" not in tokenizer.words
    assert "ß" not in tokenizer.words


def test_a_min_count_that_nothing_reaches_names_the_one_that_would_do() -> None:
    with pytest.raises(ValueError, match=r"No word reaches min_count 5: the most frequent, “b”, is seen 2 times. Lower min_count to 2"):
        tokenizers.train(["a b b c"], TokenizerSettings(min_count=5))
    with pytest.raises(ValueError, match="Lower"):
        tokenizers.train(["a b b c"], TokenizerSettings(kind="wordpiece", min_count=5, vocab_size=100))


@pytest.mark.parametrize("kind", ["bpe", "wordpiece"])
def test_a_vocabulary_too_small_for_its_alphabet_is_refused_with_the_size_that_would_do(kind: str) -> None:
    with pytest.raises(ValueError, match=r"Set vocab_size above \d+"):
        trained(kind, vocab_size=20)


@pytest.mark.parametrize("word", ["lowest", " lowest", "walking", "newest walker", "café", "☃", ""])
def test_bpe_steps_end_where_the_tokenizer_ends_and_each_merges_something(word: str) -> None:
    tokenizer = trained("bpe")
    steps = tokenizer.bpe_steps(word)
    assert steps[-1] == tokenizer.pieces(word)
    assert all(len(after) < len(before) for before, after in itertools.pairwise(steps))


def test_only_bpe_has_steps() -> None:
    with pytest.raises(ValueError, match="Only a BPE tokenizer"):
        trained("word").bpe_steps("low")


def test_a_child_forked_after_the_library_ran_in_parallel_can_encode() -> None:
    code = """
import os, sys
from core.text import subwords, tokenizers
from core.text.tokenizing import TokenizerSettings
text = "low lower lowest newer newest walking\\n" * 5000
tokenizer = tokenizers.train([text], TokenizerSettings(kind="bpe", vocab_size=300))
n = len(tokenizer.encode(text))
child = os.fork()
if child == 0:
    os._exit(0 if len(tokenizer.encode(text)) == n else 1)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    done = subprocess.run([sys.executable, "-c", code], cwd=Path(__file__).parents[2], capture_output=True, timeout=60, check=False)
    assert (done.returncode, done.stderr) == (0, b"")


def test_reading_a_word_tokenizer_does_not_load_the_library(tmp_path: Path) -> None:
    trained("word").save(tmp_path / "tokenizer.json")
    code = """
import pathlib, sys
from core.text.tokenizers import load
load(pathlib.Path(sys.argv[1])).encode("a b")
print("tokenizers" in sys.modules, "torch" in sys.modules)
"""
    command = [sys.executable, "-c", code, str(tmp_path / "tokenizer.json")]
    done = subprocess.run(command, cwd=Path(__file__).parents[2], capture_output=True, text=True, timeout=60, check=True)
    assert done.stdout.split() == ["False", "False"]


@pytest.mark.parametrize("kind", ["bpe", "wordpiece"])
def test_a_text_cut_before_it_is_encoded_gives_the_librarys_own_ids(kind: str) -> None:
    tokenizer = trained(kind)
    rng = random.Random(2)
    for _ in range(50):
        text = "".join(rng.choices(["cat", "low", "est", " ", "  ", "\n", "\n\n", "\t", ".", "'s", "!?", "é", "3", "-", "\u00a0"], k=60))
        assert tokenizer.encode(text) == tokenizer.library.encode(text, add_special_tokens=False).ids
