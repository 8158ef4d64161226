"""Small stages with beams over the synthetic city."""

from tests.twins.synthetic import link_map, scenario
from twins.dynamics.profile import BeamManagement, Mobility, load_profile
from twins.dynamics.stage import Stage, set_stage

SCENARIO = scenario()
LINKS = link_map(SCENARIO, points=3000)


def beam_stage(ues: int = 6, seconds: float = 20.0, seed: int = 3, period_ms: int = 40) -> Stage:
    base = load_profile("sweeping")
    walking = base.groups[0].model_copy(
        update={"mobility": Mobility(kind="vehicle", speed_kmh=(30.0, 30.0))}
    )
    antenna = BeamManagement(csi_rs_period_ms=period_ms, measurement_error_db=1.0)
    profile = base.model_copy(update={"ue_count": ues, "groups": (walking,), "antenna": antenna})
    return set_stage(SCENARIO, profile, seconds, seed, LINKS)
