"""word2vec's two learners (Mikolov et al. 2013, arXiv 1301.3781 and 1310.4546): a word is a row, and a window's words predict the one in its middle."""

from core.embeddings.window_learner import WindowLearner, warm
from core.systems.cbow import CBOWSettings
from core.systems.skip_gram import SkipGramSettings
from core.text.encoding import EncodedCorpus

__all__ = ["CBOW", "SkipGram", "warm"]


class SkipGram(WindowLearner):
    """Each word of the window predicts, by itself."""

    name = "Skip-gram"

    def __init__(self, settings: SkipGramSettings, encoded: EncodedCorpus) -> None:
        self.dynamic_window = settings.dynamic_window
        super().__init__(settings, encoded)


class CBOW(WindowLearner):
    """The mean, or the sum, of the window predicts.

    With a mean of m words, each word's share of the gradient is one m-th of it. word2vec.c, gensim and fastText give each the whole of it (and gensim,
    with a sum, an m-th), which is another step than the loss's gradient: m times as long (Irsoy, Benton and Stratos 2021, arXiv 2012.15332).
    `gradient` chooses.
    """

    name = "CBOW"
    cbow = True

    def __init__(self, settings: CBOWSettings, encoded: EncodedCorpus) -> None:
        self.dynamic_window = settings.dynamic_window
        self.mean, self.exact = settings.combine == "mean", settings.gradient == "exact"
        super().__init__(settings, encoded)
