"""The plant behind its link: time, reports, and controls whose sender the E2 node has checked."""

import secrets
import threading
import time
from collections import OrderedDict
from collections.abc import Iterator
from itertools import count, islice
from typing import Any, Self

import structlog
from pydantic import Field, ValidationError

from contracts.canonical import Contract
from contracts.errors import RanwrightError
from contracts.network import KpmReport
from contracts.plant_link import ControlAck, ControlRequest, HandoverRequest, NodeInfo
from contracts.rpc import Emit, Handler
from contracts.site import Site
from twins.channel import LinkMap
from twins.flow import STEP_MS
from twins.plant.control import accepted_powers, require_node
from twins.plant.handover import handed_over
from twins.plant.parts import report_of_parts
from twins.plant.plant import Configuration, PlantModel
from twins.plant.state import PlantState, PlantTime, load_state, save_state
from twins.runtime import configure_thread
from twins.scenario import Scenario

_REPORTS_KEPT = 16
_log = structlog.get_logger(__name__)


class Subscription(Contract):
    """Parameters of ``subscribe``: a whole number of 100 ms steps a report."""

    period_ms: int = Field(ge=100, le=3_600_000, multiple_of=100)
    count: int = Field(ge=1, le=1_000_000)

    @classmethod
    def of(cls, params: dict[str, Any]) -> Self:
        """The parameters as they came.

        Raises:
            RanwrightError: ``subscription.malformed``.
        """
        try:
            return cls.model_validate(params)
        except ValidationError as error:
            raise RanwrightError(
                "subscription.malformed",
                f"Not a subscription: {error}",
                "Give period_ms, a multiple of 100, and count.",
            ) from error


class PlantService:
    """Serves the methods of :mod:`contracts.plant_link`.

    Reports are made when they are due, in the thread of the first subscriber that asks; the others
    of the same period get the same. A control takes effect at once; a period that began before it
    is reported under the configuration that it began with.

    Args:
        site: the site's folder; state is kept in its ``plant_state``.
        scenario: the network.
        seed: of everything hidden.
        pace_factor: KPM seconds per wall second.
        links: link gains; default: the scenario's.
    """

    def __init__(
        self,
        site: Site,
        scenario: Scenario,
        seed: int,
        pace_factor: float,
        links: LinkMap | None = None,
    ) -> None:
        configure_thread()
        self._site = site
        self._scenario = scenario
        self._model = PlantModel(scenario, seed, links)
        self._lock = threading.Lock()
        self._making = threading.RLock()
        self._made: OrderedDict[tuple[int, int, int], KpmReport] = OrderedDict()
        wall_ms = time.time_ns() // 1_000_000
        kept = load_state(site.plant_state, scenario.digest, seed) or PlantState(
            scenario_digest=scenario.digest,
            seed=seed,
            life=secrets.token_hex(4),
            anchor_wall_ms=wall_ms,
            anchor_kpm_ms=0,
            pace_factor=pace_factor,
            configurations=(self._model.initial(),),
        )
        self._state = kept.anchored(pace_factor, wall_ms)
        save_state(site.plant_state, self._state)
        self._node_name = f"gnb-{scenario.name}-{self._state.life}"
        self._time = PlantTime(self._state)

    def handlers(self) -> dict[str, Handler]:
        """Methods by name: of the window that :mod:`contracts.plant_link` describes."""
        return {
            "read_back": self.read_back,
            "subscribe": self.subscribe,
        }

    def read_back(self, _params: dict[str, Any], _emit: Emit) -> dict[str, Any]:
        """``{}`` to a :class:`NodeInfo`."""
        return self.info().model_dump(mode="json")

    def info(self) -> NodeInfo:
        """Identity and present configuration."""
        with self._lock:
            configuration, now_ms = self._state.configuration, self._time.now_ms()
        return NodeInfo(
            node_name=self._node_name,
            scenario=self._scenario.name,
            scenario_digest=self._scenario.digest,
            kpm_time_ms=now_ms,
            pace_factor=self._state.pace_factor,
            resource_version=configuration.resource_version,
            cells=self._model.cells(configuration),
        )

    def subscribe(self, params: dict[str, Any], emit: Emit) -> dict[str, int]:
        """``{period_ms, count}``: emits the next ``count`` whole periods, each when it has ended.

        Raises:
            RanwrightError: ``subscription.malformed``.
        """
        wanted = Subscription.of(params)
        for report in islice(self.reports(wanted.period_ms, threading.Event()), wanted.count):
            emit(report.model_dump(mode="json"))
        return {"reports": wanted.count}

    def reports(self, period_ms: int, stop: threading.Event) -> Iterator[KpmReport]:
        """The reports of all whole periods from now on, each when it has ended, until ``stop``.

        Made in the thread that asks for them.
        """
        configure_thread()
        for index in count(-(-self._time.now_ms() // period_ms)):
            start_ms = index * period_ms
            if self._time.stopped_before(start_ms + period_ms, stop):
                return
            yield self._report(self._state.in_force_at(start_ms), start_ms, period_ms)

    def _report(self, configuration: Configuration, start_ms: int, period_ms: int) -> KpmReport:
        """Made once for all subscribers of a period, by the first that asks."""
        with self._making:
            key = (start_ms, period_ms, configuration.resource_version)
            if key not in self._made:
                self._made[key] = self._make(configuration, start_ms, period_ms)
                while len(self._made) > _REPORTS_KEPT:
                    self._made.popitem(last=False)
            return self._made[key]

    def _make(self, configuration: Configuration, start_ms: int, period_ms: int) -> KpmReport:
        if period_ms % STEP_MS:
            return report_of_parts(
                lambda at_ms: self._report(configuration, at_ms, STEP_MS), start_ms, period_ms
            )
        return self._model.report(configuration, start_ms, period_ms)

    def apply(self, request: ControlRequest) -> ControlAck:
        """Carry out a control whose sender is known; kept on disk when this returns.

        Raises:
            RanwrightError: those of :func:`twins.plant.control.accepted_powers`; nothing changed.
        """
        configure_thread()
        with self._lock:
            before = self._state.configuration
            powers = accepted_powers(
                request, self._node_name, before.resource_version, self._scenario
            )
            after = self._model.reconfigured(before, powers, self._time.now_ms())
            acknowledged = self._follow(request.request_id, after)
        _log.info("plant.configured", request_id=request.request_id, version=after.resource_version)
        return acknowledged

    def hand_over(self, request: HandoverRequest) -> ControlAck:
        """Hand a UE over, for a sender who is known; kept on disk when this returns.

        Raises:
            RanwrightError: ``control.wrong_node``, or those of
                :func:`twins.plant.handover.handed_over`; nothing changed.
        """
        configure_thread()
        require_node(request.node_name, self._node_name)
        with self._lock:
            before, now_ms = self._state.configuration, self._time.now_ms()
            after = handed_over(self._model, before, request, now_ms)
            acknowledged = self._follow(request.request_id, after)
        _log.info("plant.handed_over", request_id=request.request_id, ue_id=request.ue_id)
        return acknowledged

    def _follow(self, request_id: str, after: Configuration) -> ControlAck:
        changed = self._state.followed_by(after)
        save_state(self._site.plant_state, changed)
        self._state = changed
        return ControlAck(
            request_id=request_id,
            resource_version=after.resource_version,
            kpm_time_ms=after.since_ms,
        )
