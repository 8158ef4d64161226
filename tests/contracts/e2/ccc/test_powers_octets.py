"""The quick way to write a control of powers gives the octets of the typed one."""

from hypothesis import given
from hypothesis import strategies as st

from contracts.action import ParameterChange
from contracts.e2.node_configuration import powers_message, powers_octets
from contracts.network import CellConfiguration
from contracts.plant_link import NodeInfo

POWERS = st.integers(0, 2**31)
CELLS = st.dictionaries(st.integers(0, 16383), POWERS, min_size=1, max_size=8)


@given(st.from_regex(r"[0-9a-f]{8}", fullmatch=True), CELLS, CELLS, st.integers(0, 2**40))
def test_both_ways_write_the_same(
    life: str, present_mw: dict[int, int], wanted_mw: dict[int, int], version: int
) -> None:
    node = NodeInfo(
        node_name=f"plain-{life}",
        scenario="plain",
        scenario_digest="sha256:" + "5" * 64,
        kpm_time_ms=0,
        pace_factor=1.0,
        resource_version=version,
        cells=tuple(
            CellConfiguration(cell_id=c, configured_max_tx_power_mw=mw, digital_tilt_decidegrees=0)
            for c, mw in present_mw.items()
        ),
    )
    changes = [ParameterChange(cell_id=c, from_mw=1, to_mw=mw) for c, mw in wanted_mw.items()]
    expected = powers_message(node, version, changes).encode()
    assert powers_octets(node, version, changes) == expected
