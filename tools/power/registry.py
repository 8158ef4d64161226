"""All power tools of this release."""

from pathlib import Path

from contracts.tool import Tool
from tools.power.foundation.shipped import SHIPPED
from tools.power.graph_model import GraphModel
from tools.power.samples import Sampler, posterior_sampler
from tools.power.solvers import (
    FractionalProgramming,
    PresentPower,
    RobustMargin,
    ScenarioLoader,
    Wmmse,
)
from twins.scenario import load_scenario


def power_tools(
    scenarios: ScenarioLoader = load_scenario,
    sampler: Sampler = posterior_sampler,
    weights: Path = SHIPPED,
) -> tuple[Tool, ...]:
    """``power.present``, ``power.wmmse``, ``power.fp``, ``power.graph_model``, ``power.margin``.

    Args:
        scenarios: finds the scenario that a snapshot names.
        sampler: draws networks that agree with a snapshot, for robustness.
        weights: of the graph model.
    """
    return (
        PresentPower(scenarios, sampler),
        Wmmse(scenarios, sampler),
        FractionalProgramming(scenarios, sampler),
        GraphModel(scenarios, sampler, weights),
        RobustMargin(scenarios, sampler),
    )
