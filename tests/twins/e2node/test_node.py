"""The node on a real association: what a RIC would see of it."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest

from contracts.e2.ap import (
    ActionToBeSetup,
    ActionType,
    CauseMisc,
    CauseProtocol,
    CauseRicRequest,
    ComponentAck,
    ConfigurationAck,
    ControlAckRequest,
    E2apVersion,
    E2ConnectionUpdate,
    E2ConnectionUpdateFailure,
    E2RemovalRequest,
    E2RemovalResponse,
    E2SetupFailure,
    E2SetupRequest,
    E2SetupResponse,
    ErrorIndication,
    GlobalRicId,
    ResetRequest,
    ResetResponse,
    RicControlAcknowledge,
    RicControlFailure,
    RicControlRequest,
    RicIndication,
    RicQueryFailure,
    RicQueryRequest,
    RicRequestId,
    RicServiceQuery,
    RicServiceUpdate,
    RicSubscriptionDeleteFailure,
    RicSubscriptionDeleteRequest,
    RicSubscriptionDeleteResponse,
    RicSubscriptionFailure,
    RicSubscriptionRequest,
    RicSubscriptionResponse,
    SubscriptionDetails,
    UpdateOutcome,
    decode_pdu,
    encode_pdu,
)
from contracts.e2.ccc.control import ControlHeader
from contracts.e2.ccc.function import RanFunctionDefinition
from contracts.e2.common.cells import plmn_identity
from contracts.e2.credential import seal
from contracts.e2.identity import GNB_ID_BITS
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
from contracts.e2.transport import E2Address, E2Listener
from contracts.keys import load_signer
from tests.twins.e2node.test_configuration_function import change
from tests.twins.synthetic import link_map, scenario
from twins.e2node.attach import CCC_NUMBER, KPM_NUMBER, attached
from twins.plant.service import PlantService

SCENARIO = scenario()
LINKS = link_map(SCENARIO)
KPM = kpm(KpmVersion.V4_00)
REQUEST = RicRequestId(7, 1)
RIC = GlobalRicId(plmn_identity("001", "01"), 1)
TRIGGER = KPM.event_trigger.encode(EventTrigger(200))
MEASURE = KPM.action_definition.encode(
    ActionDefinition(1, Measurements(tuple(MeasurementInfo(n, (NO_LABEL,)) for n in OF_CELL), 200))
)


class Ric:
    """The other end of E2, by hand."""

    def __init__(self) -> None:
        self.listener = E2Listener(E2Address.parse("tcp://127.0.0.1:0"))
        self.connection = None

    def accept(self) -> E2SetupRequest:
        if self.connection is not None:
            self.connection.close()
        with ThreadPoolExecutor(1) as pool:
            self.connection = pool.submit(self.listener.accept).result(timeout=30)
        request = self.receive()
        assert isinstance(request, E2SetupRequest)
        return request

    def set_up(self) -> E2SetupRequest:
        request = self.accept()
        acks = tuple(
            ComponentAck(c.interface, c.id, ConfigurationAck(UpdateOutcome.SUCCESS))
            for c in request.components
        )
        self.send(E2SetupResponse(request.transaction_id, RIC, acks))
        return request

    def send(self, message) -> None:
        self.connection.send(encode_pdu(message, E2apVersion.V3))

    def receive(self):
        octets = self.connection.receive()
        return None if octets is None else decode_pdu(octets, E2apVersion.V3).message

    def ask(self, message):
        """The answer to a request; indications in between do not count."""
        self.send(message)
        while isinstance(answer := self.receive(), RicIndication):
            pass
        return answer

    def close(self) -> None:
        self.listener.close()
        if self.connection is not None:
            self.connection.close()


@pytest.fixture
def plant(site) -> PlantService:
    return PlantService(site, SCENARIO, 3, 500.0, LINKS)


@pytest.fixture
def ric(plant, site):
    made = Ric()
    with attached(plant, site, made.listener.address):
        yield made
        made.close()


def subscription(*actions: ActionToBeSetup, function=KPM_NUMBER, trigger=TRIGGER):
    return RicSubscriptionRequest(REQUEST, function, SubscriptionDetails(trigger, actions))


def report(action_id: int = 1, definition: bytes = MEASURE) -> ActionToBeSetup:
    return ActionToBeSetup(action_id, ActionType.REPORT, definition)


def test_set_up_names_the_node_and_its_functions(ric, plant):
    request = ric.set_up()
    identity = request.node.gnb.gnb_id
    assert (identity.value, identity.size) == (gnb_of(plant.info().node_name), GNB_ID_BITS)
    definitions = {f.ran_function_id: f.definition for f in request.functions}
    assert KPM.ran_function.decode(definitions[KPM_NUMBER]).name.short_name == "ORAN-E2SM-KPM"
    cells = RanFunctionDefinition.decode(definitions[CCC_NUMBER]).list_of_cells
    assert len(cells) == len(SCENARIO.cell_ids)


def test_a_subscription_reports_until_it_is_deleted(ric):
    ric.set_up()
    assert ric.ask(subscription(report())) == RicSubscriptionResponse(REQUEST, KPM_NUMBER, (1,))
    numbers = []
    for _ in range(3):
        indication = ric.receive()
        assert (indication.request_id, indication.action_id) == (REQUEST, 1)
        assert KPM.indication_message.decode(indication.message).records
        numbers.append(indication.sequence_number)
    assert numbers == [0, 1, 2]
    deletion = RicSubscriptionDeleteRequest(REQUEST, KPM_NUMBER)
    assert ric.ask(deletion) == RicSubscriptionDeleteResponse(REQUEST, KPM_NUMBER)
    assert ric.ask(RicServiceQuery(3)).transaction_id == 3  # and no indication is behind it
    assert isinstance(ric.ask(deletion), RicSubscriptionDeleteFailure)


def test_what_cannot_be_subscribed_has_its_cause(ric):
    ric.set_up()
    policy = ActionToBeSetup(2, ActionType.POLICY, MEASURE)
    answer = ric.ask(subscription(report(), policy, report(3, b"\xff")))
    assert answer.admitted == (1,)
    assert [(a.action_id, a.cause) for a in answer.not_admitted] == [
        (2, CauseRicRequest.ACTION_NOT_SUPPORTED),
        (3, CauseRicRequest.ACTION_NOT_SUPPORTED),
    ]
    for refused, cause in (
        (subscription(report()), CauseRicRequest.DUPLICATE_REQUEST_ID),
        (subscription(report(), function=9), CauseRicRequest.RAN_FUNCTION_ID_INVALID),
    ):
        assert ric.ask(refused) == RicSubscriptionFailure(REQUEST, refused.ran_function_id, cause)
    ric.ask(RicSubscriptionDeleteRequest(REQUEST, KPM_NUMBER))
    for refused, cause in (
        (subscription(policy), CauseRicRequest.ACTION_NOT_SUPPORTED),
        (subscription(report(), report()), CauseRicRequest.DUPLICATE_ACTION),
        (subscription(report(), trigger=b""), CauseRicRequest.EVENT_TRIGGER_NOT_SUPPORTED),
    ):
        assert ric.ask(refused) == RicSubscriptionFailure(REQUEST, KPM_NUMBER, cause)


def test_controls_are_acknowledged_or_fail_with_a_cause(ric, plant, site):
    ric.set_up()
    info = plant.info()
    header = ControlHeader.of(2).encode()
    message = powers_message(info, 0, (change(plant, 1, -1),)).encode()
    sealed = seal(info.node_name, "r:1", header, message, load_signer(site, "actuator"))

    def control(call_process_id, body=message, function=CCC_NUMBER, ack=ControlAckRequest.ACK):
        return RicControlRequest(REQUEST, function, header, body, call_process_id, ack)

    for request, cause in (
        (control(None), CauseRicRequest.CALL_PROCESS_ID_INVALID),
        (control(sealed, b"{}"), CauseRicRequest.CALL_PROCESS_ID_INVALID),
        (control(sealed, function=KPM_NUMBER), CauseRicRequest.CONTROL_MESSAGE_INVALID),
        (control(sealed, function=9), CauseRicRequest.RAN_FUNCTION_ID_INVALID),
    ):
        failure = ric.ask(request)
        assert isinstance(failure, RicControlFailure)
        assert failure.cause == cause
    assert plant.info().resource_version == 0
    acknowledged = ric.ask(control(sealed))
    assert isinstance(acknowledged, RicControlAcknowledge)
    assert acknowledged.call_process_id == sealed
    assert plant.info().resource_version == 1
    stale = ric.ask(control(sealed, ack=ControlAckRequest.NO_ACK))
    assert isinstance(stale, RicControlFailure)
    assert stale.cause == CauseRicRequest.CONTROL_FAILED_TO_EXECUTE


def test_no_acknowledgement_unless_asked_for(ric, plant, site):
    ric.set_up()
    header = ControlHeader.of(2).encode()
    message = powers_message(plant.info(), 0, (change(plant, 1, -1),)).encode()
    node = plant.info().node_name
    sealed = seal(node, "r:1", header, message, load_signer(site, "actuator"))
    ric.send(RicControlRequest(REQUEST, CCC_NUMBER, header, message, sealed))
    assert isinstance(ric.ask(RicServiceQuery(1)), RicServiceUpdate)  # nothing came before it
    assert plant.info().resource_version == 1


def test_other_procedures_are_answered(ric):
    request = ric.set_up()
    ric.ask(subscription(report()))
    assert ric.ask(ResetRequest(5, CauseMisc.UNSPECIFIED)) == ResetResponse(5)
    assert isinstance(ric.ask(subscription(report())), RicSubscriptionResponse)  # was forgotten
    offered = ric.ask(RicServiceQuery(6)).added
    assert [f.ran_function_id for f in offered] == [f.ran_function_id for f in request.functions]
    assert isinstance(ric.ask(RicQueryRequest(REQUEST, CCC_NUMBER, b"", b"")), RicQueryFailure)
    assert isinstance(ric.ask(E2ConnectionUpdate(8)), E2ConnectionUpdateFailure)
    assert ric.ask(E2RemovalRequest(9)) == E2RemovalResponse(9)
    assert ric.receive() is None
    ric.set_up()  # it comes back


@pytest.mark.parametrize("octets", [b"\0", b"\xff" * 40, b"\x00\x08\x00\x02\x00\x00"])
def test_octets_that_are_no_request_are_answered(ric, octets):
    ric.set_up()
    ric.connection.send(octets)
    answer = ric.receive()
    assert isinstance(answer, ErrorIndication)
    assert isinstance(answer.cause, CauseProtocol)
    assert isinstance(ric.ask(RicServiceQuery(1)), RicServiceUpdate)  # and it serves on


def test_a_lost_association_is_set_up_again(ric):
    ric.set_up()
    ric.ask(subscription(report()))
    ric.connection.close()
    ric.set_up()
    assert isinstance(ric.ask(subscription(report())), RicSubscriptionResponse)


def test_a_refused_node_tries_again(ric):
    request = ric.accept()
    ric.send(E2SetupFailure(request.transaction_id, CauseMisc.CONTROL_PROCESSING_OVERLOAD))
    ric.set_up()
    assert isinstance(ric.ask(RicServiceQuery(1)), RicServiceUpdate)


def test_many_subscriptions_end_with_their_association(ric):
    ric.set_up()
    before = threading.active_count()
    for instance in range(20):
        ric.ask(
            RicSubscriptionRequest(
                RicRequestId(7, instance), KPM_NUMBER, SubscriptionDetails(TRIGGER, (report(),))
            )
        )
    ric.connection.close()
    ric.set_up()
    assert threading.active_count() <= before
