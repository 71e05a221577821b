"""What a run was asked to do: written once, into the run's `config.json`."""

import json
import time
from dataclasses import asdict, dataclass, field, fields
from typing import Any

from core import settings
from core.systems import System, View, system
from core.text.tokenizing import TokenizerSettings

MEGABYTE = 1_000_000


@dataclass(frozen=True)
class RunConfig:
    """Everything that decides how a run goes. `report_every` and `eval_every` are 0 until `run.create` fixes them for this machine."""

    system: str  # a name of SYSTEMS
    corpus: str  # a reference that core.text.corpora.find understands
    tokenizer: TokenizerSettings
    settings: Any  # the system's own settings
    name: str = ""  # as shown; free text
    probes: tuple[str, ...] = ()  # sentences whose attention is kept, and whose beginnings are continued
    report_every: int = 0  # steps between two rows of metrics
    eval_every: int = 0  # steps between two held-out losses, a multiple of report_every
    snapshot_budget: int = 256 * MEGABYTE  # bytes on disk
    begun_from: str = ""  # id of the run whose weights it begins with (see core.training.continuing); empty where with none
    created: float = field(default_factory=time.time)  # seconds since 1970

    @property
    def row(self) -> System:
        """The system's row of SYSTEMS."""
        return system(self.system)

    @property
    def offers(self) -> frozenset[View]:
        """The views that the run can feed."""
        return self.row.offered(self.settings)

    @property
    def n_steps(self) -> int:
        return int(self.settings.n_steps)

    def check(self) -> None:
        """ValueError, in words, for the first thing that cannot be."""
        assert isinstance(self.settings, self.row.settings), f"{self.system} takes {self.row.settings.__name__}"
        settings.check(self.settings)
        settings.check(self.tokenizer)
        if not self.corpus.strip():
            raise ValueError("A run needs a text to learn from: choose a corpus.")
        if self.report_every < 0 or self.eval_every < 0 or (self.report_every and self.eval_every % self.report_every):
            raise ValueError("eval_every must be a multiple of report_every, and neither below nothing.")

    def to_json(self) -> str:
        return json.dumps(asdict(self), indent=2, ensure_ascii=False)


def from_json(text: str) -> RunConfig:
    """The config of a `config.json`; ValueError in words where it is not one."""
    try:
        values = json.loads(text)
    except ValueError as error:
        raise ValueError(f"config.json is not JSON ({error}).") from error
    if not isinstance(values, dict):
        raise ValueError("config.json holds no settings.")
    known = {each.name for each in fields(RunConfig)}
    for name in ("system", "corpus", "tokenizer", "settings"):
        if name not in values:
            raise ValueError(f"config.json lacks {name}.")
    if unknown := sorted(set(values) - known):
        raise ValueError(f"config.json holds {unknown[0]}, which this version does not know.")
    kind = system(str(values["system"])).settings
    try:
        values["settings"] = settings.from_dict(kind, values["settings"])
        values["tokenizer"] = settings.from_dict(TokenizerSettings, values["tokenizer"])
        values["probes"] = tuple(str(probe) for probe in values.get("probes", ()))
        config = RunConfig(**values)
        config.check()
    except (TypeError, AttributeError) as error:
        raise ValueError(f"config.json does not have the form of a run's settings ({error}).") from error
    return config
