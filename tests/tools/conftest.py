"""Small example networks, shared because making one simulates a plant."""

import pytest

from tools.power.examples import Example, example


@pytest.fixture(scope="session")
def small() -> Example:
    return example(seed=4, sites=1, ues=14, window_s=5)


@pytest.fixture(scope="session")
def city() -> Example:
    return example(seed=4, sites=2, ues=40, window_s=10)
