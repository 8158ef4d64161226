"""Munich's streets with UEs of one speed."""

from dataclasses import dataclass
from functools import cache

from twins.channel import LinkMap, load_link_map
from twins.dynamics.profile import BeamManagement, Mobility, load_profile
from twins.dynamics.stage import Stage, set_stage
from twins.scenario import Scenario, load_scenario

SPEEDS_KMH = (3, 30, 60, 90)
UES = 12
SECONDS = 20.0
SEEDS = (101, 102, 103)
"""Nothing was settled on them: the xApp's controls come from seeds 1 and 2."""
ERROR_DB = 1.0


@dataclass(frozen=True)
class Scene:
    """What is simulated.

    Attributes:
        speed_kmh: of all UEs.
        seed: of ways and measurement errors.
        csi_rs_period_ms: of the gNB's own sweeps.
    """

    speed_kmh: int
    seed: int
    csi_rs_period_ms: int

    def stage(self) -> Stage:
        """It, drawn."""
        scenario, links = _network()
        base = load_profile("sweeping")
        kind = "pedestrian" if self.speed_kmh < 6 else "vehicle"
        speed = (float(self.speed_kmh), float(self.speed_kmh))
        group = base.groups[0].model_copy(update={"mobility": Mobility(kind=kind, speed_kmh=speed)})
        antenna = BeamManagement(
            csi_rs_period_ms=self.csi_rs_period_ms, measurement_error_db=ERROR_DB
        )
        profile = base.model_copy(update={"ue_count": UES, "groups": (group,), "antenna": antenna})
        return set_stage(scenario, profile, SECONDS, self.seed, links)


@cache
def _network() -> tuple[Scenario, LinkMap]:
    scenario = load_scenario("munich")
    return scenario, load_link_map(scenario)
