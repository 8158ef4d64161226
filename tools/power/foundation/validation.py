"""How good a model is while it trains: against a classical reference, on graphs of its own."""

from dataclasses import dataclass

import torch

from tools.power.foundation.model import GraphFoundationModel
from tools.power.graphs.families import CUI, GAUSSIAN, MIX, PCGNN, Family, Varied
from tools.power.graphs.graph import LinkGraphs
from tools.power.graphs.solvers import best_wmmse
from tools.power.graphs.stream import graphs
from twins.runtime import derive_seed

_COUNT = 64
_STARTS, _ROUNDS, _EXPONENT = 20, 20, 5.0
_CAP_BITS_PER_HZ = 7.4063
"""Of 256QAM."""


@dataclass(frozen=True)
class _Set:
    family: Family
    links: int
    cap_bits_per_hz: float | None = None

    @property
    def name(self) -> str:
        capped = "" if self.cap_bits_per_hz is None else " capped"
        return f"{self.family.name}-{self.links}{capped}"


_SETS = (
    *(_Set(f, k) for f, k in ((MIX, 10), (MIX, 20), (MIX, 50), (CUI, 20), (PCGNN, 20))),
    _Set(GAUSSIAN, 10),
    _Set(Varied(MIX), 10, _CAP_BITS_PER_HZ),
    _Set(Varied(CUI), 20, _CAP_BITS_PER_HZ),
)


class Validation:
    """Mean ratio of the answer's sum rate to the best of 20 over-relaxed WMMSE starts."""

    def __init__(self, seed: int) -> None:
        self._seed = derive_seed("validation", seed)
        self._references: dict[str, tuple[LinkGraphs, torch.Tensor]] = {}

    def __call__(self, model: GraphFoundationModel) -> dict[str, float]:
        """Ratios by family and number of links."""
        device, ratios = next(model.parameters()).device, {}
        for chosen in _SETS:
            some, reference = self._reference(chosen)
            answer = model.answer(some.to(device), cap_bits_per_hz=chosen.cap_bits_per_hz)
            ratios[chosen.name] = round(float((answer.value.cpu() / reference).mean()), 5)
        return ratios

    def _reference(self, chosen: _Set) -> tuple[LinkGraphs, torch.Tensor]:
        if chosen.name not in self._references:
            some = graphs(chosen.family, chosen.links, self._seed, _COUNT)
            found = best_wmmse(
                some,
                _STARTS,
                iterations=_ROUNDS,
                exponent=_EXPONENT,
                cap_bits_per_hz=chosen.cap_bits_per_hz,
            )
            self._references[chosen.name] = some, found.value
        return self._references[chosen.name]
