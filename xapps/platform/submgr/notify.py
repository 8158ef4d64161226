"""Telling an xApp over HTTP how its subscription went."""

import http.client
import json
import threading
from dataclasses import dataclass
from typing import Any

import structlog
from tenacity import RetryError, Retrying, retry_if_exception_type, stop_after_attempt, wait_fixed
from tenacity.nap import sleep_using_event
from tenacity.stop import stop_when_event_set

from xapps.platform.names import Address
from xapps.platform.submgr.backend import E2RefusedError

RESPONSE_PATH = "/ric/v1/subscriptions/response"
TRIES = 10
TIMEOUT_S = 5.0
_log = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True)
class Notification:
    """How one detail of a subscription went."""

    subscription_id: str
    xapp_event_instance_id: int
    e2_event_instance_id: int
    refusal: E2RefusedError | None = None

    def body(self) -> dict[str, Any]:
        """The JSON of it (facts: ric.md 4.5); a failed one has no E2 instance."""
        refusal = self.refusal
        instance = {
            "XappEventInstanceId": self.xapp_event_instance_id,
            "E2EventInstanceId": 0 if refusal else self.e2_event_instance_id,
            "ErrorCause": refusal.message if refusal else "",
            "ErrorSource": refusal.source if refusal else "",
            "TimeoutType": "E2-Timeout" if refusal and refusal.timed_out else "",
        }
        return {
            "SubscriptionId": self.subscription_id,
            "SubscriptionInstances": [instance],
        }


class _UndeliveredError(Exception):
    pass


def deliver(
    address: Address, notification: Notification, stop: threading.Event, pause_s: float
) -> bool:
    """Post a notification, trying again while the xApp does not take it.

    Args:
        address: where the xApp answers HTTP.
        notification: what to say.
        stop: ends the attempts.
        pause_s: between two attempts.

    Returns:
        Whether the xApp took it.
    """
    body = json.dumps(notification.body()).encode()
    attempts = Retrying(
        retry=retry_if_exception_type(_UndeliveredError),
        stop=stop_after_attempt(TRIES) | stop_when_event_set(stop),
        wait=wait_fixed(pause_s),
        sleep=sleep_using_event(stop),
    )
    try:
        attempts(_post, address, body)
    except RetryError as error:
        cause = str(error.last_attempt.exception())
        _log.warning("submgr.undelivered", subscription=notification.subscription_id, cause=cause)
        return False
    return True


def _post(address: Address, body: bytes) -> None:
    connection = http.client.HTTPConnection(*address, timeout=TIMEOUT_S)
    try:
        connection.request("POST", RESPONSE_PATH, body, {"Content-Type": "application/json"})
        status = connection.getresponse().status
    except (OSError, http.client.HTTPException) as error:
        raise _UndeliveredError(f"{address[0]}:{address[1]}: {error}") from error
    finally:
        connection.close()
    if not 200 <= status < 300:
        raise _UndeliveredError(f"{address[0]}:{address[1]} answered {status}")
