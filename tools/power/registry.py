"""All power tools of this release."""

from contracts.tool import Tool
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
    model: Source | None = None,
) -> tuple[Tool, ...]:
    """``power.present``, ``power.wmmse``, ``power.fp``, ``power.margin``, and what is learned.

    Args:
        scenarios: finds the scenario that a snapshot names.
        sampler: draws networks that agree with a snapshot, for robustness.
        model: of ``power.graph_model``; None leaves that tool out.
    """
    learned = () if model is None else (GraphModel(scenarios, sampler, model),)
    return (
        PresentPower(scenarios, sampler),
        Wmmse(scenarios, sampler),
        FractionalProgramming(scenarios, sampler),
        *learned,
        RobustMargin(scenarios, sampler),
    )
