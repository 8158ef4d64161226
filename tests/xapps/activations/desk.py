"""An actuator's activations in this thread: real journal, plant and ledger, E2 as octets between.

A kill is an exception that no code catches; the actuator is then made anew from its files.
"""

import itertools
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from typing import Any, Literal

from contracts import clock
from contracts.activation import ACTIVATION_POLICY_TYPE, MOVE_REQ, Activation, MoveAnswer
from contracts.certificate import Certificate
from contracts.e2.ap import RicIndication
from contracts.network import NetworkSnapshot
from tests.protocol.wire_e2 import Node, Octets, Wire, answer_of
from tests.xapps import plain_plant
from tests.xapps.activations.office import LEFT, make_activation, make_plan, sign_activation
from tests.xapps.plain_plant import PlainPlant
from tests.xapps.world import (
    World,
    make_certificate,
    now,
    sign_certificate,
)
from tests.xapps.world import (
    make_plan as make_action,
)
from xapps.actuator.activations.store import Row
from xapps.actuator.journal import Entry
from xapps.actuator.service import Actuator
from xapps.sdk.e2 import ControlRefusedError
from xapps.sdk.messenger import Handler, Received
from xapps.sdk.policies import A1Policies, PolicyRequest

Fate = Literal["carried", "lost", "unheard", "late", "kill_before", "kill_after"]


class Killed(BaseException):
    """The actuator is killed here."""


class Lines:
    """RMR of the actuator: what it sends is kept."""

    def __init__(self) -> None:
        self.answers: list[MoveAnswer] = []

    def on(self, mtype: int, handler: Handler) -> None:
        pass

    def send(self, mtype: int, payload: bytes, meid: str) -> bool:
        if b"tx_power" not in payload and b"sequence" in payload:
            self.answers.append(MoveAnswer.parse(payload))
        return True


class Between:
    """What becomes of controls on their way; ``fate`` is that of the next one."""

    def __init__(self, node: Callable[[], Node]) -> None:
        self._node = node
        self.fate: Fate = "carried"
        self.late: list[Octets] = []

    def before_read_back(self) -> None:
        pass

    def reports(self, measure: Callable[[], list[RicIndication]]) -> list[RicIndication]:
        return measure()

    def control(self, octets: Octets) -> bytes | ControlRefusedError | None:
        fate, self.fate = self.fate, "carried"
        if fate == "kill_before":
            raise Killed
        if fate == "late":
            self.late.append(octets)
        if fate in ("lost", "late"):
            return None
        answer = answer_of(self._node(), octets)
        if fate == "kill_after":
            raise Killed
        return None if fate == "unheard" else answer

    def arrive(self) -> None:
        """All that was late arrives now."""
        for octets in self.late:
            answer_of(self._node(), octets)
        self.late.clear()


class Desk:
    """Plant and actuator; the ledger is a process of the world's."""

    def __init__(self, world: World) -> None:
        self.world = world
        for path in world.site.root.glob("actuator.sqlite*"):
            path.unlink()
        world.site.plant_state.unlink(missing_ok=True)
        self.plant = PlainPlant(world.site)
        self.node = Node(self.plant, world.site)  # type: ignore[arg-type]
        self.between = Between(lambda: self.node)
        self.wire = Wire(lambda: self.node)
        self.wire.around = self.between
        self.sequences = itertools.count(1)
        self.issued: list[Activation] = []
        self.certificate = self._action()
        self._make()
        journal = self.actuator._tools.journal
        envelope = sign_certificate(world, self.certificate)
        name, plan = self.certificate.certificate_id, self.certificate.plan.digest
        entry = Entry(name, self.certificate.trace_id, plan, envelope.canonical(), "received")
        journal._write([])
        journal.claim(entry, self._papers_record())
        journal.advance(name, "fulfilled", applied_version=self.plant.version)

    def _papers_record(self) -> Any:
        from contracts.record import RecordKind

        return self.actuator._tools.papers.record(RecordKind.ACTION_STARTED, self.certificate, {})

    def _action(self) -> Certificate:
        info = self.plant.info()
        reports = [self.plant.report(200) for _ in range(5)]
        snapshot = NetworkSnapshot.from_reports(
            info.scenario, info.scenario_digest, info.cells, reports, now()
        )
        made = make_certificate(
            self.world, snapshot, make_action(snapshot), node_name=info.node_name
        )
        self.plant.change("action", LEFT)
        return made

    def _make(self) -> None:
        self.actuator = Actuator(self.world.site, self.wire, self.wire)  # type: ignore[arg-type]
        self.lines = Lines()
        activations = self.actuator.activations
        activations.attach(A1Policies(self.lines, "actuator"), self.lines)
        self.keeper, self.moves = activations._keeper, activations._moves
        self.store = activations._store
        self.keeper.recover()
        self.look()

    @contextmanager
    def mortal(self) -> Iterator[None]:
        """What happens in here may kill the actuator, which then is started again."""
        try:
            yield
        except Killed:
            self.restart()

    def restart(self) -> None:
        self.actuator._tools.journal.close()
        self.between.fate = "carried"
        self._make()
        self.keeper._unconfirmed.clear()  # A1 knows all that these tests did not delete

    def look(self) -> None:
        with self.mortal():
            self.keeper.look()

    def create(self, **changes: Any) -> Activation:
        activation = make_activation(self.world, make_plan(self.certificate, **changes))
        self.issued.append(activation)
        self.put(activation)
        return activation

    def put(self, activation: Activation) -> None:
        policy = {"activation": sign_activation(self.world, activation).model_dump(mode="json")}
        name = activation.activation_id
        request = PolicyRequest("CREATE", ACTIVATION_POLICY_TYPE, name, policy)
        with self.mortal():
            self.keeper._serve(request)

    def delete(self, name: str) -> None:
        with self.mortal():
            self.keeper._serve(PolicyRequest("DELETE", ACTIVATION_POLICY_TYPE, name, None))

    def move(self, name: str, powers_mw: dict[int, int], sequence: int | None = None) -> str | None:
        """The code of the answer; ``None`` where the actuator was killed before it."""
        self.plant.time_ms += 1000
        self.actuator._tools.clock.observe(self.plant.time_ms)
        number = next(self.sequences) if sequence is None else sequence
        fields = f'{{"activation_id":"{name}","sequence":{number},"tx_power_mw":'
        powers = "{" + ",".join(f'"{c}":{mw}' for c, mw in powers_mw.items()) + "}"
        before = len(self.lines.answers)
        lines = self.lines
        with self.mortal():
            self.moves.take(Received(MOVE_REQ, (fields + powers + "}").encode(), "", -1))
            if self.moves._waiting:
                waiting = self.moves._next()
                assert waiting is not None
                self.moves._serve(waiting)
        return lines.answers[before].code if len(lines.answers) > before else None

    def rows(self) -> list[Row]:
        return self.store.newest(1000)

    def status(self, activation: Activation) -> str:
        row = self.store.find(activation.activation_id)
        return "unknown" if row is None else row.status

    def close(self) -> None:
        self.actuator._tools.journal.close()
        with suppress(FileNotFoundError):
            self.world.site.plant_state.unlink()


class WallClock:
    """The wall clock, which tests set."""

    def __init__(self, monkeypatch: Any) -> None:
        self.ahead = timedelta()
        wall = self

        class Shifted(datetime):
            @classmethod
            def now(cls, tz: Any = None) -> datetime:
                return datetime.now(tz or UTC) + wall.ahead

        monkeypatch.setattr(clock, "datetime", Shifted)


PLANT_CELLS = plain_plant.CELLS
