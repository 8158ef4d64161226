"""Control requests from RMR to E2 nodes, and the nodes' answers back to who asked."""

import threading
from collections import OrderedDict
from collections.abc import Callable, Mapping
from dataclasses import replace

import structlog

from contracts.e2.ap import (
    Cause,
    CauseRicRequest,
    CauseTransport,
    MessageKind,
    Peek,
    Procedure,
    RicControlFailure,
    RicRequestId,
    encode_pdu,
    first_pdu,
    peek,
)
from contracts.errors import RanwrightError
from xapps.platform.e2term.association import Association
from xapps.platform.link import RmrLink
from xapps.platform.message_types import RIC_CONTROL_ACK, RIC_CONTROL_FAILURE
from xapps.platform.rmr.message import RmrMessage

MOST_PENDING = 4096
_log = structlog.get_logger(__name__)
_Key = tuple[str, RicRequestId]


class Controls:
    """Controls under way; safe to share between threads.

    An answer returns to the endpoint that sent the control. Nodes need not answer, so that what is
    longest under way is forgotten when there is much.

    Args:
        link: RMR.
        find: the association with a node; None when it is not connected.
        may_control: whether an RMR source may send controls.
    """

    def __init__(
        self,
        link: RmrLink,
        find: Callable[[str], Association | None],
        may_control: Callable[[str], bool],
    ) -> None:
        self._link = link
        self._find = find
        self._may_control = may_control
        self._lock = threading.Lock()
        self._pending: OrderedDict[_Key, tuple[RmrMessage, Peek]] = OrderedDict()
        self._sent = self._refused = 0

    def figures(self) -> Mapping[str, float]:
        """What was counted so far."""
        return {"e2_controls": self._sent, "e2_controls_refused": self._refused}

    def on_message(self, message: RmrMessage) -> None:
        """Carry a control (12040) to the node that its MEID names.

        What cannot be carried is answered by a RIC CONTROL FAILURE that says so: on the O-RAN SC
        RIC such a control vanishes, which nobody can find.
        """
        message = replace(message, payload=first_pdu(message.payload))
        try:
            glance = peek(message.payload)
        except RanwrightError as error:
            self._refused += 1
            _log.warning("e2.bad_control", source=message.source, reason=error.message)
            return
        if glance.procedure != Procedure.RIC_CONTROL or glance.kind is not MessageKind.INITIATING:
            self._refused += 1
            _log.warning("e2.bad_control", source=message.source, procedure=glance.procedure)
            return
        association = self._find(message.meid)
        if not self._may_control(message.source):
            self._refuse(message, glance, CauseRicRequest.SYSTEM_NOT_READY, "no controller")
        elif association is None:
            self._refuse(message, glance, CauseTransport.UNSPECIFIED, "node not connected")
        else:
            self._carry(association, message, glance)

    def answered(self, ran_name: str, glance: Peek, octets: bytes) -> None:
        """Carry a node's answer to who sent the control."""
        request_id = glance.request_id
        if request_id is None:
            return
        with self._lock:
            asked = self._pending.pop((ran_name, request_id), None)
        ok = glance.kind is MessageKind.SUCCESSFUL
        mtype = RIC_CONTROL_ACK if ok else RIC_CONTROL_FAILURE
        if asked is not None:
            self._link.reply(asked[0], mtype=mtype, payload=octets)
        else:
            answer = RmrMessage(mtype, octets, sub_id=request_id.instance, meid=ran_name)
            state = self._link.send(answer)
            _log.warning("e2.unasked_answer", ran_name=ran_name, routed=state.name)

    def lost(self, ran_name: str) -> None:
        """Tell who waits for answers of a node that is gone: whether it acted stays open."""
        with self._lock:
            keys = [key for key in self._pending if key[0] == ran_name]
            waiting = [self._pending.pop(key) for key in keys]
        for message, glance in waiting:
            self._refuse(message, glance, CauseTransport.UNSPECIFIED, "node lost")

    def _carry(self, association: Association, message: RmrMessage, glance: Peek) -> None:
        if glance.request_id is not None:
            with self._lock:
                # without its octets: an answer needs to know no more than where it goes
                bare = replace(message, payload=b"")
                self._pending[message.meid, glance.request_id] = bare, glance
                while len(self._pending) > MOST_PENDING:
                    self._pending.popitem(last=False)
        try:
            association.connection.send(message.payload)
            self._sent += 1
        except ConnectionError:
            self.lost(message.meid)

    def _refuse(self, message: RmrMessage, glance: Peek, cause: Cause, why: str) -> None:
        self._refused += 1
        _log.warning("e2.control_refused", source=message.source, meid=message.meid, reason=why)
        if glance.request_id is None or glance.ran_function_id is None:
            return
        failure = RicControlFailure(glance.request_id, glance.ran_function_id, cause)
        self._link.reply(message, mtype=RIC_CONTROL_FAILURE, payload=encode_pdu(failure))
