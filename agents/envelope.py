"""Proposes envelopes: how far an xApp might move the powers that an action left."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.verifier.activation.lawful import half_width_db, promises_of
from contracts.activation import Activation, ActivationPlan, Holder
from contracts.certificate import Certificate
from contracts.dictionary.profile import EquipmentProfile
from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot
from contracts.plant_link import Observation
from contracts.policy import Policy
from contracts.problem import PowerVariable, Problem
from contracts.requirement import CellId, Condition
from contracts.units import dbm_to_mw, mw_to_dbm, mw_to_w
from contracts.verdict import Verdict

_ROUNDING_MW = 0.5
_ROUNDING_DB = 0.01
"""Powers of the grid are whole milliwatts."""


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

    def widest(self, half_width_db: float) -> ActivationPlan | None:
        """The widest plan up to a width around the powers in force; none where nothing can move."""
        most_db = min(half_width_db, self.policy.activation.max_half_width_db)
        width_db = max(most_db, self._step_db)
        return self._plan(self._envelope(self._cells, width_db, self._consumption_is_promised))

    def narrower(self, plan: ActivationPlan, verdict: Verdict) -> ActivationPlan | None:
        """A plan that keeps more of what one missed; none where nothing is left to give up.

        The width is halved as long as the equipment has steps for it. Then cells only go down:
        less of one's own is lost to a weaker neighbour. Then those cells stay as they are whose
        promises were missed.
        """
        cells = [v.cell_id for v in plan.envelope]
        half_db = max(half_width_db(v) for v in plan.envelope) / 2.0
        down_only = all(v.upper_mw == v.current_mw for v in plan.envelope)
        if half_db >= self._step_db - _ROUNDING_DB:
            return self._plan(self._envelope(cells, half_db, down_only))
        if not down_only:
            return self._plan(self._envelope(cells, 2.0 * half_db, down_only=True))
        missed = {
            cell
            for e in verdict.evidence
            if e.missed_rollouts
            for cell in e.requirement.requirement.cells
        }
        kept = tuple(v for v in plan.envelope if v.cell_id not in missed)
        return self._plan(kept) if len(kept) < len(cells) else None

    def _plan(self, envelope: tuple[PowerVariable, ...]) -> ActivationPlan | None:
        if all(v.lower_mw == v.upper_mw for v in envelope):
            return None
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

    def _envelope(
        self, cells: Sequence[CellId], width_db: float, down_only: bool
    ) -> tuple[PowerVariable, ...]:
        present_mw = self.observation.snapshot.tx_power_mw
        reached_mw = {c: self._within(present_mw[c], width_db) for c in cells}
        return tuple(
            PowerVariable(
                cell_id=c,
                current_mw=present_mw[c],
                lower_mw=min(reached_mw[c]),
                upper_mw=present_mw[c] if down_only else max(reached_mw[c]),
                step_db=self._step_db,
                equipment_max_mw=self.equipment.configured_max_tx_power.max_mw,
            )
            for c in cells
        )

    @property
    def _step_db(self) -> float:
        return self.equipment.configured_max_tx_power.step_db

    def _within(self, present_mw: int, width_db: float) -> list[int]:
        """The present power, and those of the equipment at most so far away."""
        present_dbm = mw_to_dbm(present_mw)
        low_mw = dbm_to_mw(present_dbm - width_db) - _ROUNDING_MW
        high_mw = dbm_to_mw(present_dbm + width_db) + _ROUNDING_MW
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
