"""The whole road with ns-3 at its end: proven on the twin, carried out and measured there."""

import pytest
import yaml

from agents.service.site_setup import PlantKind
from contracts.record import RecordKind
from tests.agents.town import SAVE_ENERGY, Town
from tests.twins.needs_ns3 import built_program


class LteTown(Town):
    """The town on an LTE carrier of 5 MHz, watched for ten seconds at a time."""

    plant_kind = PlantKind.ns3

    def scenario(self) -> dict:
        data = super().scenario()
        carrier = {
            "bandwidth_hz": 5.0e6,
            "resource_blocks": 25,
            "subcarrier_spacing_khz": 15,
        }
        return data | {"ue_count": 12, "carrier": data["carrier"] | carrier}

    def policy(self) -> dict:
        data = super().policy()
        data["certificate"] |= {
            "validity_s": 900,
            "watch_window_ms": 10_000,
            "silence_timeout_s": 60,
        }
        # two UEs a cell in ten seconds: their mean moves by chance
        data["guard_rails"][1]["bound"]["change_percent"] = -30
        return data


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_an_intent_is_carried_out_on_ns3(tmp_path):
    built_program()
    with LteTown(tmp_path) as town:
        assert town.plant().node_name.startswith("enb-town-")
        before = town.powers_mw()
        decision = town.run(SAVE_ENERGY)
        log = (town.site.logs / "plant.log").read_text()
        receipts = town.records(decision.trace_id, RecordKind.RECEIPT)
        after = town.powers_mw()
        node = town.plant()
    assert decision.outcome == "fulfilled", (decision, log)
    assert receipts
    assert sum(after.values()) < sum(before.values())
    assert node.resource_version >= 1
    assert node.kpm_time_ms >= 32_000  # snapshot, precondition and watch, and settling


def test_the_plant_of_a_site_is_named_in_its_configuration(tmp_path):
    town = LteTown(tmp_path)
    kept = yaml.safe_load((town.site.root / "site.json").read_text())
    assert kept["plant"] == "ns3"
