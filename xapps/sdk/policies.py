"""A1 policies for an xApp: what the mediator asks for, and what the xApp says about it.

Facts: ric.md section 4.7. Both dialects of the mediators are read; what is written pleases both.
"""

import json
import threading
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Literal

import structlog

from xapps.sdk.messenger import Messenger, Received

A1_POLICY_REQ, A1_POLICY_RESP, A1_POLICY_QUERY = 20010, 20011, 20012
_QUERY_PERIOD_S = 0.5
_OPERATIONS = ("CREATE", "UPDATE", "DELETE")
_log = structlog.get_logger(__name__)

Answer = Literal["OK", "ERROR", "DELETED"]


@dataclass(frozen=True, slots=True)
class PolicyRequest:
    """What A1 asks for; ``policy`` is ``None`` where an instance is deleted."""

    operation: Literal["CREATE", "UPDATE", "DELETE"]
    type_id: int
    policy_id: str
    policy: Any


PolicyHandler = Callable[[PolicyRequest], None]
"""Called from the thread that reads messages: it answers at once or later, but does not wait."""


class A1Policies:
    """The A1 policies of an xApp.

    Args:
        messenger: carries messages.
        handler_id: name of the xApp.
    """

    def __init__(self, messenger: Messenger, handler_id: str) -> None:
        self._messenger = messenger
        self._handler_id = handler_id
        self._handlers: dict[int, PolicyHandler] = {}
        messenger.on(A1_POLICY_REQ, self._take)

    def on(self, type_id: int, handler: PolicyHandler) -> None:
        """Have requests of a type handled."""
        self._handlers[type_id] = handler

    def query(self, *type_ids: int) -> bool:
        """Have the instances that exist sent, each as a CREATE.

        Args:
            type_ids: of these types; none: of every handled type.

        Returns:
            False where the mediator was not reached for one.
        """
        asked = [
            json.dumps({"policy_type_id": type_id}).encode()
            for type_id in type_ids or self._handlers
        ]
        return all([self._messenger.send(A1_POLICY_QUERY, payload, "") for payload in asked])

    def learn(self) -> None:
        """Query in a thread until the mediator was reached."""

        def ask() -> None:
            pause = threading.Event()
            while not self.query():
                pause.wait(_QUERY_PERIOD_S)

        threading.Thread(target=ask, name="a1-query", daemon=True).start()

    def answer(self, request: PolicyRequest, answer: Answer) -> bool:
        """Say how an instance fares; false where the mediator was not reached."""
        fields = {
            "policy_type_id": request.type_id,
            "policy_instance_id": request.policy_id,
            "handler_id": self._handler_id,
            "status": answer,
        }
        return self._messenger.send(A1_POLICY_RESP, json.dumps(fields).encode(), "")

    def _take(self, received: Received) -> None:
        request = read_request(received.payload)
        if request is None:
            _log.warning("a1.unreadable_request", octets=len(received.payload))
            return
        handler = self._handlers.get(request.type_id)
        if handler is None:
            _log.warning("a1.not_handled", type_id=request.type_id)
            return
        handler(request)


def read_request(payload: bytes) -> PolicyRequest | None:
    """Read a 20010 of either mediator; ``None`` where it is none."""
    try:
        fields = json.loads(payload.rstrip(b"\0"))
        operation, type_id = fields["operation"], int(fields["policy_type_id"])
        policy_id, policy = str(fields["policy_instance_id"]), fields.get("payload")
        policy_id.encode()  # a name that no octets spell is none
        if operation not in _OPERATIONS:
            return None
        if operation == "DELETE":
            policy = None
        elif isinstance(policy, str):
            policy = json.loads(policy)
    except (ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError):
        return None
    return PolicyRequest(operation, type_id, policy_id, policy)
