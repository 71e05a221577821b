"""Settings of a system: frozen dataclasses whose metadata draws the form, the command line and the checks alike."""

import dataclasses
import typing
from dataclasses import dataclass
from typing import Any

Number = int | float  # beartype, unlike mypy, does not take an int for a float


@dataclass(frozen=True)
class Range:
    """What a setting may be: bounds (inclusive), the step of the form's widget, or a closed list of choices."""

    help: str
    low: Number | None = None
    high: Number | None = None
    step: Number | None = None
    choices: tuple[str, ...] = ()


def setting(default: Any, help: str, low: Number | None = None, high: Number | None = None, step: Number | None = None, choices: tuple[str, ...] = ()) -> Any:
    """A dataclass field with its default, its help and its bounds."""
    return dataclasses.field(default=default, metadata={"range": Range(help, low, high, step, choices)})


def ranges(config: Any) -> dict[str, Range]:
    """The `Range` of each field of a settings class or instance, in the order of the form."""
    return {field.name: field.metadata["range"] for field in dataclasses.fields(config)}


def check(config: Any) -> None:
    """Raises ValueError, in words, for the first setting outside its range."""
    for field in dataclasses.fields(config):
        _check_value(field.name, getattr(config, field.name), field.type, field.metadata["range"])


def _check_value(name: str, value: Any, kind: Any, allowed: Range) -> None:
    if kind in (int, float) and (isinstance(value, bool) or not isinstance(value, (int, float) if kind is float else int)):
        raise ValueError(f"{name} must be a {'whole number' if kind is int else 'number'}, not {value!r}.")
    if kind is bool and not isinstance(value, bool):
        raise ValueError(f"{name} must be true or false, not {value!r}.")
    if allowed.choices and value not in allowed.choices:
        raise ValueError(f"{name} must be one of {', '.join(allowed.choices)}, not {value!r}.")
    # Written so that a NaN fails too.
    if allowed.low is not None and not value >= allowed.low:
        raise ValueError(f"{name} must be at least {allowed.low:g}, not {value!r}.")
    if allowed.high is not None and not value <= allowed.high:
        raise ValueError(f"{name} must be at most {allowed.high:g}, not {value!r}.")


def from_dict(kind: type[Any], values: dict[str, Any]) -> Any:
    """Settings from plain values (a config.json); unknown names and wrong values are ValueErrors in words."""
    hints = typing.get_type_hints(kind)
    unknown = sorted(set(values) - set(hints))
    if unknown:
        raise ValueError(f"There is no setting called {unknown[0]}; there are {', '.join(hints)}.")
    config = kind(**{name: float(v) if hints[name] is float and type(v) is int else v for name, v in values.items()})
    check(config)
    return config
