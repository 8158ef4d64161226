"""Follows every E2 node that is connected, each in a thread of its own."""

import threading
from collections.abc import Callable

import structlog

from contracts.errors import RanwrightError
from xapps.sdk.nodes import NodeDirectory

LOOK_PERIOD_S = 1.0
_log = structlog.get_logger(__name__)


class NodeFollower:
    """Serves every node that connects, and again when it returns.

    Args:
        directory: of nodes.
        serve: serves one node, by its RAN name, for as long as it can; called in a thread. When it
            returns or raises a :class:`RanwrightError`, a node that is connected is served anew.
    """

    def __init__(self, directory: NodeDirectory, serve: Callable[[str], None]) -> None:
        self._directory = directory
        self._serve = serve
        self._served: dict[str, threading.Thread] = {}

    def is_ready(self) -> bool:
        """Whether every node that was found is served."""
        return all(thread.is_alive() for thread in self._served.values())

    def start(self) -> None:
        """Run in a thread until the process ends."""
        threading.Thread(target=self.run, args=(threading.Event(),), daemon=True).start()

    def run(self, stop: threading.Event) -> None:
        """Look for nodes until ``stop`` is set."""
        while not stop.wait(LOOK_PERIOD_S):
            try:
                connected = self._directory.connected()
            except RanwrightError as error:
                _log.warning("nodes.unknown", code=error.code, reason=error.message)
                continue
            for ran_name in connected:
                self._follow(ran_name)

    def _follow(self, ran_name: str) -> None:
        known = self._served.get(ran_name)
        if known is None or not known.is_alive():
            thread = threading.Thread(target=self._attend, args=(ran_name,), daemon=True)
            self._served[ran_name] = thread
            thread.start()

    def _attend(self, ran_name: str) -> None:
        try:
            self._serve(ran_name)
        except RanwrightError as error:
            _log.warning("node.lost", ran_name=ran_name, code=error.code, reason=error.message)
