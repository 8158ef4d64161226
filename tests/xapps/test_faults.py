"""The fault campaign, one plant: each fault is detected, and the network restored, in time."""

from collections.abc import Iterator

import pytest

from benchmarks.faults.campaign import carry_out
from benchmarks.faults.cases import CASES, Case
from benchmarks.faults.rig import Rig

NORMAL = (
    "none",
    "plant misapplies it, stage 3",
    "plant reverts it in the watch",
    "KPIs forged tenfold, stage 3",
    "KPIs contradict each other, stage 2",
    "wall clock jumps back in the watch",
    "journal's disk full before the control",
    "journal's disk full after the control",
    "ledger's disk full in stage 2",
)


@pytest.fixture(scope="module")
def rig(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Rig]:
    with Rig(tmp_path_factory.mktemp("faults"), seed=11) as made:
        yield made


@pytest.mark.parametrize(
    "case",
    [c if c.name in NORMAL else pytest.param(c, marks=pytest.mark.slow) for c in CASES],
    ids=lambda c: c.name,
)
def test_a_fault_is_detected_and_the_network_restored(rig: Rig, case: Case) -> None:
    row = carry_out(rig, case)
    holds = ("detected", "restored", "within_limit", "clean_afterwards")
    assert all(row[name] for name in holds), row
