"""Small tensors: one thread; made windows that several tests look at."""

from collections.abc import Iterator

import pytest

from tools.beams.synthetic import DriveBy
from tools.beams.windows import Windows
from tools.power.runtime import numerics


@pytest.fixture(autouse=True)
def _numerics() -> Iterator[None]:
    with numerics():
        yield


@pytest.fixture(scope="session")
def made() -> Windows:
    return DriveBy().windows(256, 5)
