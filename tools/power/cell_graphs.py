"""From a snapshot to interference graphs: cells of one sub-band, each with a UE that it schedules.

The rate model's utility is a sum over UEs that share their cell's power. Where every cell schedules
one of its UEs, drawn by activity, and its rate counts as much more as the UE is drawn less often,
the graph's weighted sum rate is, in the mean over draws, the tangent of that utility: weights are
those of :func:`tools.power.objectives.tangent`.
"""

import torch
from torch import Tensor

from tools.power.evaluation import Evaluator
from tools.power.graphs.graph import LinkGraphs
from tools.power.limits import PowerLimits
from tools.power.objectives import tangent

_LEAST = 1e-12


def cell_graphs(
    evaluator: Evaluator,
    limits: PowerLimits,
    power_mw: Tensor,
    duals: Tensor,
    count: int,
    seed: int,
) -> tuple[LinkGraphs, Tensor]:
    """Graphs [count, C, C] around present or proposed powers; all cells' limits are 1.

    Args:
        evaluator: of the measured network.
        limits: their upper end is full power.
        power_mw: [C] around which the utility is taken to be linear, and who is served by whom.
        duals: [R] multipliers of the requirements.
        seed: of the draws.

    Returns:
        The graphs, and the margins [R] of the requirements at these powers.
    """
    model = evaluator.model
    association = model.associate(power_mw[None])
    state = evaluator.state(power_mw[None], association)
    weights, margins = tangent(evaluator, state, association, duals[None])
    serving = association.serving[0, 0]
    member = torch.nn.functional.one_hot(serving, len(limits.upper)).T.bool()  # [C, U]
    activity = (member * model.activity[0]).clamp(min=0.0)
    total = activity.sum(1, keepdim=True)
    generator = torch.Generator().manual_seed(seed)
    served = member.any(1)
    # a cell without UEs draws any, at no weight and without a wanted signal
    chance = torch.where(served[:, None], activity, torch.ones_like(activity))
    chosen = torch.multinomial(chance, count, replacement=True, generator=generator).T  # [N, C]
    oftener = total[:, 0] / activity.gather(1, chosen.T).T.clamp(min=_LEAST)
    weight = torch.where(served, weights[0, chosen] * oftener, 0.0)
    gap = 10.0 ** (model.scenario.radio.implementation_loss_db / 10.0)
    wanted = torch.where(served, association.direct[0, 0, chosen] / gap, 0.0)
    gain = association.leak[0, 0, chosen] * limits.upper
    own = torch.eye(len(limits.upper), dtype=torch.bool)
    gain = torch.where(own, (wanted * limits.upper)[..., None], gain)
    weight = weight / weight.mean().clamp(min=_LEAST)
    single = torch.float32
    ones = torch.ones(weight.shape, dtype=single)
    return LinkGraphs(gain.to(single), weight.to(single), ones), margins[0]
