"""The LTE plant: configure it, observe it. It cannot rewind, and dies with its process."""

from collections.abc import Mapping
from typing import Self

import torch
from torch import Tensor

from contracts.errors import RanwrightError
from contracts.network import REPORT_PERIOD_MS, CellConfiguration, KpmReport
from contracts.units import mw_to_dbm
from twins.channel import NO_PATH_DB, LinkMap, load_link_map
from twins.flow import FlowResult
from twins.ns3.build import Ns3Settings, build
from twins.ns3.commands import describe, require_lte
from twins.ns3.process import Ns3Process, Sample
from twins.plant.truth import Truth, draw_truth, start_power_mw
from twins.reports import SINR_RANGE_DB, make_report
from twins.runtime import seeded
from twins.scenario import Scenario

WARM_UP_MS = 2000
"""Simulated before KPM time 0, while connections are set up and TCP starts slowly."""

_MBIT_PER_BYTE = 8e-6


class Ns3Plant:
    """A plant that is an LTE network in ns-3, with the hidden truth of :class:`twins.plant.Plant`.

    Reports come every ``REPORT_PERIOD_MS`` of simulated time, which passes only in
    :meth:`observe`. Equal arguments give equal reports under one build.

    Args:
        scenario: with an LTE carrier.
        seed: of everything hidden, and of all that ns-3 draws.
        links: link gains; default: the scenario's.
        settings: where ns-3 is.
        fading: whether links fade.

    Raises:
        RanwrightError: ``ns3.not_lte``, or as :func:`twins.ns3.build.build` and
            :class:`twins.ns3.process.Ns3Process`.

    Example:
        >>> from twins.scenario import load_scenario
        >>> with Ns3Plant(load_scenario("munich_lte"), seed=1) as plant:  # doctest: +SKIP
        ...     plant.configure({1: 20024})
        ...     plant.observe(reports=5)[-1].kpm_time_ms
        1000
    """

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        links: LinkMap | None = None,
        settings: Ns3Settings | None = None,
        fading: bool = True,
    ) -> None:
        require_lte(scenario)
        links = links or load_link_map(scenario)
        self.scenario = scenario
        self.truth: Truth = draw_truth(scenario, links, seed)
        self.resource_version = 0
        self.kpm_time_ms = 0
        self.handovers: list[tuple[int, int, int]] = []
        self._seed = seed
        self._tx_power_mw = {s.cell_id: s.configured_max_tx_power_mw for s in scenario.sectors}
        start_dbm = self.truth.gain_db + 10.0 * torch.log10(start_power_mw(scenario))
        self._serving: list[int] = start_dbm.argmax(-1).tolist()
        self._process = Ns3Process(
            build(settings), describe(scenario, links, self.truth, seed, fading)
        )
        self._run(WARM_UP_MS)

    @property
    def pid(self) -> int:
        """Process id of ns-3."""
        return self._process.pid

    @property
    def cells(self) -> tuple[CellConfiguration, ...]:
        """The present configuration."""
        return tuple(
            CellConfiguration(
                cell_id=sector.cell_id,
                configured_max_tx_power_mw=self._tx_power_mw[sector.cell_id],
                digital_tilt_decidegrees=sector.digital_tilt_decidegrees,
            )
            for sector in self.scenario.sectors
        )

    def configure(self, tx_power_mw: Mapping[int, int]) -> None:
        """Set absolute powers by cell id, milliwatts; other cells keep theirs.

        Handovers follow when the UEs have measured the change.

        Raises:
            RanwrightError: ``control.unknown_cell``, or as :meth:`Ns3Process.command`.
        """
        if unknown := sorted(set(tx_power_mw) - set(self.scenario.cell_ids)):
            raise RanwrightError(
                "control.unknown_cell", f"There are no cells {unknown}.", "Name known cells."
            )
        for cell_id, power_mw in tx_power_mw.items():
            index = self.scenario.cell_ids.index(cell_id)
            self._process.command(f"tx {index} {mw_to_dbm(power_mw):.9g}")
        self._tx_power_mw.update(tx_power_mw)
        self.resource_version += 1

    def observe(self, reports: int) -> list[KpmReport]:
        """Let time pass and return the reports of that time.

        Raises:
            RanwrightError: as :meth:`Ns3Process.run`.
        """
        return [self._report() for _ in range(reports)]

    def close(self) -> None:
        """End the process."""
        self._process.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _run(self, duration_ms: int) -> Sample:
        sample = self._process.run(duration_ms)
        for u, ue in enumerate(sample.ues):
            if ue.serving >= 0:
                self._serving[u] = ue.serving
        return sample

    def _report(self) -> KpmReport:
        sample = self._run(REPORT_PERIOD_MS)
        self.kpm_time_ms += REPORT_PERIOD_MS
        ids = self.scenario.cell_ids
        self.handovers += [(self.kpm_time_ms, ue, ids[cell]) for ue, cell in sample.handovers]
        return make_report(
            self.scenario,
            _as_result(sample),
            _rsrp_dbm(sample),
            torch.tensor(self._serving),
            torch.tensor([float(self._tx_power_mw[c]) for c in ids]),
            seeded("ns3", "measurement", self._seed, self.kpm_time_ms),
            kpm_time_ms=self.kpm_time_ms,
            period_ms=REPORT_PERIOD_MS,
            resource_version=self.resource_version,
        )


def _as_result(sample: Sample) -> FlowResult:
    """The sample in the terms of the flow level. A UE without SINR hears nothing: the lowest."""
    sinr = [SINR_RANGE_DB[0] if ue.sinr_db is None else ue.sinr_db for ue in sample.ues]
    return FlowResult(
        volume_mbit=torch.tensor([[_MBIT_PER_BYTE * ue.ip_bytes for ue in sample.ues]]),
        active_ms=torch.tensor([[float(ue.active_ms) for ue in sample.ues]]),
        sinr_db=torch.tensor([sinr]),
        prb_usage=torch.tensor([[cell.prb_usage for cell in sample.cells]]),
    )


def _rsrp_dbm(sample: Sample) -> Tensor:
    rows = [[NO_PATH_DB if r is None else r for r in ue.rsrp_dbm] for ue in sample.ues]
    return torch.tensor(rows)
