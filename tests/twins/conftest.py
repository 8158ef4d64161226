"""Tests of the twins compute as the processes do: two busy cores are slower than one."""

import pytest

from twins.runtime import configure_thread


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Runs after the reset that all tests share, before any fixture."""
    configure_thread()
