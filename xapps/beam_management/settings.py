"""The controls of the xApp, as its descriptor has them and its schema checks them."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal, Self

from contracts.e2.llc.beam_sets import SETS, beams_of

Predictor = Literal["last", "alpha_beta", "kalman", "network"]


@dataclass(frozen=True, slots=True)
class HandoverRule:
    """When a handover is proposed.

    Attributes:
        horizon_ms: how far ahead powers are predicted.
        least_rsrp_dbm: below it the serving cell's best beam is about to fail.
        least_margin_db: it is, too, where a neighbour is stronger by so much: it interferes.
        hysteresis_db: that the neighbour must be stronger in any case.
        time_to_trigger_ms: for how long all of that must hold.
        repeat_ms: between two proposals for a UE.
        guard_ms: after a change of cell without a proposal.
        return_guard_ms: after a change of cell without a proposal back to the cell before.
    """

    horizon_ms: int
    least_rsrp_dbm: float
    least_margin_db: float
    hysteresis_db: float
    time_to_trigger_ms: int
    repeat_ms: int
    guard_ms: int
    return_guard_ms: int


@dataclass(frozen=True, slots=True)
class Settings:
    """How the xApp works.

    Attributes:
        control: it switches; else it publishes advice.
        hand_over: it carries its own proposals out, in a laboratory.
        predictor: of the column of the best beam.
        forbidden_beams: never indicated; sets that hold one are never swept.
        measurement_sd_db: of a narrow beam's L1-RSRP.
        trust_sd_db: up to this uncertainty a beam is used unmeasured.
        surprise_db: so far below the expected, all beams are swept.
        most_wander_db2_per_s: of powers that this xApp keeps up with; whose wander more are the
            gNB's own.
        most_sets: swept at once while only a few are.
        gap_ms: without reports, after which a UE's past counts no more.
        silence_timeout_s: without any report, after which the subscription is made anew.
        answer_timeout_s: how long the node may take for a control.
        handover: see there.
    """

    control: bool
    hand_over: bool
    predictor: Predictor
    forbidden_beams: frozenset[int]
    measurement_sd_db: float
    trust_sd_db: float
    surprise_db: float
    most_wander_db2_per_s: float
    most_sets: int
    gap_ms: int
    silence_timeout_s: float
    answer_timeout_s: float
    handover: HandoverRule

    @property
    def sweepable(self) -> tuple[int, ...]:
        """Resource sets without a forbidden beam."""
        return tuple(s for s in range(SETS) if self.forbidden_beams.isdisjoint(beams_of(s)))

    @classmethod
    def of(cls, controls: Mapping[str, Any]) -> Self:
        """The settings that controls, checked against the schema, say."""
        rest = {k: v for k, v in controls.items() if k not in ("handover", "forbidden_beams")}
        return cls(
            **rest,
            forbidden_beams=frozenset(controls["forbidden_beams"]),
            handover=HandoverRule(**controls["handover"]),
        )
