"""What the R-NIB is told of E2 nodes."""

from collections.abc import Iterable
from dataclasses import replace

from contracts.e2.ap import RanFunction, RicServiceUpdate
from xapps.platform import rnib
from xapps.platform.e2term.naming import NodeName
from xapps.platform.rnib import ConnectionStatus, Rnib


class NodeRecords:
    """Keeps the R-NIB in step with the associations.

    Args:
        known: the R-NIB.
        termination: RMR address of this termination.
    """

    def __init__(self, known: Rnib, termination: str) -> None:
        self._rnib = known
        self._termination = termination

    def forget_connections(self) -> None:
        """Nodes of an earlier life of the core are not connected to this one."""
        for node in list(self._rnib.nodes()):
            self.disconnected(node.name)

    def connected(self, name: NodeName, functions: Iterable[RanFunction]) -> None:
        """A node has set E2 up."""
        self._rnib.put(
            rnib.Node(
                name=name.ran_name,
                plmn_id=name.plmn_id,
                nb_id=name.nb_id,
                node_type=name.node_type,
                status=ConnectionStatus.CONNECTED,
                functions=tuple(map(_record, functions)),
                termination=self._termination,
            )
        )

    def disconnected(self, ran_name: str) -> None:
        """A node has left."""
        if (known := self._rnib.node(ran_name)) is not None:
            self._rnib.put(replace(known, status=ConnectionStatus.DISCONNECTED))

    def updated(self, ran_name: str, update: RicServiceUpdate) -> None:
        """A node offers other RAN functions."""
        if (known := self._rnib.node(ran_name)) is None:
            return
        gone = {f.ran_function_id for f in update.deleted or ()}
        functions = {f.function_id: f for f in known.functions if f.function_id not in gone}
        for function in (*(update.added or ()), *(update.modified or ())):
            functions[function.ran_function_id] = _record(function)
        self._rnib.put(replace(known, functions=tuple(functions.values())))


def _record(function: RanFunction) -> rnib.RanFunction:
    return rnib.RanFunction(
        function.ran_function_id, function.definition, function.revision, function.oid
    )
