"""The rate model: differentiable KPIs of powers, on one network or on many samples of it.

A UE's DRB.UEThpDl is its volume over its active time. Model, with B power vectors and S samples:

    SINR_u = p_c a_uc / (1 + sum_{b != c} load_b p_b a_ub)          c = serving cell of u
    r_u    = eff_u * W * share_c * min(log2(1 + SINR_u / gap), SE_max)

``a`` is the link gain over noise, ``busy_c = 1 - prod_{u in c}(1 - q_u)`` the share of time in
which cell c has data, ``load_c`` the same plus control and reference signals while idle,
``share_c = busy_c / sum_{u in c} q_u`` the mean time share of an active UE under proportional fair
scheduling, ``gap`` the implementation loss. ``eff_u`` makes the present rates of the model equal
the measured ones (ratio clipped to 0.5..2): it absorbs fading and scheduling gains.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import torch
from torch import Tensor

from contracts.errors import RanwrightError
from contracts.network import NetworkSnapshot
from contracts.problem import Problem
from tools.power.knowledge import Knowledge, noise_dbm, occupied_hz, rsrp_offset_db
from tools.power.runtime import DTYPE
from tools.power.samples import NetworkSamples, WindowNoise
from twins.scenario import Scenario

EFFICIENCY_RANGE = (0.5, 2.0)
SINR_ANCHOR_LIMIT_DB = 10.0


@dataclass(frozen=True)
class Association:
    """Who serves whom, and what follows from it; constant in the powers' gradient.

    Attributes:
        serving: [B, S, U] index of the serving cell.
        load: [B, S, C] mean share of the cell's power that is sent.
        share: [B, S, U] time share of the UE while it has data.
        direct: [B, S, U] gain over noise of the serving link, 1/mW.
        leak: [B, S, U, C] load times gain over noise of every other cell, 0 for the serving one.
    """

    serving: Tensor
    load: Tensor
    share: Tensor
    direct: Tensor
    leak: Tensor


@dataclass(frozen=True)
class State:
    """The network under powers: rates, RSRP, SINR as [B, S, U]; consumed power as [B, S, C]."""

    power_mw: Tensor
    rates_mbps: Tensor
    rsrp_dbm: Tensor
    sinr_db: Tensor
    consumed_w: Tensor


@dataclass(frozen=True)
class RateModel:
    """Rates r[B, S, U] for powers p[B, C] over S gain samples (S = 1: the measured network).

    Attributes:
        knowledge: what the snapshot says.
        gain_db: [S, U, C].
        activity: [S, U].
        efficiency: [U] or [S, U] measured over modelled rate at present power.
        sinr_anchor_db: [U] measured minus modelled SINR at present power.
        consumed_anchor_w: [C] measured minus modelled consumption at present power.
        rsrp_error_db: [U] or [S, U] error of the measured RSRP.
    """

    scenario: Scenario
    knowledge: Knowledge
    gain_db: Tensor
    activity: Tensor
    efficiency: Tensor
    sinr_anchor_db: Tensor
    consumed_anchor_w: Tensor
    rsrp_error_db: Tensor

    @classmethod
    def from_snapshot(
        cls, problem: Problem, snapshot: NetworkSnapshot, scenario: Scenario
    ) -> "RateModel":
        """The measured network, calibrated so that the present state is reproduced.

        Raises:
            RanwrightError: ``tool.snapshot_mismatch`` when the problem was made on another
                snapshot, or as :meth:`Knowledge.from_snapshot`.
        """
        _require_match(problem, snapshot)
        known = Knowledge.from_snapshot(snapshot, scenario)
        ones, zeros = torch.ones(len(known.ue_ids), dtype=DTYPE), torch.zeros_like(known.sinr_db)
        raw = cls(
            scenario=scenario,
            knowledge=known,
            gain_db=known.gain_db[None],
            activity=known.activity[None],
            efficiency=ones,
            sinr_anchor_db=zeros,
            consumed_anchor_w=torch.zeros_like(known.consumed_w),
            rsrp_error_db=zeros,
        )
        state = raw.evaluate(known.power_mw[None])
        ratio = known.throughput_mbps / state.rates_mbps[0, 0].clamp(min=1e-9)
        anchor_db = known.sinr_db - state.sinr_db[0, 0]
        return replace(
            raw,
            efficiency=ratio.nan_to_num(1.0).clamp(*EFFICIENCY_RANGE),
            sinr_anchor_db=anchor_db.clamp(-SINR_ANCHOR_LIMIT_DB, SINR_ANCHOR_LIMIT_DB),
            consumed_anchor_w=known.consumed_w - state.consumed_w[0, 0],
        )

    def with_samples(self, samples: NetworkSamples, window: WindowNoise) -> "RateModel":
        """The same network under S samples of gains and activities, seen in one window of each."""
        return replace(
            self,
            gain_db=samples.gain_db,
            activity=samples.activity,
            efficiency=self.efficiency ** samples.trust[:, None] * window.rate_factor,
            rsrp_error_db=window.rsrp_error_db,
        )

    @cached_property
    def gain_over_noise(self) -> Tensor:
        """[S, U, C] received power over noise power for one milliwatt sent."""
        exponent = (self.gain_db - noise_dbm(self.scenario)) / 10.0
        return torch.pow(10.0, exponent)

    @property
    def rate_unit_mbps(self) -> Tensor:
        """[U] or [S, U] rate of a lone UE at 1 bit/s/Hz."""
        usable_hz = occupied_hz(self.scenario) * (1.0 - self.scenario.carrier.overhead_share)
        return self.efficiency * usable_hz / 1e6

    def associate(self, power_mw: Tensor) -> Association:
        """Strongest cell, unless it leads the present serving cell by less than the A3 offset."""
        power = power_mw.detach()
        gain = self.gain_over_noise
        offset = 10.0 ** (self.scenario.radio.handover_offset_db / 10.0)
        received = (gain * self._stay(offset))[None] * power[:, None, None, :]
        serving = received.argmax(-1)
        zeros = power.new_zeros(*received.shape[:2], received.shape[-1])
        sizes = serving.shape
        idle_log = zeros.scatter_add(-1, serving, torch.log1p(-self.activity).expand(sizes))
        active = zeros.scatter_add(-1, serving, self.activity.expand(sizes))
        busy = -torch.expm1(idle_log)
        load = busy + (1.0 - busy) * self.scenario.carrier.overhead_share
        share = (busy / active.clamp(min=1e-9)).gather(-1, serving)
        at = serving[..., None]
        direct = gain.expand(sizes[0], -1, -1, -1).gather(-1, at).squeeze(-1)
        leak = (gain[None] * load[:, :, None, :]).scatter_(-1, at, 0.0)
        return Association(serving, load, share, direct, leak)

    def _stay(self, offset: float) -> Tensor:
        """[U, C] the A3 offset at the present serving cell, 1 elsewhere."""
        factor = torch.ones_like(self.gain_db[0])
        return factor.scatter_(-1, self.knowledge.serving[:, None], offset)

    def evaluate(self, power_mw: Tensor, association: Association | None = None) -> State:
        """The network under powers [B, C]; differentiable in them at a fixed association.

        Args:
            association: who serves whom; by default re-computed for these powers.
        """
        link = association or self.associate(power_mw)
        own = power_mw[:, None, :].expand(-1, link.serving.shape[1], -1).gather(-1, link.serving)
        interference = (link.leak @ power_mw[:, None, :, None]).squeeze(-1)
        sinr = own * link.direct / (1.0 + interference)
        radio = self.scenario.radio
        gap = 10.0 ** (radio.implementation_loss_db / 10.0)
        efficiency = torch.log2(1.0 + sinr / gap).clamp(max=radio.max_spectral_efficiency)
        energy = self.scenario.energy
        radiated_w = power_mw[:, None, :] * link.load / 1000.0
        rsrp_dbm = _db(own * link.direct) + noise_dbm(self.scenario) - rsrp_offset_db(self.scenario)
        return State(
            power_mw=power_mw,
            rates_mbps=self.rate_unit_mbps * link.share * efficiency,
            rsrp_dbm=rsrp_dbm + self.rsrp_error_db,
            sinr_db=_db(sinr) + self.sinr_anchor_db,
            consumed_w=energy.static_w + energy.slope * radiated_w + self.consumed_anchor_w,
        )

    def rates(self, power_mw: Tensor) -> Tensor:
        """Rates r[B, S, U] in Mbit/s for powers p[B, C] in mW."""
        return self.evaluate(power_mw).rates_mbps


def _db(ratio: Tensor) -> Tensor:
    return 10.0 * torch.log10(ratio.clamp(min=1e-30))


def _require_match(problem: Problem, snapshot: NetworkSnapshot) -> None:
    if problem.snapshot_digest != snapshot.digest:
        raise RanwrightError(
            "tool.snapshot_mismatch",
            "The problem was formulated on another snapshot.",
            "Formulate it again on this snapshot.",
        )
