"""What the subscription manager needs of the E2 termination."""

from dataclasses import dataclass
from typing import Literal, Protocol

from contracts.errors import ExitCode, RanwrightError

REQUESTOR_ID = 123
"""RIC requestor id of every subscription, as in the O-RAN SC subscription manager."""

ActionType = Literal["report", "insert", "policy"]
ErrorSource = Literal["ASN1", "DBAAS", "RTMGR", "SUBMGR", "E2Node"]


@dataclass(frozen=True, slots=True)
class SubsequentAction:
    """What a node does after an action: ``continue`` or ``wait``, and for how long."""

    kind: Literal["continue", "wait"]
    time_to_wait: str
    """``zero``, ``w1ms`` to ``w60s`` of E2AP."""


@dataclass(frozen=True, slots=True)
class E2Action:
    """An action of a subscription; its definition is E2SM octets."""

    action_id: int
    kind: ActionType
    definition: bytes
    subsequent: SubsequentAction | None


@dataclass(frozen=True, slots=True)
class E2Subscription:
    """One RIC subscription request.

    Args:
        ran_name: E2 node.
        ran_function_id: function subscribed to.
        instance_id: RIC instance id; also the RMR sub id of its messages.
        event_trigger: E2SM octets.
        actions: at least one.
    """

    ran_name: str
    ran_function_id: int
    instance_id: int
    event_trigger: bytes
    actions: tuple[E2Action, ...]


class E2RefusedError(RanwrightError):
    """The subscription was not made: the node refused it, or did not answer in time."""

    def __init__(self, cause: str, source: ErrorSource, *, timed_out: bool = False) -> None:
        super().__init__(
            "submgr.e2_refused", cause, "See the cause; correct the subscription.", ExitCode.REFUSED
        )
        self.source = source
        self.timed_out = timed_out


class SubscriptionBackend(Protocol):
    """Makes and ends subscriptions on E2; called from several threads, may wait for the node."""

    def is_connected(self, ran_name: str) -> bool:
        """Whether an E2 node is set up."""

    def subscribe(self, request: E2Subscription, timeout_s: float) -> tuple[int, ...]:
        """Make a subscription, and return the ids of the actions that the node admitted.

        Raises:
            E2RefusedError: none was admitted, or no answer came in time.
        """

    def unsubscribe(self, request: E2Subscription, timeout_s: float) -> None:
        """End a subscription.

        Raises:
            E2RefusedError: the node refused, or did not answer in time.
        """
