"""Copies of CSI as E2SM-LLC brings them, read."""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.e2.ap import RicIndication
from contracts.e2.llc.beam_sets import UeBeams, read_csi
from contracts.e2.llc.codec import LLC
from contracts.e2.llc.indication import Csi, InformationCopy
from contracts.e2.llc.slots import Slot
from contracts.e2.llc.subscription import (
    ActionDefinition,
    Arrival,
    ArrivalTrigger,
    Copy,
    Information,
)
from contracts.e2.ntp import unix_time_ns
from contracts.errors import RanwrightError

ACTION = 1
_COPY_STYLE = 1
_NS_PER_MS = 1_000_000

TRIGGER = LLC.event_trigger.encode(ArrivalTrigger((Arrival(1, Information.CSI),)))
ACTIONS = {
    ACTION: LLC.action_definition.encode(ActionDefinition(_COPY_STYLE, Copy(Information.CSI)))
}


@dataclass(frozen=True)
class Readings:
    """What UEs of a node reported at a moment.

    Attributes:
        at_ms: KPM time.
        slot: that follows.
        ues: whose reports could be read.
        faults: of the others, why not.
    """

    at_ms: int
    slot: Slot
    ues: tuple[UeBeams, ...]
    faults: tuple[RanwrightError, ...]


def read(indication: RicIndication, cells: Sequence[int]) -> Readings:
    """Read an indication; a report that cannot be read leaves the others.

    Args:
        indication: of the subscription.
        cells: of the node, ascending.

    Raises:
        RanwrightError: ``e2.malformed``, or ``llc.no_csi``: it holds something else.
    """
    message = LLC.indication_message.decode(indication.message)
    if not isinstance(message, InformationCopy) or not isinstance(message.information, Csi):
        raise RanwrightError(
            "llc.no_csi", "An indication holds no CSI.", "Report this: CSI alone was asked for."
        )
    ues, faults = [], []
    for csi in message.information.ues:
        try:
            beams = read_csi(csi, cells)
            if beams.cell_id not in cells:
                raise RanwrightError(
                    "e2.llc.ue", f"Cell {beams.cell_id} is none of the node's.", "Read it back."
                )
            ues.append(beams)
        except RanwrightError as error:
            faults.append(error)
    at_ms = unix_time_ns(message.time.start_time) // _NS_PER_MS
    return Readings(at_ms, message.time.slot, tuple(ues), tuple(faults))
