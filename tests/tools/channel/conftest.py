"""Small tensors: one thread, and no denormals where WMMSE makes them."""

from collections.abc import Iterator

import pytest

from tools.power.runtime import numerics


@pytest.fixture(autouse=True)
def _numerics() -> Iterator[None]:
    with numerics():
        yield
