"""Hypothesis strategies for messages of E2SM-KPM, -RC and -LLC, derived from their types.

A field's type gives its strategy; the tables give bounds that the type does not show, and what a
version does not have.
"""

import types
from collections.abc import Mapping
from dataclasses import fields, is_dataclass
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from contracts.e2.common import cells, interface, nodes, partial_ue, ue
from contracts.e2.common.carriers import EutraArfcn, NrArfcn, NrFrequency
from contracts.e2.kpm import conditions as kc
from contracts.e2.kpm import function as kf
from contracts.e2.kpm import measurement as km
from contracts.e2.kpm import report as kr
from contracts.e2.kpm import subscription as ks
from contracts.e2.kpm.version import KpmVersion
from contracts.e2.llc import control as lc
from contracts.e2.llc import indication as li
from contracts.e2.llc import outcome as lo
from contracts.e2.llc import slots as ls
from contracts.e2.llc import subscription as lsub
from contracts.e2.per import Bits
from contracts.e2.rc import conditions as rcc
from contracts.e2.rc import control as rct
from contracts.e2.rc import function as rf
from contracts.e2.rc import indication as ri
from contracts.e2.rc import neighbours as rn
from contracts.e2.rc import parameters as rp
from contracts.e2.rc import trigger as rt
from contracts.e2.rc.version import RcVersion

Without = frozenset[Any]
"""Classes, and ``(class, field)`` pairs, that a version does not have."""

DEEP = (rp.Structure, rp.List, rcc.ListTest, rcc.StructureTest)
DEEP += (rp.ListDefinition, rp.StructureDefinition)

FOUR = st.integers(0, 2**32 - 1)
PRINTABLE = st.text("ABCabc019 '()+,-./:=?", min_size=1, max_size=12)
NUMBER = st.integers(1, 63) | st.integers(64, 255)
FINITE = st.floats(allow_nan=False, allow_infinity=False).filter(lambda x: str(x) != "-0.0")


def octets(size: int) -> st.SearchStrategy[bytes]:
    return st.binary(min_size=size, max_size=size)


def bits(*sizes: int) -> st.SearchStrategy[Bits]:
    return st.one_of([st.integers(0, 2**n - 1).map(lambda v, n=n: Bits(v, n)) for n in sizes])


BY_NAME: Mapping[str, st.SearchStrategy[Any]] = {
    "plmn": octets(3),
    "sd": octets(3),
    "ran_ue_id": octets(8),
    "amf_ue_ngap_id": st.integers(0, 2**40 - 1),
    "amf_set": st.integers(0, 1023),
    "amf_pointer": st.integers(0, 63),
    "mme_group": st.integers(0, 65_535),
    "m_enb_ue_x2ap_id": st.integers(0, 4095),
    "m_enb_ue_x2ap_id_extension": st.integers(0, 5000),
    "c_rnti": st.integers(0, 65_535),
    "mimo_mode": st.integers(1, 3),
    "arp_max": st.integers(1, 20),
    "bitrate_range": st.integers(1, 70_000),
    "granularity_period_ms": st.integers(1, 2**32 - 1),
    "reporting_period_ms": st.integers(1, 2**32 - 1),
    "gnb_du_id": st.integers(0, 2**36 - 1),
    "procedure": st.integers(-(2**40), 2**40),
    "style_type": st.integers(-300, 70_000),
    "instance": st.integers(-1, 2**31),
    "description": st.text("ABC-. 1", min_size=1, max_size=160),
    "unicode": st.nothing(),
}

BY_FIELD: Mapping[tuple[type, str], st.SearchStrategy[Any]] = {
    (cells.NrCgi, "cell"): st.integers(0, 2**36 - 1),
    (cells.EutraCgi, "cell"): st.integers(0, 2**28 - 1),
    (cells.SsbBeam, "value"): st.integers(0, 63),
    (nodes.GlobalGnbId, "gnb"): bits(22, 25, 31, 32),
    (nodes.GlobalEnGnbId, "gnb"): bits(22, 25, 31, 32),
    (nodes.GlobalNgEnbId, "enb"): bits(18, 20, 21),
    (nodes.GlobalEnbId, "enb"): bits(18, 20, 21, 28),
    (NrArfcn, "value"): st.integers(0, 3_279_165),
    (NrFrequency, "arfcn"): st.integers(0, 3_279_165),
    (EutraArfcn, "value"): st.integers(0, 65_535),
    (rn.NrNeighbour, "tac"): octets(3),
    (rn.EutraNeighbour, "tac"): octets(2),
    (kr.NotSatisfied, "value"): st.none(),
    (kc.EnumNumber, "value"): st.integers(),
    (rp.Parameter, "id"): st.integers(1, 2**32 - 1),
    (rct.CallProcessId, "id"): st.integers(1, 2**33),
    (rt.OnDemand, "on_demand"): st.just(True),
    (kr.Record, "values"): st.lists(
        st.none() | FINITE | FOUR | st.just(kr.NOT_SATISFIED), min_size=1, max_size=4
    ).map(tuple),
}

BY_LLC_FIELD: Mapping[tuple[type, str], st.SearchStrategy[Any]] = {
    (lsub.PeriodicTrigger, "reporting_period_ms"): st.integers(1, 65_535),
    (ls.SlotTime, "start_time"): octets(8),
    (ls.SlotIndex, "subcarrier_spacing_khz"): st.sampled_from(list(ls.SLOTS_PER_FRAME)),
    (ls.SlotIndex, "number"): st.integers(0, 9),
    (li.SrsSymbol, "compression"): octets(1),
    (lc.Dci10, "interleaved"): st.just(True),
    (lc.Dci11, "interleaved"): st.just(True),
    (lc.Dci11, "antenna_ports"): bits(4, 5, 6),
    (lc.Dci11, "srs_request"): bits(2, 3),
    (lc.Dci11, "dmrs_sequence"): st.integers(0, 1),
    (lo.ChannelsHandled, "value"): octets(8),
    (lo.Scheduled, "received"): octets(8),
    (lo.Scheduled, "margin"): st.integers(-32_767, 32_767),
}

_UE_CLASSES = get_args(ue.UeId)
_BEFORE_V5 = frozenset((one, "cell_rnti") for one in _UE_CLASSES)
_LATE_LABELS = frozenset((km.MeasurementLabel, n) for n in ("ssb_index", "non_gob_mode"))
_LATE_LABELS |= {(km.MeasurementLabel, "mimo_mode")}
_KPM_V3 = frozenset(
    [
        (km.MeasurementLabel, "cell"),
        (km.MeasurementLabel, "beam"),
        (ks.MeasurementInfo, "report_conditions"),
        kr.NotSatisfied,
    ]
)
_KPM_V2 = frozenset(
    [
        (kc.MatchingCondition, "logical_or"),
        (kc.MatchingUeCondition, "logical_or"),
        (kc.MeasurementCondition, "bins"),
        (kr.ConditionReport, "ues_by_period"),
        (ks.Measurements, "bins"),
        (kf.MeasurementOffer, "bins"),
    ]
)
KPM_WITHOUT: Mapping[KpmVersion, Without] = {
    KpmVersion.V2_01: _KPM_V2 | _KPM_V3 | _LATE_LABELS | _BEFORE_V5,
    KpmVersion.V2_03: _KPM_V3 | _BEFORE_V5,
    KpmVersion.V3_00: _KPM_V3 | _BEFORE_V5,
    KpmVersion.V4_00: frozenset(),
}
_ON_DEMAND = frozenset([(rt.OnDemand, "ues"), (rt.OnDemand, "cells")])
_ON_DEMAND |= {(ri.OnDemandReport, "ues"), (ri.OnDemandReport, "cells")}
_RC_V3 = frozenset(
    [
        rct.PartialUeControl,
        rct.References,
        rct.NoAssignments,
        (rf.ControlActionOffer, "ue_groups"),
        (rf.ControlStyle, "further_formats"),
        *_BEFORE_V5,
    ]
)
_RC_V1 = frozenset(
    [
        rct.GroupControl,
        rct.FilteredAssignments,
        rt.UeContext,
        rt.MimoChange,
        (rf.RanFunction, "queries"),
        rcc.Presence.VALUE_CHANGE,
    ]
)
RC_WITHOUT: Mapping[RcVersion, Without] = {
    RcVersion.V1_03: _RC_V1 | _RC_V3,
    RcVersion.V3_00: _RC_V3 | _ON_DEMAND,
    RcVersion.V5_00: _ON_DEMAND,
}


def of(kind: Any, without: Without = frozenset(), depth: int = 2) -> st.SearchStrategy[Any]:
    """Values of a type that a version has."""
    return _of(kind, without, depth)


@cache
def _of(kind: Any, without: Without, depth: int) -> st.SearchStrategy[Any]:
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _one_of(get_args(kind), without, depth)
    if origin is tuple:
        item = _of(get_args(kind)[0], without, depth)
        return st.lists(item, min_size=1, max_size=2).map(tuple)
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from([one for one in kind if one not in without])
    if is_dataclass(kind):
        return _built(kind, without, depth - (kind in DEEP))
    plain: dict[Any, st.SearchStrategy[Any]] = {
        int: NUMBER,
        float: FINITE,
        bool: st.booleans(),
        bytes: st.binary(max_size=5),
        str: PRINTABLE,
        Bits: bits(1, 3, 8, 17),
        type(None): st.none(),
    }
    return plain[kind]


def _one_of(kinds: tuple[Any, ...], without: Without, depth: int) -> st.SearchStrategy[Any]:
    left = [k for k in kinds if k not in without and (depth > 0 or k not in DEEP)]
    return st.one_of([_of(k, without, depth) for k in left])


def _built(kind: Any, without: Without, depth: int) -> st.SearchStrategy[Any]:
    hints = get_type_hints(kind)
    known = {}
    for one in fields(kind):
        if (kind, one.name) in without:
            continue
        known[one.name] = _field(kind, one.name, hints[one.name], without, depth)
    return st.builds(kind, **known)


def _field(kind: Any, name: str, hint: Any, without: Without, depth: int) -> st.SearchStrategy[Any]:
    if (kind, name) == (ks.UeListMeasurements, "ues"):
        ues = _of(ue.UeId, without, depth)
        return st.lists(ues, min_size=2, max_size=3).map(tuple)
    special = BY_LLC_FIELD.get((kind, name), BY_FIELD.get((kind, name), BY_NAME.get(name)))
    if special is None:
        return _of(hint, without, depth)
    if (kind, name) == (kr.Record, "values") and kr.NotSatisfied in without:
        return special.filter(lambda values: kr.NOT_SATISFIED not in values)
    return st.none() | special if type(None) in get_args(hint) else special


__all__ = ["KPM_WITHOUT", "RC_WITHOUT", "interface", "of", "partial_ue"]
