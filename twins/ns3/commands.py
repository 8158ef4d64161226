"""The commands that describe a plant to ns-3: cells, UEs, and the hidden truth of the links."""

from collections.abc import Iterator

import torch

from contracts.errors import ExitCode, RanwrightError
from contracts.units import mw_to_dbm
from twins.channel import LinkMap
from twins.plant.truth import Truth
from twins.scenario import Scenario

LTE_RESOURCE_BLOCKS = (6, 15, 25, 50, 75, 100)
"""Channel bandwidths of TS 36.104 Table 5.6-1, in resource blocks."""

TCP_EVERY = 4
"""Every fourth UE downloads by TCP; the others get UDP as the scenario's traffic says."""

MAX_UES = 300
"""Sounding reports come round in 320 ms at most, one UE a millisecond in a cell."""


def require_lte(scenario: Scenario) -> None:
    """Refuse what LTE in ns-3 cannot play.

    Raises:
        RanwrightError: ``ns3.not_lte``.
    """
    carrier = scenario.carrier
    lte = (
        carrier.subcarrier_spacing_khz == 15
        and carrier.resource_blocks in LTE_RESOURCE_BLOCKS
        and scenario.ue_count <= MAX_UES
    )
    if not lte:
        raise RanwrightError(
            "ns3.not_lte",
            f"LTE cannot play {scenario.name}: {carrier.resource_blocks} resource blocks of "
            f"{carrier.subcarrier_spacing_khz} kHz, {scenario.ue_count} UEs.",
            f"Use 15 kHz, {LTE_RESOURCE_BLOCKS} resource blocks and at most {MAX_UES} UEs "
            "(scenario munich_lte).",
            ExitCode.USAGE,
        )


def describe(
    scenario: Scenario, links: LinkMap, truth: Truth, seed: int, fading: bool
) -> Iterator[str]:
    """Commands up to ``begin``; cells in order of their id, UEs as in the truth.

    Args:
        links: for the UEs' positions.
        seed: of traffic, fading and the protocol stack.
        fading: whether links fade with the truth's Nakagami m.
    """
    radio = scenario.radio
    yield (
        f"carrier {scenario.carrier.resource_blocks} {radio.noise_figure_db:g} "
        f"{radio.handover_offset_db:g} {seed}"
    )
    for site in scenario.sites:
        for sector in site.sectors:
            power_dbm = mw_to_dbm(sector.configured_max_tx_power_mw)
            yield f"cell {_words(site.position_m)} {power_dbm:.9g}"
    positions = links.point_positions_m[truth.points]
    height = f"{scenario.channel.ue_height_m:g}"
    for u in range(len(positions)):
        kind = "tcp" if uses_tcp(u) else "udp"
        numbers = [truth.gain_db[u], truth.fading_m[u]] if fading else [truth.gain_db[u]]
        yield (
            f"ue {_words(positions[u].tolist())} {height} {kind} {truth.activity[u]:.9g} "
            f"{_words(torch.cat(numbers).tolist())}"
        )
    yield "begin"


def uses_tcp(ue_id: int) -> bool:
    """Whether a UE downloads by TCP."""
    return ue_id % TCP_EVERY == TCP_EVERY - 1


def _words(numbers: tuple[float, ...] | list[float]) -> str:
    return " ".join(f"{x:.9g}" for x in numbers)
