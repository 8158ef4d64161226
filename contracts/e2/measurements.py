"""The measurements of a KPM report under the names that they have on E2, and back.

Names without ``X-`` are those of TS 28.552; throughput is in kbit/s there, volume in Mbit. Ours
begin with ``X-``: no standard reports them so (``X-SS-RSRP`` and ``X-SS-SINR`` are quantities of TS
38.215, of each UE). RSRP is reported once for each cell, which is its label.
"""

from collections.abc import Mapping

from contracts.network import CellMeasurement, UeMeasurement

UE_THROUGHPUT = "DRB.UEThpDl"
PRB_USAGE = "RRU.PrbTotDl"
CONNECTED = "RRC.ConnMean"
POWER = "PEE.AvgPower"
VOLUME = "DRB.PdcpSduVolumeDL"
ACTIVE_TIME = "X-DRB.UEActiveTimeDl"
SERVING_CELL = "X-ServingCell"
SINR = "X-SS-SINR"
RSRP = "X-SS-RSRP"
RESOURCE_VERSION = "X-ResourceVersion"

OF_CELL = (UE_THROUGHPUT, PRB_USAGE, CONNECTED, POWER, RESOURCE_VERSION)
"""What is measured of a cell: kbit/s, percent, UEs, watts; and which configuration was in force."""

OF_UE = (UE_THROUGHPUT, VOLUME, ACTIVE_TIME, SERVING_CELL, SINR, RSRP)
"""What is measured of a UE: kbit/s, Mbit, ms, cell, dB; and dBm of each detected cell."""

Number = int | float
_KBPS_PER_MBPS = 1000.0
_DECIMALS = 6  # of a report's throughput; undoes the rounding of the conversion


def cell_values(measured: CellMeasurement, resource_version: int) -> dict[str, Number]:
    """Values of :data:`OF_CELL` by name."""
    return {
        UE_THROUGHPUT: measured.ue_throughput_mbps * _KBPS_PER_MBPS,
        PRB_USAGE: measured.prb_usage_percent,
        CONNECTED: measured.connected_ues,
        POWER: measured.average_power_w,
        RESOURCE_VERSION: resource_version,
    }


def cell_measurement(cell_id: int, values: Mapping[str, Number]) -> CellMeasurement:
    """The cell's part of a report.

    Raises:
        KeyError: a measurement is missing.
    """
    return CellMeasurement(
        cell_id=cell_id,
        ue_throughput_mbps=round(values[UE_THROUGHPUT] / _KBPS_PER_MBPS, _DECIMALS),
        prb_usage_percent=values[PRB_USAGE],
        connected_ues=values[CONNECTED],
        average_power_w=values[POWER],
    )


def ue_values(measured: UeMeasurement) -> dict[str, Number | None]:
    """Values of :data:`OF_UE` by name, without RSRP; throughput is None where nothing was sent."""
    active_s = measured.dl_active_time_ms / 1000.0
    return {
        UE_THROUGHPUT: measured.dl_volume_mbit / active_s * _KBPS_PER_MBPS if active_s else None,
        VOLUME: measured.dl_volume_mbit,
        ACTIVE_TIME: measured.dl_active_time_ms,
        SERVING_CELL: measured.serving_cell,
        SINR: measured.sinr_db,
    }


def ue_measurement(
    ue_id: int, values: Mapping[str, Number], rsrp_dbm: Mapping[int, float]
) -> UeMeasurement:
    """The UE's part of a report.

    Raises:
        KeyError: a measurement is missing.
    """
    return UeMeasurement(
        ue_id=ue_id,
        serving_cell=int(values[SERVING_CELL]),
        dl_volume_mbit=values[VOLUME],
        dl_active_time_ms=values[ACTIVE_TIME],
        sinr_db=values[SINR],
        rsrp_dbm=dict(rsrp_dbm),
    )
