"""What the mediator remembers: policy types, instances, and what xApps said about them.

Kept in the namespace and under the keys of the O-RAN SC mediator, so that it outlives the process
and any SDL client can look.
"""

import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from xapps.platform.a1.messages import HandlerStatus
from xapps.platform.sdl.commands import Database
from xapps.platform.sdl.namespace import Namespace

NAMESPACE = "A1m_ns"
_TYPE, _INSTANCE = "a1.policy_type.", "a1.policy_instance."
_METADATA, _HANDLER = "a1.policy_inst_metadata.", "a1.policy_handler."


@dataclass(frozen=True, slots=True)
class Instance:
    """A policy instance: its content, when it was made, and the answer of each xApp."""

    policy: Any
    created_at: str
    handlers: dict[str, HandlerStatus]


class Policies:
    """Policy types and instances in the SDL; hold ``lock`` over what must be one step."""

    def __init__(self, database: Database) -> None:
        # not the store's lock: an RMR send under it may wait, and the SDL must not wait with it
        self.lock = threading.RLock()
        self._data = Namespace(database, NAMESPACE)

    def type_ids(self) -> list[int]:
        """Numbers of the policy types, ascending."""
        names = [key.removeprefix(_TYPE) for key in self._data.find(_TYPE)]
        return sorted(int(name) for name in names if name.isdecimal())  # any client writes here

    def policy_type(self, type_id: int) -> dict[str, Any] | None:
        """A policy type as it was put."""
        found = self._data.get(f"{_TYPE}{type_id}")
        return None if found is None else json.loads(found)

    def put_type(self, type_id: int, policy_type: dict[str, Any]) -> None:
        """Keep a policy type."""
        self._data.set({f"{_TYPE}{type_id}": json.dumps(policy_type).encode()})

    def remove_type(self, type_id: int) -> None:
        """Forget a policy type."""
        self._data.remove(f"{_TYPE}{type_id}")

    def instance_ids(self, type_id: int) -> list[str]:
        """Names of the instances of a type."""
        prefix = f"{_INSTANCE}{type_id}."
        return [key.removeprefix(prefix) for key in self._data.find(prefix)]

    def instances(self, type_id: int) -> Iterator[tuple[str, Instance]]:
        """Instances of a type by name."""
        for instance_id in self.instance_ids(type_id):
            instance = self.instance(type_id, instance_id)
            if instance is not None:
                yield instance_id, instance

    def instance(self, type_id: int, instance_id: str) -> Instance | None:
        """One instance."""
        name = f"{type_id}.{instance_id}"
        policy, metadata = self._data.get(_INSTANCE + name), self._data.get(_METADATA + name)
        if policy is None or metadata is None:
            return None
        handlers = json.loads(self._data.get(_HANDLER + name) or b"{}")
        return Instance(json.loads(policy), json.loads(metadata)["created_at"], handlers)

    def put_instance(self, type_id: int, instance_id: str, policy: Any) -> None:
        """Keep an instance; what xApps said about an earlier content does not count for it."""
        name = f"{type_id}.{instance_id}"
        known = self.instance(type_id, instance_id)
        created_at = datetime.now(UTC).isoformat() if known is None else known.created_at
        metadata = {"created_at": created_at, "has_been_deleted": "False"}
        self._data.set(
            {
                _INSTANCE + name: json.dumps(policy).encode(),
                _METADATA + name: json.dumps(metadata).encode(),
                _HANDLER + name: b"{}",
            }
        )

    def remove_instance(self, type_id: int, instance_id: str) -> None:
        """Forget an instance."""
        name = f"{type_id}.{instance_id}"
        self._data.remove(_INSTANCE + name, _METADATA + name, _HANDLER + name)

    def put_answer(
        self, type_id: int, instance_id: str, handler_id: str, status: HandlerStatus
    ) -> bool:
        """Keep what an xApp said about an instance; false where there is none."""
        with self.lock:
            instance = self.instance(type_id, instance_id)
            if instance is None:
                return False
            handlers = instance.handlers | {handler_id: status}
            key = f"{_HANDLER}{type_id}.{instance_id}"
            self._data.set({key: json.dumps(handlers).encode()})
            return True
