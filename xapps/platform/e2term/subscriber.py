"""Subscriptions on E2, for the subscription manager."""

from collections.abc import Callable

import structlog

from contracts.e2.ap import (
    ActionToBeSetup,
    ActionType,
    Cause,
    CauseRicRequest,
    E2apMessage,
    Procedure,
    RicRequestId,
    RicSubscriptionDeleteFailure,
    RicSubscriptionDeleteRequest,
    RicSubscriptionFailure,
    RicSubscriptionRequest,
    RicSubscriptionResponse,
    RicTimeToWait,
    SubscriptionDetails,
    SubsequentAction,
    SubsequentActionType,
)
from contracts.errors import RanwrightError
from xapps.platform.e2term.association import Association, UnansweredError
from xapps.platform.submgr.backend import REQUESTOR_ID, E2Action, E2RefusedError, E2Subscription

_log = structlog.get_logger(__name__)


class Subscriber:
    """A :class:`~xapps.platform.submgr.backend.SubscriptionBackend` on real associations.

    Args:
        find: the association with a node; None when it is not connected.
    """

    def __init__(self, find: Callable[[str], Association | None]) -> None:
        self._find = find

    def is_connected(self, ran_name: str) -> bool:
        """Whether an E2 node is set up."""
        return self._find(ran_name) is not None

    def subscribe(self, request: E2Subscription, timeout_s: float) -> tuple[int, ...]:
        """Make a subscription, and return the ids of the actions that the node admitted.

        Raises:
            E2RefusedError: none was admitted, or no answer came in time.
        """
        request_id = RicRequestId(REQUESTOR_ID, request.instance_id)
        message = RicSubscriptionRequest(
            request_id,
            request.ran_function_id,
            SubscriptionDetails(request.event_trigger, tuple(map(_action, request.actions))),
        )
        answer = self._ask(request, Procedure.RIC_SUBSCRIPTION, request_id, message, timeout_s)
        if _is_duplicate(answer):
            # requestor and instance are ours: the node admitted an earlier try, unheard
            self.unsubscribe(request, timeout_s)
            answer = self._ask(request, Procedure.RIC_SUBSCRIPTION, request_id, message, timeout_s)
        match answer:
            case RicSubscriptionResponse(admitted=admitted, not_admitted=refused):
                for action in refused or ():
                    _log.warning(
                        "e2.action_refused",
                        ran_name=request.ran_name,
                        instance=request.instance_id,
                        action=action.action_id,
                        cause=action.cause.name,
                    )
                return admitted
            case RicSubscriptionFailure(cause=cause):
                raise E2RefusedError(_said(request, cause), "E2Node")
            case other:
                raise E2RefusedError(f"the node answered {type(other).__name__}", "E2Node")

    def unsubscribe(self, request: E2Subscription, timeout_s: float) -> None:
        """End a subscription.

        Raises:
            E2RefusedError: the node refused, or did not answer in time.
        """
        request_id = RicRequestId(REQUESTOR_ID, request.instance_id)
        message = RicSubscriptionDeleteRequest(request_id, request.ran_function_id)
        answer = self._ask(
            request, Procedure.RIC_SUBSCRIPTION_DELETE, request_id, message, timeout_s
        )
        if isinstance(answer, RicSubscriptionDeleteFailure):
            raise E2RefusedError(_said(request, answer.cause), "E2Node")

    def _ask(
        self,
        request: E2Subscription,
        procedure: Procedure,
        request_id: RicRequestId,
        message: E2apMessage,
        timeout_s: float,
    ) -> E2apMessage:
        association = self._find(request.ran_name)
        if association is None:
            raise E2RefusedError(f"{request.ran_name} is not connected", "SUBMGR")
        try:
            return association.ask(procedure, request_id, message, timeout_s)
        except UnansweredError as error:
            why = f"{request.ran_name}: {error}"
            raise E2RefusedError(why, "E2Node", timed_out=True) from error
        except RanwrightError as error:
            raise E2RefusedError(error.message, "ASN1") from error


def _action(action: E2Action) -> ActionToBeSetup:
    subsequent = None
    if (after := action.subsequent) is not None and after.time_to_wait != "zero":
        subsequent = SubsequentAction(
            SubsequentActionType[after.kind.upper()], RicTimeToWait[after.time_to_wait.upper()]
        )
    return ActionToBeSetup(
        action.action_id,
        ActionType[action.kind.upper()],
        action.definition or None,
        subsequent,
    )


def _is_duplicate(answer: E2apMessage) -> bool:
    return (
        isinstance(answer, RicSubscriptionFailure)
        and answer.cause is CauseRicRequest.DUPLICATE_REQUEST_ID
    )


def _said(request: E2Subscription, cause: Cause) -> str:
    return f"{request.ran_name} refused with {type(cause).__name__}.{cause.name}"
