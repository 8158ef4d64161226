"""A route manager on loopback, and xApps in their own processes that get their tables from it."""

import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.xapps.platform.support import eventually
from xapps.platform.rmr import RmrEndpoint, RmrSettings
from xapps.platform.rmr.route_distributor import RouteDistributor

SAMPLES = Path(__file__).parent / "samples"
EMPTY_TABLE = "newrt|start|empty\nnewrt|end|0\n"


class Ric:
    """What xApps need to be ready: route tables. Any port is one that the system chose."""

    def __init__(self) -> None:
        self.endpoint = RmrEndpoint(RmrSettings())
        self.table = EMPTY_TABLE  # of xApps that ask from now on
        self._tables: dict[str, str] = {}
        self.distributor = RouteDistributor(self.endpoint, self._table_for)
        self._processes: list[subprocess.Popen[str]] = []

    def start(self, *command: str, **environment: str) -> subprocess.Popen[str]:
        """Launch an xApp."""
        variables = {
            **os.environ,
            "PYTHONPATH": str(Path.cwd()),
            "RMR_SRC_ID": "127.0.0.1",
            "RMR_BIND_IF": "127.0.0.1",
            "RMR_RTG_SVC": self.endpoint.name,
            "RMR_CTL_PORT": "0",
            **environment,
        }
        process = subprocess.Popen(
            [sys.executable, "-m", "xapps.platform.launch", *command],
            env=variables,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._processes.append(process)
        return process

    def start_sample(
        self, name: str, *arguments: str, table: str = EMPTY_TABLE, **environment: str
    ) -> tuple[subprocess.Popen[str], str]:
        """Launch a sample; returns its process and, once it has its table, its RMR name."""
        self.table = table
        known = set(self.distributor.deliveries)
        process = self.start(str(SAMPLES / name), *arguments, **environment)

        def newcomer() -> str | None:
            assert process.poll() in (None, 0), process.communicate()[1]
            for other, delivery in self.distributor.deliveries.items():
                if other not in known and delivery.answer:
                    return other
            return None

        found = eventually(newcomer, f"{name} has its table")
        assert found is not None
        return process, found

    def close(self) -> None:
        """End every xApp."""
        for process in self._processes:
            process.kill()
            process.communicate()
        self.endpoint.close()

    def _table_for(self, name: str) -> str:
        return self._tables.setdefault(name, self.table)


@contextmanager
def running_ric() -> Iterator[Ric]:
    """A RIC for one test."""
    ric = Ric()
    try:
        yield ric
    finally:
        ric.close()
