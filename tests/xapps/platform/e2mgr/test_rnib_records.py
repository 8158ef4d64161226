"""R-NIB records: written here, read by REST, and by the framework's own types."""

import warnings

import pytest

from tests.xapps.platform.web import served
from xapps.platform.e2mgr.rest import e2mgr_application
from xapps.platform.rnib import ConnectionStatus, Node, RanFunction, Rnib
from xapps.platform.sdl.commands import Database

with warnings.catch_warnings():
    warnings.simplefilter("ignore", DeprecationWarning)
    from ricxappframe.entities.rnib.nb_identity_pb2 import NbIdentity
    from ricxappframe.entities.rnib.nodeb_info_pb2 import NodebInfo

KPM = RanFunction(2, b"\x20\xff", 1, "1.3.6.1.4.1.53148.1.2.2.2")
GNB = Node("gnb_1", "00F110", "0" * 29, "GNB", ConnectionStatus.CONNECTED, (KPM,), "127.0.0.1:1")
ENB = Node("enb_1", "00F110", "1" * 20, "ENB", ConnectionStatus.CONNECTED)


class Heard:
    def __init__(self) -> None:
        self.events: list[bytes] = []

    def deliver(self, channel: bytes, message: bytes, pattern: bytes | None) -> None:
        self.events.append(message)


@pytest.fixture
def heard(database: Database) -> Heard:
    listener = Heard()
    database.broker.subscribe(b"{e2Manager},RAN_CONNECTION_STATUS_CHANGE", listener)
    return listener


def test_a_node_is_read_back_as_it_was_put(database: Database) -> None:
    rnib = Rnib(database)
    for node in (GNB, ENB):
        rnib.put(node)
        assert rnib.node(node.name) == node
    assert list(rnib.nodes()) == [ENB, GNB]
    assert rnib.node("none") is None


def test_records_are_those_of_the_framework(database: Database, heard: Heard) -> None:
    rnib = Rnib(database)
    rnib.put(GNB)
    rnib.put(GNB)
    lost = Node(**{f: getattr(GNB, f) for f in Node.__slots__} | {"status": ConnectionStatus(2)})
    rnib.put(lost)
    (member,) = database.store.members(b"{e2Manager},GNB")
    identity = NbIdentity.FromString(member)
    assert (identity.inventory_name, identity.connection_status) == ("gnb_1", 2)
    by_id = database.store.read(b"{e2Manager},GNB:00F110:" + b"0" * 29)
    assert by_id == member
    info = NodebInfo.FromString(database.store.read(b"{e2Manager},RAN:gnb_1"))
    (function,) = info.gnb.ran_functions
    assert (function.ran_function_id, function.ran_function_definition) == (2, "20FF")
    assert heard.events == [b"gnb_1_CONNECTED", b"gnb_1_DISCONNECTED"]


def test_rest(database: Database) -> None:
    rnib = Rnib(database)
    rnib.put(GNB)
    with served(e2mgr_application(rnib, lambda: True)) as web:
        assert web.get("/v1/health").status_code == 200
        (state,) = web.get("/v1/nodeb/states").json()
        assert (state["inventoryName"], state["connectionStatus"]) == ("gnb_1", "CONNECTED")
        details = web.get("/v1/nodeb/gnb_1").json()
        assert details["connectionStatus"] == "CONNECTED"
        (function,) = details["gnb"]["ranFunctions"]
        assert (function["ranFunctionId"], function["ranFunctionDefinition"]) == (2, "20FF")
        assert web.get("/v1/nodeb/none").status_code == 404


def test_what_others_wrote_over_a_record_is_left_out(database: Database) -> None:
    rnib = Rnib(database)
    rnib.put(GNB)
    database.store.write(
        {b"{e2Manager},RAN:bad": b"\xff\xff", b"{e2Manager},RAN:gnb_2": b"\x4a\x02"}
    )
    assert list(rnib.nodes()) == [GNB]
    assert rnib.node("bad") is None
