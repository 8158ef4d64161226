"""E2 nodes in memory: admit, refuse or fall silent as a test says, and keep what was asked."""

import threading

from xapps.platform.submgr.backend import E2RefusedError, E2Subscription


class MemoryE2:
    def __init__(self, *nodes: str) -> None:
        self._lock = threading.Lock()
        self.nodes = set(nodes)
        self.active: dict[int, E2Subscription] = {}
        self.tries: list[int] = []
        self.refusal: E2RefusedError | None = None
        self.failures = 0
        self.late = False
        self.ended: list[int] = []
        self.gate = threading.Event()
        self.asked = threading.Event()
        self.gate.set()

    def is_connected(self, ran_name: str) -> bool:
        return ran_name in self.nodes

    def subscribe(self, request: E2Subscription, timeout_s: float) -> tuple[int, ...]:
        self.asked.set()
        assert self.gate.wait(20)
        with self._lock:
            self.tries.append(request.instance_id)
            if self.refusal is not None and len(self.tries) <= self.failures:
                raise self.refusal
            self.active[request.instance_id] = request
            if self.late:
                raise E2RefusedError("no answer", "E2Node", timed_out=True)
            return tuple(action.action_id for action in request.actions)

    def unsubscribe(self, request: E2Subscription, timeout_s: float) -> None:
        with self._lock:
            if self.active.pop(request.instance_id, None) is None:
                raise E2RefusedError("REQUEST_ID_UNKNOWN", "E2Node")
            self.ended.append(request.instance_id)
