"""What `python -m core train SYSTEM` can be asked for: drawn from the system's settings, as the form of the page is."""

import dataclasses
from argparse import ArgumentParser
from typing import Annotated, Any, Literal

import tyro

from core.settings import ranges
from core.systems import Preset, System
from core.text.tokenizing import TokenizerSettings
from core.training.config import RunConfig

CORPUS = (
    "documentation, small-world, repeats, task:NAME (copy, reverse, addition, dates, ...; several as task:reverse+addition), pairs:TABLE.tsv, "
    "pairs:SOURCES,TARGETS, a corpus's id, a file, or an address on the web."
)


def asked(row: System, arguments: list[str]) -> RunConfig:
    """A run as it is asked for; ValueError in words where there is no preset of that name. Its corpus is a reference still."""
    form = _form(row, _preset(row, arguments))
    given = tyro.cli(form, prog=f"python -m core train {row.name}", description=f"{row.title} ({row.year}). {row.difference}", args=arguments)
    settings = row.settings(**{each: getattr(given, each) for each in ranges(row.settings)})
    tokenizer = TokenizerSettings(**dataclasses.asdict(given.tokenizer))
    return RunConfig(row.name, given.corpus, tokenizer, settings, given.name, given.probes)


def _preset(row: System, arguments: list[str]) -> Preset:
    """The one that is named among the arguments, or one that changes nothing."""
    parser = ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--preset", default="")
    name = parser.parse_known_args(arguments)[0].preset
    known = {each.name: each for each in (Preset("", "", {}), *row.presets)}
    if name not in known:
        raise ValueError(f"{row.title} has no preset called “{name[:100]}”; there are {', '.join(list(known)[1:]) or 'none'}.")
    return known[name]


def _form(row: System, preset: Preset) -> type[Any]:
    """A dataclass of all that can be asked of a run, with help for tyro; what is not asked for is as the preset has it."""
    presets = "Settings to begin with, which others on the line change: " + "; ".join(f"“{each.name}”: {each.help}" for each in row.presets)
    fields: list[Any] = [
        ("preset", Annotated[str, tyro.conf.arg(help=presets)], ""),
        ("corpus", Annotated[str, tyro.conf.arg(help=CORPUS)], preset.corpus or row.corpus),
        ("name", Annotated[str, tyro.conf.arg(help="As shown; the run's folder is called after it.")], ""),
        ("probes", Annotated[tuple[str, ...], tyro.conf.arg(help="Sentences whose attention is kept, and whose beginnings are continued.")], ()),
        *_fields(row.settings(**preset.settings)),
    ]
    tokenizer = dataclasses.make_dataclass("Tokenizer", _fields(preset.tokenizer or row.tokenizer), frozen=True)
    fields.append(("tokenizer", tokenizer, dataclasses.field(default_factory=tokenizer)))
    return dataclasses.make_dataclass(row.settings.__name__, fields, frozen=True)


def _fields(settings: Any) -> list[Any]:
    found = []
    for name, allowed in ranges(settings).items():
        default = getattr(settings, name)
        kind = Literal[allowed.choices] if allowed.choices else type(default)
        bounds = "" if allowed.low is None else f" From {allowed.low:,} to {allowed.high:,}." if allowed.high is not None else f" At least {allowed.low:,}."
        found.append((name, Annotated[kind, tyro.conf.arg(help=allowed.help + bounds)], default))
    return found
