"""Faults planted in the twin: calibration that would not notice them says nothing."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from typing import Any

import torch
from torch import Tensor

from twins.antenna import ELEMENT, ColumnAntenna
from twins.calibration.deployment import Deployment
from twins.tr38901 import path_loss
from twins.tr38901.environment import Environment
from twins.tr38901.indoor import Placement, place
from twins.tr38901.large_scale import LinkState, Parameter, StateTable


@dataclass(frozen=True)
class Fault:
    """A planted fault: the deployment as a faulty twin would build it."""

    name: str
    says: str
    plant: Callable[[Deployment], Deployment]


def faults() -> tuple[Fault, ...]:
    """All planted faults, of the layout, the antenna, the equations and the statistics."""
    return (
        Fault("tilt_plus_1", "tilt 1 degree too far down", lambda d: replace(d, tilt_deg=13.0)),
        Fault("tilt_plus_3", "tilt 3 degrees too far down", lambda d: replace(d, tilt_deg=15.0)),
        Fault("tilt_minus_3", "tilt 3 degrees too high", lambda d: replace(d, tilt_deg=9.0)),
        Fault("isd_125", "sites a quarter farther apart", lambda d: _stretched(d, 1.25)),
        Fault("isd_080", "sites a fifth closer", lambda d: _stretched(d, 0.8)),
        Fault("site_height", "sites 10 m higher", _raised),
        Fault("boresights", "sectors turned by 30 degrees", _turned),
        Fault("noise_plus_2", "noise 2 dB stronger", lambda d: _noisier(d, 2.0)),
        Fault("noise_plus_6", "noise 6 dB stronger", lambda d: _noisier(d, 6.0)),
        Fault("column_of_8", "8 elements for 10", lambda d: _column(d, elements=8)),
        Fault("spacing_08", "elements 0.8 wavelengths apart", lambda d: _column(d, spacing=0.8)),
        Fault("wide_element", "element 90 degrees wide", lambda d: _element(d, 90.0, 30.0)),
        Fault("front_to_back_20", "front to back 20 dB", lambda d: _element(d, 65.0, 20.0)),
        Fault("no_o2i", "no penetration loss", lambda d: _placed(d, _no_loss)),
        Fault("o2i_low_only", "all buildings of low loss", lambda d: replace(d, high_loss_share=0)),
        Fault("o2i_even", "penetration loss the same for every UE", _even_walls),
        Fault("ue_height", "every UE at 1.5 m", lambda d: _placed(d, _on_the_ground)),
        Fault("all_outdoor", "no UE in a building", lambda d: replace(d, indoor_share=0.0)),
        Fault("los_always", "line of sight everywhere", lambda d: _seen(d, _certain)),
        Fault("los_other", "LOS probability of the other environment", _other_los),
        Fault("no_break_point", "path loss with LOS never steepens", _never_steeper),
        Fault("open_ground", "environment height 1 m for every UE", _open_ground),
        Fault("nlos_slope", "path loss exponent without LOS 10 % low", _flatter),
        Fault("los_plus_3", "path loss with LOS 3 dB high", _lossier),
        Fault("no_shadowing", "shadowing removed", lambda d: _scaled(d, Parameter.SHADOWING, 0.0)),
        Fault("shadowing_125", "shadowing a quarter wider", _wider_shadowing),
        Fault("shadowing_local", "shadowing uncorrelated over the ground", _local_shadowing),
        Fault("ds_doubled", "delay spread doubled", lambda d: _shifted(d, Parameter.DELAY_SPREAD)),
        Fault("asd_doubled", "departure spread doubled", lambda d: _shifted(d, Parameter.ASD)),
        Fault("zsd_doubled", "zenith spread doubled", lambda d: _shifted(d, Parameter.ZSD)),
        Fault("asa_narrow", "arrival spread varies half", lambda d: _scaled(d, Parameter.ASA, 0.5)),
        Fault("k_minus_3", "Rician K 3 dB low", lambda d: _shifted(d, Parameter.RICIAN_K, -3.0)),
        Fault("ds_sign", "delay spread grows with received power", _flipped_sign),
    )


_DOUBLE = 0.30103
"""lg 2."""


def _stretched(d: Deployment, factor: float) -> Deployment:
    return replace(d, inter_site_distance_m=factor * d.inter_site_distance_m)


def _raised(d: Deployment) -> Deployment:
    return replace(d, site_height_m=d.site_height_m + 10.0)


def _turned(d: Deployment) -> Deployment:
    return replace(d, azimuths_deg=tuple(a + 30.0 for a in d.azimuths_deg))


def _noisier(d: Deployment, by_db: float) -> Deployment:
    return replace(d, noise_figure_db=d.noise_figure_db + by_db)


def _column(d: Deployment, elements: int = 10, spacing: float = 0.5) -> Deployment:
    return replace(d, antenna=ColumnAntenna(elements, spacing))


def _element(d: Deployment, beamwidth_deg: float, front_to_back_db: float) -> Deployment:
    element = ELEMENT.model_copy(
        update={"horizontal_beamwidth_deg": beamwidth_deg, "front_to_back_db": front_to_back_db}
    )
    return replace(d, antenna=replace(d.antenna, element=element))


def _placed(d: Deployment, change: Callable[[Placement], Placement]) -> Deployment:
    def place_wrongly(*arguments: Any) -> Placement:
        return change(place(*arguments))

    return replace(d, place=place_wrongly)


def _no_loss(placement: Placement) -> Placement:
    return replace(placement, penetration_db=torch.zeros_like(placement.penetration_db))


def _on_the_ground(placement: Placement) -> Placement:
    return replace(placement, height_m=torch.full_like(placement.height_m, 1.5))


def _even_walls(d: Deployment) -> Deployment:
    def even(placement: Placement) -> Placement:
        loss, indoor = placement.penetration_db, placement.indoor
        return replace(placement, penetration_db=torch.where(indoor, loss[indoor].mean(), 0.0))

    return _placed(d, even)


def _seen(d: Deployment, probability: Callable[[Tensor, Tensor], Tensor]) -> Deployment:
    return replace(d, environment=replace(d.environment, los_probability=probability))


def _certain(distance_2d_m: Tensor, ue_height_m: Tensor) -> Tensor:
    return torch.ones_like(distance_2d_m + ue_height_m)


def _other_los(d: Deployment) -> Deployment:
    urban = d.environment.name == "UMa"
    return _seen(d, path_loss.umi_los_probability if urban else path_loss.uma_los_probability)


def _open_ground(d: Deployment) -> Deployment:
    low = replace(d.environment, environment_height_m=path_loss.umi_environment_height_m)
    return replace(d, environment=low)


def _never_steeper(d: Deployment) -> Deployment:
    def far_below(distance_2d_m: Tensor, *_: object) -> Tensor:
        # the break point is proportional to the heights above it
        return torch.full_like(distance_2d_m, -1e4)

    return replace(d, environment=replace(d.environment, environment_height_m=far_below))


def _flatter(d: Deployment) -> Deployment:
    right = d.environment.nlos_db

    def nlos_db(distance: Tensor, site: Tensor, ue: Tensor, frequency_hz: float) -> Tensor:
        shortfall = 3.7 * torch.log10(torch.hypot(distance, site - ue))
        return right(distance, site, ue, frequency_hz) - shortfall

    return replace(d, environment=replace(d.environment, nlos_db=nlos_db))


def _lossier(d: Deployment) -> Deployment:
    right = d.environment.los_db

    def los_db(
        distance: Tensor, site: Tensor, ue: Tensor, environment: Tensor, frequency_hz: float
    ) -> Tensor:
        return right(distance, site, ue, environment, frequency_hz) + 3.0

    return replace(d, environment=replace(d.environment, los_db=los_db))


def _tables(d: Deployment, change: Callable[[LinkState, StateTable], StateTable]) -> Deployment:
    environment: Environment = d.environment
    tables: Mapping[LinkState, StateTable] = {
        state: change(state, table) for state, table in environment.tables.items()
    }
    return replace(d, environment=replace(environment, tables=tables))


def _statistics(
    d: Deployment, parameter: Parameter, **changes: Callable[[float], float]
) -> Deployment:
    def change(_state: LinkState, table: StateTable) -> StateTable:
        if parameter not in table.statistics:
            return table
        right = table.statistics[parameter]
        wrong = replace(right, **{k: f(getattr(right, k)) for k, f in changes.items()})
        return replace(table, statistics={**table.statistics, parameter: wrong})

    return _tables(d, change)


def _scaled(d: Deployment, parameter: Parameter, factor: float) -> Deployment:
    return _statistics(d, parameter, deviation=lambda right: factor * right)


def _shifted(d: Deployment, parameter: Parameter, by: float = _DOUBLE) -> Deployment:
    return _statistics(d, parameter, mean=lambda right: right + by)


def _wider_shadowing(d: Deployment) -> Deployment:
    return _scaled(d, Parameter.SHADOWING, 1.25)


def _local_shadowing(d: Deployment) -> Deployment:
    return _statistics(d, Parameter.SHADOWING, correlation_m=lambda _right: 0.1)


def _flipped_sign(d: Deployment) -> Deployment:
    def change(_state: LinkState, table: StateTable) -> StateTable:
        names = list(table.statistics)
        # the sign of one parameter against all others keeps the matrix positive definite
        flip = torch.ones(len(names), dtype=torch.float64)
        flip[names.index(Parameter.DELAY_SPREAD)] = -1.0
        return replace(table, correlation=flip[:, None] * table.correlation * flip[None, :])

    return _tables(d, change)
