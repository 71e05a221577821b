"""How slow work says where it is."""

from typing import Protocol, runtime_checkable


@runtime_checkable
class Progress(Protocol):
    """Told now and then what is being done, and the share of it that is done (0 to 1; None where nobody can know)."""

    def __call__(self, what: str, fraction: float | None) -> None: ...


def silent(what: str, fraction: float | None) -> None:
    """Says nothing."""
