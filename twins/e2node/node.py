"""An E2 node: sets E2 up with a near-RT RIC, serves its requests, and comes back when lost."""

import threading
from collections.abc import Sequence

import structlog

from contracts.e2.ap import (
    Cause,
    CauseProtocol,
    CauseRicRequest,
    CauseTransport,
    Component,
    ComponentConfiguration,
    ControlAckRequest,
    E2apMessage,
    E2apVersion,
    E2ConnectionUpdate,
    E2ConnectionUpdateFailure,
    E2RemovalRequest,
    E2RemovalResponse,
    E2SetupFailure,
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
    RicQueryFailure,
    RicQueryRequest,
    RicServiceQuery,
    RicServiceUpdate,
    RicSubscriptionDeleteRequest,
    RicSubscriptionRequest,
    decode_pdu,
    encode_pdu,
    not_understood,
)
from contracts.e2.common.cells import plmn_identity
from contracts.e2.identity import GNB_ID_BITS, MCC, MNC
from contracts.e2.node_configuration import gnb_of
from contracts.e2.per import Bits
from contracts.e2.transport import E2Address, E2Connection, connect
from contracts.errors import RanwrightError
from twins.e2node.causes import control_cause
from twins.e2node.network import ControlFailureError, Network
from twins.e2node.network import RanFunction as Function
from twins.e2node.subscriptions import Subscriptions

CONNECT_TIMEOUT_S = 5.0
FIRST_RETRY_S, LONGEST_RETRY_S = 0.1, 5.0
REVISION = 1
_log = structlog.get_logger(__name__)


class E2Node:
    """The node of one network.

    Args:
        network: what the node controls.
        functions: its RAN functions.
        address: of the E2 termination.
        version: of E2AP that it speaks.
    """

    def __init__(
        self,
        network: Network,
        functions: Sequence[Function],
        address: E2Address,
        version: E2apVersion = E2apVersion.V3,
    ) -> None:
        self._functions = {f.number: f for f in functions}
        self._network = network
        self._address = address
        self._version = version
        self._stop = threading.Event()
        self._connection: E2Connection | None = None

    def run(self) -> None:
        """Serve until :meth:`close`; after every loss E2 is set up again."""
        retry_s = FIRST_RETRY_S
        while not self._stop.is_set():
            try:
                self._connection = connect(self._address, CONNECT_TIMEOUT_S)
                if not self._stop.is_set() and self._set_up(self._connection):
                    retry_s = FIRST_RETRY_S
                    self._serve(self._connection)
            except (ConnectionError, RanwrightError) as error:
                _log.info("e2.lost", ric=str(self._address), reason=str(error))
            finally:
                self._drop()
            self._stop.wait(retry_s)
            retry_s = min(2 * retry_s, LONGEST_RETRY_S)

    def close(self) -> None:
        """End the association and :meth:`run`."""
        self._stop.set()
        self._drop()

    def _drop(self) -> None:
        if (connection := self._connection) is not None:
            connection.close()

    def _set_up(self, connection: E2Connection) -> bool:
        self._send(connection, self._setup_request())
        octets = connection.receive()
        if octets is None:
            raise ConnectionError("the RIC closed before it answered E2 setup")
        match decode_pdu(octets, self._version).message:
            case E2SetupResponse(rejected=rejected):
                _log.info("e2.set_up", ric=str(self._address), rejected=rejected)
                return True
            case E2SetupFailure(cause=cause):
                _log.warning("e2.setup_failed", cause=cause.name)
            case other:
                _log.warning("e2.setup_unanswered", message=type(other).__name__)
        return False

    def _setup_request(self) -> E2SetupRequest:
        info = self._network.info()
        gnb = GlobalGnbId(plmn_identity(MCC, MNC), Bits(gnb_of(info.node_name), GNB_ID_BITS))
        name = info.node_name.encode()
        return E2SetupRequest(
            transaction_id=0,
            node=GnbNode(gnb),
            functions=self._offers(),
            components=(
                Component(InterfaceType.NG, NgComponent("amf"), ComponentConfiguration(name, name)),
            ),
        )

    def _offers(self) -> tuple[RanFunction, ...]:
        return tuple(
            RanFunction(f.number, f.definition(), REVISION, f.oid) for f in self._functions.values()
        )

    def _serve(self, connection: E2Connection) -> None:
        def send(message: E2apMessage) -> None:
            self._send(connection, message)

        subscriptions = Subscriptions(self._functions, send)
        try:
            while (octets := connection.receive()) is not None:
                if not self._answer(octets, connection, subscriptions):
                    return
            _log.info("e2.closed", ric=str(self._address))
        finally:
            connection.close()  # wakes subscriptions that are sending
            subscriptions.end_all()

    def _answer(
        self, octets: bytes, connection: E2Connection, subscriptions: Subscriptions
    ) -> bool:
        """Answer one PDU; false when the association is to end."""
        try:
            message = decode_pdu(octets, self._version).message
        except RanwrightError as error:
            _log.warning("e2.undecodable", reason=error.message, octets=octets[:64].hex())
            self._send(connection, _error(CauseProtocol.TRANSFER_SYNTAX_ERROR))
            return True
        match message:
            case _ if not_understood(message):
                self._send(connection, _error(CauseProtocol.ABSTRACT_SYNTAX_ERROR_REJECT))
            case RicSubscriptionRequest():
                subscriptions.begin(message)
            case RicSubscriptionDeleteRequest():
                subscriptions.end(message)
            case ResetRequest():
                subscriptions.end_all()
                self._send(connection, ResetResponse(message.transaction_id))
            case E2RemovalRequest():
                subscriptions.end_all()  # what is removed reports no more
                self._send(connection, E2RemovalResponse(message.transaction_id))
            case ErrorIndication():
                _log.warning("e2.error_indication", cause=message.cause)
            case RicControlRequest():
                if (answer := self._control(message)) is not None:
                    self._send(connection, answer)
            case _:
                self._send(connection, self._answer_to(message))
        return not isinstance(message, E2RemovalRequest)

    def _answer_to(self, message: E2apMessage) -> E2apMessage:
        match message:
            case RicServiceQuery():
                known = {f.ran_function_id for f in message.accepted or ()}
                missing = tuple(f for f in self._offers() if f.ran_function_id not in known)
                return RicServiceUpdate(message.transaction_id, added=missing or None)
            case RicQueryRequest():
                return RicQueryFailure(
                    message.request_id,
                    message.ran_function_id,
                    CauseRicRequest.REQUESTED_INFORMATION_UNAVAILABLE,
                )
            case E2ConnectionUpdate():
                return E2ConnectionUpdateFailure(
                    message.transaction_id, CauseTransport.RESOURCE_UNAVAILABLE
                )
            case _:
                return _error(CauseProtocol.MESSAGE_NOT_COMPATIBLE_WITH_RECEIVER_STATE)

    def _control(self, request: RicControlRequest) -> E2apMessage | None:
        """The answer to a control; none when it was carried out and nobody asked to know."""
        function = self._functions.get(request.ran_function_id)
        if function is None:
            return _failed(request, CauseRicRequest.RAN_FUNCTION_ID_INVALID)
        try:
            outcome = function.control(request.call_process_id, request.header, request.message)
        except ControlFailureError as failure:
            reason = failure.reason
            _log.warning("e2.control_failed", code=reason.code, reason=reason.message)
            return _failed(request, control_cause(reason), failure.outcome)
        if request.ack_request != ControlAckRequest.ACK:
            return None
        return RicControlAcknowledge(
            request.request_id, request.ran_function_id, request.call_process_id, outcome
        )

    def _send(self, connection: E2Connection, message: E2apMessage) -> None:
        connection.send(encode_pdu(message, self._version))


def _error(cause: Cause) -> ErrorIndication:
    return ErrorIndication(cause=cause)


def _failed(
    request: RicControlRequest, cause: Cause, outcome: bytes | None = None
) -> RicControlFailure:
    return RicControlFailure(
        request.request_id, request.ran_function_id, cause, request.call_process_id, outcome
    )
