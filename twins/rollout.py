"""Paired roll-outs: what the network shows in the window before an action and in the one after.

Both windows share everything that was drawn about the network (positions, links, activity) and
differ in fading, traffic and measurement errors, as two consecutive windows on the plant do. The
event that is judged later is "measured after against measured before", and so is this one.

Networks come from particles (:mod:`twins.particles`), which each seed draws anew: what one run
learns by chance, another does not share.
"""

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from functools import partial
from typing import Any, TypeVar

import torch
from torch import Tensor

from contracts.errors import RanwrightError
from contracts.network import NetworkSnapshot
from twins.channel import LinkMap, load_link_map, rsrp_dbm
from twins.conditioning import Draw, Posterior
from twins.discrepancy import discrepancy
from twins.engine import engine_of
from twins.flow import STEP_MS, FlowModel, FlowResult, serving_cells
from twins.kpis import PairedRollouts, WindowKpis, kpi_samples, missed
from twins.particles import Particles
from twins.reports import average_power_w, average_rsrp_dbm, readings_in
from twins.runtime import RuntimeSettings, configure_thread, seeded
from twins.scenario import Scenario

__all__ = ["PairedRollouts", "Progress", "Twin", "WindowKpis", "kpi_samples", "missed"]

_T = TypeVar("_T", Draw, FlowResult)
_V = TypeVar("_V")

Progress = Callable[[int, int], None]
"""Called with the roll-outs done and their number."""

_BLOCK = 8
"""Roll-outs that share a generator. Part of the results: another size gives other draws."""

_PARTICLES = 192
_QUARTER = 4
"""Each particle is simulated for two windows, each a quarter of the snapshot's."""


class Twin:
    """A scenario conditioned on a snapshot.

    Args:
        scenario: the scenario the snapshot was taken on.
        snapshot: all that is known of the network.
        links: link gains; default: the scenario's.
        settings: numerical runtime; results do not depend on it.

    Raises:
        RanwrightError: ``twin.no_ues``, or as :class:`twins.conditioning.Posterior` and
            :func:`twins.channel.load_link_map`.
    """

    def __init__(
        self,
        scenario: Scenario,
        snapshot: NetworkSnapshot,
        links: LinkMap | None = None,
        settings: RuntimeSettings | None = None,
    ) -> None:
        if not snapshot.ues:
            raise RanwrightError(
                "twin.no_ues",
                "The snapshot holds no UE, so there is nothing to roll out.",
                "Take the snapshot while UEs are connected.",
            )
        self._scenario = scenario
        self._snapshot = snapshot
        self._settings = settings or RuntimeSettings()
        self._flow = FlowModel(scenario)
        ids = scenario.cell_ids
        self.posterior = _on_a_thread(
            Posterior, scenario, links or load_link_map(scenario), snapshot
        )
        self._serving = torch.tensor([ids.index(ue.serving_cell) for ue in snapshot.ues]).long()
        self._present_mw = self._powers(snapshot.tx_power_mw)
        self._particles: dict[int, Particles] = {}
        self._before: dict[tuple[int, int, int], WindowKpis] = {}

    def roll_out(
        self,
        tx_power_mw: Mapping[int, int],
        rollouts: int,
        seed: int,
        window_ms: int,
        on_progress: Progress | None = None,
        first: int = 0,
    ) -> PairedRollouts:
        """Roll out the snapshot's configuration and another one.

        Equal arguments give equal results, and the first n roll-outs of a longer run are those of
        a shorter one.

        Args:
            tx_power_mw: powers after the action by cell id; other cells keep theirs.
            rollouts: number N of networks drawn.
            seed: of everything that is drawn.
            window_ms: KPM time of each window.
            on_progress: called after each block.
            first: roll-outs of the same seed that were run before, whole blocks; these follow.

        Raises:
            RanwrightError: ``twin.unknown_cell``.
            ValueError: ``first`` is not a whole number of blocks.
        """
        stage = (tx_power_mw, window_ms)
        return self.roll_out_stages([stage], rollouts, seed, window_ms, on_progress, first)[-1]

    def roll_out_stages(
        self,
        stages: Sequence[tuple[Mapping[int, int], int]],
        rollouts: int,
        seed: int,
        window_ms: int,
        on_progress: Progress | None = None,
        first: int = 0,
    ) -> list[PairedRollouts]:
        """Roll out the snapshot's configuration, and one configuration after the other.

        Args:
            stages: powers by cell id in each stage, and the KPM time of its window; cells that are
                not named keep what they had.
            window_ms: KPM time of the window before.

        The other arguments, equalities and errors are those of :meth:`roll_out`.

        Returns:
            For each stage the window before and the window of the stage.
        """
        if first % _BLOCK:
            raise ValueError(f"first must be a multiple of {_BLOCK}, not {first}")
        blocks = range(first // _BLOCK, -(-(first + rollouts) // _BLOCK))
        windows: list[tuple[WindowKpis, ...]] = []
        configured = self._configured(stages)
        run = partial(self._block, self._particles_of(seed), configured, seed, window_ms)
        for block in engine_of(self._settings).map(run, blocks):
            windows.append(block)
            if on_progress is not None:
                on_progress(min(len(windows) * _BLOCK, rollouts), rollouts)
        before, *after = (_joined(list(column), rollouts) for column in zip(*windows, strict=True))
        ue_ids = tuple(ue.ue_id for ue in self._snapshot.ues)
        return [PairedRollouts(before, stage, ue_ids, self._scenario.cell_ids) for stage in after]

    def discrepancy(self, seed: int) -> dict[str, float]:
        """How far twin and snapshot differ, by name; see :mod:`twins.discrepancy`."""
        return discrepancy(self.posterior, self._particles_of(seed))

    def _configured(
        self, stages: Sequence[tuple[Mapping[int, int], int]]
    ) -> tuple[tuple[Tensor, int], ...]:
        """All powers in each stage, and its window."""
        here, configured = dict(self._snapshot.tx_power_mw), []
        for tx_power_mw, window_ms in stages:
            if unknown := sorted(set(tx_power_mw) - set(here)):
                raise RanwrightError(
                    "twin.unknown_cell",
                    f"Cells {unknown} are not in the twin.",
                    "Name known cells.",
                )
            here |= tx_power_mw
            configured.append((self._powers(here), window_ms))
        return tuple(configured)

    def _particles_of(self, seed: int) -> Particles:
        """Particles of a seed, kept for the next run with it."""
        if seed not in self._particles:
            window_ms = STEP_MS * max(1, self._snapshot.window_ms // (_QUARTER * STEP_MS))
            simulate = partial(self._explain, window_ms, seed)
            blocks = range(_PARTICLES // _BLOCK)
            parts = list(engine_of(self._settings).map(simulate, blocks))
            self._particles[seed] = _on_a_thread(
                Particles.weigh,
                _catenated([draw for draw, _, _ in parts]),
                _catenated([first for _, first, _ in parts]),
                _catenated([second for _, _, second in parts]),
                window_ms,
                self._snapshot,
            )
        return self._particles[seed]

    def _explain(
        self, window_ms: int, seed: int, block: int
    ) -> tuple[Draw, FlowResult, FlowResult]:
        """Networks of the RSRP posterior, and two windows of each as things are now."""
        draw = self.posterior.sample(_BLOCK, seeded("twin", "particles", seed, block))
        first, second = (
            self._flow_window(draw, self._serving[None], self._present_mw, window_ms, key)
            for key in (("first", seed, block), ("second", seed, block))
        )
        return draw, first, second

    def _block(
        self,
        particles: Particles,
        stages: tuple[tuple[Tensor, int], ...],
        seed: int,
        window_ms: int,
        block: int,
    ) -> tuple[WindowKpis, ...]:
        generator = seeded("twin", "networks", seed, block)
        gain_db, fading_m = particles.sample(_BLOCK, generator)
        draw = Draw(gain_db, fading_m, self.posterior.activity.sample(_BLOCK, generator))
        serving = self._serving.expand(_BLOCK, -1)
        key = (seed, window_ms, block)
        if key not in self._before:
            self._before[key] = self._window(
                draw, serving, self._present_mw, window_ms, ("before", seed, block)
            )
        windows, offset_db = [self._before[key]], self._scenario.radio.handover_offset_db
        for left, (power_mw, stage_ms) in zip(range(len(stages))[::-1], stages, strict=True):
            rsrp = rsrp_dbm(self._scenario, draw.gain_db, power_mw)
            serving = serving_cells(rsrp, serving, offset_db)
            name: tuple[str | int, ...] = ("stage", left) if left else ("after",)
            windows.append(self._window(draw, serving, power_mw, stage_ms, (*name, seed, block)))
        return tuple(windows)

    def _window(
        self,
        draw: Draw,
        serving: Tensor,
        power_mw: Tensor,
        window_ms: int,
        key: tuple[str | int, ...],
    ) -> WindowKpis:
        scenario = self._scenario
        result = self._flow_window(draw, serving, power_mw, window_ms, key)
        rsrp = rsrp_dbm(scenario, draw.gain_db, power_mw)
        return WindowKpis(
            throughput_mbps=result.throughput_mbps(),
            serving_rsrp_dbm=average_rsrp_dbm(
                scenario.measurement,
                rsrp.gather(-1, serving.unsqueeze(-1)).squeeze(-1),
                readings_in(window_ms),
                seeded("twin", "measurement", *key),
            ),
            sinr_db=result.sinr_db,
            average_power_w=average_power_w(
                scenario.energy, scenario.carrier.overhead_share, power_mw, result.prb_usage
            ),
            tx_power_mw=power_mw,
            serving=serving,
        )

    def _flow_window(
        self,
        draw: Draw,
        serving: Tensor,
        power_mw: Tensor,
        window_ms: int,
        key: tuple[str | int, ...],
    ) -> FlowResult:
        return self._flow.run(
            gain_db=draw.gain_db,
            fading_m=draw.fading_m,
            serving=serving,
            tx_power_mw=power_mw.unsqueeze(0),
            activity=draw.activity,
            steps=max(1, window_ms // STEP_MS),
            generator=seeded("twin", "flow", *key),
        )

    def _powers(self, by_cell: Mapping[int, int]) -> Tensor:
        return torch.tensor([by_cell[c] for c in self._scenario.cell_ids], dtype=torch.float32)

    def __getstate__(self) -> dict[str, Any]:
        """Without what is kept between calls: workers are sent a twin with every task."""
        return self.__dict__ | {"_particles": {}, "_before": {}}


def _on_a_thread(function: Callable[..., _V], *arguments: Any) -> _V:
    """Compute as the workers do: the settings of a thread decide about the last bits."""
    with ThreadPoolExecutor(1, initializer=configure_thread) as pool:
        return pool.submit(function, *arguments).result()


def _catenated(parts: list[_T]) -> _T:
    columns = {f.name: [getattr(p, f.name) for p in parts] for f in fields(parts[0])}
    return type(parts[0])(**{name: torch.cat(rows) for name, rows in columns.items()})


def _joined(windows: list[WindowKpis], rollouts: int) -> WindowKpis:
    parts = {f.name: [getattr(w, f.name) for w in windows] for f in fields(WindowKpis)}
    power = parts.pop("tx_power_mw")[0]
    return WindowKpis(**{k: torch.cat(v)[:rollouts] for k, v in parts.items()}, tx_power_mw=power)
