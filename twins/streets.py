"""What a UE would see along the streets when every cell is loaded."""

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray

from twins.channel import LinkMap, candidate_points, rsrp_dbm
from twins.scenario import Scenario


@dataclass(frozen=True)
class StreetMap:
    """What a UE at each point would see with every cell loaded.

    Args:
        positions_m: ``[P, 2]``.
        sinr_db: wideband SINR from the best cell, ``[P]``.
        best_cell: column of the best cell, ``[P]``.
        served: whether a UE may be dropped there (``ue_min_rsrp_dbm`` at start powers), ``[P]``.
    """

    positions_m: NDArray[np.float32]
    sinr_db: NDArray[np.float32]
    best_cell: NDArray[np.int64]
    served: NDArray[np.bool_]


def street_map(scenario: Scenario, links: LinkMap, tx_power_mw: Mapping[int, float]) -> StreetMap:
    """Best server and SINR at every point, all cells transmitting, best cell by RSRP."""
    power = torch.tensor([float(tx_power_mw[c]) for c in links.cell_ids])
    received_mw = torch.pow(10.0, rsrp_dbm(scenario, links.gain_db(), power) / 10.0)
    noise_dbm = (
        -174.0
        + 10.0 * np.log10(scenario.carrier.subcarrier_spacing_khz * 1e3)
        + scenario.radio.noise_figure_db
    )
    best_mw, best = received_mw.max(-1)
    sinr = best_mw / (received_mw.sum(-1) - best_mw + 10.0 ** (noise_dbm / 10.0))
    served = np.zeros(len(best), dtype=bool)
    served[candidate_points(scenario, links).numpy()] = True
    return StreetMap(
        links.point_positions_m.numpy(),
        (10.0 * torch.log10(sinr.clamp(min=1e-9))).numpy(),
        best.numpy(),
        served,
    )
