"""Adaptation of a trained channel model to one configuration with few sequences."""

from dataclasses import dataclass
from enum import StrEnum

import torch
from torch import Tensor, nn

from tools.channel.baselines.transform import to_angle_delay
from tools.channel.data.stream import Batch
from tools.channel.wifo.losses import forecast_loss
from tools.channel.wifo.model import ChannelModel
from tools.learning.fitting import fit
from twins.runtime import derive_seed, seeded

_LOW_RANK = r".*(query|key|value|mix|expand|shrink|features)"
_BATCH = 16


class Scope(StrEnum):
    """What adaptation changes."""

    FULL = "full"
    LORA = "lora"


_RATES = {Scope.FULL: 5e-4, Scope.LORA: 2e-3}


@dataclass(frozen=True)
class Adaptation:
    """How a model is adapted.

    Attributes:
        scope: all weights, or low-rank updates of the autoencoder's products (LoRA, Hu et al.,
            2022).
        steps: of the fit.
        rank: of the low-rank updates.
        seed: of the order of sequences.
    """

    scope: Scope = Scope.FULL
    steps: int = 100
    rank: int = 4
    seed: int = 0

    def of(self, model: ChannelModel, few: Batch, past: int) -> ChannelModel:
        """A copy of a model, fitted to few sequences whose future is known.

        Args:
            past: samples that it predicts from; the rest of a sequence is the future.
        """
        copy = ChannelModel(model.size)
        copy.load_state_dict(model.state_dict())
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(derive_seed("channel-adaptation", self.seed))
            fitted: nn.Module = copy
            if self.scope is Scope.LORA:
                # here, because it takes seconds to import and nothing else needs it
                from peft import LoraConfig, get_peft_model

                config = LoraConfig(r=self.rank, lora_alpha=2 * self.rank, target_modules=_LOW_RANK)
                fitted = get_peft_model(copy, config)
        generator = seeded("channel-adaptation", self.seed)
        clean = to_angle_delay(few.clean[:, past:], few.array).flatten(2)

        def loss(_step: int) -> Tensor:
            chosen = torch.randperm(len(clean), generator=generator)[:_BATCH]
            forecast = fitted(few.noisy[chosen, :past], few.clean.shape[1] - past, few.array)
            return forecast_loss(forecast, clean[chosen])

        changed = [p for p in fitted.parameters() if p.requires_grad]
        fit(changed, loss, self.steps, _RATES[self.scope])
        if self.scope is Scope.LORA:
            fitted.merge_and_unload()  # type: ignore[operator]
        return copy.eval().requires_grad_(False)
