import time

from core.text.segmentation import SENTENCE_END, segment


def words(text: str, punctuation: bool = False) -> list[str]:
    return [word for word in segment(text, punctuation) if word != SENTENCE_END]


def sentences(text: str) -> list[list[str]]:
    parts: list[list[str]] = [[]]
    for word in segment(text):
        parts.append([]) if word == SENTENCE_END else parts[-1].append(word)
    return [part for part in parts if part]


def test_apostrophes_hyphens_digits_and_underscores_stay_inside_words() -> None:
    text = "It's a state-of-the-art float64, read_csv costs 3.14 or 1,000.50 - 'quoted' -- done."
    assert words(text) == ["It's", "a", "state-of-the-art", "float64", "read_csv", "costs", "3.14", "or", "1,000.50", "quoted", "done"]


def test_accents_and_vowel_signs_belong_to_their_word() -> None:
    assert words("Cafe\u0301 नमस्ते Ελλάδα привет naïve") == ["Cafe\u0301", "नमस्ते", "Ελλάδα", "привет", "naïve"]


def test_marks_are_tokens_only_when_asked_for() -> None:
    assert words("No, [MASK]!", punctuation=True) == ["No", ",", "[", "MASK", "]", "!"]
    assert words("No, [MASK]!") == ["No", "MASK"]


def test_sentences_end_at_marks_and_lines_but_not_in_abbreviations() -> None:
    assert sentences('He said "Go!" She went, e.g. home. numpy.array is fine\nNew line') == [
        ["He", "said", "Go"],
        ["She", "went", "e", "g", "home", "numpy", "array", "is", "fine"],
        ["New", "line"],
    ]
    assert len(sentences("it was . the end .\n")) == 2
    assert len(sentences("他来了。我走了！")) == 2


def test_chinese_is_cut_by_jieba_and_its_cache_lies_in_the_workspace() -> None:
    assert words("我们在学习GPT语言模型。") == ["我们", "在", "学习", "GPT", "语言", "模型"]
    from core.text.segmentation import jieba

    assert jieba().dt.tmp_dir.endswith("cache/jieba")


def test_chinese_without_any_mark_takes_no_longer_for_being_long() -> None:
    before = time.perf_counter()
    assert "".join(segment("山" * 30_000)) == "山" * 30_000
    assert time.perf_counter() - before < 3  # five seconds, and growing with the square, when jieba is given all of it at once
