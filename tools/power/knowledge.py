"""What a snapshot tells about the radio network, as arrays: gains, activity, serving cells.

SS-RSRP is the mean power of one resource element, so with power ``P`` spread evenly over the
carrier ``SS-RSRP[dBm] = P[dBm] - 10 log10(12 * resource_blocks) + gain[dB]``
(TS 38.215 clause 5.1.1).
"""

from dataclasses import dataclass
from math import log10, nan

import torch
from torch import Tensor

from contracts.errors import RanwrightError
from contracts.network import NetworkSnapshot, UeState
from contracts.units import mw_to_dbm
from tools.power.runtime import DTYPE
from twins.scenario import Scenario

UNDETECTED_OFFSET_DB = 4.0
"""An undetected link is taken so far below the weakest RSRP that would have been reported."""
UNDETECTED_SD_DB = 4.0
"""Standard deviation of an undetected link's gain around that value."""
DETECTED_SD_DB = 0.5
"""Standard deviation of a detected link's gain: window mean of 1 dB steps and errors, and drift."""


@dataclass(frozen=True)
class Knowledge:
    """Snapshot as tensors; U UEs in canonical order, C cells in order of their id.

    Attributes:
        gain_db: [U, C] gain of each link, transmit to receive, dB.
        gain_sd_db: [U, C] standard deviation of the same.
        serving: [U] index of the serving cell.
        activity: [U] probability that a UE has data.
        power_mw: [C] configuredMaxTxPower.
        throughput_mbps: [U], NaN where the UE was never active.
        sinr_db: [U] measured wideband SINR.
        consumed_w: [C] PEE.AvgPower.
    """

    cell_ids: tuple[int, ...]
    ue_ids: tuple[int, ...]
    gain_db: Tensor
    gain_sd_db: Tensor
    serving: Tensor
    activity: Tensor
    power_mw: Tensor
    throughput_mbps: Tensor
    sinr_db: Tensor
    consumed_w: Tensor

    @classmethod
    def from_snapshot(cls, snapshot: NetworkSnapshot, scenario: Scenario) -> "Knowledge":
        """Read a snapshot.

        Raises:
            RanwrightError: ``tool.scenario_mismatch`` when the snapshot was taken in another
                scenario, ``tool.no_ues`` when it holds no UE.
        """
        if snapshot.scenario_digest != scenario.digest:
            raise RanwrightError(
                "tool.scenario_mismatch",
                f"The snapshot's scenario {snapshot.scenario!r} has another digest than the file.",
                "Take the snapshot again, or restore the scenario file.",
            )
        if not snapshot.ues:
            raise RanwrightError(
                "tool.no_ues",
                "The snapshot holds no UE, so nothing can be optimised.",
                "Take the snapshot while UEs are connected.",
            )
        ues = sorted(snapshot.ues, key=canonical_key)
        cells = snapshot.cell_ids
        gains = [_link_gains(ue, snapshot, scenario) for ue in ues]
        activity = _activity(snapshot, scenario)
        return cls(
            cell_ids=cells,
            ue_ids=tuple(ue.ue_id for ue in ues),
            gain_db=_tensor([[gain for gain, _ in row] for row in gains]),
            gain_sd_db=_tensor([[sd for _, sd in row] for row in gains]),
            serving=torch.tensor([cells.index(ue.serving_cell) for ue in ues]),
            activity=_tensor([activity[ue.serving_cell] for ue in ues]),
            power_mw=_tensor([float(p) for p in snapshot.tx_power_mw.values()]),
            throughput_mbps=_tensor(
                [nan if ue.throughput_mbps is None else ue.throughput_mbps for ue in ues]
            ),
            sinr_db=_tensor([ue.sinr_db for ue in ues]),
            consumed_w=_tensor([c.measurement.average_power_w for c in snapshot.cells]),
        )


def canonical(snapshot: NetworkSnapshot) -> NetworkSnapshot:
    """The snapshot with its UEs in canonical order."""
    return snapshot.model_copy(update={"ues": tuple(sorted(snapshot.ues, key=canonical_key))})


def canonical_key(ue: UeState) -> tuple[object, ...]:
    """Order of UEs by what is measured: renaming or shuffling UEs changes nothing."""
    return (
        ue.serving_cell,
        tuple(sorted(ue.rsrp_dbm.items())),
        ue.sinr_db,
        -1.0 if ue.throughput_mbps is None else ue.throughput_mbps,
    )


def rsrp_offset_db(scenario: Scenario) -> float:
    """Share of one resource element in the carrier's power, dB."""
    return 10.0 * log10(12 * scenario.carrier.resource_blocks)


def noise_dbm(scenario: Scenario) -> float:
    """Thermal noise in the occupied bandwidth with the receiver's noise figure."""
    return -174.0 + 10.0 * log10(occupied_hz(scenario)) + scenario.radio.noise_figure_db


def occupied_hz(scenario: Scenario) -> float:
    """Bandwidth of the resource blocks."""
    carrier = scenario.carrier
    return 12e3 * carrier.resource_blocks * carrier.subcarrier_spacing_khz


def _link_gains(
    ue: UeState, snapshot: NetworkSnapshot, scenario: Scenario
) -> list[tuple[float, float]]:
    measurement = scenario.measurement
    strongest = max(ue.rsrp_dbm.values(), default=measurement.detection_floor_dbm)
    weakest_reported = max(
        measurement.detection_floor_dbm, strongest - measurement.detection_range_db
    )
    offset_db = rsrp_offset_db(scenario)
    rows = []
    for cell, power_mw in snapshot.tx_power_mw.items():
        detected = cell in ue.rsrp_dbm
        rsrp = ue.rsrp_dbm.get(cell, weakest_reported - UNDETECTED_OFFSET_DB)
        gain = rsrp - mw_to_dbm(max(power_mw, 1)) + offset_db
        rows.append((gain, DETECTED_SD_DB if detected else UNDETECTED_SD_DB))
    return rows


def _activity(snapshot: NetworkSnapshot, scenario: Scenario) -> dict[int, float]:
    """Activity of a cell's UEs: the share of the window in which they had data, on average."""
    activity = {}
    for cell in snapshot.cell_ids:
        served = [ue.dl_active_time_ms for ue in snapshot.ues if ue.serving_cell == cell]
        share = sum(served) / len(served) / snapshot.window_ms if served else None
        estimate = scenario.traffic.activity if share is None else share
        activity[cell] = min(max(estimate, 0.05), 0.999)
    return activity


def _tensor(values: object) -> Tensor:
    return torch.tensor(values, dtype=DTYPE)
