"""Plants of the campaign: of the scenario's uncertainty, or beyond it in one stated way."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from contracts.clock import Clock
from contracts.network import NetworkSnapshot
from twins.plant import Plant
from twins.scenario import Scenario

REPORT_MS = 1000
"""Longer than production's, and so noisier: what a campaign can afford."""

Change = Callable[[Scenario], Scenario]


def _uncertainty(factor: float) -> Change:
    def change(scenario: Scenario) -> Scenario:
        u = scenario.uncertainty
        wider = u.model_copy(
            update={
                "clutter_loss_db": factor * u.clutter_loss_db,
                "shadowing_db": factor * u.shadowing_db,
                "tilt_error_deg": factor * u.tilt_error_deg,
            }
        )
        return scenario.model_copy(update={"uncertainty": wider})

    return change


def _radio(**added: float) -> Change:
    def change(scenario: Scenario) -> Scenario:
        radio = scenario.radio
        values = {name: getattr(radio, name) + value for name, value in added.items()}
        return scenario.model_copy(update={"radio": radio.model_copy(update=values)})

    return change


def _activity(value: float) -> Change:
    def change(scenario: Scenario) -> Scenario:
        traffic = scenario.traffic.model_copy(update={"activity": value})
        return scenario.model_copy(update={"traffic": traffic})

    return change


@dataclass(frozen=True)
class Family:
    """Plants that differ from the twin's scenario in the same way."""

    name: str
    what: str
    change: Change


INSIDE = Family("inside", "the scenario's own uncertainty", lambda scenario: scenario)
FAMILIES: Mapping[str, Family] = {
    family.name: family
    for family in (
        INSIDE,
        Family(
            "spread_x1.5", "clutter, shadowing and tilt 1.5 times as uncertain", _uncertainty(1.5)
        ),
        Family("spread_x2", "2 times", _uncertainty(2.0)),
        Family("spread_x3", "3 times", _uncertainty(3.0)),
        Family(
            "loss_+1dB",
            "receivers 1 dB worse than the link abstraction",
            _radio(implementation_loss_db=1.0),
        ),
        Family("loss_+3dB", "3 dB worse", _radio(implementation_loss_db=3.0)),
        Family(
            "noise_+3dB",
            "noise or foreign interference 3 dB above the scenario's",
            _radio(noise_figure_db=3.0),
        ),
        Family("noise_+10dB", "10 dB above", _radio(noise_figure_db=10.0)),
        Family("activity_0.85", "less traffic than the scenario's 0.95", _activity(0.85)),
        Family("activity_0.5", "half the traffic", _activity(0.5)),
    )
}


class Trial:
    """One plant of a family, seen as a plant of the twin's scenario."""

    def __init__(self, scenario: Scenario, family: Family, seed: int, window_ms: int) -> None:
        self._scenario, self._window_ms = scenario, window_ms
        self.plant = Plant(family.change(scenario), seed)

    def observe(self, window_ms: int | None = None) -> NetworkSnapshot:
        """A snapshot of the next window; the scenario's unless said otherwise."""
        wanted_ms = window_ms or self._window_ms
        reports = self.plant.observe(wanted_ms // REPORT_MS, REPORT_MS)
        return NetworkSnapshot.from_reports(
            self._scenario.name, self._scenario.digest, self.plant.cells, reports, Clock().now()
        )

    def carry_out(
        self, tx_power_mw: Mapping[int, int], settle_ms: int, window_ms: int | None = None
    ) -> NetworkSnapshot:
        """Set powers, let the network settle, and measure."""
        self.plant.configure(tx_power_mw)
        self.plant.observe(settle_ms // REPORT_MS, REPORT_MS)
        return self.observe(window_ms)
