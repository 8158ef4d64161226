"""The real processes of one site in one thread: ledger, plant, approver, verifier, actuator.

Each is made from its files, and killed by leaving it and making it from them again. What stands
between them is the test's: every call of :class:`contracts.rpc.Client` ends in a handler below or
in ``rpc.unreachable``, as if through a socket. E2 is in :mod:`tests.protocol.wire_e2`.
"""

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import yaml

from agents.approver.service import Approver
from agents.verifier.process import Verifier
from contracts import clock
from contracts.errors import RanwrightError
from contracts.keys import init_keys
from contracts.kpi import Kpi
from contracts.ledger.reader import LedgerReader
from contracts.ledger.writer import Writer
from contracts.plant_link import NodeInfo
from contracts.policy import load_policy
from contracts.rpc import Client, Handler
from contracts.site import Role, Site
from tests.protocol.wire_e2 import Node, Wire
from twins.plant.service import PlantService
from twins.plant.state import save_state
from twins.scenario import load_scenario
from xapps.actuator import way_back
from xapps.actuator.admission import parse_envelope
from xapps.actuator.progress import Progress
from xapps.actuator.service import Actuator

SCENARIO = load_scenario("munich")
CELLS = (1, 2)
VALUES_MW = {0: 40_000, 1: 35_650, 2: 31_773, 8: 25_238, 9: 28_318}
"""The model's values on the equipment's grid."""
VALIDITY_S = 600
POLICY: dict[str, Any] = {
    "policy_id": "protocol",
    "guard_rails": [
        {
            "name": "power",
            "kpi": Kpi.TX_POWER_TOTAL.value,
            "condition": "IS_EQUAL_TO_OR_LESS_THAN",
            "bound": {"kind": "relative_change", "change_percent": 100},
            "applies_to": "all_cells",
        }
    ],
    "thresholds": {"weak_rsrp_dbm": -140, "low_sinr_db": -20},
    "action": {
        "allowed_parameters": ["NRSectorCarrier.configuredMaxTxPower"],
        "allowed_cells": [*CELLS],
        "max_step_db": 3,
        "max_changed_cells": 2,
    },
    "verification": {
        "max_miss_probability": 0.05,
        "confidence": 0.95,
        "rollouts": 59,
        "max_attempts": 1,
    },
    "approval": {"automatic_up_to_changed_cells": 2, "automatic_up_to_step_db": 3},
    "certificate": {
        "validity_s": VALIDITY_S,
        "settle_ms": 0,
        "watch_window_ms": 200,
        "effect_deadline_ms": 100_000_000,
        "silence_timeout_s": 1.0,
    },
    "stages": {
        "canary_cells": 1,
        "max_step_db": 3,
        "window_ms": 200,
        "fallback_tx_power_mw": VALUES_MW[8],
    },
    "xapps": {
        "allowed": [{"name": "actuator", "may_send": [12040], "approval": "release"}],
        "shared_policy_types": [],
        "validity_s": 300,
    },
    "forecast": {"false_alarm_probability": 0.02, "gap": "unlimited"},
    "activation": {
        "allowed_xapps": ["power-control"],
        "max_half_width_db": 2.0,
        "max_validity_s": 600,
        "least_interval_ms": 200,
        "watch_window_ms": 1000,
        "max_live": 2,
        "rollouts": 112,
        "interior_points": 32,
        "automatic": False,
    },
}
PACE = 1000.0

Call = Callable[[Client, Role, str, dict[str, Any], Callable[[Any], None]], Any]


class Killed(BaseException):
    """The process that the call runs in is killed here."""


class Parts:
    """All processes of a site, up or down."""

    def __init__(self, root: Path) -> None:
        self.site = Site(root)
        self.site.create()
        init_keys(self.site)
        self.site.policy.write_text(yaml.safe_dump(POLICY))
        self.policy = load_policy(self.site.policy)
        self.ledger: Writer | None = None
        self.ledger_life = 0
        self.plant: PlantService | None = None
        self.e2_node: Node | None = None
        self.wire = Wire(lambda: self.e2_node)
        self.nodes: list[str] = []
        self.start_ledger()
        self.start_plant()
        self.approver = Approver(self.site)
        self.verifier = Verifier(self.site, SCENARIO)
        self.actuator = self._make_actuator()
        self.reader = LedgerReader.of(self.site)

    def start_ledger(self) -> None:
        self.ledger = Writer(self.site)
        self.ledger_life += 1

    def kill_ledger(self) -> None:
        assert self.ledger is not None
        self.ledger.close()
        self.ledger = None

    def start_plant(self) -> None:
        self.plant = PlantService(self.site, SCENARIO, 1, PACE)
        self.e2_node = Node(self.plant, self.site)
        name = self.node().node_name
        if name not in self.nodes:
            self.nodes.append(name)

    def kill_plant(self) -> None:
        self.plant = self.e2_node = None

    def begin_plant_anew(self) -> None:
        self.site.plant_state.unlink()
        self.start_plant()

    def make_plant_forget(self) -> None:
        """The values before the newest control again, on the version that it made."""
        assert self.plant is not None
        state = self.plant._state
        before, newest = state.configurations[-2:]
        kept = {"resource_version": newest.resource_version, "since_ms": newest.since_ms}
        forgotten = (*state.configurations[:-1], before.model_copy(update=kept))
        self.plant._state = state.model_copy(update={"configurations": forgotten})
        save_state(self.site.plant_state, self.plant._state)

    def restart_approver(self) -> None:
        self.approver.close()
        self.approver = Approver(self.site)

    def restart_verifier(self) -> None:
        self.verifier = Verifier(self.site, SCENARIO)

    def restart_actuator(self) -> None:
        self.journal.close()
        self.actuator = self._make_actuator()

    def _make_actuator(self) -> Actuator:
        return Actuator(self.site, self.wire, self.wire)

    def close(self) -> None:
        self.journal.close()
        self.approver.close()
        if self.ledger is not None:
            self.ledger.close()

    @property
    def journal(self) -> Any:
        return self.actuator._tools.journal

    def node(self) -> NodeInfo:
        assert self.plant is not None
        return self.plant.info()

    def handle(
        self, role: Role, method: str, params: dict[str, Any], emit: Callable[[Any], None]
    ) -> Any:
        """What the process answers, after a way through JSON and back.

        Raises:
            RanwrightError: what it raises, or ``rpc.unreachable``.
        """
        handlers: dict[Role, dict[str, Handler] | None] = {
            "ledger": self.ledger.handlers() if self.ledger else None,
            "approver": self.approver.handlers(),
            "verifier": {"certify": self.verifier.certify},
            "actuator": self.actuator.handlers(),
        }
        of_role = handlers[role]
        if of_role is None:
            raise unreachable(role)
        try:
            answer = of_role[method](json.loads(json.dumps(params)), lambda v: emit(_copied(v)))
        except RanwrightError as error:
            raise RanwrightError.from_json(_copied(error.to_json())) from error
        return _copied(answer)

    def execute(self, certificate: Any) -> None:
        """Give the actuator a certificate as A1 does, after a way through JSON.

        Raises:
            RanwrightError: as it refuses.
        """
        self.actuator.execute(parse_envelope(_copied(certificate)), Progress(lambda _: None))


def _copied(value: Any) -> Any:
    return json.loads(json.dumps(value))


def unreachable(role: str) -> RanwrightError:
    return RanwrightError("rpc.unreachable", f"{role} did not answer.", "Start it.")


class Time:
    """The wall clock, which can be set forward, and the limit of the way back."""

    def __init__(self, monkeypatch: Any) -> None:
        self.ahead = timedelta()
        self.is_over = False
        time = self

        class Shifted(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:
                return datetime.now(tz or UTC) + time.ahead

        monkeypatch.setattr(clock, "datetime", Shifted)
        monkeypatch.setattr(way_back, "wait_exponential", lambda **_: lambda _: 0.0)
        monkeypatch.setattr(
            way_back, "stop_after_delay", lambda limit: lambda _: limit == 0 or self.is_over
        )

    def pass_expiry(self) -> None:
        self.ahead += timedelta(seconds=VALIDITY_S + 1)
