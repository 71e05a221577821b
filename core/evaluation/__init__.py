"""How good vectors are: people's judgements of pairs, analogies, and how far two systems agree about a word's neighbours."""

from core.evaluation.scores import Score, analogies, score, word_similarity
from core.evaluation.sets import Pairs, Questions, TestSet

__all__ = ["Pairs", "Questions", "Score", "TestSet", "analogies", "score", "word_similarity"]
