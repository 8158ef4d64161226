"""The simulated plant: another instance of the scenario, with perturbations nobody else can see."""

from twins.plant.plant import Plant
from twins.plant.truth import Truth

__all__ = ["Plant", "Truth"]
