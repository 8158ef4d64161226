"""``ranwright twin fit``: a plant observed for a while, and what its reports tell of its cells."""

from datetime import UTC, datetime

from contracts.canonical import Contract
from contracts.clock import Instant
from contracts.network import REPORT_PERIOD_MS, NetworkSnapshot
from twins.channel import load_link_map
from twins.field import CellEstimate, estimate_cells
from twins.plant.plant import Plant
from twins.runtime import configure_thread
from twins.scenario import load_scenario


class CellTruth(Contract):
    """What the plant hides; no estimate reads it. ``activity`` is None where no UE is served."""

    cell_id: int
    clutter_loss_db: float
    tilt_error_deg: float
    activity: float | None


class FieldFit(Contract):
    """Estimates of all cells, and the truth where it was asked for."""

    scenario: str
    seed: int
    observed_s: float
    cells: tuple[CellEstimate, ...]
    truth: tuple[CellTruth, ...] | None


def fit(name_or_path: str, seed: int, seconds: float, with_truth: bool) -> FieldFit:
    """Observe a plant from its start powers and estimate its hidden perturbations.

    Args:
        seed: of the plant.
        seconds: network time observed, in reports of 200 ms.
        with_truth: also read what the plant hides.

    Raises:
        RanwrightError: as :func:`twins.scenario.load_scenario`.
    """
    configure_thread()
    scenario = load_scenario(name_or_path)
    links = load_link_map(scenario)
    plant = Plant(scenario, seed, links)
    snapshot = observed(plant, max(1, round(1000.0 * seconds / REPORT_PERIOD_MS)))
    return FieldFit(
        scenario=scenario.name,
        seed=seed,
        observed_s=snapshot.window_ms / 1000.0,
        cells=estimate_cells(scenario, snapshot, links),
        truth=cell_truth(plant) if with_truth else None,
    )


def observed(plant: Plant, reports: int, period_ms: int = REPORT_PERIOD_MS) -> NetworkSnapshot:
    """Let time pass on a plant and average its reports."""
    taken = plant.observe(reports, period_ms)
    return NetworkSnapshot.from_reports(
        plant.model.scenario.name,
        plant.model.scenario.digest,
        plant.cells,
        taken,
        Instant(wall_time=datetime.now(UTC), kpm_time_ms=taken[-1].kpm_time_ms),
    )


def cell_truth(plant: Plant) -> tuple[CellTruth, ...]:
    """The hidden perturbations of a plant, in order of ``cell_id``."""
    serving, truth = plant.configuration.serving, plant.truth
    activity: dict[int, list[float]] = {}
    for cell, value in zip(serving, truth.activity.tolist(), strict=True):
        activity.setdefault(cell, []).append(value)
    return tuple(
        CellTruth(
            cell_id=cell_id,
            clutter_loss_db=-float(truth.clutter_db[c]),
            tilt_error_deg=float(truth.tilt_error_deg[c]),
            activity=sum(activity[c]) / len(activity[c]) if c in activity else None,
        )
        for c, cell_id in enumerate(plant.model.scenario.cell_ids)
    )
