"""Real processes on a new site, and a driver for traces of the model."""

from collections.abc import Callable
from pathlib import Path

import pytest

from benchmarks.protocol.checker import Trace
from tests.protocol.driver import Driver
from tests.protocol.hooks import Hooks
from tests.protocol.parts import Parts, Time


@pytest.fixture
def conforms(tmp_path_factory: pytest.TempPathFactory) -> Callable[[Trace, int], None]:
    """Drive new real processes along a trace; raises where they diverge from the model."""

    def drive(trace: Trace, plans: int) -> None:
        with pytest.MonkeyPatch.context() as monkeypatch:
            parts = Parts(Path(tmp_path_factory.mktemp("site")))
            driver = Driver(parts, Time(monkeypatch), trace, plans)
            Hooks(driver, monkeypatch)
            try:
                driver.run()
            finally:
                parts.close()

    return drive
