"""A snapshot of the plain network that needs no process."""

from contracts.network import (
    CellConfiguration,
    CellMeasurement,
    CellState,
    NetworkSnapshot,
    UeState,
)
from tests.xapps.world import now

SCENARIO = "sha256:" + "5" * 64


def plain_snapshot() -> NetworkSnapshot:
    """Three cells and one UE, all at 20 W."""
    cells = tuple(
        CellState(
            configuration=CellConfiguration(
                cell_id=c, configured_max_tx_power_mw=20_000, digital_tilt_decidegrees=0
            ),
            measurement=CellMeasurement(
                cell_id=c,
                ue_throughput_mbps=10,
                prb_usage_percent=50,
                connected_ues=1,
                average_power_w=100,
            ),
        )
        for c in (1, 2, 3)
    )
    ues = (
        UeState(
            ue_id=1,
            serving_cell=1,
            throughput_mbps=9,
            dl_active_time_ms=900,
            sinr_db=3,
            rsrp_dbm={1: -80.0},
        ),
    )
    return NetworkSnapshot(
        scenario="plain",
        scenario_digest=SCENARIO,
        resource_version=1,
        taken_at=now(),
        window_ms=1000,
        reports=5,
        cells=cells,
        ues=ues,
    )
