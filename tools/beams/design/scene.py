"""Where beams are designed: candidate sites, carrier, noise, and what the air does."""

from dataclasses import dataclass, replace

from contracts.errors import ExitCode, RanwrightError
from contracts.units import dbm_to_mw
from tools.beams.design.arrays import ArraySite, PlanarArray
from tools.beams.design.channels import Propagation, TracedPaths, twin_site_index
from tools.beams.design.requirements import SitePower
from twins.channel import TracedLinkMap, load_link_map
from twins.scenario import Scenario

THERMAL_NOISE_DBM_HZ = -174.0


@dataclass(frozen=True)
class Scene:
    """Everything that requirements are held against.

    Args:
        sites: candidates, with names of their own.
        propagation: channels from them to points.
        bandwidth_hz: over which power and noise are counted.
        noise_figure_db: of the UEs.
    """

    sites: tuple[ArraySite, ...]
    propagation: Propagation
    bandwidth_hz: float = 100e6
    noise_figure_db: float = 9.0

    @property
    def noise_mw(self) -> float:
        """Noise of a UE over the bandwidth."""
        density = THERMAL_NOISE_DBM_HZ + self.noise_figure_db
        return dbm_to_mw(density) * self.bandwidth_hz

    def limited(self, powers: tuple[SitePower, ...]) -> tuple[ArraySite, ...]:
        """The sites under asked-for power limits as well as their equipment's.

        Raises:
            RanwrightError: ``beams.site_unknown``.
        """
        known = {site.name for site in self.sites}
        for power in powers:
            if power.site not in known:
                raise RanwrightError(
                    "beams.site_unknown",
                    f"There is no site {power.site!r} in the scene.",
                    f"Use one of {', '.join(sorted(known))}.",
                    ExitCode.USAGE,
                )
        limits = {power.site: dbm_to_mw(power.maximum_dbm) for power in powers}
        return tuple(
            replace(s, max_power_mw=min(s.max_power_mw, limits.get(s.name, s.max_power_mw)))
            for s in self.sites
        )


def twin_scene(scenario: Scenario, rows: int = 8, columns: int = 8) -> Scene:
    """Each cell of a ray-traced scenario with a planar array in place of its sector antenna.

    Arrays stand at the sites, look where the sectors look, and are tilted as they are; the sites
    are called ``"cell 1"`` and so on. Power is the equipment's maximum.

    Raises:
        RanwrightError: ``beams.not_traced``: the scenario has no traced paths.
    """
    links = load_link_map(scenario)
    if not isinstance(links, TracedLinkMap):
        raise RanwrightError(
            "beams.not_traced",
            f"Scenario {scenario.name} has no traced paths, so directions are unknown.",
            "Use a ray-traced scenario such as munich.",
            ExitCode.USAGE,
        )
    power_mw = float(scenario.equipment.configured_max_tx_power.max_mw)
    sites = tuple(
        ArraySite(
            name=f"cell {sector.cell_id}",
            position_m=site.position_m,
            array=PlanarArray(
                rows, columns, sector.azimuth_deg, sector.digital_tilt_decidegrees / 10
            ),
            max_power_mw=power_mw,
        )
        for site in scenario.sites
        for sector in site.sectors
    )
    return Scene(
        sites=sites,
        propagation=TracedPaths(links, twin_site_index(scenario)),
        bandwidth_hz=scenario.carrier.bandwidth_hz,
        noise_figure_db=scenario.radio.noise_figure_db,
    )
