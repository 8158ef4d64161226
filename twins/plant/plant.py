"""The plant in one process: configure it, observe it. No certificate is asked for here.

Only tests and benchmarks use :class:`Plant` directly; in production it stands behind
:mod:`twins.plant.service`.
"""

from collections.abc import Mapping

import torch
from torch import Tensor

from contracts.canonical import Contract
from contracts.errors import RanwrightError
from contracts.network import CellConfiguration, KpmReport
from twins.channel import LinkMap, load_link_map, rsrp_dbm
from twins.flow import STEP_MS, FlowModel, serving_cells
from twins.plant.truth import Truth, draw_truth
from twins.reports import make_report
from twins.runtime import seeded
from twins.scenario import Scenario


class Configuration(Contract):
    """A configuration and the association it led to.

    Attributes:
        since_ms: KPM time at which it came into force.
        serving: index of each UE's serving cell. It is kept because handover has hysteresis: the
            association depends on the configurations before.
    """

    resource_version: int
    since_ms: int
    tx_power_mw: tuple[int, ...]
    serving: tuple[int, ...]


class PlantModel:
    """What a plant does under any configuration; pure, so that reports can be made again.

    Attributes:
        truth: the hidden truth.
    """

    def __init__(self, scenario: Scenario, seed: int, links: LinkMap | None = None) -> None:
        self.scenario = scenario
        self.truth: Truth = draw_truth(scenario, links or load_link_map(scenario), seed)
        self._seed = seed
        self._flow = FlowModel(scenario)

    def initial(self) -> Configuration:
        """The scenario's start configuration; every UE on its strongest cell."""
        return self._associate(0, 0, [s.configured_max_tx_power_mw for s in self.scenario.sectors])

    def reconfigured(
        self, before: Configuration, changes: Mapping[int, int], at_ms: int
    ) -> Configuration:
        """The configuration after absolute powers by cell id, milliwatts; handovers included.

        Raises:
            RanwrightError: ``control.unknown_cell``.
        """
        if unknown := sorted(set(changes) - set(self.scenario.cell_ids)):
            raise RanwrightError(
                "control.unknown_cell", f"There are no cells {unknown}.", "Name known cells."
            )
        powers = zip(self.scenario.cell_ids, before.tx_power_mw, strict=True)
        return self._associate(
            before.resource_version + 1,
            at_ms,
            [changes.get(cell_id, power) for cell_id, power in powers],
            torch.tensor(before.serving),
        )

    def report(self, configuration: Configuration, start_ms: int, period_ms: int) -> KpmReport:
        """What is measured in ``(start_ms, start_ms + period_ms]``.

        Deterministic in the plant's seed, the period and the configuration.
        """
        power = torch.tensor(configuration.tx_power_mw, dtype=torch.float32)
        serving = torch.tensor(configuration.serving)
        key = (self._seed, start_ms, period_ms, configuration.resource_version)
        truth = self.truth
        result = self._flow.run(
            gain_db=truth.gain_db.unsqueeze(0),
            fading_m=truth.fading_m.unsqueeze(0),
            serving=serving.unsqueeze(0),
            tx_power_mw=power.unsqueeze(0),
            activity=truth.activity.unsqueeze(0),
            steps=max(1, period_ms // STEP_MS),
            generator=seeded("plant", "flow", *key),
        )
        return make_report(
            self.scenario,
            result,
            rsrp_dbm(self.scenario, truth.gain_db, power),
            serving,
            power,
            seeded("plant", "measurement", *key),
            kpm_time_ms=start_ms + period_ms,
            period_ms=period_ms,
            resource_version=configuration.resource_version,
        )

    def cells(self, configuration: Configuration) -> tuple[CellConfiguration, ...]:
        """The configuration as it is read back."""
        return tuple(
            CellConfiguration(
                cell_id=sector.cell_id,
                configured_max_tx_power_mw=power,
                digital_tilt_decidegrees=sector.digital_tilt_decidegrees,
            )
            for sector, power in zip(self.scenario.sectors, configuration.tx_power_mw, strict=True)
        )

    def _associate(
        self, version: int, at_ms: int, powers: list[int], previous: Tensor | None = None
    ) -> Configuration:
        rsrp = rsrp_dbm(
            self.scenario, self.truth.gain_db, torch.tensor(powers, dtype=torch.float32)
        )
        serving = serving_cells(rsrp, previous, self.scenario.radio.handover_offset_db)
        return Configuration(
            resource_version=version,
            since_ms=at_ms,
            tx_power_mw=tuple(powers),
            serving=tuple(serving.tolist()),
        )


class Plant:
    """A plant whose time passes only while it is observed.

    Example:
        >>> from twins.scenario import load_scenario
        >>> plant = Plant(load_scenario("munich"), seed=1)  # doctest: +SKIP
        >>> plant.configure({1: 20024})  # doctest: +SKIP
        >>> plant.observe(reports=10, period_ms=1000)[-1].kpm_time_ms  # doctest: +SKIP
        10000
    """

    def __init__(self, scenario: Scenario, seed: int, links: LinkMap | None = None) -> None:
        self.model = PlantModel(scenario, seed, links)
        self.configuration = self.model.initial()
        self.kpm_time_ms = 0

    @property
    def truth(self) -> Truth:
        """The hidden truth, for an oracle."""
        return self.model.truth

    @property
    def cells(self) -> tuple[CellConfiguration, ...]:
        """The present configuration."""
        return self.model.cells(self.configuration)

    def configure(self, tx_power_mw: Mapping[int, int]) -> None:
        """Set absolute powers by cell id, milliwatts; other cells keep theirs."""
        self.configuration = self.model.reconfigured(
            self.configuration, tx_power_mw, self.kpm_time_ms
        )

    def observe(self, reports: int, period_ms: int = 1000) -> list[KpmReport]:
        """Let time pass and return the reports of that time."""
        made = []
        for _ in range(reports):
            made.append(self.model.report(self.configuration, self.kpm_time_ms, period_ms))
            self.kpm_time_ms += period_ms
        return made
