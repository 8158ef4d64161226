"""How good a model is while it trains: against a classical reference, on graphs of its own."""

import torch

from tools.power.foundation.model import GraphFoundationModel
from tools.power.graphs.families import CUI, GAUSSIAN, MIX, PCGNN
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.solvers import best_wmmse
from tools.power.graphs.stream import graphs
from twins.runtime import derive_seed

_SETS = ((MIX, 10), (MIX, 20), (MIX, 50), (CUI, 20), (PCGNN, 20), (GAUSSIAN, 10))
_COUNT = 64
_STARTS, _ROUNDS, _EXPONENT = 20, 20, 5.0


class Validation:
    """Mean ratio of the answer's sum rate to the best of 20 over-relaxed WMMSE starts."""

    def __init__(self, seed: int) -> None:
        self._seed = derive_seed("validation", seed)
        self._sets: dict[str, tuple[LinkGraphs, torch.Tensor]] = {}

    def __call__(self, model: GraphFoundationModel) -> dict[str, float]:
        """Ratios by family and number of links."""
        if not self._sets:
            self._sets = {f"{f.name}-{k}": self._reference(f.name, k) for f, k in _SETS}
        device = next(model.parameters()).device
        ratios = {}
        for name, (some, reference) in self._sets.items():
            value = model.answer(some.to(device)).value.cpu()
            ratios[name] = round(float((value / reference).mean()), 5)
        return ratios

    def _reference(self, name: str, links: int) -> tuple[LinkGraphs, torch.Tensor]:
        family = next(f for f, _ in _SETS if f.name == name)
        some = graphs(family, links, self._seed, _COUNT)
        found = best_wmmse(some, _STARTS, iterations=_ROUNDS, exponent=_EXPONENT)
        return some, found.value
