"""``ranwright twin simulate``: a scenario and a profile by name, run with knobs set, in KPIs."""

from pathlib import Path

from contracts.canonical import Contract, Digest
from twins.dynamics.knobs import apply, parse_turn
from twins.dynamics.measures import Measurement, measure
from twins.dynamics.profile import load_profile
from twins.dynamics.settings import start_settings
from twins.dynamics.simulate import Progress, simulate
from twins.dynamics.stage import set_stage
from twins.runtime import configure_thread
from twins.scenario import load_scenario


class DynamicsKpis(Contract):
    """Figures of a run, and what was run."""

    scenario: str
    scenario_digest: Digest
    profile: str
    profile_digest: Digest
    level: str
    simulated_s: float
    seed: int
    turns: tuple[str, ...]
    measurements: tuple[Measurement, ...]


def simulate_profile(
    scenario_name: str,
    profile_name: str,
    seconds: float,
    seed: int,
    turns: tuple[str, ...] = (),
    slot_level: bool = False,
    on_progress: Progress | None = None,
    picture: Path | None = None,
) -> DynamicsKpis:
    """Run a profile in a scenario.

    Args:
        scenario_name: built-in, or the path of a YAML file.
        profile_name: built-in, or the path of a YAML file.
        seconds: network time.
        seed: of everything drawn.
        turns: knobs, see :func:`twins.dynamics.knobs.parse_turn`.
        slot_level: see :func:`twins.dynamics.simulate.simulate`.
        on_progress: called after each frame.
        picture: PNG to write, see :mod:`twins.dynamics.picture`.

    Raises:
        RanwrightError: as the loaders, :func:`twins.dynamics.knobs.parse_turn` and
            :func:`twins.dynamics.stage.set_stage`.

    Example:
        >>> kpis = simulate_profile("munich", "urban", 0.1, seed=1, turns=("t310=ms500",))
        >>> kpis.level, kpis.turns
        ('flow', ('RLF-TimersAndConstants.t310=ms500',))
    """
    configure_thread()
    scenario, profile = load_scenario(scenario_name), load_profile(profile_name)
    parsed = tuple(parse_turn(text, scenario) for text in turns)
    settings = apply(parsed, start_settings(scenario, profile), scenario, profile)
    stage = set_stage(scenario, profile, seconds, seed)
    record = simulate(stage, settings, slot_level, on_progress)
    if picture is not None:
        from twins.dynamics.picture import ways_figure

        ways_figure(record, picture)
    return DynamicsKpis(
        scenario=scenario.name,
        scenario_digest=scenario.digest,
        profile=profile.name,
        profile_digest=profile.digest,
        level="slot" if slot_level else "flow",
        simulated_s=seconds,
        seed=seed,
        turns=tuple(map(str, parsed)),
        measurements=measure(record),
    )
