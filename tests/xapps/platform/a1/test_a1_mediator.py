"""A1 over real HTTP, with an RMR link that keeps what is sent."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.errors import RanwrightError
from tests.xapps.platform.links import KeptLink
from tests.xapps.platform.web import served
from xapps.platform.a1.mediator import A1Mediator
from xapps.platform.a1.messages import Dialect, read_answer, read_query
from xapps.platform.a1.rest import MAX_POLICY_BYTES, a1_application
from xapps.platform.http import MAX_BODY_BYTES
from xapps.platform.rmr.message import RmrMessage, RmrState
from xapps.platform.sdl.broker import Broker
from xapps.platform.sdl.commands import Database
from xapps.platform.sdl.store import Store

TYPE = {
    "name": "power",
    "description": "d",
    "policy_type_id": 20000,
    "create_schema": {
        "$schema": "http://json-schema.org/draft-07/schema#",
        "type": "object",
        "properties": {"limit_db": {"type": "number", "minimum": 0}},
        "required": ["limit_db"],
        "additionalProperties": False,
    },
}
V2, LEGACY = "/A1-P/v2/policytypes", "/a1-p/policytypes"


class Rig:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.link = KeptLink()
        self.open()

    def open(self) -> None:
        self.store = Store(self.folder / "sdl.sqlite")
        self.mediator = A1Mediator(Database(self.store, Broker()), self.link)


@pytest.fixture
def rig(tmp_path: Path) -> Iterator[Rig]:
    rig = Rig(tmp_path)
    yield rig
    rig.store.close()


@pytest.fixture
def web(rig: Rig) -> Iterator[httpx.Client]:
    with served(a1_application(rig.mediator)) as client:
        yield client


def answer(instance: str, status: str, handler: str = "x", type_id: Any = 20000) -> RmrMessage:
    fields = {
        "policy_type_id": type_id,
        "policy_instance_id": instance,
        "handler_id": handler,
        "status": status,
    }
    return RmrMessage(20011, json.dumps(fields).encode())


@pytest.mark.parametrize("root", [V2, LEGACY])
def test_the_life_of_a_policy(web: httpx.Client, rig: Rig, root: str) -> None:
    policy = f"{root}/20000/policies/p1"
    assert web.get(root.removesuffix("policytypes") + "healthcheck").status_code == 200
    assert web.get(root).json() == []
    assert web.put(f"{root}/20000", json=TYPE).status_code == 201
    assert web.get(root).json() == [20000]
    assert web.get(f"{root}/20000").json() == TYPE
    assert web.put(f"{root}/20000", json=TYPE).status_code == 400
    assert web.put(policy, json={"limit_db": 3}).status_code == 202
    assert web.get(policy).json() == {"limit_db": 3}
    assert web.get(f"{root}/20000/policies").json() == ["p1"]
    assert web.delete(f"{root}/20000").status_code == 400
    assert web.put(policy, json={"limit_db": 4}).status_code == 202
    assert web.delete(policy).status_code == 202
    assert web.get(policy).status_code == 404
    assert web.get(f"{policy}/status").status_code == 404
    assert web.delete(policy).status_code == 404
    assert web.delete(f"{root}/20000").status_code == 204
    assert web.delete(f"{root}/20000").status_code == 404
    sent = [(m.mtype, m.sub_id, json.loads(m.payload)["operation"]) for m in rig.link.sent]
    assert sent == [(20010, 20000, op) for op in ("CREATE", "UPDATE", "DELETE")]


def test_a_bad_policy_is_refused_with_the_place(web: httpx.Client, rig: Rig) -> None:
    web.put(f"{V2}/20000", json=TYPE)
    for body, place in (
        ({"limit_db": -1}, "limit_db"),
        ({"other": 1, "limit_db": 1}, "other"),
        ([], "object"),
    ):
        refused = web.put(f"{V2}/20000/policies/p", json=body)
        assert refused.status_code == 400
        assert place in refused.json()["message"]
    assert web.put(f"{V2}/1/policies/p", json={}).status_code == 404
    assert rig.link.sent == []


@pytest.mark.parametrize(
    "body",
    [
        b"no json",
        b'{"a": NaN}',
        b"[" * 100_000,
        b"[]",
        b'{"policy_type_id": 7, "create_schema": {}}',
        b'{"policy_type_id": 20000, "create_schema": {"type": "nonsense"}}',
        b'{"policy_type_id": 20000, "create_schema": 3}',
        b'{"policy_type_id": 20000}',
    ],
)
def test_a_bad_type_is_refused(web: httpx.Client, body: bytes) -> None:
    refused = web.put(f"{V2}/20000", content=body)
    assert refused.status_code == 400
    assert {"code", "message", "remedy"} <= set(refused.json())
    assert web.get(V2).json() == []


def test_bounds_of_requests(web: httpx.Client) -> None:
    assert web.put(f"{V2}/20000", content=b" " * (MAX_BODY_BYTES + 1)).status_code == 413
    policy = f"{V2}/20000/policies/one"
    assert web.put(policy, content=b" " * (MAX_BODY_BYTES + 1)).status_code == 400
    assert web.put(policy, content=b" " * (MAX_POLICY_BYTES + 1)).status_code == 413
    assert web.put(f"{V2}/{2**31}", json=TYPE).status_code == 400
    assert web.get(f"{V2}/abc").status_code == 400
    assert web.get("/nowhere").status_code == 404
    assert web.post(V2).status_code == 405


@pytest.mark.parametrize("schema", [{"$ref": "#"}, {"$ref": "http://127.0.0.1:1/s.json"}])
def test_a_schema_that_leads_nowhere_refuses_policies(web: httpx.Client, schema: Any) -> None:
    assert web.put(f"{V2}/20000", json=TYPE | {"create_schema": schema}).status_code == 201
    assert web.put(f"{V2}/20000/policies/p", json={}).status_code == 400


def test_status_follows_the_answers_of_all_xapps(web: httpx.Client, rig: Rig) -> None:
    web.put(f"{V2}/20000", json=TYPE)
    web.put(f"{V2}/20000/policies/p", json={"limit_db": 1})

    def status() -> tuple[str, str]:
        v2 = web.get(f"{V2}/20000/policies/p/status").json()
        legacy = web.get(f"{LEGACY}/20000/policies/p/status").json()
        assert legacy["has_been_deleted"] is False
        return v2["enforceStatus"], legacy["instance_status"]

    assert status() == ("NOT_ENFORCED", "NOT IN EFFECT")
    rig.mediator.on_answer(answer("p", "OK"))
    assert status() == ("ENFORCED", "IN EFFECT")
    rig.mediator.on_answer(answer("p", "ERROR", handler="y", type_id="20000"))
    assert status() == ("NOT_ENFORCED", "NOT IN EFFECT")
    assert "y" in web.get(f"{V2}/20000/policies/p/status").json()["detail"]
    rig.mediator.on_answer(answer("p", "OK", handler="y"))
    assert status() == ("ENFORCED", "IN EFFECT")
    web.put(f"{V2}/20000/policies/p", json={"limit_db": 2})
    assert status() == ("NOT_ENFORCED", "NOT IN EFFECT")
    rig.mediator.on_answer(answer("gone", "OK"))
    rig.mediator.on_answer(RmrMessage(20011, b"\xff"))


def test_a_query_is_answered_with_every_instance(rig: Rig) -> None:
    rig.link.state = RmrState.NO_ENDPOINT
    rig.mediator.create_type(20000, TYPE)
    for name in ("a", "b"):
        rig.mediator.put_instance(20000, name, {"limit_db": 1})
    query = RmrMessage(20012, b'{"policy_type_id": 20000}', source="xapp:4560")
    rig.mediator.on_query(query)
    rig.mediator.on_query(RmrMessage(20012, b'{"policy_type_id": 1}'))
    rig.mediator.on_query(RmrMessage(20012, b"[]"))
    payloads = [json.loads(payload) for asked, _, payload in rig.link.replies if asked is query]
    assert [p["policy_instance_id"] for p in payloads] == ["a", "b"]
    assert {p["operation"] for p in payloads} == {"CREATE"}


def test_both_dialects_of_a_request(rig: Rig) -> None:
    rig.mediator.create_type(20000, TYPE)
    rig.mediator.put_instance(20000, "p", {"limit_db": 1})
    python = A1Mediator(Database(rig.store, Broker()), rig.link, Dialect.PYTHON)
    python.put_instance(20000, "p", {"limit_db": 2})
    python.delete_instance(20000, "p")
    go, update, delete = (json.loads(message.payload) for message in rig.link.sent)
    assert (go["policy_type_id"], json.loads(go["payload"])) == ("20000", {"limit_db": 1})
    assert (update["policy_type_id"], update["payload"]) == (20000, {"limit_db": 2})
    assert delete["payload"] == {}


def test_everything_is_there_after_a_restart(rig: Rig) -> None:
    rig.mediator.create_type(20000, TYPE)
    rig.mediator.put_instance(20000, "p", {"limit_db": 1})
    rig.mediator.on_answer(answer("p", "OK"))
    rig.store.close()
    rig.open()
    instance = rig.mediator.instance(20000, "p")
    assert (instance.policy, instance.handlers) == ({"limit_db": 1}, {"x": "OK"})


@given(
    st.binary(max_size=100)
    | st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=5),
        lambda inner: (
            st.dictionaries(
                st.sampled_from(["policy_type_id", "policy_instance_id", "handler_id", "status"]),
                inner,
            )
            | st.lists(inner, max_size=3)
        ),
    ).map(lambda value: json.dumps(value).encode())
)
def test_any_payload_is_read_or_refused(payload: bytes) -> None:
    for read in (read_answer, read_query):
        try:
            read(payload)
        except RanwrightError as error:
            if error.code != "a1.bad_answer":
                raise
