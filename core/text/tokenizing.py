"""How a text is cut into tokens: the settings, free of any heavy import. The tokenizers: core.text.tokenizers."""

from dataclasses import dataclass

from core.settings import setting


@dataclass(frozen=True)
class TokenizerSettings:
    kind: str = setting(
        "word", "Words (Chinese through jieba), characters, or sub-words learnt from the text.", choices=("word", "character", "bpe", "wordpiece")
    )
    vocab_size: int = setting(50_000, "At most this many distinct tokens, the most frequent ones.", 8, 1_000_000, 1000)
    min_count: int = setting(1, "Tokens seen less often than this are left out.", 1, 1_000_000)
    lowercase: bool = setting(True, "Fold capitals.")
    punctuation: bool = setting(False, "Keep punctuation marks as tokens of their own (words only; the other kinds always keep them).")
