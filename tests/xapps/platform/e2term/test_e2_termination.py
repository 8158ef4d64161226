"""A plant's E2 node, the RIC core and an xApp's RMR endpoint, all real, on loopback."""

import pytest

from contracts.e2.ap import (
    CauseMisc,
    CauseProtocol,
    CauseRicRequest,
    CauseTransport,
    Component,
    ComponentConfiguration,
    ControlAckRequest,
    E2NodeConfigurationUpdate,
    E2NodeConfigurationUpdateAcknowledge,
    E2SetupRequest,
    E2SetupResponse,
    ErrorIndication,
    GlobalGnbId,
    GnbNode,
    InterfaceType,
    NgComponent,
    RanFunction,
    ResetRequest,
    ResetResponse,
    RicControlAcknowledge,
    RicControlFailure,
    RicControlRequest,
    RicIndication,
    RicRequestId,
    RicServiceUpdate,
    RicServiceUpdateAcknowledge,
    RicSubscriptionDeleteRequest,
    RicSubscriptionDeleteRequired,
    RicSubscriptionDeleteResponse,
    RicSubscriptionRequest,
    RicSubscriptionResponse,
    SubscriptionToDelete,
    decode_pdu,
    encode_pdu,
)
from contracts.e2.ccc.control import ControlHeader
from contracts.e2.common.cells import plmn_identity
from contracts.e2.credential import seal
from contracts.e2.identity import ran_name
from contracts.e2.kpm.codec import kpm
from contracts.e2.kpm.measurement import NO_LABEL
from contracts.e2.kpm.subscription import (
    ActionDefinition,
    EventTrigger,
    MeasurementInfo,
    Measurements,
)
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.measurements import OF_CELL
from contracts.e2.node_configuration import gnb_of, powers_message
from contracts.e2.per import Bits
from contracts.e2.transport import E2Address, connect
from contracts.keys import init_keys, load_signer
from contracts.site import Site
from tests.twins.e2node.test_configuration_function import change
from tests.twins.synthetic import link_map, scenario
from tests.xapps.platform.waits import wait_until
from twins.e2node.attach import CCC_NUMBER, KPM_NUMBER, RC_NUMBER, attached
from twins.plant.service import PlantService
from xapps.platform.core import Core, CoreOptions
from xapps.platform.e2term.subscriber import Subscriber
from xapps.platform.home import RicHome
from xapps.platform.rmr import RmrEndpoint, RmrMessage, RmrSettings, RmrState
from xapps.platform.rnib import ConnectionStatus
from xapps.platform.routing import XappRoutes, table_for
from xapps.platform.submgr.backend import E2RefusedError
from xapps.platform.submgr.requests import read_subscription

SCENARIO = scenario()
LINKS = link_map(SCENARIO)
KPM = kpm(KpmVersion.V4_00)
HEADER = ControlHeader.of(2).encode()


@pytest.fixture
def site(tmp_path) -> Site:
    made = Site(tmp_path / "site")
    init_keys(made)
    return made


@pytest.fixture
def core(tmp_path):
    options = CoreOptions(e2_address=E2Address.parse("tcp://127.0.0.1:0"))
    made = Core(RicHome(tmp_path / "ric"), options)
    yield made
    made.close()


@pytest.fixture
def plant(site) -> PlantService:
    return PlantService(site, SCENARIO, 3, 500.0, LINKS)


@pytest.fixture
def node(core, plant, site):
    """The RAN name of a plant that is connected."""
    name = ran_name(gnb_of(plant.info().node_name))
    with attached(plant, site, core.e2.address):
        wait_until(lambda: core.e2.find(name) is not None)
        yield name


class Xapp:
    """An RMR endpoint that the RIC knows."""

    def __init__(self, core: Core, name: str = "actuator", controls: bool = True) -> None:
        self.core = core
        self.rmr = RmrEndpoint(RmrSettings())
        core.routes.set_xapp(name, XappRoutes(self.rmr.name, (12041, 12042)), controls)

    def learn_routes(self) -> None:
        self.rmr.set_routes(table_for(self.core.routes.state, self.rmr.name))

    def receive(self):
        message = self.rmr.receive(20)
        assert message is not None
        return message, decode_pdu(message.payload).message

    def subscription(self, meid: str, function: int = KPM_NUMBER, period_ms: int = 200):
        measured = Measurements(tuple(MeasurementInfo(n, (NO_LABEL,)) for n in OF_CELL), period_ms)
        definition = KPM.action_definition.encode(ActionDefinition(1, measured))
        return {
            "ClientEndpoint": {"Host": "127.0.0.1", "HTTPPort": 1, "RMRPort": self.rmr.port},
            "Meid": meid,
            "RANFunctionID": function,
            "SubscriptionDetails": [
                {
                    "XappEventInstanceId": 1,
                    "EventTriggers": list(KPM.event_trigger.encode(EventTrigger(period_ms))),
                    "ActionToBeSetupList": [
                        {
                            "ActionID": 1,
                            "ActionType": "report",
                            "ActionDefinition": list(definition),
                            "SubsequentAction": {
                                "SubsequentActionType": "continue",
                                "TimeToWait": "zero",
                            },
                        }
                    ],
                }
            ],
        }

    def control(self, meid: str, call_process_id: bytes | None, message: bytes) -> RmrState:
        request = RicControlRequest(
            RicRequestId(9, 1), CCC_NUMBER, HEADER, message, call_process_id, ControlAckRequest.ACK
        )
        return self.rmr.send(RmrMessage(12040, encode_pdu(request), meid=meid))


@pytest.fixture
def xapp(core):
    made = Xapp(core)
    yield made
    made.rmr.close()


def sealed(site: Site, plant: PlantService, message: bytes) -> bytes:
    return seal(plant.info().node_name, "r:1", HEADER, message, load_signer(site, "actuator"))


def test_a_node_is_known_while_it_is_connected(core, plant, site):
    name = ran_name(gnb_of(plant.info().node_name))
    with attached(plant, site, core.e2.address):
        wait_until(lambda: core.e2.find(name) is not None)
        known = core.rnib.node(name)
        assert known.status is ConnectionStatus.CONNECTED
        assert {f.function_id for f in known.functions} == {KPM_NUMBER, RC_NUMBER, CCC_NUMBER}
        assert core.status()["nodes"] == {name: "CONNECTED"}
    wait_until(lambda: core.rnib.node(name).status is ConnectionStatus.DISCONNECTED)
    assert name not in core.routes.state.nodes


def test_indications_reach_the_subscriber(core, node, xapp):
    core.subscriptions.subscribe(xapp.subscription(node))
    for number in range(3):
        message, indication = xapp.receive()
        (record,) = core.subscriptions.records()
        assert isinstance(indication, RicIndication)
        assert indication.sequence_number == number
        assert (message.mtype, message.meid) == (12050, node)
        assert message.sub_id == record.instances[1] == indication.request_id.instance
        KPM.indication_message.decode(indication.message)
    core.subscriptions.unsubscribe(record.id)
    wait_until(lambda: not core.routes.state.subscriptions)


def test_what_a_node_admitted_unheard_is_made_anew(core, node, xapp):
    body = read_subscription(xapp.subscription(node))
    request = body.on_e2(body.details[0], 77)
    subscriber = Subscriber(core.e2.find)
    assert subscriber.subscribe(request, 5.0) == (1,)
    assert subscriber.subscribe(request, 5.0) == (1,)
    subscriber.unsubscribe(request, 5.0)
    with pytest.raises(E2RefusedError, match="REQUEST_ID_UNKNOWN"):
        subscriber.unsubscribe(request, 5.0)


def test_a_node_that_returns_is_subscribed_to_again(core, plant, site, xapp):
    name = ran_name(gnb_of(plant.info().node_name))
    with attached(plant, site, core.e2.address):
        wait_until(lambda: core.e2.find(name) is not None)
        core.subscriptions.subscribe(xapp.subscription(name))
        xapp.receive()
    wait_until(lambda: core.e2.find(name) is None)
    with attached(plant, site, core.e2.address):
        wait_until(lambda: xapp.receive()[1].sequence_number == 0)  # after what was under way


def test_what_a_node_refuses_is_no_subscription(core, node, xapp):
    body = read_subscription(xapp.subscription(node, function=99))
    with pytest.raises(E2RefusedError, match="RAN_FUNCTION_ID_INVALID"):
        Subscriber(core.e2.find).subscribe(body.on_e2(body.details[0], 77), 5.0)


def test_a_control_is_answered_to_its_sender(core, node, xapp, plant, site):
    xapp.learn_routes()
    message = powers_message(plant.info(), 0, (change(plant, 1, -1),)).encode()
    assert xapp.control(node, sealed(site, plant, message), message) is RmrState.OK
    received, answer = xapp.receive()
    assert received.mtype == 12041
    assert isinstance(answer, RicControlAcknowledge)
    assert plant.info().resource_version == 1
    padded = encode_pdu(RicControlRequest(RicRequestId(9, 2), CCC_NUMBER, HEADER, message))
    xapp.rmr.send(RmrMessage(12040, padded.ljust(1024, b"\0"), meid=node))  # as libriclibe2ap's do
    received, answer = xapp.receive()
    assert received.mtype == 12042
    assert isinstance(answer, RicControlFailure)
    assert answer.cause == CauseRicRequest.CALL_PROCESS_ID_INVALID
    assert core.e2.figures()["e2_controls"] == 2


def test_only_controllers_control(core, node, plant, site):
    other = Xapp(core, "snoop", controls=False)
    message = powers_message(plant.info(), 0, (change(plant, 1, -1),)).encode()
    good = sealed(site, plant, message)
    other.learn_routes()
    assert other.control(node, good, message) is RmrState.NO_ENDPOINT
    # it may still find the core by itself: its name gives it away
    other.rmr.set_routes(f"newrt|start\nrte|12040|{core._e2_rmr.name}\nnewrt|end|1\n")
    assert other.control(node, good, message) is RmrState.OK
    received, answer = other.receive()
    assert received.mtype == 12042
    assert isinstance(answer, RicControlFailure)
    assert plant.info().resource_version == 0
    other.rmr.close()


def test_a_control_to_nobody_fails_aloud(core, xapp, node):
    xapp.rmr.set_routes(f"newrt|start\nrte|12040|{core._e2_rmr.name}\nnewrt|end|1\n")
    xapp.control("gnb_001_001_000000", None, b"{}")
    received, answer = xapp.receive()
    assert received.mtype == 12042
    assert answer.cause == CauseTransport.UNSPECIFIED


@pytest.mark.parametrize("payload", [b"", b"\xff" * 9, encode_pdu(ErrorIndication())])
def test_octets_that_are_no_control_are_dropped(core, xapp, node, payload):
    xapp.learn_routes()
    xapp.rmr.send(RmrMessage(12040, payload, meid=node))
    wait_until(lambda: core.e2.figures()["e2_controls_refused"] == 1)
    assert core.e2.find(node) is not None


class ByHand:
    """An E2 node that says what a test wants."""

    def __init__(self, core: Core) -> None:
        self.connection = connect(core.e2.address, 5)

    def say(self, message) -> None:
        self.connection.send(encode_pdu(message))

    def hear(self):
        octets = self.connection.receive()
        return None if octets is None else decode_pdu(octets).message

    def set_up(self, gnb: int = 0x155555):
        identity = GnbNode(GlobalGnbId(plmn_identity("001", "01"), Bits(gnb, 22)))
        self.component = Component(
            InterfaceType.NG, NgComponent("amf"), ComponentConfiguration(b"", b"")
        )
        function = RanFunction(3, b"definition", 1, "1.3.6.1.4.1.53148.1.1.2.3")
        self.say(E2SetupRequest(1, identity, (function,), (self.component,)))
        return self.hear()

    @property
    def name(self) -> str:
        return ran_name(0x155555)


@pytest.fixture
def by_hand(core):
    made = ByHand(core)
    yield made
    made.connection.close()


def test_procedures_that_a_node_begins(core, by_hand):
    assert isinstance(by_hand.set_up(), E2SetupResponse)
    wait_until(lambda: core.rnib.node(by_hand.name) is not None)
    by_hand.say(RicServiceUpdate(2, added=(RanFunction(5, b"more", 1, "1.2.3"),)))
    assert isinstance(by_hand.hear(), RicServiceUpdateAcknowledge)
    wait_until(lambda: len(core.rnib.node(by_hand.name).functions) == 2)
    by_hand.say(E2NodeConfigurationUpdate(3, added=(by_hand.component,)))
    answer = by_hand.hear()
    assert isinstance(answer, E2NodeConfigurationUpdateAcknowledge)
    assert len(answer.added) == 1
    by_hand.say(ResetRequest(4, CauseMisc.UNSPECIFIED))
    assert by_hand.hear() == ResetResponse(4)
    by_hand.connection.send(b"\xff\xff")
    assert by_hand.hear() == ErrorIndication(cause=CauseProtocol.TRANSFER_SYNTAX_ERROR)


def test_a_reset_node_is_subscribed_to_again(core, by_hand, xapp):
    by_hand.set_up()
    wait_until(lambda: core.e2.find(by_hand.name) is not None)
    core.subscriptions.subscribe(xapp.subscription(by_hand.name, function=3))
    assert isinstance(by_hand.hear(), RicSubscriptionRequest)
    by_hand.say(ResetRequest(4, CauseMisc.UNSPECIFIED))
    assert by_hand.hear() == ResetResponse(4)


def test_a_node_that_leaves_answers_no_control_and_that_is_told(core, by_hand, xapp):
    by_hand.set_up()
    wait_until(lambda: core.e2.find(by_hand.name) is not None)
    xapp.learn_routes()
    xapp.control(by_hand.name, None, b"{}")
    assert isinstance(by_hand.hear(), RicControlRequest)
    by_hand.connection.close()
    received, answer = xapp.receive()
    assert received.mtype == 12042
    assert answer.cause == CauseTransport.UNSPECIFIED


def test_what_a_node_requires_to_be_deleted_is(core, by_hand, xapp):
    by_hand.set_up()
    wait_until(lambda: core.e2.find(by_hand.name) is not None)
    core.subscriptions.subscribe(xapp.subscription(by_hand.name, function=3))
    asked = by_hand.hear()
    by_hand.say(RicSubscriptionResponse(asked.request_id, 3, (1,)))
    wait_until(lambda: core.subscriptions.records()[0].settled == {1})
    unknown = RicRequestId(9, 9)
    by_hand.say(
        RicSubscriptionDeleteRequired(
            tuple(
                SubscriptionToDelete(request_id, 3, CauseMisc.UNSPECIFIED)
                for request_id in (asked.request_id, unknown)
            )
        )
    )
    heard = {by_hand.hear(), by_hand.hear()}
    assert heard == {RicSubscriptionDeleteRequest(r, 3) for r in (asked.request_id, unknown)}
    by_hand.say(RicSubscriptionDeleteResponse(asked.request_id, 3))
    wait_until(lambda: not core.subscriptions.records()[0].settled)
    assert asked.request_id.instance not in core.routes.state.subscriptions


def test_who_does_not_set_up_is_shown_out(by_hand):
    by_hand.say(ErrorIndication())
    assert by_hand.hear() is None


def test_a_name_belongs_to_who_set_up_last(core, by_hand):
    by_hand.set_up()
    newer = ByHand(core)
    newer.set_up()
    assert by_hand.hear() is None
    wait_until(lambda: core.rnib.node(newer.name).status is ConnectionStatus.CONNECTED)
    assert core.e2.find(newer.name) is not None
    newer.connection.close()
    wait_until(lambda: core.e2.find(newer.name) is None)


def test_a_core_that_restarts_is_found_again(tmp_path, plant, site):
    name = ran_name(gnb_of(plant.info().node_name))
    home = RicHome(tmp_path / "ric")
    options = CoreOptions(e2_address=E2Address.parse("tcp://127.0.0.1:0"))
    first = Core(home, options)
    address = first.e2.address
    with attached(plant, site, address):
        wait_until(lambda: first.e2.find(name) is not None)
        first.close()
        second = Core(home, CoreOptions(e2_address=address))
        wait_until(lambda: second.e2.find(name) is not None)
        assert second.rnib.node(name).status is ConnectionStatus.CONNECTED
    second.close()
