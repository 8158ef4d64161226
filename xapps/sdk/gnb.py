"""A gNB as our xApps see it: read it back, have it report, set its powers, hand UEs over."""

import time
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass

from contracts.action import ParameterChange
from contracts.dsse import Signer
from contracts.e2.ap import RicIndication
from contracts.e2.ccc.control import CELL_STYLE, ControlHeader
from contracts.e2.ccc.extension import CommonBeamforming, Plant, SectorCarrier
from contracts.e2.ccc.indication import CellConfigurations, IndicationMessage, NodeConfiguration
from contracts.e2.ccc.subscription import (
    ActionDefinition,
    CellChange,
    CellReport,
    EventTrigger,
    NodeReport,
    ReportedCell,
    ReportedStructure,
    WatchedCell,
    WatchedStructure,
)
from contracts.e2.common.cells import NrCgi, plmn_identity
from contracts.e2.credential import seal
from contracts.e2.identity import MCC, MNC, gnb_of_name, nr_cell_identity, ue_identity
from contracts.e2.node_configuration import gnb_of, node_info, powers_octets
from contracts.e2.rc.actions import handover
from contracts.e2.rc.codec import codec_for
from contracts.e2.rc.version import OID as RC_OID
from contracts.errors import RanwrightError
from contracts.network import KpmReport
from contracts.plant_link import ControlAck, NodeInfo
from xapps.sdk.e2 import E2, SUBSCRIBE_TIMEOUT_S, ControlRefusedError
from xapps.sdk.kpm import (
    Assembler,
    R,
    ReportAssembler,
    RowAssembler,
    report_actions,
    report_trigger,
    row_actions,
    ue_infos,
)
from xapps.sdk.kpm_rows import RowReport
from xapps.sdk.outcomes import acknowledgement, refusal

NODE_ACTION, CELLS_ACTION = 1, 2
_RC = codec_for(RC_OID)
_ASIDE_SHARE = 0.06
"""Of a period, 12 ms of 200: a near-RT loop has acted on its own report of that moment by then."""
_MOST_ASIDE_S = 0.02
"""Whatever a node says of its pace."""


def _all_of(kind: type[Plant] | type[SectorCarrier] | type[CommonBeamforming]) -> ReportedStructure:
    return ReportedStructure(
        report_type="all", ran_configuration_structure_name=kind.structure_name
    )


_ON_CHANGE = EventTrigger(
    event=CellChange(
        cells=(
            WatchedCell(
                structures=(
                    WatchedStructure(ran_configuration_structure_name=SectorCarrier.structure_name),
                )
            ),
        )
    )
).encode()
_CONFIGURATION = {
    NODE_ACTION: ActionDefinition(
        ric_style_type=1, report=NodeReport(structures=(_all_of(Plant),))
    ).encode(),
    CELLS_ACTION: ActionDefinition(
        ric_style_type=2,
        report=CellReport(
            cells=(ReportedCell(structures=(_all_of(SectorCarrier), _all_of(CommonBeamforming))),)
        ),
    ).encode(),
}


@dataclass(frozen=True, slots=True)
class Functions:
    """RAN function identifiers of a node."""

    kpm: int
    ccc: int
    rc: int | None = None
    llc: int | None = None


class Gnb:
    """One node; safe to share between threads.

    Args:
        e2: E2 of this xApp.
        name: RAN name of the node.
        functions: its RAN functions.
    """

    def __init__(self, e2: E2, name: str, functions: Functions) -> None:
        self._e2 = e2
        self.name = name
        self._functions = functions

    def read_back(self, timeout_s: float) -> NodeInfo:
        """Identity and configuration now.

        Raises:
            RanwrightError: as :meth:`E2.subscribe` and :meth:`Subscription.next`, or
                ``plant.incomplete_report``.
        """
        found: dict[int, RicIndication] = {}
        until_s = time.monotonic() + timeout_s
        with self._e2.subscribe(
            self.name, self._functions.ccc, _ON_CHANGE, _CONFIGURATION, timeout_s
        ) as subscription:
            while len(found) < len(_CONFIGURATION):
                indication = subscription.next(max(0.0, until_s - time.monotonic()))
                found[indication.action_id] = indication
        node = IndicationMessage.decode(found[NODE_ACTION].message).format
        cells = IndicationMessage.decode(found[CELLS_ACTION].message).format
        if not isinstance(node, NodeConfiguration) or not isinstance(cells, CellConfigurations):
            raise RanwrightError(
                "plant.incomplete_report",
                "The node reported cells as itself, or itself as cells.",
                "Report this: the node does not keep to E2SM-CCC.",
            )
        return node_info(node.structures, cells.cells)

    def set_powers(
        self,
        node: NodeInfo,
        request_id: str,
        changes: Sequence[ParameterChange],
        signer: Signer | None,
        timeout_s: float,
    ) -> ControlAck:
        """Set powers if the node is still at the version of ``node``; signed for this very control.

        Without a signer only a node takes it that obeys whoever sends.

        Raises:
            RanwrightError: as :meth:`E2.control`; ``control.*`` where the node refused, see
                :func:`xapps.sdk.outcomes.refusal`: nothing has changed; or
                ``plant.malformed_answer``: it is open whether it has.
        """
        header = ControlHeader.of(CELL_STYLE).encode()
        message = powers_octets(node, node.resource_version, changes)
        sealed = seal(node.node_name, request_id, header, message, signer) if signer else None
        outcome = self._control(self._functions.ccc, header, message, timeout_s, sealed)
        return acknowledgement(request_id, outcome)

    def hand_over(self, ue_id: int, target_cell: int, timeout_s: float) -> None:
        """Hand a UE over to a cell of this node, over E2SM-RC, unsigned.

        Raises:
            RanwrightError: ``e2.function_missing``, as :meth:`E2.control`, or ``control.*`` where
                the node refused.
        """
        if self._functions.rc is None:
            raise RanwrightError(
                "e2.function_missing", f"{self.name} offers no E2SM-RC.", "Take another node."
            )
        identity = nr_cell_identity(gnb_of_name(self.name), target_cell)
        target = NrCgi(plmn_identity(MCC, MNC), identity)
        control = handover(ue_identity(ue_id), target)
        header = _RC.control_header.encode(control.header)
        self._control(
            self._functions.rc, header, _RC.control_message.encode(control.message), timeout_s, None
        )

    def _control(
        self, function: int, header: bytes, message: bytes, timeout_s: float, sealed: bytes | None
    ) -> bytes | None:
        try:
            return self._e2.control(self.name, function, header, message, timeout_s, sealed)
        except ControlRefusedError as error:
            raise refusal(error) from error

    def reports(
        self,
        node: NodeInfo,
        period_ms: int,
        silence_timeout_s: float,
        timeout_s: float = SUBSCRIBE_TIMEOUT_S,
    ) -> Generator[KpmReport, None, None]:
        """Complete reports of all cells and UEs from now on; close the iterator to end.

        Args:
            node: whose cells and UEs.
            period_ms: of a report.
            silence_timeout_s: without a complete report, whatever else arrives.
            timeout_s: for the subscription.

        Raises:
            RanwrightError: as :meth:`E2.subscribe` and :meth:`Subscription.next`.
        """
        cells, gnb = [c.cell_id for c in node.cells], gnb_of(node.node_name)
        assembler = ReportAssembler(period_ms, ue_infos(gnb, cells))
        actions = report_actions(gnb, cells, period_ms)
        yield from self._assembled(assembler, actions, period_ms, silence_timeout_s, timeout_s)

    def rows(
        self,
        node: NodeInfo,
        period_ms: int,
        silence_timeout_s: float,
        timeout_s: float = SUBSCRIBE_TIMEOUT_S,
    ) -> Generator[RowReport, None, None]:
        """As :meth:`reports`, for who reads many UEs beside a near-RT loop.

        The loop has reports of the same moments: it goes first, for a small part of their period.
        """
        cells, gnb = [c.cell_id for c in node.cells], gnb_of(node.node_name)
        assembler = RowAssembler(period_ms, gnb, cells)
        actions = row_actions(gnb, cells, period_ms)
        aside_s = min(_MOST_ASIDE_S, _ASIDE_SHARE * period_ms / 1000.0 / node.pace_factor)
        yield from self._assembled(
            assembler, actions, period_ms, silence_timeout_s, timeout_s, aside_s
        )

    def _assembled(
        self,
        assembler: Assembler[R],
        actions: Mapping[int, bytes],
        period_ms: int,
        silence_timeout_s: float,
        timeout_s: float,
        aside_s: float = 0.0,
    ) -> Generator[R, None, None]:
        with self._e2.subscribe(
            self.name, self._functions.kpm, report_trigger(period_ms), actions, timeout_s
        ) as subscription:
            until_s = time.monotonic() + silence_timeout_s
            while True:
                indication = subscription.next(max(0.0, until_s - time.monotonic()))
                time.sleep(aside_s)
                if (report := assembler.add(indication)) is not None:
                    yield report
                    until_s = time.monotonic() + silence_timeout_s
