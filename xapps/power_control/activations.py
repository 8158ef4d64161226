"""The activations that this xApp may move under, as A1 brings them.

They are read, not trusted: the actuator checks signature and envelope, and each move against them.
"""

import threading
from collections.abc import Callable
from datetime import UTC, datetime

import structlog
from pydantic import ValidationError

from contracts.activation import ACTIVATION_PAYLOAD_TYPE, ACTIVATION_POLICY_TYPE, Activation
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.e2.identity import ran_name
from contracts.e2.node_configuration import gnb_of
from contracts.errors import RanwrightError
from contracts.problem import Objective
from xapps.sdk.policies import A1Policies, PolicyRequest

_log = structlog.get_logger(__name__)


class Activations:
    """Live activations of one xApp, by node.

    Args:
        policies: A1.
        name: of the xApp; activations of other holders are left to them.
        now: wall time.
    """

    def __init__(
        self,
        policies: A1Policies,
        name: str,
        now: Callable[[], datetime] = lambda: datetime.now(UTC),
    ) -> None:
        self._policies = policies
        self._name = name
        self._now = now
        self._changed = threading.Condition()
        self._held: dict[str, Activation] = {}
        policies.on(ACTIVATION_POLICY_TYPE, self._take)

    def live_on(self, node: str) -> tuple[Activation, ...]:
        """Activations for a node, by its RAN name, that have not expired; oldest first."""
        now = self._now()
        with self._changed:
            for name in [n for n, held in self._held.items() if held.expires_at <= now]:
                _log.info("activation.expired", activation_id=name)
                del self._held[name]
            held = list(self._held.values())
        return tuple(a for a in held if _node_of(a) == node)

    def wait(self, node: str, timeout_s: float) -> bool:
        """Wait until there is one for a node; false when there is none in time."""
        with self._changed:
            return self._changed.wait_for(lambda: bool(self.live_on(node)), timeout_s)

    def _take(self, request: PolicyRequest) -> None:
        if request.operation == "DELETE":
            with self._changed:
                known = self._held.pop(request.policy_id, None)
                self._changed.notify_all()
            if known is not None:
                self._policies.answer(request, "DELETED")
            return
        try:
            activation = _read(request)
        except (RanwrightError, ValidationError, ValueError) as error:
            _log.warning("activation.refused", policy_id=request.policy_id, reason=str(error)[:500])
            self._policies.answer(request, "ERROR")
            return
        if activation.plan.holder.name != self._name:
            return
        with self._changed:
            self._held[request.policy_id] = activation
            self._changed.notify_all()
        _log.info("activation.live", activation_id=activation.activation_id)
        self._policies.answer(request, "OK")


def _read(request: PolicyRequest) -> Activation:
    if not isinstance(request.policy, dict):
        raise ValueError("the policy is no object")
    envelope = SignedEnvelope.model_validate(request.policy.get("activation"))
    if envelope.payload_type != ACTIVATION_PAYLOAD_TYPE:
        raise ValueError(f"it holds {envelope.payload_type[:100]!r}")
    activation = Activation.parse(unverified_payload(envelope))
    if activation.activation_id != request.policy_id:
        raise ValueError("the policy is not named as its activation")
    if activation.plan.objective is Objective.COVERAGE:
        raise ValueError("coverage is no objective of this xApp")
    _node_of(activation)
    return activation


def _node_of(activation: Activation) -> str:
    return ran_name(gnb_of(activation.plan.node_name))
