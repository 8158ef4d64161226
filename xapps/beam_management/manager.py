"""All UEs of a node: reports in, orders and proposals out. No E2, no clock, no threads."""

from collections.abc import Collection, Iterable
from dataclasses import dataclass

import structlog

from contracts.e2.llc.beam_control import BeamOrder
from contracts.e2.llc.beam_sets import UeBeams
from contracts.errors import RanwrightError
from contracts.handover_proposal import HandoverProposal
from tools.near_rt.beam_predictor import BeamPredictor
from xapps.beam_management.columns import ALPHA_BETA, KALMAN, ColumnPredictor, Networked
from xapps.beam_management.settings import Predictor, Settings
from xapps.beam_management.ue import Measure, Ue

_log = structlog.get_logger(__name__)
FORGET_MS = 10_000
"""A UE that was not heard for so long is gone."""


@dataclass(frozen=True)
class Outcome:
    """What follows from the reports of one moment.

    Attributes:
        orders: for the node, one a UE at most.
        measures: how much is measured, of the UEs that it was decided for.
        proposals: of handovers.
    """

    orders: tuple[BeamOrder, ...]
    measures: tuple[Measure, ...]
    proposals: tuple[HandoverProposal, ...]


class Manager:
    """One node's UEs.

    Args:
        ran_name: of the node.
        settings: of the xApp.
    """

    def __init__(self, ran_name: str, settings: Settings) -> None:
        self._ran_name = ran_name
        self._settings = settings
        self._predictor = predictor_of(settings.predictor)
        self._ues: dict[int, Ue] = {}

    @property
    def ue_ids(self) -> Collection[int]:
        """UEs heard of late."""
        return self._ues.keys()

    def take(self, at_ms: int, reports: Iterable[UeBeams]) -> Outcome:
        """Reports of a moment of KPM time."""
        orders: list[BeamOrder] = []
        measures: list[Measure] = []
        proposals: list[HandoverProposal] = []
        for beams in reports:
            ue = self._ues.get(beams.ue_id)
            if ue is None:
                ue = self._ues[beams.ue_id] = Ue(beams.ue_id, self._settings, self._predictor)
            decision = ue.take(at_ms, beams)
            if decision.order is not None:
                orders.append(decision.order)
            if decision.measure is not None:
                measures.append(decision.measure)
            if (intent := decision.intent) is not None:
                proposals.append(
                    HandoverProposal(
                        ran_name=self._ran_name,
                        kpm_time_ms=at_ms,
                        ue_id=beams.ue_id,
                        serving_cell=beams.cell_id,
                        target_cell=intent.target_cell,
                        horizon_ms=self._settings.handover.horizon_ms,
                        serving_rsrp_dbm=intent.serving_rsrp_dbm,
                        target_rsrp_dbm=intent.target_rsrp_dbm,
                    )
                )
        for ue_id in [n for n, ue in self._ues.items() if ue.at_ms < at_ms - FORGET_MS]:
            del self._ues[ue_id]
        return Outcome(tuple(orders), tuple(measures), tuple(proposals))


def predictor_of(name: Predictor) -> ColumnPredictor | None:
    """The predictor of that name; a network that is not there leaves the Kalman filter."""
    match name:
        case "last":
            return None
        case "alpha_beta":
            return ALPHA_BETA
        case "kalman":
            return KALMAN
        case "network":
            try:
                return Networked(BeamPredictor.load())
            except RanwrightError as error:
                _log.warning("beams.no_network", code=error.code, reason=error.message)
                return KALMAN
