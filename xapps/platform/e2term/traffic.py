"""What a node says, carried to whom it concerns.

An xApp sees what the O-RAN SC's termination shows: whole E2AP PDUs, RIC INDICATION as 12050 by the
instance of its request, controls as 12040 with the RAN name as MEID, answered by 12041 or 12042.
"""

from collections.abc import Callable

import structlog

from contracts.e2.ap import (
    CauseProtocol,
    E2apMessage,
    E2apVersion,
    ErrorIndication,
    MessageKind,
    Peek,
    Procedure,
    ResetRequest,
    RicServiceUpdate,
    RicSubscriptionDeleteRequest,
    RicSubscriptionDeleteRequired,
    decode_pdu,
    peek,
)
from contracts.errors import RanwrightError
from xapps.platform.e2term.answers import to_procedure
from xapps.platform.e2term.association import Association
from xapps.platform.e2term.controls import Controls
from xapps.platform.e2term.records import NodeRecords
from xapps.platform.link import RmrLink
from xapps.platform.message_types import RIC_INDICATION
from xapps.platform.rmr.message import RmrMessage, RmrState
from xapps.platform.submgr.backend import REQUESTOR_ID

VERSION = E2apVersion.V3
"""Spoken with every node: it reads what version 2 sends; the RIC sends what version 2 reads too."""

_log = structlog.get_logger(__name__)


class Traffic:
    """Reads associations; one object serves them all.

    Args:
        link: RMR.
        controls: those under way.
        records: of the nodes.
        on_connected: called with the RAN name of a node that has forgotten its subscriptions.
        on_deletion_required: called with the RAN name and the RIC instance id of a subscription
            that a node wants to have ended; false where nobody knows it.
    """

    def __init__(
        self,
        link: RmrLink,
        controls: Controls,
        records: NodeRecords,
        on_connected: Callable[[str], None],
        on_deletion_required: Callable[[str, int], bool],
    ) -> None:
        self._link = link
        self._controls = controls
        self._records = records
        self._on_connected = on_connected
        self._on_deletion_required = on_deletion_required

    def read(self, association: Association) -> None:
        """Carry what a node says until it leaves.

        Raises:
            ConnectionError: the association broke.
        """
        while (octets := association.connection.receive()) is not None:
            try:
                glance = peek(octets)
            except RanwrightError as error:
                _log.warning("e2.undecodable", reason=error.message, octets=octets[:64].hex())
                association.send(ErrorIndication(cause=CauseProtocol.TRANSFER_SYNTAX_ERROR))
                continue
            if glance.procedure == Procedure.RIC_INDICATION:
                self._indicate(association, glance, octets)
            elif glance.procedure == Procedure.RIC_CONTROL:
                self._controls.answered(association.name.ran_name, glance, octets)
            else:
                self._other(association, glance, octets)

    def _indicate(self, association: Association, glance: Peek, octets: bytes) -> None:
        association.counters.indications += 1
        if glance.request_id is None:
            association.send(ErrorIndication(cause=CauseProtocol.ABSTRACT_SYNTAX_ERROR_REJECT))
            return
        instance = glance.request_id.instance
        state = self._link.send(
            RmrMessage(
                mtype=RIC_INDICATION,
                payload=octets,
                sub_id=instance,
                meid=association.name.ran_name,
                xid=b"%15d" % instance,
            )
        )
        if state is not RmrState.OK:
            association.counters.indications_unrouted += 1

    def _other(self, association: Association, glance: Peek, octets: bytes) -> None:
        message = decoded(octets)
        if message is None:
            association.send(ErrorIndication(cause=CauseProtocol.ABSTRACT_SYNTAX_ERROR_REJECT))
        elif glance.kind is not MessageKind.INITIATING:
            if glance.request_id is None or not association.answered(
                Procedure(glance.procedure), glance.request_id, message
            ):
                _log.warning("e2.unasked_answer", message=type(message).__name__)
        elif isinstance(message, ErrorIndication):
            _log.warning("e2.error_indication", cause=str(message.cause), **_request(glance))
        elif isinstance(message, RicSubscriptionDeleteRequired):
            self._delete(association, message)
        else:
            self._procedure(association, message)

    def _delete(self, association: Association, message: RicSubscriptionDeleteRequired) -> None:
        for wanted in message.subscriptions:
            asked = wanted.request_id
            _log.warning("e2.deletion_required", request=str(asked))
            ours = asked.requestor == REQUESTOR_ID
            if not ours or not self._on_deletion_required(
                association.name.ran_name, asked.instance
            ):
                association.send(RicSubscriptionDeleteRequest(asked, wanted.ran_function_id))

    def _procedure(self, association: Association, message: E2apMessage) -> None:
        association.send(to_procedure(message))
        ran_name = association.name.ran_name
        if isinstance(message, RicServiceUpdate):
            self._records.updated(ran_name, message)
        elif isinstance(message, ResetRequest):
            self._on_connected(ran_name)


def decoded(octets: bytes) -> E2apMessage | None:
    """The message of a PDU; None, and a line in the log, when it is none."""
    try:
        return decode_pdu(octets, VERSION).message
    except RanwrightError as error:
        _log.warning("e2.undecodable", reason=error.message, octets=octets[:64].hex())
        return None


def _request(glance: Peek) -> dict[str, str]:
    return {} if glance.request_id is None else {"request": str(glance.request_id)}
