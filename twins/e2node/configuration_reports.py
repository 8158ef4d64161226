"""What a node reports of its configuration, and when."""

import threading
from collections.abc import Iterable, Iterator, Mapping
from typing import Literal

from contracts.e2.ccc.extension import CommonBeamforming, Plant, SectorCarrier
from contracts.e2.ccc.indication import (
    CellConfigurations,
    HeaderFormat1,
    IndicationHeader,
    IndicationMessage,
    NodeConfiguration,
    ReportedCell,
    ReportedConfiguration,
)
from contracts.e2.ccc.structures import Structure
from contracts.e2.ccc.subscription import (
    ActionDefinition,
    CellReport,
    NodeReport,
    ReportedStructure,
)
from contracts.e2.node_configuration import (
    cell_global_id,
    cell_structures,
    gnb_of,
    node_structures,
)
from contracts.e2.ntp import ntp_timestamp
from contracts.errors import RanwrightError
from contracts.plant_link import NodeInfo
from twins.e2node.network import Network, Report

Reason = Literal["uponSubscription", "uponChange", "periodic"]
Wanted = NodeReport | CellReport


def wanted_structures(definition: bytes) -> Wanted:
    """What an action asks for.

    Raises:
        RanwrightError: ``e2.ccc.malformed``, or ``e2.ccc.unknown_structure`` for one that this
            node has not at that level.
    """
    wanted = ActionDefinition.decode(definition).report
    if isinstance(wanted, NodeReport):
        has, asked = {Plant.structure_name}, wanted.structures
    else:
        has = {SectorCarrier.structure_name, CommonBeamforming.structure_name}
        asked = tuple(s for cell in wanted.cells for s in cell.structures)
    if unknown := {s.ran_configuration_structure_name for s in asked} - has:
        raise RanwrightError(
            "e2.ccc.unknown_structure",
            f"This node reports no {', '.join(sorted(unknown))} at that level.",
            f"Ask for {', '.join(sorted(has))}.",
        )
    return wanted


class ConfigurationReporter:
    """One subscription to the configuration.

    Args:
        network: what is reported.
        changed: notified after every control.
        actions: what is wanted, by action.
        period_ms: KPM time between reports; ``None`` to report changes, and the present state
            upon subscription.
    """

    def __init__(
        self,
        network: Network,
        changed: threading.Condition,
        actions: Mapping[int, Wanted],
        period_ms: int | None,
    ) -> None:
        self._network = network
        self._changed = changed
        self._actions = actions
        self._period_ms = period_ms

    def reports(self, stop: threading.Event) -> Iterator[Report]:
        """The reports of all actions, each when it is due, until ``stop``."""
        if self._period_ms is None:
            yield from self._on_change(stop)
        else:
            for _ in self._network.reports(self._period_ms, stop):
                yield from self._all(self._network.info(), "periodic")

    def wake(self) -> None:
        """Look at ``stop`` now."""
        with self._changed:
            self._changed.notify_all()

    def _on_change(self, stop: threading.Event) -> Iterator[Report]:
        reported = self._network.info()
        yield from self._all(reported, "uponSubscription")
        while True:
            with self._changed:
                while (info := self._network.info()).resource_version == reported.resource_version:
                    if stop.is_set():
                        return
                    self._changed.wait()
            reported = info
            yield from self._all(reported, "uponChange")

    def _all(self, info: NodeInfo, reason: Reason) -> Iterator[Report]:
        event_time = ntp_timestamp(info.kpm_time_ms * 1_000_000).hex()
        header = IndicationHeader(
            format=HeaderFormat1(indication_reason=reason, event_time=event_time)
        ).encode()
        for action_id, wanted in self._actions.items():
            message: NodeConfiguration | CellConfigurations
            if isinstance(wanted, NodeReport):
                message = _of_node(info, wanted)
            else:
                message = _of_cells(info, wanted)
            yield Report(action_id, header, IndicationMessage(format=message).encode())


def _of_node(info: NodeInfo, wanted: NodeReport) -> NodeConfiguration:
    return NodeConfiguration(structures=_selected(node_structures(info), wanted.structures))


def _of_cells(info: NodeInfo, wanted: CellReport) -> CellConfigurations:
    gnb = gnb_of(info.node_name)
    cells = []
    for cell in info.cells:
        identity = cell_global_id(gnb, cell.cell_id)
        structures = cell_structures(cell, info.resource_version)
        cells += [
            ReportedCell(cell_global_id=identity, structures=_selected(structures, w.structures))
            for w in wanted.cells
            if w.cell_global_id in (None, identity)
        ]
    return CellConfigurations(cells=tuple(cells))


def _selected(
    structures: Iterable[Structure], wanted: Iterable[ReportedStructure]
) -> tuple[ReportedConfiguration, ...]:
    present = {s.structure_name: s for s in structures}
    return tuple(
        ReportedConfiguration.of(_with_attributes(present[w.ran_configuration_structure_name], w))
        for w in wanted
    )


def _with_attributes(structure: Structure, wanted: ReportedStructure) -> Structure:
    if wanted.list_of_attributes is None:
        return structure
    names = {a.attribute_name for a in wanted.list_of_attributes}
    values = structure.attributes()
    return type(structure).model_validate({n: v for n, v in values.items() if n in names})
