"""Well-known control actions, written and read: slice quotas, handover, mapping of QoS flows.

Parameter numbers are those of E2SM-RC clause 8.4. Nodes differ in how much of the nesting they
write: readers accept a group or member structure that is left out, and names in decimal digits
where the clause has octets, both of which srsRAN's examples do.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum

from contracts.e2.common.cells import (
    EUTRA_CGI,
    NR_CGI,
    Cgi,
    EutraCgi,
    NrCgi,
    SNssai,
    plmn_identity,
)
from contracts.e2.common.ue import UeId
from contracts.e2.per import decode, encode
from contracts.e2.rc.control import Assignments, ControlHeader, ControlMessage, UeControl
from contracts.e2.rc.parameters import (
    Element,
    KeyElement,
    List,
    Parameter,
    ParameterTree,
    ParameterValue,
    Structure,
    element,
    key,
    many,
    parameter,
    structure,
)
from contracts.errors import RanwrightError

RADIO_BEARER = 1
"""Control style of clause 7.6.2."""

RADIO_RESOURCE_ALLOCATION = 2
"""Control style of clause 7.6.3."""

CONNECTED_MODE_MOBILITY = 3
"""Control style of clause 7.6.4."""

QOS_FLOW_MAPPING = 2
"""Action of style 1 (8.4.2.2)."""

SLICE_PRB_QUOTA = 6
"""Action of style 2 (8.4.3.6)."""

HANDOVER = 1
"""Action of style 3 (8.4.4.1)."""


@dataclass(frozen=True, slots=True)
class Control:
    """Header and message of a control request."""

    header: ControlHeader
    message: ControlMessage


@dataclass(frozen=True, slots=True)
class SliceQuota:
    """Shares of the PRBs for a slice of a network (8.4.3.6).

    Attributes:
        plmn: the network, three octets.
        slice: the slice.
        min_percent: kept for it when it needs them.
        max_percent: the most it gets.
        dedicated_percent: kept for it always.
    """

    plmn: bytes
    slice: SNssai
    min_percent: int
    max_percent: int
    dedicated_percent: int


def slice_prb_quota(ue: UeId, quotas: Sequence[SliceQuota]) -> Control:
    """The control that gives slices their shares.

    Args:
        ue: the header names one; nodes that set shares by cell take any.
        quotas: the shares, one for each slice.
    """
    groups = (structure(parameter(2, _quota(quota))) for quota in quotas)
    return _control(ue, RADIO_RESOURCE_ALLOCATION, SLICE_PRB_QUOTA, parameter(1, many(*groups)))


def _quota(quota: SliceQuota) -> Structure:
    sd = () if quota.slice.sd is None else (parameter(10, element(quota.slice.sd)),)
    member = structure(
        parameter(7, element(quota.plmn)),
        parameter(8, structure(parameter(9, element(bytes((quota.slice.sst,)))), *sd)),
    )
    members = many(structure(parameter(6, member)))
    return structure(
        parameter(3, structure(parameter(5, members))),
        parameter(11, element(quota.min_percent)),
        parameter(12, element(quota.max_percent)),
        parameter(13, element(quota.dedicated_percent)),
    )


def read_slice_prb_quota(message: ControlMessage) -> tuple[SliceQuota, ...]:
    """The shares in a control message, one for each slice of each group.

    Raises:
        RanwrightError: ``e2.rc.action``, the message is not of this action.
    """
    groups = _list(_root(message), 1)
    return tuple(quota for group in groups for quota in _read_group(_inside(group, 2)))


def _read_group(group: Structure) -> tuple[SliceQuota, ...]:
    members = (_inside(one, 6) for one in _list(_structure(group, 3), 5))
    ratios = (_number(group, 11), _number(group, 12), _number(group, 13))
    return tuple(SliceQuota(*_read_member(member), *ratios) for member in members)


def _read_member(member: Structure) -> tuple[bytes, SNssai]:
    plmn, where = _octets(member, 7), _structure(member, 8)
    sd = where.find(10)
    if len(plmn) == 3:
        return plmn, SNssai(_octets(where, 9)[0], None if sd is None else _octets(where, 10))
    try:
        digits = plmn.decode("ascii")
        sst = int(_octets(where, 9))
        differentiator = None if sd is None else int(_octets(where, 10)).to_bytes(3, "big")
        return plmn_identity(digits[:3], digits[3:]), SNssai(sst, differentiator)
    except (ValueError, OverflowError) as error:
        raise _refused(f"a slice is named {plmn!r}") from error


def handover(ue: UeId, target: Cgi) -> Control:
    """The control that hands a UE over to a cell (8.4.4.1)."""
    if isinstance(target, NrCgi):
        cell = parameter(3, structure(parameter(4, element(encode(NR_CGI, target)))))
    else:
        cell = parameter(5, structure(parameter(6, element(encode(EUTRA_CGI, target)))))
    return _control(
        ue,
        CONNECTED_MODE_MOBILITY,
        HANDOVER,
        parameter(1, structure(parameter(2, structure(cell)))),
    )


def read_handover(message: ControlMessage) -> Cgi:
    """The target cell in a control message.

    Raises:
        RanwrightError: ``e2.rc.action``, the message is not of this action; ``e2.malformed``, the
            octets of the cell's identity are none.
    """
    choice = _structure(_structure(_root(message), 1), 2)
    if choice.find(3) is not None:
        return decode(NR_CGI, _octets(_structure(choice, 3), 4))
    eutra: EutraCgi = decode(EUTRA_CGI, _octets(_structure(choice, 5), 6))
    return eutra


class FlowDirection(IntEnum):
    """Direction in which a QoS flow is mapped (TS 38.463 clause 9.3.1.60)."""

    UPLINK = 0
    DOWNLINK = 1


@dataclass(frozen=True, slots=True)
class FlowMapping:
    """A QoS flow and the direction in which it goes to the bearer."""

    qos_flow: int
    direction: FlowDirection


def qos_flow_mapping(ue: UeId, drb: int, flows: Sequence[FlowMapping]) -> Control:
    """The control that maps QoS flows of a UE to one of its data radio bearers (8.4.2.2)."""
    items = (
        structure(parameter(4, key(one.qos_flow)), parameter(5, element(int(one.direction))))
        for one in flows
    )
    return _control(
        ue, RADIO_BEARER, QOS_FLOW_MAPPING, parameter(1, key(drb)), parameter(2, many(*items))
    )


def read_qos_flow_mapping(message: ControlMessage) -> tuple[int, tuple[FlowMapping, ...]]:
    """The bearer and its flows in a control message.

    Raises:
        RanwrightError: ``e2.rc.action``, the message is not of this action.
    """
    root = _root(message)
    return _number(root, 1), tuple(
        FlowMapping(_number(item, 4), _direction(_number(item, 5)))
        for item in (_inside(one, 3) for one in _list(root, 2))
    )


def _direction(number: int) -> FlowDirection:
    try:
        return FlowDirection(number)
    except ValueError as error:
        raise _refused(f"a QoS flow has direction {number}") from error


def _control(ue: UeId, style: int, action: int, *parameters: Parameter) -> Control:
    return Control(UeControl(ue, style, action), Assignments(parameters))


def _root(message: ControlMessage) -> Structure:
    if not isinstance(message, Assignments):
        raise _refused(f"it is a {type(message).__name__}")
    return Structure(message.parameters)


def _inside(where: Structure, number: int) -> Structure:
    """The structure of this number, or ``where`` itself if the peer left that layer out."""
    inner = where.find(number)
    return inner if isinstance(inner, Structure) else where


def _structure(where: Structure, number: int) -> Structure:
    found = where.find(number)
    if not isinstance(found, Structure):
        raise _wrong(number, found, "STRUCTURE")
    return found


def _list(where: Structure, number: int) -> tuple[Structure, ...]:
    found = where.find(number)
    if not isinstance(found, List):
        raise _wrong(number, found, "LIST")
    return found.items


def _value(where: Structure, number: int) -> ParameterValue | None:
    found = where.find(number)
    if not isinstance(found, Element | KeyElement):
        raise _wrong(number, found, "ELEMENT")
    return found.value


def _number(where: Structure, number: int) -> int:
    value = _value(where, number)
    if not isinstance(value, int) or isinstance(value, bool):
        raise _refused(f"parameter {number} is {value!r}, not an INTEGER")
    return value


def _octets(where: Structure, number: int) -> bytes:
    value = _value(where, number)
    if not isinstance(value, bytes) or not value:
        raise _refused(f"parameter {number} is {value!r}, not octets")
    return value


def _wrong(number: int, found: ParameterTree | None, kind: str) -> RanwrightError:
    what = "missing" if found is None else f"a {type(found).__name__}"
    return _refused(f"parameter {number} is {what}, not a {kind}")


def _refused(problem: str) -> RanwrightError:
    return RanwrightError(
        "e2.rc.action",
        f"The control message is not of this action: {problem}.",
        "Compare its parameters with clause 8.4 of E2SM-RC.",
    )
