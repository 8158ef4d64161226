"""Interference graphs of a scenario: the cells of one sub-band, each with the UE it schedules.

In a drop, UEs with data stand on random points of the scenario's link map; the strongest cell
serves. On every sub-band fading is drawn as the flow level does, and each cell schedules the UE
with the largest ratio of rate to mean rate (proportional fairness). That UE's row is the cell's
link; its weight is the inverse of its mean rate. Sub-bands of a drop share UEs and differ in
fading. A cell without UEs has a limit and a weight of 0.
"""

from dataclasses import dataclass
from functools import cached_property

import torch
from torch import Tensor

from contracts.errors import RanwrightError
from tools.power.graphs.graph import LinkGraphs
from tools.power.knowledge import noise_dbm, occupied_hz
from twins.channel import LinkMap, candidate_points, load_link_map
from twins.flow import COHERENCE_BANDWIDTH_HZ
from twins.scenario import Scenario

_LEAST_RATE = 1e-3


@dataclass(frozen=True)
class TwinCells:
    """Graphs of one scenario with its power at the top of the equipment's range."""

    scenario: Scenario

    @property
    def name(self) -> str:
        """See :attr:`tools.power.graphs.families.Family.name`."""
        return f"twin_{self.scenario.name}"

    @property
    def cells(self) -> int:
        """The number of links of every graph."""
        return len(self.scenario.cell_ids)

    @cached_property
    def _links(self) -> LinkMap:
        links = load_link_map(self.scenario)
        return links.select(candidate_points(self.scenario, links))

    @cached_property
    def _snr(self) -> Tensor:
        """[P, C] mean SNR of each point at full power."""
        full_dbm = 10.0 * torch.tensor(float(max(self.scenario.equipment.grid_mw()))).log10()
        level_db = self._links.gain_db() + full_dbm - noise_dbm(self.scenario)
        return torch.pow(10.0, level_db / 10.0)

    @cached_property
    def _fading_shape(self) -> Tensor:
        """[P, C] shape of the gamma-distributed power of a sub-band."""
        width_hz = occupied_hz(self.scenario) / self.scenario.carrier.sub_bands
        return self._links.fading_severity() * max(1.0, width_hz / COHERENCE_BANDWIDTH_HZ)

    def draw(self, count: int, links: int, generator: torch.Generator) -> LinkGraphs:
        """See :meth:`tools.power.graphs.families.Family.draw`.

        Raises:
            RanwrightError: ``graph.wrong_size`` when ``links`` is not the number of cells.
        """
        if links != self.cells:
            raise RanwrightError(
                "graph.wrong_size",
                f"Scenario {self.scenario.name!r} has {self.cells} cells, not {links}.",
                "Ask for graphs with as many links as the scenario has cells.",
            )
        bands = self.scenario.carrier.sub_bands
        parts = [self._drop(bands, generator) for _ in range(-(-count // bands))]
        gain, weight, limit = (torch.cat(column)[:count] for column in zip(*parts, strict=True))
        return LinkGraphs(gain, weight, limit)

    def _drop(self, bands: int, generator: torch.Generator) -> tuple[Tensor, Tensor, Tensor]:
        ues = self.scenario.ue_count
        points = torch.randint(len(self._snr), (ues,), generator=generator)
        busy = torch.rand(ues, generator=generator) < self.scenario.traffic.activity
        points = points[busy]
        mean, shape = self._snr[points], self._fading_shape[points]
        serving = mean.argmax(1)
        # the generator-aware sampler of torch; torch.distributions.Gamma takes no generator
        faded = mean * torch._standard_gamma(shape.expand(bands, -1, -1), generator) / shape
        member = torch.nn.functional.one_hot(serving, self.cells).bool()
        long_term = self._rate(mean[None], member)[0] / member.sum(0)[serving]
        long_term = long_term.clamp(min=_LEAST_RATE)
        metric = (self._rate(faded, member) / long_term)[..., None].masked_fill(~member, -1.0)
        chosen = metric.argmax(1)  # [bands, C] UE of each cell
        served = member.any(0).to(mean.dtype).expand(bands, -1)
        gain = faded.gather(1, chosen[..., None].expand(-1, -1, self.cells))
        own = torch.eye(self.cells, dtype=torch.bool)
        gain = torch.where(own, gain / self._snr_gap, gain)
        weight = served / long_term[chosen]
        return gain, weight / weight.mean(1, keepdim=True), served

    def _rate(self, snr: Tensor, member: Tensor) -> Tensor:
        """[..., U] spectral efficiency with every cell at full power, from SNRs [..., U, C]."""
        signal = (snr * member).sum(-1)
        interference = 1.0 + (snr * ~member).sum(-1)
        most = self.scenario.radio.max_spectral_efficiency
        return torch.log2(1.0 + signal / interference / self._snr_gap).clamp(max=most)

    @property
    def _snr_gap(self) -> float:
        return float(10.0 ** (self.scenario.radio.implementation_loss_db / 10.0))
