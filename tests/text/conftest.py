"""Each test of texts has a workspace of its own."""

from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def _workspace(home: Path) -> None:
    """Every one, whether it names it or not."""
