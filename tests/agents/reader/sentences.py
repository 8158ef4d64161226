"""Short ways to write down what a sentence must be read as."""

from contracts.kpi import Kpi
from contracts.measurable import requirements_of
from contracts.requirement import (
    Condition,
    PowerBound,
    RatioBound,
    RelativeChange,
    Requirement,
    ThroughputBound,
)

CELLS = tuple(range(1, 10))
MEAN, P5, POWER, ENERGY = (
    Kpi.UE_THP_DL_MEAN,
    Kpi.UE_THP_DL_P5,
    Kpi.TX_POWER_TOTAL,
    Kpi.PEE_AVG_POWER,
)
RSRP, SINR = Kpi.WEAK_RSRP_RATIO, Kpi.LOW_SINR_RATIO
LEAST, MOST = Condition.AT_LEAST, Condition.AT_MOST


def rel(change_percent):
    return RelativeChange(change_percent=change_percent)


def mbps(value):
    return ThroughputBound(threshold_mbps=value)


def watts(value):
    return PowerBound(threshold_w=value)


def share(value):
    return RatioBound(threshold_percent=value)


def deliver(kpi, cells, condition, bound):
    return ("DELIVER", _requirement(kpi, cells, condition, bound))


def ensure(kpi, cells, condition, bound):
    return ("ENSURE", _requirement(kpi, cells, condition, bound))


def _requirement(kpi, cells, condition, bound):
    return Requirement(kpi=kpi, cells=cells, condition=condition, bound=bound)


def targets(reading):
    """Verb and requirement of every target of an intent, in order."""
    assert reading.kind == "intent", reading
    return [
        (e.expectation_verb, requirement)
        for e in reading.intent_expectations
        for target in e.expectation_targets
        for requirement in requirements_of(target, e.expectation_object)
    ]
