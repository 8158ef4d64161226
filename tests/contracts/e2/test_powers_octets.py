"""The control of powers as it is written, and as E2SM-CCC's own types write it."""

from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.action import ParameterChange
from contracts.e2.ccc.control import ControlMessage
from contracts.e2.node_configuration import powers_message, powers_octets
from contracts.network import CellConfiguration
from contracts.plant_link import NodeInfo

CHANGES = st.lists(
    st.builds(
        ParameterChange,
        cell_id=st.integers(0, 16383),
        from_mw=st.integers(0, 200_000),
        to_mw=st.integers(0, 200_000),
    ),
    min_size=1,
    max_size=12,
    unique_by=lambda change: change.cell_id,
)


@settings(max_examples=60, deadline=None)
@given(
    changes=CHANGES,
    present=st.dictionaries(st.integers(0, 16383), st.integers(0, 200_000), max_size=5),
    life=st.text("0123456789abcdef", min_size=8, max_size=8),
    version=st.integers(0, 1 << 40),
)
def test_the_octets_are_those_of_the_message(changes, present, life, version):
    node = NodeInfo(
        node_name=f"gnb-x-{life}",
        scenario="x",
        scenario_digest="sha256:" + "0" * 64,
        kpm_time_ms=0,
        pace_factor=1.0,
        resource_version=3,
        cells=tuple(
            CellConfiguration(cell_id=c, configured_max_tx_power_mw=p, digital_tilt_decidegrees=0)
            for c, p in sorted(present.items())
        ),
    )
    octets = powers_octets(node, version, changes)
    message = powers_message(node, version, changes)
    assert octets == message.encode()
    assert ControlMessage.decode(octets) == message
