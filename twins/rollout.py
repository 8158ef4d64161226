"""Paired roll-outs: what the network shows in the window before an action and in the one after.

Both windows share everything that was drawn about the network (positions, links, activity) and
differ in fading, traffic and measurement errors, as two consecutive windows on the plant do. The
event that is judged later is "measured after against measured before", and so is this one.
"""

from collections.abc import Callable, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import fields
from functools import partial

import torch
from torch import Tensor

from contracts.errors import RanwrightError
from contracts.network import NetworkSnapshot
from twins.channel import LinkMap, load_link_map, rsrp_dbm
from twins.conditioning import Draw, Posterior
from twins.flow import STEP_MS, FlowModel, serving_cells
from twins.kpis import PairedRollouts, WindowKpis, kpi_samples, missed
from twins.reports import average_power_w, average_rsrp_dbm, readings_in
from twins.runtime import RuntimeSettings, configure_thread, seeded
from twins.scenario import Scenario

__all__ = ["PairedRollouts", "Progress", "Twin", "WindowKpis", "kpi_samples", "missed"]

Progress = Callable[[int, int], None]
"""Called with the roll-outs done and their number."""

_BLOCK = 8
"""Roll-outs that share a generator. Part of the results: another size gives other draws."""


class Twin:
    """A scenario conditioned on a snapshot.

    Args:
        scenario: the scenario the snapshot was taken on.
        snapshot: all that is known of the network.
        links: link gains; default: the scenario's.
        settings: numerical runtime; results do not depend on it.

    Raises:
        RanwrightError: as :class:`twins.conditioning.Posterior` and
            :func:`twins.channel.load_link_map`.
    """

    def __init__(
        self,
        scenario: Scenario,
        snapshot: NetworkSnapshot,
        links: LinkMap | None = None,
        settings: RuntimeSettings | None = None,
    ) -> None:
        self._scenario = scenario
        self._snapshot = snapshot
        self._settings = settings or RuntimeSettings()
        self._flow = FlowModel(scenario)
        ids = scenario.cell_ids
        with self._workers() as pool:
            self.posterior = pool.submit(
                Posterior, scenario, links or load_link_map(scenario), snapshot
            ).result()
        self._serving = torch.tensor([ids.index(ue.serving_cell) for ue in snapshot.ues]).long()

    def roll_out(
        self,
        tx_power_mw: Mapping[int, int],
        rollouts: int,
        seed: int,
        window_ms: int,
        on_progress: Progress | None = None,
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

        Raises:
            RanwrightError: ``twin.unknown_cell``.
        """
        present = self._snapshot.tx_power_mw
        if unknown := sorted(set(tx_power_mw) - set(present)):
            raise RanwrightError(
                "twin.unknown_cell", f"Cells {unknown} are not in the twin.", "Name known cells."
            )
        before_mw, after_mw = self._powers(present), self._powers({**present, **tx_power_mw})
        blocks = range(-(-rollouts // _BLOCK))
        before: list[WindowKpis] = []
        after: list[WindowKpis] = []
        with self._workers() as pool:
            run = partial(self._block, before_mw, after_mw, seed, window_ms)
            for pair in pool.map(run, blocks):
                before.append(pair[0])
                after.append(pair[1])
                if on_progress is not None:
                    on_progress(min(len(before) * _BLOCK, rollouts), rollouts)
        return PairedRollouts(
            before=_joined(before, rollouts),
            after=_joined(after, rollouts),
            ue_ids=tuple(ue.ue_id for ue in self._snapshot.ues),
            cell_ids=self._scenario.cell_ids,
        )

    def _block(
        self, before_mw: Tensor, after_mw: Tensor, seed: int, window_ms: int, block: int
    ) -> tuple[WindowKpis, WindowKpis]:
        draw = self.posterior.sample(_BLOCK, seeded("twin", "networks", seed, block))
        serving = self._serving.expand(_BLOCK, -1)
        after_rsrp = rsrp_dbm(self._scenario, draw.gain_db, after_mw)
        moved = serving_cells(after_rsrp, serving, self._scenario.radio.handover_offset_db)
        return (
            self._window(draw, serving, before_mw, window_ms, ("before", seed, block)),
            self._window(draw, moved, after_mw, window_ms, ("after", seed, block)),
        )

    def _window(
        self,
        draw: Draw,
        serving: Tensor,
        power_mw: Tensor,
        window_ms: int,
        key: tuple[str | int, ...],
    ) -> WindowKpis:
        scenario = self._scenario
        result = self._flow.run(
            gain_db=draw.gain_db,
            fading_m=draw.fading_m,
            serving=serving,
            tx_power_mw=power_mw.unsqueeze(0),
            activity=draw.activity,
            steps=max(1, window_ms // STEP_MS),
            generator=seeded("twin", "flow", *key),
        )
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

    def _powers(self, by_cell: Mapping[int, int]) -> Tensor:
        return torch.tensor([by_cell[c] for c in self._scenario.cell_ids], dtype=torch.float32)

    def _workers(self) -> ThreadPoolExecutor:
        return ThreadPoolExecutor(self._settings.workers, initializer=configure_thread)


def _joined(windows: list[WindowKpis], rollouts: int) -> WindowKpis:
    parts = {f.name: [getattr(w, f.name) for w in windows] for f in fields(WindowKpis)}
    power = parts.pop("tx_power_mw")[0]
    return WindowKpis(**{k: torch.cat(v)[:rollouts] for k, v in parts.items()}, tx_power_mw=power)
