"""A1 policies of an xApp: both dialects, and the mediator of the embedded RIC."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.xapps.platform.waits import wait_until
from xapps.platform.a1.messages import Dialect, policy_request, read_answer, read_query
from xapps.sdk.messenger import Handler, Received
from xapps.sdk.policies import (
    A1_POLICY_QUERY,
    A1_POLICY_REQ,
    A1_POLICY_RESP,
    A1Policies,
    PolicyRequest,
    read_request,
)

POLICY = {"cells": [1, 2], "half_width_db": 0.5}


class Wire:
    """What is sent is kept, what arrives is handed in."""

    def __init__(self) -> None:
        self.sent: list[tuple[int, bytes]] = []
        self.handlers: dict[int, Handler] = {}
        self.lost = 0

    def on(self, mtype: int, handler: Handler) -> None:
        self.handlers[mtype] = handler

    def send(self, mtype: int, payload: bytes, meid: str) -> bool:
        assert meid == ""
        if self.lost:
            self.lost -= 1
            return False
        self.sent.append((mtype, payload))
        return True

    def receive(self, payload: bytes) -> None:
        self.handlers[A1_POLICY_REQ](Received(A1_POLICY_REQ, payload, "", 20101))


@pytest.mark.parametrize("dialect", Dialect)
def test_a_policy_of_either_mediator_is_read(dialect: Dialect) -> None:
    created = read_request(policy_request("CREATE", 20101, "abc", POLICY, dialect))
    assert created == PolicyRequest("CREATE", 20101, "abc", POLICY)
    deleted = read_request(policy_request("DELETE", 20101, "abc", None, dialect))
    assert deleted == PolicyRequest("DELETE", 20101, "abc", None)


def test_requests_reach_the_handler_of_their_type_and_its_answer_the_mediator() -> None:
    wire, taken = Wire(), list[PolicyRequest]()
    policies = A1Policies(wire, "power")
    policies.on(20101, taken.append)
    wire.receive(policy_request("CREATE", 20101, "abc", POLICY, Dialect.GO))
    wire.receive(policy_request("CREATE", 20100, "other", POLICY, Dialect.GO))
    wire.receive(b"\xff\0")
    assert [request.policy_id for request in taken] == ["abc"]
    assert policies.answer(taken[0], "OK")
    assert policies.query()
    (first, answer), (second, query) = wire.sent
    assert (first, second) == (A1_POLICY_RESP, A1_POLICY_QUERY)
    said = read_answer(answer)
    assert (said.type_id, said.instance_id, said.handler_id, said.status) == (
        20101,
        "abc",
        "power",
        "OK",
    )
    assert read_query(query) == 20101


@given(
    st.binary(max_size=200)
    | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(
        lambda value: json.dumps(value).encode()
    )
)
def test_any_payload_is_a_request_or_none(payload: bytes) -> None:
    found = read_request(payload)
    assert found is None or found.operation in ("CREATE", "UPDATE", "DELETE")


@pytest.mark.parametrize(
    "fields",
    [
        {"policy_type_id": float("inf"), "policy_instance_id": "one"},
        {"policy_type_id": 20101, "policy_instance_id": "\ud800"},
    ],
)
def test_numbers_and_names_that_are_none_are_no_request(fields: dict[str, object]) -> None:
    payload = json.dumps({"operation": "CREATE", "payload": {}, **fields}).encode()
    assert read_request(payload) is None


def test_what_exists_is_asked_for_until_the_mediator_hears_it() -> None:
    wire = Wire()
    policies = A1Policies(wire, "power")
    policies.on(20101, lambda request: None)
    wire.lost = 2
    policies.learn()
    wait_until(lambda: bool(wire.sent))
    assert wire.sent == [(A1_POLICY_QUERY, b'{"policy_type_id": 20101}')]
