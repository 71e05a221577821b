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
    phrase_passes: int = setting(
        0,
        "Words that stand together more often than chance would have it are a phrase, new_york: one token where tokens are words, else tokens that ERNIE hides "
        "together. Each pass joins pairs, two make up to four words.",
        0,
        4,
    )
    phrase_threshold: float = setting(
        100.0, "How much more often than by chance two words of a phrase have to stand together; less makes more phrases.", 0.1, 1e9, 10
    )


# As several systems begin with them.
CHARACTERS = TokenizerSettings(kind="character", min_count=1, lowercase=False)
SUBWORDS = TokenizerSettings(kind="bpe", vocab_size=4000, min_count=2, lowercase=False)
WORDS = TokenizerSettings(kind="word", min_count=1)
