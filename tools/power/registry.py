"""All power tools of this release."""

from contracts.tool import Tool
from tools.power.foundation.shipped import trained
from tools.power.graph_model import GraphModel, Source
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
    model: Source = trained,
) -> tuple[Tool, ...]:
    """``power.present``, ``power.wmmse``, ``power.fp``, ``power.graph_model``, ``power.margin``.

    Args:
        scenarios: finds the scenario that a snapshot names.
        sampler: draws networks that agree with a snapshot, for robustness.
        model: of the graph model.
    """
    return (
        PresentPower(scenarios, sampler),
        Wmmse(scenarios, sampler),
        FractionalProgramming(scenarios, sampler),
        GraphModel(scenarios, sampler, model),
        RobustMargin(scenarios, sampler),
    )
