"""What all tests share."""

import sys

import pytest
from hypothesis import HealthCheck, settings

# A busy machine must not fail a law; laws are repeatable, so a failure seen once is seen again.
settings.register_profile(
    "ranwright",
    deadline=None,
    derandomize=True,
    max_examples=100,
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("ranwright")


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> None:
    """Undo what an earlier test's planner set in this thread: it flushes denormals, for one."""
    torch = sys.modules.get("torch")
    if torch is not None:
        torch.set_flush_denormal(False)
        torch.use_deterministic_algorithms(False)
