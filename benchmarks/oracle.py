"""An oracle: searches powers on a plant's hidden truth, the yardstick of what can be fulfilled."""

import torch

from contracts.kpi import Kpi
from contracts.network import NetworkSnapshot
from contracts.problem import Problem
from twins.channel import rsrp_dbm
from twins.flow import FlowModel, serving_cells
from twins.plant.truth import Truth
from twins.runtime import seeded
from twins.scenario import Scenario

WINDOW_STEPS = 100
ROUNDS = 15
MOVES_DB = (-2.0, -0.5, 0.5, 2.0)


class TruthSearch:
    """Coordinate search on the power grid, judged by the plant's true links and activity."""

    def __init__(
        self, problem: Problem, snapshot: NetworkSnapshot, scenario: Scenario, truth: Truth
    ) -> None:
        self._problem, self._snapshot, self._scenario = problem, snapshot, scenario
        self._truth = truth
        self._flow = FlowModel(scenario)
        ids = scenario.cell_ids
        self._serving = torch.tensor([ids.index(u.serving_cell) for u in snapshot.ues])
        self._domains = {
            v.cell_id: [
                mw
                for mw in scenario.equipment.configured_max_tx_power.grid_mw()
                if v.lower_mw <= mw <= v.upper_mw
            ]
            for v in problem.variables
        }
        present = [snapshot.tx_power_mw[c] for c in ids]
        self._before = self._throughput(torch.tensor([present], dtype=torch.float32))[0]
        self._present_rsrp = self._rsrp(torch.tensor([present], dtype=torch.float32))[0]

    def best(self, starts: list[dict[int, int]]) -> tuple[dict[int, int], float]:
        """The best powers found from the best of the starts, and their worst relative margin."""
        starts = [*starts, {c: d[-1] for c, d in self._domains.items()}]
        margins = self._margins(starts)
        i = max(range(len(starts)), key=lambda k: margins[k])
        here, margin = starts[i], margins[i]
        for _ in range(ROUNDS):
            around = self._neighbours(here)
            margins = self._margins(around)
            i = max(range(len(around)), key=lambda k: margins[k])
            if margins[i] <= margin:
                break
            here, margin = around[i], margins[i]
        return here, margin

    def _neighbours(self, here: dict[int, int]) -> list[dict[int, int]]:
        found = []
        for cell, domain in self._domains.items():
            at = min(range(len(domain)), key=lambda k: abs(domain[k] - here[cell]))
            for move_db in MOVES_DB:
                to = at + round(move_db / 0.5)
                if 0 <= to < len(domain):
                    found.append({**here, cell: domain[to]})
        return found

    def _margins(self, powers: list[dict[int, int]]) -> list[float]:
        ids = self._scenario.cell_ids
        batch = torch.tensor([[p[c] for c in ids] for p in powers], dtype=torch.float32)
        after, rsrp = self._throughput(batch), self._rsrp(batch)
        worst = torch.full((len(powers),), torch.inf, dtype=torch.float64)
        ue_ids = [u.ue_id for u in self._snapshot.ues]
        for sourced in self._problem.requirements:
            r = sourced.requirement
            cohort = torch.tensor([ue_ids.index(u) for u in self._snapshot.cohort(r.cells)])
            weak = self._problem.thresholds.weak_rsrp_dbm
            if r.kpi is Kpi.TX_POWER_TOTAL:
                columns = torch.tensor([ids.index(c) for c in r.cells])
                margin = self._total_mw(columns) - batch.double()[:, columns].sum(-1)
                margin = torch.where(margin >= -1e-6, torch.inf, margin)
            elif r.kpi is Kpi.COVERAGE_LOSS_RATIO:
                lost = (self._present_rsrp >= weak) & (rsrp < weak)
                margin = torch.where(lost[:, cohort].any(-1), -1.0, torch.inf).double()
            else:
                before_kpi = _kpi(r.kpi, self._before[None, cohort])
                after_kpi = _kpi(r.kpi, after[:, cohort])
                margin = r.margin(before_kpi, after_kpi) / r.threshold(before_kpi)
            worst = torch.minimum(worst, margin)
        return [float(m) for m in worst]

    def _total_mw(self, columns: torch.Tensor) -> float:
        present = [self._snapshot.tx_power_mw[c] for c in self._scenario.cell_ids]
        return float(torch.tensor(present, dtype=torch.float64)[columns].sum())

    def _moved(self, powers: torch.Tensor) -> torch.Tensor:
        rsrp = rsrp_dbm(self._scenario, self._truth.gain_db[None], powers)
        start = self._serving.expand(len(powers), -1)
        return serving_cells(rsrp, start, self._scenario.radio.handover_offset_db)

    def _rsrp(self, powers: torch.Tensor) -> torch.Tensor:
        rsrp = rsrp_dbm(self._scenario, self._truth.gain_db[None], powers)
        return rsrp.gather(-1, self._moved(powers).unsqueeze(-1)).squeeze(-1)

    def _throughput(self, powers: torch.Tensor) -> torch.Tensor:
        batch = len(powers)
        rows = [
            self._flow.run(
                gain_db=self._truth.gain_db[None],
                fading_m=self._truth.fading_m[None],
                serving=self._moved(powers[i : i + 1]),
                tx_power_mw=powers[i : i + 1],
                activity=self._truth.activity[None],
                steps=WINDOW_STEPS,
                generator=seeded("oracle", 1),  # common random numbers
            ).throughput_mbps()
            for i in range(batch)
        ]
        return torch.cat(rows).double()


def _kpi(kpi: Kpi, throughput_mbps: torch.Tensor) -> torch.Tensor:
    if kpi is Kpi.UE_THP_DL_P5:
        return throughput_mbps.nanquantile(0.05, dim=-1)
    return throughput_mbps.nanmean(-1)
