"""Beams as E2SM-LLC controls them: style 2, a DCI 1_1 that indicates a TCI state, and CSI-RS.

An indicated TCI state holds for a UE's channels until another is indicated (the unified framework
of release 17, TS 38.214 clause 5.1.5), and a DCI 1_1 may indicate one without an assignment: MCS
and redundancy version all ones, frequency resources all zeros. So one grant without data switches a
beam. A band of CSI-RS names a resource that the UE shall measure, and with it the resource set:
aperiodic CSI-RS are triggered set by set.

Two things differ from a site. The field for TCI holds one of eight codepoints that MAC has
activated, and E2SM-LLC cannot activate: here its extension range is used, and it holds the number
of the beam. And what the message must have besides is ignored: a precoder of a single element, as
the beam stands in the TCI state, a multiplexing group, and the slot, as the twin's gNB goes by
frames: an order counts from the next one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

from contracts.e2.common.ue import UeId, UeIdGnb
from contracts.e2.identity import ue_identity
from contracts.e2.llc.beam_sets import BEAMS, SET_SIZE, SETS
from contracts.e2.llc.codec import LLC
from contracts.e2.llc.control import (
    MOST_BANDS,
    MOST_GRANTS,
    ChannelOctets,
    Coefficient,
    ControlHeader,
    Dci11,
    Grant,
    MultiplexingGroup,
    Precoder,
    PrecodingBand,
    ScheduledSlot,
    Scheduling,
)
from contracts.e2.llc.outcome import FullyExecuted, Scheduled
from contracts.e2.llc.slots import Slot
from contracts.e2.per import Bits
from contracts.errors import RanwrightError

SCHEDULING_STYLE, SCHEDULING_ACTION = 2, 1
"""Control style of grants slot by slot, and its one action (E2SM-LLC 7.4)."""

_TRAFFIC_CHANNEL = 4
"""A logical channel must be named, with no octets: the first that is a data radio bearer's."""
_ALL_ONES_MCS, _ALL_ONES_VERSION = 31, 3
_ALL_ZEROS_FREQUENCY = Bits(0, 18)
_SYMBOLS = 14


@dataclass(frozen=True)
class BeamOrder:
    """What a UE shall do.

    Attributes:
        ue_id: which.
        beam: that serves it from now on; None: the present one.
        sets: resource sets of narrow beams that it shall measure once.
    """

    ue_id: int
    beam: int | None = None
    sets: tuple[int, ...] = ()

    def require_known(self) -> None:
        """Check that its beam and its resource sets exist.

        Raises:
            RanwrightError: ``control.unknown_beam``.
        """
        if self.beam is not None and not 0 <= self.beam < BEAMS:
            raise _unknown_beam(f"beam {self.beam}")
        for number in self.sets:
            if not 0 <= number < SETS:
                raise _unknown_beam(f"resource set {number}")


def beam_control(orders: Sequence[BeamOrder], slot: Slot) -> tuple[bytes, bytes]:
    """Header and message of a control.

    Args:
        orders: at least one.
        slot: that the message names; the twin's gNB does not read it.
    """
    slots = []
    part: list[BeamOrder] = []
    bands = 0
    for order in orders:
        if len(part) == MOST_GRANTS or bands + len(order.sets) > MOST_BANDS:
            slots.append(_scheduled(part, slot))
            part, bands = [], 0
        part.append(order)
        bands += len(order.sets)
    slots.append(_scheduled(part, slot))
    header = ControlHeader(SCHEDULING_STYLE, SCHEDULING_ACTION)
    return (
        LLC.control_header.encode(header),
        LLC.control_message.encode(Scheduling(tuple(slots))),
    )


def read_beam_control(header: bytes, message: bytes) -> tuple[Scheduling, tuple[BeamOrder, ...]]:
    """The control, and its orders; the last of several for one UE and slot counts.

    Raises:
        RanwrightError: ``control.unknown_style``, ``control.unknown_ue``,
            ``control.unknown_beam``, ``control.with_data``, or as the codec.
    """
    wanted = LLC.control_header.decode(header)
    scheduling = LLC.control_message.decode(message)
    style = (wanted.style_type, wanted.action)
    if style != (SCHEDULING_STYLE, SCHEDULING_ACTION) or not isinstance(scheduling, Scheduling):
        raise RanwrightError(
            "control.unknown_style",
            "This node has beams indicated and CSI-RS sent, and does nothing else over E2SM-LLC.",
            f"Send style {SCHEDULING_STYLE}, action {SCHEDULING_ACTION}.",
        )
    orders = [order for slot in scheduling.slots for order in _orders(slot)]
    for order in orders:
        order.require_known()
    return scheduling, tuple(orders)


def fully_executed(outcome: bytes) -> int:
    """How many grants of a control the node carried out in full, by its outcome.

    Raises:
        RanwrightError: as the codec.
    """
    told = LLC.control_outcome.decode(outcome)
    slots = told.slots if isinstance(told, Scheduled) else ()
    return sum(isinstance(g.execution, FullyExecuted) for slot in slots for g in slot.grants)


def _scheduled(orders: Sequence[BeamOrder], slot: Slot) -> ScheduledSlot:
    return ScheduledSlot(
        slot=slot,
        grants=tuple(_grant(number, order) for number, order in enumerate(orders, 1)),
        groups=(MultiplexingGroup(0, 0, 1, 0, _SYMBOLS),),
        precoders=(Precoder((Coefficient(1, 0),)),),
        csi_rs_bands=tuple(
            PrecodingBand(0, ue_identity(order.ue_id), SET_SIZE * number, 0, 1)
            for order in orders
            for number in order.sets
        ),
    )


def _grant(number: int, order: BeamOrder) -> Grant:
    dci = Dci11(
        frequency_resources=_ALL_ZEROS_FREQUENCY,
        time_resources=0,
        bundling_size=0,
        mcs_1=_ALL_ONES_MCS,
        redundancy_version_1=_ALL_ONES_VERSION,
        antenna_ports=Bits(0, 4),
        dmrs_sequence=0,
        tci=order.beam,
    )
    return Grant(number, ue_identity(order.ue_id), (ChannelOctets(_TRAFFIC_CHANNEL, 0),), dci)


def _orders(slot: ScheduledSlot) -> list[BeamOrder]:
    sets: dict[int, list[int]] = {}
    for band in slot.csi_rs_bands:
        sets.setdefault(_ue_id(band.ue), []).append(band.csi_rs_resource // SET_SIZE)
    orders = []
    for grant in slot.grants:
        if not isinstance(grant.dci, Dci11) or not _is_without_data(grant.dci, grant.channels):
            raise RanwrightError(
                "control.with_data",
                f"Grant {grant.id} schedules data.",
                "Indicate a TCI state by DCI 1_1 without assignment: data is this node's.",
            )
        ue_id = _ue_id(grant.ue)
        measured = tuple(sorted(set(sets.pop(ue_id, ()))))
        orders.append(BeamOrder(ue_id, grant.dci.tci, measured))
    return orders + [BeamOrder(ue_id, None, tuple(sorted(set(s)))) for ue_id, s in sets.items()]


def _is_without_data(dci: Dci11, channels: Sequence[ChannelOctets]) -> bool:
    """Whether a DCI assigns nothing (TS 38.214 clause 5.1.5), now or periodically."""
    return (
        (dci.mcs_1, dci.redundancy_version_1) == (_ALL_ONES_MCS, _ALL_ONES_VERSION)
        and dci.frequency_resources.value == 0
        and (dci.mcs_2, dci.redundancy_version_2, dci.semi_persistent) == (None, None, None)
        and not any(c.octets_1 or c.octets_2 for c in channels)
    )


def _ue_id(ue: UeId) -> int:
    if not isinstance(ue, UeIdGnb):
        raise RanwrightError(
            "control.unknown_ue",
            f"{type(ue).__name__} names no UE of a gNB.",
            "Name UEs as the reports of E2SM-LLC do.",
        )
    return ue.amf_ue_ngap_id


def _unknown_beam(what: str) -> RanwrightError:
    return RanwrightError(
        "control.unknown_beam",
        f"There is no {what}.",
        f"There are beams 0 to {BEAMS - 1}, in resource sets 0 to {SETS - 1}.",
    )
