"""The policy that the mad planner meets."""

import pytest

from benchmarks.random_planner import POLICY
from contracts.policy import Policy


@pytest.fixture
def policy() -> Policy:
    return Policy.model_validate(POLICY)
