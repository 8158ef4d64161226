"""The subscriptions of one E2 association: each reports from a thread of its own."""

import threading
from collections.abc import Mapping
from itertools import count

import structlog

from contracts.e2.ap import (
    ActionNotAdmitted,
    ActionType,
    Cause,
    CauseRicRequest,
    IndicationType,
    RicIndication,
    RicRequestId,
    RicSubscriptionDeleteFailure,
    RicSubscriptionDeleteRequest,
    RicSubscriptionDeleteRequired,
    RicSubscriptionDeleteResponse,
    RicSubscriptionFailure,
    RicSubscriptionRequest,
    RicSubscriptionResponse,
    SubscriptionToDelete,
)
from contracts.errors import RanwrightError
from twins.e2node.causes import action_cause
from twins.e2node.network import Action, RanFunction, Reporter, Send

_MOST_SUBSCRIPTIONS = 1024
_SEQUENCE_NUMBERS = 1 << 16
_log = structlog.get_logger(__name__)


class Subscriptions:
    """What the RIC has subscribed to over one association.

    Args:
        functions: by RAN function identifier.
        send: sends a message; raises ConnectionError when the association is gone.
    """

    def __init__(self, functions: Mapping[int, RanFunction], send: Send) -> None:
        self._functions = functions
        self._send = send
        self._running: dict[RicRequestId, _Running] = {}

    def begin(self, request: RicSubscriptionRequest) -> None:
        """Answer a request, and report from then on if an action is admitted."""
        if (cause := self._refusal(request)) is not None:
            self._send(_failure(request, cause))
            return
        not_admitted = [
            ActionNotAdmitted(a.action_id, CauseRicRequest.ACTION_NOT_SUPPORTED)
            for a in request.details.actions
            if a.type is not ActionType.REPORT or a.definition is None
        ]
        actions = [
            Action(a.action_id, a.definition)
            for a in request.details.actions
            if a.type is ActionType.REPORT and a.definition is not None
        ]
        function = self._functions[request.ran_function_id]
        try:
            admission = function.subscribe(request.details.event_trigger, actions)
        except RanwrightError as error:
            _log.info("e2.trigger_refused", code=error.code, reason=error.message)
            self._send(_failure(request, CauseRicRequest.EVENT_TRIGGER_NOT_SUPPORTED))
            return
        for action_id, reason in admission.not_admitted.items():
            _log.info("e2.action_refused", code=reason.code, reason=reason.message)
            not_admitted.append(ActionNotAdmitted(action_id, action_cause(reason)))
        refused = {a.action_id for a in not_admitted}
        admitted = tuple(a.action_id for a in actions if a.action_id not in refused)
        if not admitted:
            self._send(_failure(request, not_admitted[0].cause))
            return
        self._send(
            RicSubscriptionResponse(
                request.request_id, request.ran_function_id, admitted, tuple(not_admitted) or None
            )
        )
        running = _Running(request, admission.reporter, self._send)
        self._running[request.request_id] = running
        running.start()

    def end(self, request: RicSubscriptionDeleteRequest) -> None:
        """Answer a deletion; nothing is reported behind the answer."""
        if (running := self._running.pop(request.request_id, None)) is None:
            self._send(
                RicSubscriptionDeleteFailure(
                    request.request_id,
                    request.ran_function_id,
                    CauseRicRequest.REQUEST_ID_UNKNOWN,
                )
            )
            return
        running.stop()
        self._send(RicSubscriptionDeleteResponse(request.request_id, request.ran_function_id))

    def end_all(self) -> None:
        """Stop reporting."""
        while self._running:
            self._running.popitem()[1].stop()

    def _refusal(self, request: RicSubscriptionRequest) -> CauseRicRequest | None:
        action_ids = [a.action_id for a in request.details.actions]
        if request.ran_function_id not in self._functions:
            return CauseRicRequest.RAN_FUNCTION_ID_INVALID
        if request.request_id in self._running:
            return CauseRicRequest.DUPLICATE_REQUEST_ID
        if len(set(action_ids)) < len(action_ids):
            return CauseRicRequest.DUPLICATE_ACTION
        if len(self._running) >= _MOST_SUBSCRIPTIONS:
            return CauseRicRequest.FUNCTION_RESOURCE_LIMIT
        return None


class _Running:
    """One subscription that reports."""

    def __init__(self, request: RicSubscriptionRequest, reporter: Reporter, send: Send) -> None:
        self._request = request
        self._reporter = reporter
        self._send = send
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def start(self) -> None:
        """Report from a thread."""
        self._thread.start()

    def stop(self) -> None:
        """Report no more; returns when the thread has ended."""
        self._stop.set()
        self._reporter.wake()
        self._thread.join()

    def _run(self) -> None:
        try:
            for number, report in zip(count(), self._reporter.reports(self._stop), strict=False):
                if self._stop.is_set():
                    return
                self._send(
                    RicIndication(
                        request_id=self._request.request_id,
                        ran_function_id=self._request.ran_function_id,
                        action_id=report.action_id,
                        type=IndicationType.REPORT,
                        header=report.header,
                        message=report.message,
                        sequence_number=number % _SEQUENCE_NUMBERS,
                    )
                )
        except ConnectionError:
            _log.info("e2.subscription_lost", request_id=self._request.request_id)
        except RanwrightError as error:
            _log.warning("e2.subscription_ended", code=error.code, reason=error.message)
            self._require_deletion()

    def _require_deletion(self) -> None:
        request = self._request
        cause = CauseRicRequest.FUNCTION_RESOURCE_LIMIT
        wanted = SubscriptionToDelete(request.request_id, request.ran_function_id, cause)
        try:
            self._send(RicSubscriptionDeleteRequired((wanted,)))
        except ConnectionError:
            _log.info("e2.subscription_lost", request_id=request.request_id)


def _failure(request: RicSubscriptionRequest, cause: Cause) -> RicSubscriptionFailure:
    return RicSubscriptionFailure(request.request_id, request.ran_function_id, cause)
