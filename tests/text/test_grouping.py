import pytest

from core.text.grouping import words
from core.text.tokenizers import train
from core.text.tokenizing import TokenizerSettings


@pytest.mark.parametrize(
    ("tokens", "groups"),
    [
        (["un", "##believ", "##able", "stor", "##ies", "[SEP]"], [0, 0, 0, 1, 1, 2]),
        (["The", " ki", "ng", ",", " his", " son", "'", "s"], [0, 1, 1, 2, 3, 4, 5, 6]),
        (["▁the", "▁ki", "ng", "</s>"], [0, 1, 1, 2]),
        (list("a king, he"), [0, 1, 1, 1, 1, 1, 2, 3, 3, 3]),
        (["the", "king", "saw"], [0, 1, 2]),
        (["他", "来", " ", "ok", "<0xE4>", "<0xBB>"], [0, 1, 2, 2, 3, 3]),
        (["[CLS]", " a", "b", "[SEP]", "b"], [0, 1, 1, 2, 3]),
        (["##"], [0]),
        ([], []),
    ],
)
def test_pieces_of_a_word_have_its_number(tokens: list[str], groups: list[int]) -> None:
    assert words(tokens) == groups


@pytest.mark.parametrize("kind", ["bpe", "wordpiece"])
def test_the_pieces_of_our_own_tokenizers_come_together_as_the_words_of_a_text(kind: str) -> None:
    text = "the unhappy king weeps and the queen weeps for her unhappy lord"
    tokenizer = train([f"{text} weep unlordly"], TokenizerSettings(kind=kind, vocab_size=300, min_count=1))
    pieces = tokenizer.pieces("unlordly queen")
    joined: dict[int, str] = {}
    for group, piece in zip(words(pieces), pieces, strict=True):
        joined[group] = joined.get(group, "") + piece.removeprefix("##").strip()
    assert list(joined.values()) == ["unlordly", "queen"]
