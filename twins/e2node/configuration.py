"""Cell configuration and control (E2SM-CCC) of a simulated network.

Reports identity, power and tilt upon subscription, on every change, or periodically in KPM time.
Writes powers, of many cells at once or of none.
"""

import threading
from collections.abc import Sequence

from contracts.e2.ccc import OIDS
from contracts.e2.ccc.extension import CommonBeamforming, Plant, SectorCarrier
from contracts.e2.ccc.function import (
    RanFunctionDefinition,
    RanFunctionName,
    SupportedCell,
    SupportedStructure,
    cell_attribute,
)
from contracts.e2.ccc.subscription import EventTrigger, Periodic
from contracts.e2.node_configuration import cell_global_id, gnb_of
from contracts.errors import RanwrightError
from twins.e2node.configuration_reports import ConfigurationReporter, wanted_structures
from twins.e2node.configuration_writes import accepted, control_request, failed, written_cells
from twins.e2node.network import Action, Admission, ControlFailureError, Network
from twins.e2node.senders import Senders


class Configuration:
    """The RAN function; one for all subscriptions of a node.

    Args:
        network: what is configured.
        senders: whose controls count.
        number: RAN function identifier.
    """

    oid = OIDS[0]

    def __init__(self, network: Network, senders: Senders, number: int) -> None:
        self.number = number
        self._network = network
        self._senders = senders
        self._changed = threading.Condition()

    def definition(self) -> bytes:
        """The structures that the node and every cell have."""
        info = self._network.info()
        gnb = gnb_of(info.node_name)
        return RanFunctionDefinition(
            ran_function_name=RanFunctionName(ran_function_service_model_oid=self.oid),
            list_of_supported_node_level_configuration_structures=(
                SupportedStructure(ran_configuration_structure_name=Plant.structure_name),
            ),
            list_of_cells=tuple(
                SupportedCell(
                    cell_global_id=cell_global_id(gnb, cell.cell_id),
                    list_of_supported_cell_level_structures=_CELL_STRUCTURES,
                )
                for cell in info.cells
            ),
        ).encode()

    def subscribe(self, trigger: bytes, actions: Sequence[Action]) -> Admission:
        """Admit the actions of report styles 1 and 2 that ask for structures of this node."""
        event = EventTrigger.decode(trigger).event
        admitted, not_admitted = {}, {}
        for action in actions:
            try:
                admitted[action.action_id] = wanted_structures(action.definition)
            except RanwrightError as error:
                not_admitted[action.action_id] = error
        period_ms = event.period_ms if isinstance(event, Periodic) else None
        reporter = ConfigurationReporter(self._network, self._changed, admitted, period_ms)
        return Admission(reporter, not_admitted)

    def control(self, call_process_id: bytes | None, header: bytes, message: bytes) -> bytes:
        """Write powers: all that the message holds or, when one cannot be, none."""
        try:
            credential = self._senders(call_process_id, header, message)
            cells = written_cells(header, message)
        except RanwrightError as error:
            raise ControlFailureError(error) from error
        try:
            ack = self._network.apply(control_request(credential, cells))
        except RanwrightError as error:
            outcome = failed(cells, error, self._network.info().kpm_time_ms)
            raise ControlFailureError(error, outcome.encode()) from error
        with self._changed:
            self._changed.notify_all()
        return accepted(cells, self._network.info(), ack).encode()


_CELL_STRUCTURES = (
    SupportedStructure(
        ran_configuration_structure_name=SectorCarrier.structure_name,
        list_of_supported_attributes=(
            cell_attribute("configuredMaxTxPower", writable=True),
            cell_attribute("resourceVersion", writable=False),
        ),
    ),
    SupportedStructure(
        ran_configuration_structure_name=CommonBeamforming.structure_name,
        list_of_supported_attributes=(cell_attribute("digitalTilt", writable=False),),
    ),
)
