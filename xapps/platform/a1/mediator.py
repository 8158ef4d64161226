"""The mediator: what REST asks for, kept and told to xApps; what xApps say, kept."""

from typing import Any

import structlog

from contracts.errors import RanwrightError
from xapps.platform.a1.messages import (
    A1_POLICY_REQ,
    Dialect,
    Operation,
    policy_request,
    read_answer,
    read_query,
)
from xapps.platform.a1.policies import Instance, Policies
from xapps.platform.http import RefusedError
from xapps.platform.link import RmrLink
from xapps.platform.rmr.message import RmrMessage, RmrState
from xapps.platform.schema import fault_of_schema, fault_of_value
from xapps.platform.sdl.commands import Database

MAX_TYPE_ID = 2**31 - 1
_log = structlog.get_logger(__name__)


class A1Mediator:
    """Policy types and instances; safe to share between threads.

    Args:
        database: where everything is kept.
        link: RMR to the xApps.
        dialect: how xApps of this RIC expect a policy request.
    """

    def __init__(self, database: Database, link: RmrLink, dialect: Dialect = Dialect.GO) -> None:
        self._policies = Policies(database)
        self._link = link
        self._dialect = dialect

    def type_ids(self) -> list[int]:
        """Numbers of the policy types."""
        return self._policies.type_ids()

    def policy_type(self, type_id: int) -> dict[str, Any]:
        """A policy type.

        Raises:
            RefusedError: 404.
        """
        found = self._policies.policy_type(type_id)
        if found is None:
            raise RefusedError(
                404, "a1.no_such_type", f"There is no policy type {type_id}.", "Create it first."
            )
        return found

    def create_type(self, type_id: int, body: Any) -> None:
        """Make a policy type.

        Raises:
            RefusedError: 400 when the number differs, it exists, or its schema is none.
        """
        schema = body.get("create_schema") if isinstance(body, dict) else None
        if not isinstance(body, dict) or schema is None:
            raise _bad_type("A policy type is an object with name, policy_type_id, create_schema.")
        if body.get("policy_type_id") != type_id or not 0 <= type_id <= MAX_TYPE_ID:
            raise _bad_type(f"policy_type_id is {body.get('policy_type_id')!r}, not {type_id}.")
        if (fault := fault_of_schema(schema)) is not None:
            raise _bad_type(f"create_schema is no JSON schema: {fault}.")
        with self._policies.lock:
            if self._policies.policy_type(type_id) is not None:
                raise _bad_type(f"The policy type {type_id} exists.")
            self._policies.put_type(type_id, body)

    def delete_type(self, type_id: int) -> None:
        """Remove a policy type that has no instances.

        Raises:
            RefusedError: 404; 400 while it has instances.
        """
        with self._policies.lock:
            self.policy_type(type_id)
            if self._policies.instance_ids(type_id):
                raise RefusedError(
                    400,
                    "a1.type_in_use",
                    f"The policy type {type_id} has instances.",
                    "Delete them first.",
                )
            self._policies.remove_type(type_id)

    def instance_ids(self, type_id: int) -> list[str]:
        """Names of the instances of a type."""
        self.policy_type(type_id)
        return self._policies.instance_ids(type_id)

    def instance(self, type_id: int, instance_id: str) -> Instance:
        """One instance.

        Raises:
            RefusedError: 404.
        """
        self.policy_type(type_id)
        found = self._policies.instance(type_id, instance_id)
        if found is None:
            raise RefusedError(
                404,
                "a1.no_such_instance",
                f"The policy type {type_id} has no instance {instance_id!r}.",
                "List the instances of the type.",
            )
        return found

    def put_instance(self, type_id: int, instance_id: str, policy: Any) -> None:
        """Create or replace an instance, and tell the xApps that handle the type.

        Raises:
            RefusedError: 404 without the type, 400 where the policy breaks the schema.
        """
        schema = self.policy_type(type_id)["create_schema"]
        if (fault := fault_of_value(schema, policy)) is not None:
            raise RefusedError(
                400,
                "a1.bad_policy",
                f"The policy breaks the schema of type {type_id}: {fault}.",
                "Correct the policy.",
            )
        with self._policies.lock:
            known = self._policies.instance(type_id, instance_id) is not None
            self._policies.put_instance(type_id, instance_id, policy)
            self._tell("UPDATE" if known else "CREATE", type_id, instance_id, policy)

    def delete_instance(self, type_id: int, instance_id: str) -> None:
        """Remove an instance, and tell the xApps.

        Raises:
            RefusedError: 404.
        """
        with self._policies.lock:
            self.instance(type_id, instance_id)
            self._policies.remove_instance(type_id, instance_id)
            self._tell("DELETE", type_id, instance_id, None)

    def on_answer(self, message: RmrMessage) -> None:
        """Keep what an xApp says about a policy (20011)."""
        try:
            answer = read_answer(message.payload)
        except RanwrightError as error:
            _log.warning("a1.bad_answer", source=message.source, detail=error.message)
            return
        known = self._policies.put_answer(
            answer.type_id, answer.instance_id, answer.handler_id, answer.status
        )
        if not known and answer.status != "DELETED":
            _log.warning("a1.answer_to_nothing", type=answer.type_id, instance=answer.instance_id)

    def on_query(self, message: RmrMessage) -> None:
        """Send an xApp the instances of a type it asks for (20012)."""
        try:
            type_id = read_query(message.payload)
        except RanwrightError as error:
            _log.warning("a1.bad_query", source=message.source, detail=error.message)
            return
        for instance_id, instance in self._policies.instances(type_id):
            payload = policy_request("CREATE", type_id, instance_id, instance.policy, self._dialect)
            self._link.reply(message, mtype=A1_POLICY_REQ, payload=payload)

    def _tell(self, operation: Operation, type_id: int, instance_id: str, policy: Any) -> None:
        payload = policy_request(operation, type_id, instance_id, policy, self._dialect)
        state = self._link.send(RmrMessage(A1_POLICY_REQ, payload, sub_id=type_id))
        if state is not RmrState.OK:
            # no loss: an xApp that comes later asks for the instances of its types
            _log.info("a1.nobody_told", type=type_id, instance=instance_id, state=state.name)


def _bad_type(message: str) -> RefusedError:
    return RefusedError(400, "a1.bad_type", message, "Correct the policy type.")
