"""Descriptors: the standard file is read, a wrong one says what to fix."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from xapps.platform.descriptor import read_descriptor

PORTS = [
    {"name": "http", "container": "x", "port": 8090, "description": "http"},
    {
        "name": "rmrdata",
        "container": "x",
        "port": 4570,
        "rxMessages": ["RIC_INDICATION", "A1_POLICY_REQ", "MINE"],
        "txMessages": ["A1_POLICY_RESP", "30999"],
        "policies": [20000],
        "mtypes": [{"name": "MINE", "id": 60001}],
    },
    {"name": "rmrroute", "container": "x", "port": 4561},
]
WHOLE: dict[str, Any] = {
    "name": "kpimon",
    "version": "1.0.0",
    "vlevel": 3,
    "containers": [{"name": "x", "image": {"registry": "r", "name": "i", "tag": "1"}}],
    "messaging": {"ports": PORTS},
    "controls": {"period_ms": 100},
    "livenessProbe": {"httpGet": {"path": "/", "port": 8080}},
}


def read(**changes: Any):
    return read_descriptor(json.dumps(WHOLE | changes).encode())


def test_the_standard_file() -> None:
    descriptor = read()
    assert (descriptor.name, descriptor.http_port, descriptor.rmr_port) == ("kpimon", 8090, 4570)
    assert descriptor.received_types() == (12050, 20010, 60001)
    assert descriptor.sent_types() == (20011, 30999)
    assert descriptor.policies == (20000,)


def test_an_rmr_section_comes_before_the_ports() -> None:
    rmr = {
        "protPort": "tcp:4600",
        "maxSize": 2072,
        "rxMessages": ["RIC_SUB_RESP"],
        "txMessages": [],
        "policies": [],
    }
    descriptor = read(rmr=rmr)
    assert descriptor.rmr_port == 4600
    assert descriptor.received_types() == (12011,)
    assert descriptor.policies == ()
    assert descriptor.http_port == 8090


def test_the_least_that_is_a_descriptor() -> None:
    descriptor = read_descriptor(b'{"xapp_name": "hw", "version": "1"}')
    assert (descriptor.name, descriptor.rmr_port, descriptor.http_port) == ("hw", 4560, 8080)
    assert descriptor.received_types() == ()


@pytest.mark.parametrize(
    ("changes", "place"),
    [
        ({"name": "Upper"}, "name"),
        ({"name": "a|b"}, "name"),
        ({"name": 3}, "name"),
        ({"version": "../.."}, "version"),
        ({"messaging": {"ports": [{"name": "other", "port": 1}]}}, "messaging.ports.0.name"),
        ({"messaging": {"ports": [{"name": "http", "port": 0}]}}, "messaging.ports.0.port"),
        ({"messaging": {"ports": [{"name": "http", "port": "80"}]}}, "messaging.ports.0.port"),
        ({"messaging": {"ports": [PORTS[1] | {"rxMessages": ["NOPE"]}]}}, "NOPE"),
        (
            {"messaging": {"ports": [{"name": "rmrdata", "port": 1, "rxMessages": []}]}},
            "policies, txMessages missing",
        ),
        ({"rmr": {"policies": [1]}}, "rmr: rxMessages, txMessages missing"),
        ({"rmr": {"protPort": "udp:1"}}, "rmr.protPort"),
        ({"containers": [{"image": {}}]}, "containers.0.name"),
    ],
)
def test_a_wrong_file_says_where(changes: dict[str, Any], place: str) -> None:
    with pytest.raises(RanwrightError) as caught:
        read(**changes)
    assert caught.value.code == "descriptor.invalid"
    assert place in caught.value.message
    assert caught.value.remedy


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from([*WHOLE, "rmr", "xapp_name"]), json_values))
def test_any_json_is_read_or_refused(changes: dict[str, Any]) -> None:
    try:
        read(**changes)
    except RanwrightError as error:
        if error.code != "descriptor.invalid":
            raise


@given(st.binary(max_size=50))
def test_any_bytes_are_refused(text: bytes) -> None:
    with pytest.raises(RanwrightError, match="descriptor"):
        read_descriptor(text)


def test_deep_nesting_is_refused() -> None:
    with pytest.raises(RanwrightError, match="descriptor"):
        read_descriptor(b'{"name": ' + b"[" * 200_000)
