"""What a system is: one row of the table that pages, command line and contract tests read.

Records import no torch and no numba: a page lists thirteen systems before either is loaded. The learner is named by its dotted path and
imported when a run starts.
"""

import pkgutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from core.text.tokenizing import TokenizerSettings

# The closed set of views that a system can feed. A page shows the systems that offer its view.
View = Literal["vectors", "neighbours", "attention", "generate", "fill", "translate", "restore", "next_sentence", "objective", "mix", "mask_editor", "heads"]

# Which of a static embedding's two matrices is looked at, or what is made of both.
Matrix = Literal["in", "out", "sum", "mean", "concatenation"]

SCHEDULE = frozenset({"learning_rate", "batch_size", "n_steps", "n_threads", "seed"})  # settings of how a run is trained, whatever it trains


@dataclass(frozen=True)
class Preset:
    """A named change to the default settings, offered above the form."""

    name: str
    help: str
    settings: dict[str, Any]
    tokenizer: TokenizerSettings | None = None
    corpus: str = ""  # an id of core.text.corpora.BUILT_IN; empty: whatever is chosen


@dataclass(frozen=True)
class System:
    """A row of SYSTEMS. `learner` is the dotted path "module:Class" of a core.training.learner.Learner."""

    name: str  # as in a URL, a command line, a config.json
    title: str  # as shown
    year: int
    paper: str
    difference: str  # one sentence
    settings: type[Any]  # a frozen dataclass of core.settings.setting fields; 12 at most besides SCHEDULE's
    tokenizer: TokenizerSettings  # the default one
    learner: str
    objectives: tuple[str, ...]
    offers: frozenset[View]
    presets: tuple[Preset, ...] = ()
    corpus: str = "documentation"  # the text that is offered first; an id of core.text.corpora.BUILT_IN
    matrices: tuple[Matrix, ...] = ()  # what `Matrices.read` can give, the usual one first; empty where there is one table only
    only: Mapping[View, tuple[str, tuple[Any, ...]]] = field(default_factory=dict)  # of `offers`: what a run feeds where a setting has one of these values

    def offered(self, settings: Any) -> frozenset[View]:
        """The views that a run of these settings can feed."""
        return frozenset(view for view in self.offers if view not in self.only or getattr(settings, self.only[view][0]) in self.only[view][1])

    def load_learner(self) -> Any:
        """The learner's class; imports torch or numba on the first call."""
        return pkgutil.resolve_name(self.learner)
