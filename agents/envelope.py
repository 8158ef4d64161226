"""Proposes envelopes: how far an xApp might move the powers that an action left."""

from collections.abc import Sequence
from dataclasses import dataclass

from agents.verifier.activation.lawful import promises_of
from contracts.activation import Activation, ActivationPlan, Holder, Promise
from contracts.certificate import Certificate
from contracts.dictionary.profile import EquipmentProfile
from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot
from contracts.plant_link import Observation
from contracts.policy import Policy
from contracts.problem import PowerVariable, Problem
from contracts.requirement import CellId, Condition
from contracts.units import mw_to_dbm, mw_to_w

_ROUNDING_DB = 0.01
"""Powers of the grid are whole milliwatts, which moves a step by less than so much."""


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
        """The widest plan up to a width around the powers in force; none where nothing can move.

        Whether the promises leave room for it, :class:`agents.room.Room` says.
        """
        most_db = min(half_width_db, self.policy.activation.max_half_width_db)
        width_db = max(most_db, self._step_db)
        envelope = tuple(v for c in self._cells if (v := self._variable(c, width_db)) is not None)
        if not envelope:
            return None
        rules, snapshot = self.policy.activation, self.observation.snapshot
        promises = promises_of(self.certificate)
        return ActivationPlan(
            certificate_id=self.certificate.certificate_id,
            snapshot_digest=snapshot.digest,
            node_name=self.observation.node_name,
            holder=self.holder,
            objective=self.problem.objective,
            objective_cells=self.problem.objective_cells,
            envelope=envelope,
            max_total_power_mw=_total_mw(envelope, promises, snapshot),
            promises=promises,
            thresholds=self.policy.thresholds,
            least_interval_ms=rules.least_interval_ms,
            watch_window_ms=rules.watch_window_ms,
            priority=self.priority,
            validity_s=self.validity_s,
            beside=tuple(other.activation_id for other in self.beside),
        )

    def _variable(self, cell: CellId, width_db: float) -> PowerVariable | None:
        """What the equipment reaches at most so far away; none where that is nothing else."""
        present_mw = self.observation.snapshot.tx_power_mw[cell]
        present_dbm = mw_to_dbm(present_mw)
        reached_mw = [
            mw
            for mw in self.equipment.grid_mw()
            if abs(mw_to_dbm(mw) - present_dbm) <= width_db + _ROUNDING_DB
        ]
        if all(mw == present_mw for mw in reached_mw):
            return None
        return PowerVariable(
            cell_id=cell,
            current_mw=present_mw,
            lower_mw=min(present_mw, *reached_mw),
            upper_mw=max(present_mw, *reached_mw),
            step_db=self._step_db,
            equipment_max_mw=self.equipment.configured_max_tx_power.max_mw,
        )

    @property
    def _step_db(self) -> float:
        return self.equipment.configured_max_tx_power.step_db

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


def narrowed(
    plan: ActivationPlan, envelope: Sequence[PowerVariable], snapshot: NetworkSnapshot
) -> ActivationPlan:
    """The plan with another envelope inside its own; cells outside of that stay as they are.

    Args:
        plan: of the snapshot.
        envelope: at least one domain, ascending by cell.
        snapshot: the network as it is now.
    """
    domains = tuple(envelope)
    total_mw = _total_mw(domains, plan.promises, snapshot)
    return ActivationPlan(**dict(plan) | {"envelope": domains, "max_total_power_mw": total_mw})


def _total_mw(
    envelope: Sequence[PowerVariable], promises: Sequence[Promise], snapshot: NetworkSnapshot
) -> int:
    """The most that promises about total power leave, and never less than is in force."""
    inside = {v.cell_id for v in envelope}
    most_mw = [sum(v.upper_mw for v in envelope)]
    for promise in promises:
        r = promise.requirement
        if r.kpi is Kpi.TX_POWER_TOTAL and r.condition is Condition.AT_MOST:
            elsewhere_w = mw_to_w(
                sum(mw for c, mw in snapshot.tx_power_mw.items() if c in {*r.cells} - inside)
            )
            left_w = r.threshold(promise.before_in_kpi_unit) - elsewhere_w
            most_mw.append(int(left_w * 1000.0 + 1e-6))
    return max(min(most_mw), sum(v.current_mw for v in envelope))
