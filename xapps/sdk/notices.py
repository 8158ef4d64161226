"""The subscription manager's side of an xApp: asked over REST, it tells the outcome over REST."""

import http.client
import json
import secrets
import threading
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from contextlib import suppress
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from contracts.errors import RanwrightError

RESPONSE_PATH = "/ric/v1/subscriptions/response"
_TIMEOUT_S = 5.0
_EVENTS = 1 << 16


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where the platform reaches an xApp: a host's name or address, and two ports."""

    host: str
    http_port: int
    rmr_port: int


class SubscriptionClient:
    """Subscribes over REST; safe to share between threads.

    The subscription manager takes equal content for the same subscription, whoever asked for it and
    when. So each is given an event instance of its own: it reports from its beginning, and its end
    ends no other. Whoever serves HTTP for the xApp gives what is posted to :data:`RESPONSE_PATH` to
    :meth:`notify`.

    Args:
        url: of the subscription manager, e.g. ``http://service-ricplt-submgr-http.ricplt:8088``.
        own: where the platform reaches this xApp.
        keep: remembers the identifiers of subscriptions that hold, for the next life of this xApp:
            they outlive it, and only who knows their identifiers can end them.

    Attributes:
        on_ended: called with the identifier of a subscription that its node gave up.
    """

    def __init__(
        self, url: str, own: Endpoint, keep: Callable[[Sequence[str]], None] = lambda _: None
    ) -> None:
        parts = urlsplit(url)
        self._address = (parts.hostname or "", parts.port or 80)
        self._own = own
        self._lock = threading.Lock()
        self._keep = keep
        self._held: set[str] = set()
        self.on_ended: Callable[[str], None] = lambda _: None
        self._outcomes: dict[str, Future[dict[str, Any]]] = {}
        self._last_event = secrets.randbelow(_EVENTS)  # not those of an earlier life

    def subscribe(
        self,
        ran_name: str,
        ran_function_id: int,
        event_trigger: bytes,
        actions: dict[int, bytes],
        timeout_s: float,
    ) -> tuple[str, int]:
        """Subscribe to reports, and wait until the node has admitted them.

        Args:
            ran_name: the E2 node.
            ran_function_id: its RAN function.
            event_trigger: E2SM octets.
            actions: E2SM octets of each report action, by its number.
            timeout_s: how long to wait for the node.

        Returns:
            The subscription's id, and the instance by which its messages come.

        Raises:
            RanwrightError: ``e2.subscription_refused``, ``e2.subscription_unanswered`` or
                ``e2.platform_unreachable``.
        """
        body = {
            "ClientEndpoint": {
                "Host": self._own.host,
                "HTTPPort": self._own.http_port,
                "RMRPort": self._own.rmr_port,
            },
            "Meid": ran_name,
            "RANFunctionID": ran_function_id,
            "SubscriptionDetails": [
                {
                    "XappEventInstanceId": self._next_event(),
                    "EventTriggers": list(event_trigger),
                    "ActionToBeSetupList": [
                        {
                            "ActionID": number,
                            "ActionType": "report",
                            "ActionDefinition": list(definition),
                            "SubsequentAction": {
                                "SubsequentActionType": "continue",
                                "TimeToWait": "zero",
                            },
                        }
                        for number, definition in actions.items()
                    ],
                }
            ],
        }
        answer = self._call("POST", "/ric/v1/subscriptions", body)
        subscription_id = str(answer["SubscriptionId"])
        with self._lock:
            self._held.add(subscription_id)
            self._keep(sorted(self._held))
        try:
            return subscription_id, self._outcome(subscription_id, timeout_s)
        except RanwrightError:
            with suppress(RanwrightError):  # else it would be made again for nobody
                self.unsubscribe(subscription_id)
            raise

    def unsubscribe(self, subscription_id: str) -> None:
        """End a subscription.

        Raises:
            RanwrightError: ``e2.subscription_refused`` or ``e2.platform_unreachable``.
        """
        with self._lock:
            self._outcomes.pop(subscription_id, None)
        self._call("DELETE", f"/ric/v1/subscriptions/{subscription_id}", None)
        with self._lock:
            self._held.discard(subscription_id)
            self._keep(sorted(self._held))

    def notify(self, body: bytes) -> None:
        """Take the outcome of a subscription.

        Raises:
            ValueError: it is none.
        """
        notice = json.loads(body)
        subscription_id = str(notice["SubscriptionId"])
        outcome = self._future(subscription_id)
        instance = dict(notice["SubscriptionInstances"][0])
        with self._lock:
            known = outcome.done()
            if not known:
                outcome.set_result(instance)
        if known and instance.get("ErrorCause"):
            self.on_ended(subscription_id)

    def _next_event(self) -> int:
        with self._lock:
            self._last_event = (self._last_event + 1) % _EVENTS
            return self._last_event

    def _outcome(self, subscription_id: str, timeout_s: float) -> int:
        try:
            instance = self._future(subscription_id).result(timeout_s)
        except FutureTimeoutError as error:
            raise RanwrightError(
                "e2.subscription_unanswered",
                f"Nothing was heard of subscription {subscription_id} in {timeout_s:g} s.",
                "Check that the platform reaches this xApp over HTTP.",
            ) from error
        if instance.get("ErrorCause"):
            raise RanwrightError(
                "e2.subscription_refused",
                f"{instance.get('ErrorSource')}: {instance['ErrorCause']}",
                "Subscribe to what the node's RAN function definition offers.",
            )
        return int(instance["E2EventInstanceId"])

    def _future(self, subscription_id: str) -> Future[dict[str, Any]]:
        """The outcome of a subscription, which may be told before its POST has returned."""
        with self._lock:
            return self._outcomes.setdefault(subscription_id, Future())

    def _call(self, method: str, path: str, body: Any) -> Any:
        connection = http.client.HTTPConnection(*self._address, timeout=_TIMEOUT_S)
        try:
            text = None if body is None else json.dumps(body).encode()
            connection.request(method, path, text, {"Content-Type": "application/json"})
            response = connection.getresponse()
            answer = response.read()
        except OSError as error:
            raise RanwrightError(
                "e2.platform_unreachable",
                f"The subscription manager does not answer: {error}",
                "Check that the RIC runs (ranwright ric status).",
            ) from error
        finally:
            connection.close()
        if response.status >= 300:
            raise RanwrightError(
                "e2.subscription_refused",
                f"HTTP {response.status}: {answer[:500].decode(errors='replace')}",
                "See the message.",
            )
        return json.loads(answer) if answer else None
