"""A RIC of a test's own."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.cli.ric_command import Command


@pytest.fixture
def ranwright(tmp_path: Path) -> Iterator[Command]:
    command = Command(tmp_path / "ric")
    yield command
    command("ric", "down")
