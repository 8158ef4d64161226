"""Beams of a simulated network over E2SM-LLC.

Report style 1 copies what UEs report of beams, each time that some arrive. Control style 2 takes
TCI states without data and CSI-RS to be measured, see :mod:`contracts.e2.llc.beam_control`.
"""

import threading
from collections.abc import Iterator, Sequence
from time import time_ns

from contracts.e2.common.function import EventTriggerStyle, RanFunctionName
from contracts.e2.llc import OID
from contracts.e2.llc.beam_control import (
    SCHEDULING_ACTION,
    SCHEDULING_STYLE,
    BeamOrder,
    read_beam_control,
)
from contracts.e2.llc.beam_sets import write_csi
from contracts.e2.llc.codec import LLC
from contracts.e2.llc.control import Scheduling
from contracts.e2.llc.function import ControlActionOffer, ControlStyle, RanFunction, ReportStyle
from contracts.e2.llc.indication import Csi, IndicationHeader, InformationCopy
from contracts.e2.llc.outcome import (
    ChannelOutcome,
    FullyExecuted,
    GrantOutcome,
    NotFullyExecuted,
    Scheduled,
    SlotOutcome,
)
from contracts.e2.llc.slots import Slot, SlotIndex, SlotTime
from contracts.e2.llc.subscription import ArrivalTrigger, Copy, Information
from contracts.e2.node_configuration import gnb_of
from contracts.e2.ntp import ntp_timestamp
from contracts.errors import RanwrightError
from twins.e2node.network import Action, Admission, BeamNetwork, ControlFailureError, Report
from twins.e2node.senders import Senders

_NAME = "ORAN-E2SM-LLC"
_COPY_STYLE = 1
_FRAMES = 1024
_FRAME_MS = 10
_NS_PER_MS = 1_000_000
_UE_UNREACHABLE = 1
"""Why a grant was not carried out."""


class LowerLayers:
    """The RAN function; one for all subscriptions of a node.

    Args:
        network: whose beams they are.
        senders: whose controls count.
        number: RAN function identifier.
    """

    oid = OID

    def __init__(self, network: BeamNetwork, senders: Senders, number: int) -> None:
        self.number = number
        self._network = network
        self._senders = senders

    def definition(self) -> bytes:
        """One report style and one control style."""
        return LLC.ran_function.encode(
            RanFunction(
                name=RanFunctionName(_NAME, OID, "Lower Layers Control"),
                event_triggers=(EventTriggerStyle(1, "Lower Layers Information Arrival", 1),),
                reports=(ReportStyle(_COPY_STYLE, "Lower Layers Information Copy", 1, 1, 1, 1),),
                controls=(
                    ControlStyle(
                        style_type=SCHEDULING_STYLE,
                        name="DL Scheduling Control",
                        header_format=1,
                        message_format=1,
                        outcome_format=1,
                        actions=(ControlActionOffer(SCHEDULING_ACTION, "DL Scheduling"),),
                    ),
                ),
            )
        )

    def subscribe(self, trigger: bytes, actions: Sequence[Action]) -> Admission:
        """Admit copies of CSI of all UEs, on arrival.

        Raises:
            RanwrightError: ``e2.malformed``, or ``llc.trigger``: another trigger.
        """
        wanted = LLC.event_trigger.decode(trigger)
        if not isinstance(wanted, ArrivalTrigger) or not _is_all_csi(wanted):
            raise RanwrightError(
                "llc.trigger",
                "This node reports CSI of all UEs as it arrives, and nothing else.",
                "Subscribe to the arrival of CSI, one event, without conditions on UEs.",
            )
        admitted, not_admitted = [], {}
        for action in actions:
            try:
                _require_copy(action.definition)
                admitted.append(action.action_id)
            except RanwrightError as error:
                not_admitted[action.action_id] = error
        event = wanted.arrivals[0].id
        return Admission(BeamReporter(self._network, admitted, event), not_admitted)

    def control(self, call_process_id: bytes | None, header: bytes, message: bytes) -> bytes:
        """Order beams and sweeps, of all UEs named or of none."""
        received_ns = time_ns()
        try:
            self._senders(call_process_id, header, message)
            scheduling, orders = read_beam_control(header, message)
            done = self._network.order_beams(orders)
        except RanwrightError as error:
            raise ControlFailureError(error) from error
        return LLC.control_outcome.encode(_outcome(scheduling, orders, done, received_ns))


class BeamReporter:
    """One subscription to CSI.

    Args:
        network: whose.
        actions: each gets a copy.
        event: identity of the event, which indications repeat.
    """

    def __init__(self, network: BeamNetwork, actions: Sequence[int], event: int) -> None:
        self._network = network
        self._actions = actions
        self._header = LLC.indication_header.encode(IndicationHeader(event))

    def reports(self, stop: threading.Event) -> Iterator[Report]:
        """Copies as they arrive, until ``stop``; time stamps are KPM time."""
        info = self._network.info()
        cells, gnb = [c.cell_id for c in info.cells], gnb_of(info.node_name)
        for at_ms, ues in self._network.beam_reports(stop):
            csi = Csi(tuple(write_csi(ue, cells, gnb) for ue in ues))
            message = LLC.indication_message.encode(InformationCopy(slot_time(at_ms), csi))
            for action_id in self._actions:
                yield Report(action_id, self._header, message)

    def wake(self) -> None:
        """Nothing to do: the network looks at ``stop`` itself."""


def slot_time(at_ms: int) -> SlotTime:
    """The first slot, at 30 kHz, of the frame that begins at a KPM time."""
    slot = Slot(at_ms // _FRAME_MS % _FRAMES, SlotIndex(30, 0))
    return SlotTime(slot, ntp_timestamp(at_ms * _NS_PER_MS))


def _is_all_csi(trigger: ArrivalTrigger) -> bool:
    return (
        trigger.ues is None
        and len(trigger.arrivals) == 1
        and trigger.arrivals[0].information is Information.CSI
        and trigger.arrivals[0].ues is None
    )


def _require_copy(definition: bytes) -> None:
    action = LLC.action_definition.decode(definition)
    if action.style_type != _COPY_STYLE or action.report != Copy(Information.CSI):
        raise RanwrightError(
            "llc.style", f"Style {action.style_type} is not offered.", "Ask for copies of CSI."
        )


def _outcome(
    scheduling: Scheduling, orders: Sequence[BeamOrder], done: Sequence[bool], received_ns: int
) -> Scheduled:
    """Grants of UEs that are away were not carried out."""
    away = {order.ue_id for order, is_done in zip(orders, done, strict=True) if not is_done}
    slots = tuple(
        SlotOutcome(
            slot.slot,
            tuple(
                GrantOutcome(
                    grant.id,
                    NotFullyExecuted(
                        tuple(
                            ChannelOutcome(c.logical_channel, 0, _UE_UNREACHABLE)
                            for c in grant.channels
                        )
                    )
                    if getattr(grant.ue, "amf_ue_ngap_id", None) in away
                    else FullyExecuted(),
                )
                for grant in slot.grants
            ),
        )
        for slot in scheduling.slots
    )
    return Scheduled(ntp_timestamp(received_ns), 0, slots)
