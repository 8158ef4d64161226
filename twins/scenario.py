"""Scenarios: everything that defines a network under study, in one YAML file."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import Field, model_validator

from contracts.canonical import Contract
from contracts.dictionary.profile import EquipmentProfile
from contracts.errors import ExitCode, RanwrightError
from contracts.requirement import CellId
from twins import assets
from twins._yaml import read_yaml


class Carrier(Contract):
    """One NR carrier (TS 38.104)."""

    frequency_hz: float = Field(gt=0, description="centre frequency")
    bandwidth_hz: float = Field(gt=0, description="channel bandwidth")
    resource_blocks: int = Field(ge=1, le=275, description="N_RB, TS 38.101-1 Table 5.3.2-1")
    subcarrier_spacing_khz: Literal[15, 30, 60, 120] = Field(description="TS 38.211 Table 4.2-1")
    sub_bands: int = Field(ge=1, le=18, description="frequency resolution of the flow level")
    overhead_share: float = Field(ge=0, lt=1, description="control and reference signals")


class SectorAntenna(Contract):
    """TR 38.901 Table 7.3-1 element; a narrow vertical beamwidth makes a column of it."""

    max_gain_dbi: float = Field(description="towards boresight")
    horizontal_beamwidth_deg: float = Field(gt=0, description="at -3 dB")
    vertical_beamwidth_deg: float = Field(gt=0, description="at -3 dB")
    front_to_back_db: float = Field(gt=0, description="A_max: the most the pattern attenuates")
    side_lobe_db: float = Field(gt=0, description="SLA_V: the most its vertical cut does")


class Sector(Contract):
    """One cell on a site."""

    cell_id: CellId = Field(description="cellLocalId of TS 28.541; ascending over all sites")
    azimuth_deg: float = Field(ge=0, lt=360, description="boresight, counter-clockwise from +x")
    digital_tilt_decidegrees: int = Field(
        ge=-900, le=900, description="electrical tilt in 0.1 degree, down positive (TS 28.541)"
    )
    configured_max_tx_power_mw: int = Field(
        gt=0, description="at the start; on the grid of the equipment"
    )


class SitePlan(Contract):
    """A site with its sectors."""

    name: str = Field(description="for people")
    position_m: tuple[float, float, float] = Field(description="x, y, height above ground")
    sectors: tuple[Sector, ...] = Field(min_length=1, description="its cells")


class RayTracedChannel(Contract):
    """Link gains from paths traced once over a street grid (``twins.sionna.trace``)."""

    kind: Literal["ray_traced"] = Field(default="ray_traced", description="paths of a 3D scene")
    scene: str = Field(description="built-in Sionna RT scene")
    grid_step_m: float = Field(gt=0, description="distance of the street points")
    area_m: tuple[float, float, float, float] = Field(description="x_min, y_min, x_max, y_max")
    ue_height_m: float = Field(gt=0, description="of the receivers above ground")
    max_depth: int = Field(ge=0, description="most reflections on a path")
    max_paths: int = Field(ge=1, description="strongest paths kept for each site and point")
    paths_file: str = Field(description="file beside the scenario")
    paths_digest: str = Field(description="its SHA-256; ``ranwright twin trace`` writes both")


class StatisticalChannel(Contract):
    """Link gains drawn from TR 38.901 clause 7 (:mod:`twins.tr38901`)."""

    kind: Literal["statistical"] = Field(default="statistical", description="drawn links")
    model: Literal["UMa", "UMi"] = Field(description="urban macro, or street canyon")
    cell_radius_m: float = Field(gt=0, description="UE points lie within this of a site")
    min_distance_m: float = Field(ge=10, description="horizontal; the model holds from 10 m")
    ue_height_m: float = Field(ge=1.5, le=22.5, description="outdoors; floors say it indoors")
    indoor_share: float = Field(default=0.0, ge=0, le=1, description="of the UEs")
    high_loss_share: float = Field(default=0.5, ge=0, le=1, description="of the buildings")
    point_count: int = Field(ge=1, description="candidate UE points")
    seed: int = Field(ge=0, description="of points, LOS states and shadowing")


class Traffic(Contract):
    """On-off traffic: in each 100 ms a UE has data with this probability."""

    activity: float = Field(gt=0, le=1, description="probability of data in a step")


class Radio(Contract):
    """Receiver and link abstraction."""

    noise_figure_db: float = Field(ge=0, description="of the UE")
    implementation_loss_db: float = Field(ge=0, description="SNR gap of the link abstraction")
    max_spectral_efficiency: float = Field(gt=0, description="bit/s/Hz of the highest MCS")
    handover_offset_db: float = Field(
        ge=0, description="A3 offset: a neighbour must be so much better"
    )


class EnergyModel(Contract):
    """Consumed power of a cell: static + slope * radiated power while transmitting."""

    static_w: float = Field(ge=0, description="consumed without transmitting")
    slope: float = Field(ge=0, description="consumed watts per radiated watt")
    source: str = Field(description="where the numbers come from")


class MeasurementModel(Contract):
    """What the reports can see."""

    rsrp_error_db: float = Field(ge=0, description="standard deviation of one RSRP reading")
    detection_floor_dbm: float = Field(description="weaker cells are not reported")
    detection_range_db: float = Field(gt=0, description="nor cells so far below the strongest")
    max_reported_cells: int = Field(ge=1, description="strongest cells in a report")


class Uncertainty(Contract):
    """What the twin does not know of the plant: standard deviations of the hidden perturbations.

    The plant draws its own from the same family with its own seed; the twin never sees them.
    """

    clutter_loss_db: float = Field(ge=0, description="per cell, common to all its links")
    shadowing_db: float = Field(ge=0, description="per link: error of ray tracing at a point")
    tilt_error_deg: float = Field(ge=0, description="per cell")
    activity: float = Field(ge=0, description="per cell, of the activity; truncated to 0.05..1")


class Scenario(Contract):
    """A network under study; its digest stands in snapshots, verdicts and certificates."""

    name: str = Field(pattern=r"^[a-z][a-z0-9_]*$", description="stands in snapshots")
    description: str = Field(description="one line for people and figures")
    carrier: Carrier
    antenna: SectorAntenna
    sites: tuple[SitePlan, ...] = Field(min_length=1, description="sites with their sectors")
    channel: Annotated[RayTracedChannel | StatisticalChannel, Field(discriminator="kind")] = Field(
        description="where link gains come from"
    )
    ue_count: int = Field(ge=1, le=5000, description="UEs dropped on the covered points")
    ue_min_rsrp_dbm: float = Field(description="UEs are dropped where the best cell is this strong")
    traffic: Traffic
    radio: Radio
    energy: EnergyModel
    equipment: EquipmentProfile
    measurement: MeasurementModel
    uncertainty: Uncertainty

    @model_validator(mode="after")
    def _check(self) -> Self:
        ids = [s.cell_id for s in self.sectors]
        if ids != sorted(set(ids)):
            raise ValueError(f"cell ids must be distinct and ascending over the sites, not {ids}")
        grid = self.equipment.configured_max_tx_power.grid_mw()
        for sector in self.sectors:
            start = sector.configured_max_tx_power_mw
            if start not in grid:
                nearest = min(grid, key=lambda power: abs(power - start))
                raise ValueError(
                    f"cell {sector.cell_id} starts with {start} mW, which is not on the power grid"
                    f" of {self.equipment.name}; the nearest power is {nearest} mW"
                )
        return self

    @property
    def sectors(self) -> tuple[Sector, ...]:
        """All cells in order of their id."""
        return tuple(sector for site in self.sites for sector in site.sectors)

    @property
    def cell_ids(self) -> tuple[int, ...]:
        """Ids of all cells, ascending."""
        return tuple(s.cell_id for s in self.sectors)


def load_scenario(name_or_path: str) -> Scenario:
    """Load a built-in scenario by name, or any YAML file by path.

    Raises:
        RanwrightError: ``scenario.unknown`` or ``scenario.malformed`` (usage errors).
    """
    path = scenario_path(name_or_path)
    assets.add_source(str(path.parent), assets.folder(path.parent))
    return read_yaml(path, Scenario, "scenario.malformed")


def scenario_path(name_or_path: str) -> Path:
    """The YAML file of a scenario; files it names lie beside it.

    Raises:
        RanwrightError: ``scenario.unknown``.
    """
    for path in (assets.BUILT_IN / f"{name_or_path}.yaml", Path(name_or_path)):
        if path.is_file():
            return path
    known = ", ".join(sorted(p.stem for p in assets.BUILT_IN.glob("*.yaml")))
    raise RanwrightError(
        "scenario.unknown",
        f"There is no scenario {name_or_path!r}.",
        f"Use one of {known}, or the path of a YAML file.",
        ExitCode.USAGE,
    )
