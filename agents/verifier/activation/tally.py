"""The tally of an envelope's roll-outs: what each promise comes to at the worst.

Settings share networks, traffic and fading. Of each UE the least and the most over all corners is
taken, whichever corner it came from; every KPI of the catalogue rises or falls with what each UE
gets, so what it comes to on these bounds it for all corners, and for every mixture of them.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields, replace

import torch
from torch import Tensor

from agents.verifier.activation.box import Box
from agents.verifier.activation.papers import ActivationPapers
from agents.verifier.activation.physical import total_power_w
from contracts.activation import Promise
from contracts.kpi import Kpi
from contracts.problem import SourcedRequirement
from contracts.requirement import Condition
from contracts.verdict import KpiInterval, RequirementEvidence
from twins.kpis import PairedRollouts, WindowKpis, kpi_samples

_ROUNDING = 1e-6
"""Relative difference up to which a KPI counts as equal: sums in another order."""


@dataclass(frozen=True)
class Look:
    """Some roll-outs: each promise's KPI at the worst of the corners, and at interior points.

    Attributes:
        corner: [N, R].
        interior: [N, P, R], or nothing where the corners said enough.
    """

    corner: Tensor
    interior: Tensor | None = None


class Reading:
    """Reads promises from windows; the cohort and the values before are those of the baseline."""

    def __init__(self, papers: ActivationPapers, box: Box) -> None:
        self._papers = papers
        self._box = box

    def worst(self, corners: Sequence[PairedRollouts]) -> Tensor:
        """[N, R] each promise's KPI at the worst of all corners together."""
        low = replace(corners[0], after=_merged([c.after for c in corners], torch.minimum))
        high = replace(corners[0], after=_merged([c.after for c in corners], torch.maximum))
        ends = ((p, self._value(p, low), self._value(p, high)) for p in self._all)
        return torch.stack([self._worse(p, one, other) for p, one, other in ends], -1)

    def each(self, points: Sequence[PairedRollouts]) -> Tensor:
        """[N, P, R] each promise's KPI at each point."""
        rows = [torch.stack([self._value(p, point) for p in self._all], -1) for point in points]
        return torch.stack(rows, 1)

    @property
    def _all(self) -> tuple[Promise, ...]:
        return self._papers.plan.promises

    def _worse(self, promise: Promise, one: Tensor, other: Tensor) -> Tensor:
        """An undefined KPI stays undefined."""
        at_least = promise.requirement.condition is Condition.AT_LEAST
        return torch.minimum(one, other) if at_least else torch.maximum(one, other)

    def _value(self, promise: Promise, paired: PairedRollouts) -> Tensor:
        """[N] float64."""
        r = promise.requirement
        if r.kpi is Kpi.TX_POWER_TOTAL:  # the total is kept whatever the setting
            worst_w = total_power_w(promise, self._papers, self._box)
            return torch.full((len(paired.after.serving),), worst_w, dtype=torch.float64)
        before = replace(paired, before=self._measured_before(paired))
        thresholds = self._papers.plan.thresholds
        return kpi_samples(r.kpi, r.cells, self._papers.baseline, before, thresholds)[1].double()

    def _measured_before(self, paired: PairedRollouts) -> WindowKpis:
        """The window before as it was measured; a UE that was not there has no part in it."""
        rsrp_dbm = {ue.ue_id: ue.serving_rsrp_dbm for ue in self._papers.baseline.ues}
        known = torch.tensor([rsrp_dbm.get(ue_id, -torch.inf) for ue_id in paired.ue_ids])
        return replace(paired.before, serving_rsrp_dbm=known.expand_as(paired.after.sinr_db))


class PromiseTally:
    """Counts over the roll-outs seen so far.

    Args:
        promises: what is counted.
        centre: [R] KPIs to stretch away from.
        stretch_factor: by which; 1 takes the roll-outs as they are.
    """

    def __init__(
        self, promises: Sequence[Promise], centre: Tensor | None, stretch_factor: float
    ) -> None:
        self._promises = promises
        self._centre = centre
        self._stretch_factor = stretch_factor
        self._looks: list[Look] = []

    def add(self, look: Look) -> None:
        """Count further roll-outs."""
        self._looks.append(look)

    @property
    def rollouts(self) -> int:
        """Roll-outs counted."""
        return sum(len(look.corner) for look in self._looks)

    @property
    def missed(self) -> int:
        """Roll-outs in which a promise was missed, at the corners or at any interior point."""
        return sum(int(self._missed(look).any(-1).sum()) for look in self._looks)

    def missed_with(self, look: Look) -> int:
        """What :attr:`missed` would be with these roll-outs too."""
        return self.missed + int(self._missed(look).any(-1).sum())

    @property
    def interior_missed(self) -> int:
        """Roll-outs in which an interior point missed a promise."""
        return sum(
            int(self._misses(look.interior).any(-1).any(-1).sum())
            for look in self._looks
            if look.interior is not None
        )

    @property
    def interior_outside(self) -> int:
        """KPIs at interior points that are worse than the corners let foresee."""
        count = 0
        for look in self._looks:
            if look.interior is not None:
                worst = self._margins(look.corner).unsqueeze(1)
                rounding = _ROUNDING * worst.abs().clamp_min(1.0)
                count += int((self._margins(look.interior) < worst - rounding).sum())
        return count

    @property
    def evidence(self) -> tuple[RequirementEvidence, ...]:
        """How often each promise was missed."""
        missed = torch.cat([self._missed(look) for look in self._looks])
        return tuple(
            RequirementEvidence(
                requirement=SourcedRequirement(requirement=p.requirement, origin=p.origin),
                missed_rollouts=count,
            )
            for p, count in zip(self._promises, missed.sum(0).tolist(), strict=True)
        )

    @property
    def intervals(self) -> tuple[KpiInterval, ...]:
        """The spread of each promise's KPI at the worst of the corners, stretched."""
        quantiles = torch.tensor([0.05, 0.5, 0.95], dtype=torch.float64)
        values = self._stretched(torch.cat([look.corner for look in self._looks]))
        spread = torch.nanquantile(values, quantiles, dim=0).nan_to_num(nan=0.0).T.tolist()
        return tuple(
            KpiInterval(
                kpi=p.requirement.kpi,
                cells=p.requirement.cells,
                before_median=p.before_in_kpi_unit,
                after_low=low,
                after_median=median,
                after_high=high,
            )
            for p, (low, median, high) in zip(self._promises, spread, strict=True)
        )

    def _missed(self, look: Look) -> Tensor:
        """[N, R]."""
        at_corners = self._misses(look.corner)
        if look.interior is None:
            return at_corners
        return at_corners | self._misses(look.interior).any(1)

    def _misses(self, values: Tensor) -> Tensor:
        """An undefined KPI is a miss: only a margin of zero holds."""
        held: Tensor = self._margins(self._stretched(values)) >= 0
        return ~held

    def _margins(self, values: Tensor) -> Tensor:
        return torch.stack(
            [
                p.requirement.margin(p.before_in_kpi_unit, values[..., r])
                for r, p in enumerate(self._promises)
            ],
            -1,
        )

    def _stretched(self, values: Tensor) -> Tensor:
        if self._centre is None:
            return values
        return self._centre + self._stretch_factor * (values - self._centre)


def _merged(
    windows: Sequence[WindowKpis], choose: Callable[[Tensor, Tensor], Tensor]
) -> WindowKpis:
    """UE by UE and cell by cell, the least or the most over windows of the same networks."""
    merged = windows[0]
    for window in windows[1:]:
        merged = WindowKpis(
            **{
                f.name: choose(getattr(merged, f.name), getattr(window, f.name))
                for f in fields(WindowKpis)
            }
        )
    return merged
