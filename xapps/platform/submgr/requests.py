"""Body of ``POST /ric/v1/subscriptions``, read as strictly as the O-RAN SC subscription manager.

Facts: ric.md section 4.5. A lenient reader would let an xApp pass here and fail on the real RIC.
"""

import hashlib
import json
import re
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, ValidationError, model_validator
from pydantic.alias_generators import to_pascal

from xapps.platform.http import RefusedError
from xapps.platform.submgr.backend import ActionType, E2Action, E2Subscription, SubsequentAction

MAX_DETAILS = 16
MAX_ACTIONS = 16
_WAITS_MS = (1, 2, 5, 10, 20, 30, 40, 50, 100, 200, 500)
_WAITS_S = (1, 2, 5, 10, 20, 60)
TIMES_TO_WAIT = ("zero", *(f"w{n}ms" for n in _WAITS_MS), *(f"w{n}s" for n in _WAITS_S))

Octets = Annotated[list[Annotated[int, Field(ge=0, le=255)]], Field(max_length=65_535)]
Port = Annotated[int, Field(ge=1, le=65_535)]
Number = Annotated[int, Field(ge=0, le=2**31 - 1)]


class _Body(BaseModel):
    model_config = ConfigDict(
        frozen=True, extra="forbid", strict=True, alias_generator=to_pascal, populate_by_name=False
    )


class ClientEndpoint(_Body):
    """Where the xApp takes the answer (HTTP) and its messages (RMR)."""

    host: Annotated[str, Field(pattern=r"^[A-Za-z0-9._-]{1,255}$")]
    http_port: Port = Field(alias="HTTPPort")
    rmr_port: Port = Field(alias="RMRPort")


class Directives(_Body):
    """How hard to try on E2."""

    timeout_timer_value: Annotated[int, Field(ge=1, le=10)] = Field(
        default=2, alias="E2TimeoutTimerValue"
    )
    retry_count: Annotated[int, Field(ge=0, le=10)] = Field(default=1, alias="E2RetryCount")
    rmr_routing_needed: bool = Field(default=True, alias="RMRRoutingNeeded")


class SubsequentActionBody(_Body):
    """What the node does after the action."""

    subsequent_action_type: Literal["continue", "wait"]
    time_to_wait: Annotated[str, Field(pattern=f"^({'|'.join(TIMES_TO_WAIT)})$")]


class ActionBody(_Body):
    """One action."""

    action_id: Annotated[int, Field(ge=0, le=255)] = Field(alias="ActionID")
    action_type: ActionType
    action_definition: Octets
    subsequent_action: SubsequentActionBody | None = None


class DetailBody(_Body):
    """One subscription on E2: a trigger and its actions."""

    xapp_event_instance_id: Annotated[int, Field(ge=0, le=65_535)] = Field(
        alias="XappEventInstanceId"
    )
    event_triggers: Octets
    actions: Annotated[list[ActionBody], Field(min_length=1, max_length=MAX_ACTIONS)] = Field(
        alias="ActionToBeSetupList"
    )


class SubscriptionBody(_Body):
    """The whole request."""

    subscription_id: str | None = None
    client: ClientEndpoint = Field(alias="ClientEndpoint")
    meid: Annotated[str, Field(min_length=1, max_length=31, pattern=r"^[!-~]+$")]
    ran_function_id: Annotated[int, Field(ge=0, le=4095)] = Field(alias="RANFunctionID")
    directives: Directives = Field(default=Directives(), alias="E2SubscriptionDirectives")
    details: Annotated[list[DetailBody], Field(min_length=1, max_length=MAX_DETAILS)] = Field(
        alias="SubscriptionDetails"
    )

    @model_validator(mode="after")
    def _events_are_told_apart(self) -> "SubscriptionBody":
        events = [detail.xapp_event_instance_id for detail in self.details]
        if len(set(events)) < len(events):
            raise ValueError("XappEventInstanceId occurs twice in SubscriptionDetails")
        return self

    def fingerprint(self) -> str:
        """Equal for equal content, whatever the order of keys and the subscription id."""
        content = self.model_dump(mode="json", exclude={"subscription_id"})
        text = json.dumps(content, sort_keys=True).encode()
        return hashlib.sha256(text).hexdigest()

    def on_e2(self, detail: DetailBody, instance_id: int) -> E2Subscription:
        """The E2 subscription of one detail."""
        return E2Subscription(
            ran_name=self.meid,
            ran_function_id=self.ran_function_id,
            instance_id=instance_id,
            event_trigger=bytes(detail.event_triggers),
            actions=tuple(_action(action) for action in detail.actions),
        )


def read_subscription(body: Any) -> SubscriptionBody:
    """Read a request.

    Raises:
        RefusedError: 400 with every key that is wrong, and the right spelling where one can tell.
    """
    try:
        return SubscriptionBody.model_validate(body)
    except ValidationError as error:
        faults = "; ".join(_fault(fault["loc"], fault["msg"]) for fault in error.errors()[:8])
        message = f"The subscription is not what the O-RAN SC subscription manager takes: {faults}."
        raise RefusedError(400, "submgr.bad_request", message, _remedy(body)) from error


def _action(body: ActionBody) -> E2Action:
    after = body.subsequent_action
    subsequent = None
    if after is not None:
        subsequent = SubsequentAction(after.subsequent_action_type, after.time_to_wait)
    definition = bytes(body.action_definition)
    return E2Action(body.action_id, body.action_type, definition, subsequent)


def _fault(place: tuple[int | str, ...], message: str) -> str:
    where = ".".join(map(str, place)) or "body"
    last = str(place[-1]) if place else ""
    right = _SPELLINGS.get(last.replace("_", "").lower(), last)
    if right != last:
        return f"{where} is spelt {right}"
    return f"{where}: {message}"


def _remedy(body: Any) -> str:
    snake = isinstance(body, dict) and any(re.search("[a-z]_[a-z]", str(key)) for key in body)
    if snake:
        return (
            "Keys are written as in ClientEndpoint. ricxappframe 3.2.2 posts snake_case keys, "
            "which the real RIC does not take either: post the dictionary itself."
        )
    return "Correct these keys."


def _spellings() -> dict[str, str]:
    bodies: tuple[type[_Body], ...] = (
        SubscriptionBody,
        ClientEndpoint,
        Directives,
        DetailBody,
        ActionBody,
        SubsequentActionBody,
    )
    aliases = (f.alias or n for body in bodies for n, f in body.model_fields.items())
    return {alias.lower(): alias for alias in aliases}


_SPELLINGS = _spellings()
