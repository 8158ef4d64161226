"""Proposes envelopes: how far an xApp might move the powers that an action left."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from agents.verifier.activation.lawful import promises_of
from contracts.activation import Activation, ActivationPlan, Holder
from contracts.certificate import Certificate
from contracts.dictionary.profile import EquipmentProfile
from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot
from contracts.plant_link import Observation
from contracts.policy import Policy
from contracts.problem import PowerVariable, Problem
from contracts.requirement import Condition
from contracts.units import dbm_to_mw, mw_to_dbm, mw_to_w

_HALVINGS = 3
_ROUNDING_MW = 0.5
"""Powers of the grid are whole milliwatts."""


@dataclass(frozen=True)
class Width:
    """Distance of both ends from the powers in force; ``down_only``: the upper end stays there."""

    half_width_db: float
    down_only: bool = False


@dataclass(frozen=True)
class Proposal:
    """What an activation plan is made of, but for its width.

    Args:
        certificate: of the fulfilled action that it follows.
        problem: of that action.
        observation: the network as it is now.
        policy: in force.
        equipment: of the network.
        holder: who shall move.
        priority: 0 to 100, larger first.
        validity_s: wall time.
        beside: other activations that move at the same time.
    """

    certificate: Certificate
    problem: Problem
    observation: Observation
    policy: Policy
    equipment: EquipmentProfile
    holder: Holder
    priority: int
    validity_s: int
    beside: tuple[Activation, ...] = ()

    def plans(self, half_width_db: float) -> Iterator[ActivationPlan]:
        """The widest plan first, then narrower ones; equal ones once.

        The width is halved as long as the equipment has steps for it. What is narrower than one
        step up and down is one step down: less of one's own is lost to a weaker neighbour.
        """
        most_db = min(half_width_db, self.policy.activation.max_half_width_db)
        widths = [Width(most_db / 2**k) for k in range(_HALVINGS + 1)]
        step_db = self.equipment.configured_max_tx_power.step_db
        widths = [w for w in widths if w.half_width_db >= step_db] or [Width(step_db)]
        widths.append(replace(widths[-1], down_only=True))
        seen = set()
        for width in widths:
            envelope = self._envelope(width)
            if any(v.lower_mw < v.upper_mw for v in envelope) and envelope not in seen:
                seen.add(envelope)
                yield self._plan(envelope)

    def _plan(self, envelope: tuple[PowerVariable, ...]) -> ActivationPlan:
        rules, snapshot = self.policy.activation, self.observation.snapshot
        return ActivationPlan(
            certificate_id=self.certificate.certificate_id,
            snapshot_digest=snapshot.digest,
            node_name=self.observation.node_name,
            holder=self.holder,
            objective=self.problem.objective,
            objective_cells=self.problem.objective_cells,
            envelope=envelope,
            max_total_power_mw=self._total_mw(envelope, snapshot),
            promises=promises_of(self.certificate),
            thresholds=self.policy.thresholds,
            least_interval_ms=rules.least_interval_ms,
            watch_window_ms=rules.watch_window_ms,
            priority=self.priority,
            validity_s=self.validity_s,
            beside=tuple(other.activation_id for other in self.beside),
        )

    def _envelope(self, width: Width) -> tuple[PowerVariable, ...]:
        present_mw = self.observation.snapshot.tx_power_mw
        step_db = self.equipment.configured_max_tx_power.step_db
        down_only = width.down_only or self._consumption_is_promised
        return tuple(
            PowerVariable(
                cell_id=cell,
                current_mw=present_mw[cell],
                lower_mw=min(self._within(present_mw[cell], width)),
                upper_mw=present_mw[cell]
                if down_only
                else max(self._within(present_mw[cell], width)),
                step_db=step_db,
            )
            for cell in self._cells
        )

    def _within(self, present_mw: int, width: Width) -> list[int]:
        """The present power, and those of the equipment at most so far away."""
        present_dbm = mw_to_dbm(present_mw)
        low_mw = dbm_to_mw(present_dbm - width.half_width_db) - _ROUNDING_MW
        high_mw = dbm_to_mw(present_dbm + width.half_width_db) + _ROUNDING_MW
        grid_mw = self.equipment.grid_mw()
        return [present_mw, *(mw for mw in grid_mw if low_mw <= mw <= high_mw)]

    @property
    def _cells(self) -> list[int]:
        """That the policy lets move and nobody else does: first those that the action changed."""
        taken = {v.cell_id for other in self.beside for v in other.plan.envelope}
        changed = {c.cell_id for c in self.certificate.plan.changes}
        free = [
            c
            for c in self.policy.action.allowed_cells
            if c not in taken and c in self.observation.snapshot.cell_ids
        ]
        free.sort(key=lambda c: (c not in changed, c not in self.problem.objective_cells, c))
        return sorted(free[: self.policy.action.max_changed_cells])

    @property
    def _consumption_is_promised(self) -> bool:
        """No total bounds consumed power: more power in one cell costs other than in another."""
        return any(
            s.requirement.kpi is Kpi.PEE_AVG_POWER and s.requirement.condition is Condition.AT_MOST
            for s in self.certificate.watch.requirements
        )

    def _total_mw(self, envelope: Sequence[PowerVariable], snapshot: NetworkSnapshot) -> int:
        """The most that promises about total power leave, and never less than is in force."""
        inside = {v.cell_id for v in envelope}
        most_mw = [sum(v.upper_mw for v in envelope)]
        for promise in promises_of(self.certificate):
            r = promise.requirement
            if r.kpi is Kpi.TX_POWER_TOTAL and r.condition is Condition.AT_MOST:
                elsewhere_w = mw_to_w(
                    sum(mw for c, mw in snapshot.tx_power_mw.items() if c in {*r.cells} - inside)
                )
                left_w = r.threshold(promise.before_in_kpi_unit) - elsewhere_w
                most_mw.append(int(left_w * 1000.0 + 1e-6))
        return max(min(most_mw), sum(v.current_mw for v in envelope))
