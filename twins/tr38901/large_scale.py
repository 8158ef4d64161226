"""Large-scale parameters of links (TR 38.901 clause 7.5, step 4), correlated as the tables say.

Each parameter of each site is a Gaussian field over the ground with an exponential correlation;
the fields of one link state are mixed by the Cholesky factor of their cross-correlation.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from importlib.resources import files
from typing import Any

import torch
import yaml
from torch import Tensor

from twins.runtime import seeded


class LinkState(StrEnum):
    """State of a link; UEs in buildings are O2I whatever their outdoor leg is."""

    LOS = "LOS"
    NLOS = "NLOS"
    O2I = "O2I"


class Parameter(StrEnum):
    """Large-scale parameters, in the order in which step 4 correlates them."""

    SHADOWING = "shadowing"
    """dB; positive: stronger than the path loss says."""
    RICIAN_K = "rician_k"
    """dB; LOS links only."""
    DELAY_SPREAD = "delay_spread"
    """lg(s)."""
    ASD = "asd"
    """Azimuth spread of departure, lg(degrees)."""
    ASA = "asa"
    """Azimuth spread of arrival, lg(degrees)."""
    ZSD = "zsd"
    """Zenith spread of departure, lg(degrees)."""
    ZSA = "zsa"
    """Zenith spread of arrival, lg(degrees)."""


@dataclass(frozen=True)
class Statistic:
    """Distribution of one parameter in one state, at one frequency.

    ``mean`` of the zenith spread of departure is an offset to :func:`zsd_mean`.
    """

    mean: float
    deviation: float
    correlation_m: float


@dataclass(frozen=True)
class StateTable:
    """All parameters of one link state: their statistics, and the correlation of their fields."""

    statistics: Mapping[Parameter, Statistic]
    correlation: Tensor


def load_tables(environment: str, frequency_hz: float) -> dict[LinkState, StateTable]:
    """The tables of ``UMa`` or ``UMi`` at a frequency."""
    text = (files("twins.tr38901") / "large_scale.yaml").read_text(encoding="utf-8")
    rows = yaml.safe_load(text)[environment]
    ghz = max(frequency_hz / 1e9, rows["least_frequency_ghz"])
    return {state: _state_table(rows[state.value], ghz) for state in LinkState}


def _state_table(rows: Mapping[str, Any], ghz: float) -> StateTable:
    def at(coefficients: tuple[float, float, float]) -> float:
        offset, slope, shift = coefficients
        return offset + slope * float(torch.log10(torch.tensor(shift + ghz)))

    statistics = {
        p: Statistic(
            mean=at(rows[p.value].get("mean", (0, 0, 0))),
            deviation=at(rows[p.value]["deviation"]),
            correlation_m=rows[p.value]["correlation_m"],
        )
        for p in Parameter
        if p.value in rows
    }
    names = list(statistics)
    correlation = torch.eye(len(names), dtype=torch.float64)
    for pair, value in rows["cross"].items():
        i, j = (names.index(Parameter(name)) for name in pair.split("-"))
        correlation[i, j] = correlation[j, i] = value
    return StateTable(statistics, correlation)


def draw_fields(
    tables: Mapping[LinkState, StateTable],
    state: LinkState,
    wanted: Iterable[Parameter],
    points_m: Tensor,
    height_m: Tensor,
    sites: int,
    seed: int,
) -> dict[Parameter, Tensor]:
    """Draw parameters of all links as if all were in one state.

    Every field has a stream of its own, so what else is drawn changes nothing.

    Args:
        tables: of an environment.
        state: of the links.
        wanted: parameters to return; those that the state lacks are left out.
        points_m: ``[P, 2]``.
        height_m: ``[P]``; fields of different floors are unrelated.
        sites: number S of sites.
        seed: of the fields.

    Returns:
        ``[S, P]`` by parameter, mean included except that of the zenith spread of departure.
    """
    table = tables[state]
    names = list(table.statistics)
    chosen = [p for p in wanted if p in table.statistics]
    mix = torch.linalg.cholesky(table.correlation)
    factors: dict[float, Tensor] = {}
    fields = []
    for name in names[: max((names.index(p) + 1 for p in chosen), default=0)]:
        reach_m = table.statistics[name].correlation_m
        if reach_m not in factors:
            factors[reach_m] = _factor(points_m, height_m, reach_m)
        generator = seeded("tr38901", state.value, name.value, seed)
        normal = torch.randn(sites, len(points_m), generator=generator, dtype=torch.float64)
        fields.append(normal @ factors[reach_m].T)
    drawn = {}
    for name in chosen:
        row, statistic = names.index(name), table.statistics[name]
        mixed = sum((mix[row, i] * fields[i] for i in range(row + 1)), start=torch.zeros(()))
        drawn[name] = (statistic.mean + statistic.deviation * mixed).float()
    return drawn


def zsd_mean(
    environment: str,
    state: LinkState,
    distance_2d_m: Tensor,
    site_height_m: Tensor,
    ue_height_m: Tensor,
) -> Tensor:
    """Mean of the zenith spread of departure, lg(degrees) (Tables 7.5-7 and 7.5-8).

    Args:
        environment: ``UMa`` or ``UMi``.
        state: of the outdoor leg, LOS or NLOS.
    """
    km = distance_2d_m / 1000.0
    los = state is LinkState.LOS
    if environment not in ("UMa", "UMi"):
        raise ValueError(f"no environment {environment!r}")
    if environment == "UMa":
        return (-2.1 * km - 0.01 * (ue_height_m - 1.5) + (0.75 if los else 0.9)).clamp(min=-0.5)
    raised = ue_height_m - site_height_m
    if los:
        return (-14.8 * km + 0.01 * raised.abs() + 0.83).clamp(min=-0.21)
    return (-3.1 * km + 0.01 * raised.clamp(min=0.0) + 0.2).clamp(min=-0.5)


def _factor(points_m: Tensor, height_m: Tensor, reach_m: float) -> Tensor:
    points = points_m.double()
    covariance = torch.exp(-torch.cdist(points, points) / reach_m)
    covariance *= height_m[:, None] == height_m[None, :]
    covariance.diagonal().add_(1e-9)
    factor: Tensor = torch.linalg.cholesky(covariance)
    return factor
