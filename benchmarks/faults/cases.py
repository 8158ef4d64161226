"""The faults of the campaign, and how each must end."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from benchmarks.faults import forged
from benchmarks.faults.papers import BEFORE_MW
from benchmarks.faults.proxy import Fault, Forge

Where = Literal["before", "plan", "last resort"]


@dataclass(frozen=True)
class Case:
    """A fault, the ends that are right, and where the plant must stand then.

    ``environment`` hurts the actuator. ``plant_dies``, ``ledger_full``: in the second stage.
    """

    name: str
    ends: tuple[str, ...]
    codes: tuple[str, ...]
    restored_to: Where = "before"
    fault: Fault = field(default_factory=lambda: Fault(stage=0))
    environment: Mapping[str, str] = field(default_factory=dict)
    plant_dies: bool = False
    ledger_full: bool = False


def _control(name: str, treated: str, stage: int, end: str, *codes: str) -> Case:
    return Case(f"{name}, stage {stage}", (end,), codes, fault=Fault(control=treated, stage=stage))


def _reports(name: str, forge: Forge, stage: int, *codes: str) -> Case:
    fault = Fault(stage=stage, forge=forge)
    return Case(f"{name}, stage {stage}", ("rolled_back",), codes, fault=fault)


_STUBBORN = (1, (BEFORE_MW,))

CASES = (
    Case("none", ("fulfilled",), ("effect.confirmed",), "plan"),
    _control("plant ignores the control", "ignore", 1, "not_applied", "effect.not_taken"),
    _control("plant ignores the control", "ignore", 2, "rolled_back", "effect.not_taken"),
    _control("plant half-applies it", "half", 2, "rolled_back", "effect.not_taken"),
    _control("plant misapplies it", "misapply", 1, "rolled_back", "effect.not_taken"),
    _control("plant misapplies it", "misapply", 3, "rolled_back", "effect.not_taken"),
    _control("plant delays it", "delay", 1, "not_applied", "e2.control_unanswered"),
    _control("plant delays it", "delay", 2, "rolled_back", "e2.control_unanswered"),
    _control("plant refuses it", "refuse", 2, "rolled_back", "control.refused"),
    Case(
        "plant reverts it in the watch",
        ("rolled_back",),
        ("effect.configuration_differs",),
        fault=Fault(stage=2, reverts_after_reports=10),
    ),
    Case(
        "plant dies in the watch",
        ("rolled_back",),
        ("effect.silence", "effect.unmeasurable", "effect.unreadable"),
        plant_dies=True,
    ),
    Case(
        "one cell cannot be restored",
        ("fallen_back",),
        ("rollback.fallen_back",),
        "last resort",
        Fault(control="misapply", stage=2, refuses=_STUBBORN),
    ),
    _reports("KPIs missing: silence", forged.silent, 1, "effect.silence"),
    _reports("KPIs missing: silence", forged.silent, 3, "effect.silence"),
    _reports("KPIs missing: UEs", forged.without_ues, 2, "effect.silence"),
    _reports("KPIs stale", forged.stale, 2, "effect.silence"),
    _reports("KPIs forged tenfold", forged.tenfold, 1, "effect.unforeseen"),
    _reports("KPIs forged tenfold", forged.tenfold, 3, "effect.unforeseen"),
    _reports("KPIs contradict each other", forged.contradictory, 2, "effect.implausible"),
    _reports("KPIs contradict the read-back", forged.of_before, 2, "effect.configuration_differs"),
    _reports("plant's clock jumps ahead", forged.an_hour_ahead, 2, "effect.deadline"),
    _reports("plant's clock jumps back", forged.an_hour_behind, 2, "effect.silence"),
    Case(
        "wall clock an hour ahead before",
        ("refused",),
        ("certificate.expired",),
        environment={"CLOCK": "start:3600"},
    ),
    Case(
        "wall clock an hour behind before",
        ("refused",),
        ("certificate.not_yet_valid", "key.not_yet_valid"),
        environment={"CLOCK": "start:-3600"},
    ),
    Case(
        "wall clock jumps ahead in the watch",
        ("fulfilled",),
        ("effect.confirmed",),
        "plan",
        environment={"CLOCK": "acknowledged:3600"},
    ),
    Case(
        "wall clock jumps back in the watch",
        ("fulfilled",),
        ("effect.confirmed",),
        "plan",
        environment={"CLOCK": "acknowledged:-3600"},
    ),
    Case(
        "journal's disk full before the control",
        ("refused",),
        ("journal.unwritable",),
        environment={"FULL": "received"},
    ),
    Case(
        "journal's disk full at the control",
        ("refused",),
        ("journal.unwritable",),
        environment={"FULL": "sending"},
    ),
    Case(
        "journal's disk full after the control",
        ("refused",),
        ("journal.unwritable",),
        fault=Fault(stage=1),
        environment={"FULL": "acknowledged"},
    ),
    Case(
        "journal's disk full in the watch",
        ("refused",),
        ("journal.unwritable",),
        fault=Fault(stage=1),
        environment={"FULL": "watching"},
    ),
    Case(
        "ledger's disk full in stage 2",
        ("rolled_back",),
        ("rpc.defect",),
        ledger_full=True,
    ),
)
"""``refused`` with a full disk: the caller hears of the disk, and the receipt follows the room."""
