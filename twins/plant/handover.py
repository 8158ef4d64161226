"""A handover on command, as far as the UE would stay where it is sent."""

import torch

from contracts.errors import RanwrightError
from contracts.plant_link import HandoverRequest
from twins.channel import rsrp_dbm
from twins.plant.plant import Configuration, PlantModel


def handed_over(
    model: PlantModel, before: Configuration, request: HandoverRequest, at_ms: int
) -> Configuration:
    """The configuration after it: powers stay, the version rises by one.

    Raises:
        RanwrightError: ``control.unknown_ue``, ``control.unknown_cell``, or
            ``control.out_of_reach``: event A3 would send the UE back at once.
    """
    if request.ue_id >= len(before.serving):
        raise RanwrightError(
            "control.unknown_ue", f"There is no UE {request.ue_id}.", "Name a UE that is reported."
        )
    if request.target_cell not in model.scenario.cell_ids:
        raise RanwrightError(
            "control.unknown_cell",
            f"There is no cell {request.target_cell} here.",
            "Name a cell that the node reports.",
        )
    target = model.scenario.cell_ids.index(request.target_cell)
    powers_mw = torch.tensor(before.tx_power_mw, dtype=torch.float32)
    heard_dbm = rsrp_dbm(model.scenario, model.truth.gain_db, powers_mw)[request.ue_id]
    behind_db = float(heard_dbm.max() - heard_dbm[target])
    if behind_db > model.scenario.radio.handover_offset_db:
        raise RanwrightError(
            "control.out_of_reach",
            f"UE {request.ue_id} hears cell {request.target_cell} {behind_db:.1f} dB weaker than"
            " its strongest.",
            f"Choose one at most {model.scenario.radio.handover_offset_db:g} dB weaker (event A3).",
        )
    serving = list(before.serving)
    serving[request.ue_id] = target
    return Configuration(
        resource_version=before.resource_version + 1,
        since_ms=at_ms,
        tx_power_mw=before.tx_power_mw,
        serving=tuple(serving),
    )
