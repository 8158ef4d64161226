"""The plant's hidden truth: where its UEs stand, and how it differs from the scenario's maps."""

from dataclasses import dataclass

import torch
from torch import Tensor

from contracts.errors import ExitCode, RanwrightError
from twins.activity import ACTIVITY_LIMITS
from twins.channel import LinkMap, candidate_points, rsrp_dbm
from twins.flow import serving_cells
from twins.runtime import seeded
from twins.scenario import Scenario


@dataclass(frozen=True)
class Truth:
    """Everything the twin must infer. Only the plant and an oracle in a benchmark read it.

    Attributes:
        points: [U] index of each UE's point in the link map.
        gain_db: [U, C] link gains with clutter, shadowing and tilt error.
        fading_m: [U, C] Nakagami m.
        activity: [U] probability of having data in a step.
        clutter_db: [C] added to all links of a cell.
        tilt_error_deg: [C].
    """

    points: Tensor
    gain_db: Tensor
    fading_m: Tensor
    activity: Tensor
    clutter_db: Tensor
    tilt_error_deg: Tensor


def draw_truth(scenario: Scenario, links: LinkMap, seed: int) -> Truth:
    """Draw a plant from the scenario's uncertainty model.

    The seed is hashed together with the word ``plant``, so that a twin that happens to be given
    the same number draws something unrelated.

    Raises:
        RanwrightError: ``scenario.no_coverage`` when no point can hold a UE.
    """
    unknown = scenario.uncertainty
    points = draw_points(scenario, links, seeded("plant", "points", seed))
    generator = seeded("plant", "perturbations", seed)
    cells = len(links.cell_ids)
    clutter = torch.randn(cells, generator=generator) * unknown.clutter_loss_db
    tilt_error = torch.randn(cells, generator=generator) * unknown.tilt_error_deg
    shadowing = torch.randn(points.numel(), cells, generator=generator) * unknown.shadowing_db
    cell_activity = scenario.traffic.activity + (
        torch.randn(cells, generator=generator) * unknown.activity
    )
    here = links.select(points)
    tilt = nominal_tilt_deg(scenario) + tilt_error
    gain = here.gain_db(tilt) + clutter + shadowing
    serving = serving_cells(
        rsrp_dbm(scenario, gain, start_power_mw(scenario)), None, scenario.radio.handover_offset_db
    )
    return Truth(
        points=points,
        gain_db=gain,
        fading_m=here.fading_severity(tilt),
        activity=cell_activity.clamp(*ACTIVITY_LIMITS)[serving],
        clutter_db=clutter,
        tilt_error_deg=tilt_error,
    )


def draw_points(scenario: Scenario, links: LinkMap, generator: torch.Generator) -> Tensor:
    """Indices [U] of the points where UEs stand: uniform over the covered points.

    Each point holds at most one UE while there are enough of them.
    """
    candidates = candidate_points(scenario, links)
    if candidates.numel() == 0:
        raise RanwrightError(
            "scenario.no_coverage",
            f"No point of {scenario.name} reaches {scenario.ue_min_rsrp_dbm:g} dBm.",
            "Lower ue_min_rsrp_dbm or move the sites.",
            ExitCode.USAGE,
        )
    count = scenario.ue_count
    if candidates.numel() >= count:
        chosen = torch.randperm(candidates.numel(), generator=generator)[:count]
    else:
        chosen = torch.randint(candidates.numel(), (count,), generator=generator)
    return candidates[chosen]


def start_power_mw(scenario: Scenario) -> Tensor:
    """[C] powers at the start."""
    return torch.tensor(
        [s.configured_max_tx_power_mw for s in scenario.sectors], dtype=torch.float32
    )


def nominal_tilt_deg(scenario: Scenario) -> Tensor:
    """[C] tilts as configured, degrees."""
    return torch.tensor([s.digital_tilt_decidegrees / 10.0 for s in scenario.sectors])
