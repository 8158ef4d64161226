"""Where the real actuator comes by: durable writes, words to the ledger, looks at the plant."""

import threading
from collections.abc import Callable
from typing import Any

import pytest

from contracts.e2.ap import RicIndication
from contracts.errors import RanwrightError
from contracts.record import Record
from contracts.rpc import Client
from tests.protocol.driver import READS, Driver
from tests.protocol.link import Answer, control_of
from tests.protocol.office_driver import Certifying
from tests.protocol.parts import Killed, unreachable
from tests.protocol.wire_e2 import Octets
from xapps.actuator.journal import Entry, Journal
from xapps.actuator.service import Actuator

Emit = Callable[[Any], None]


class Hooks:
    """Stands between the real processes, and tells the driver before each step of the actuator."""

    def __init__(self, driver: Driver, monkeypatch: pytest.MonkeyPatch) -> None:
        self._driver = driver
        self._parts = driver.parts
        self._lives: dict[Client, int] = {}
        driver.parts.wire.around = self
        monkeypatch.setattr(Client, "call", self._client_call())
        monkeypatch.setattr(Actuator, "_refuse", lambda *_: None)
        for name, hook in (
            ("claim", self._claim),
            ("advance", self._advance),
            ("enqueue", self._enqueue),
            ("delivered", self._delivered),
        ):
            monkeypatch.setattr(Journal, name, self._hooked(getattr(Journal, name), hook))

    def _hooked(self, original: Callable[..., None], hook: Callable[..., bool]) -> Any:
        """A write to the journal; the hook says whether it is a step of the model."""

        def method(journal: Journal, *args: Any, **kwargs: Any) -> None:
            live = self._driver.phase and not self._driver.probing
            is_step = live and hook(journal, *args)
            original(journal, *args, **kwargs)
            if is_step:
                self._driver.compare()

        return method

    def _claim(self, _: Journal, entry: Entry, record: Record) -> bool:
        self._driver.phase = "acting"
        step = self._driver.until_actuator()
        self._driver.require(step.event == "writes received", f"the journal takes {record.key}")
        self._driver.take()
        return True

    def _advance(self, _: Journal, certificate_id: str, wanted: str, *__: Any) -> bool:
        self._driver.phase = "acting"
        step = self._driver.until_actuator()
        entry = step.state.journal[step.about]
        before, after = self._driver.state, step.state
        writes = (before.journal, before.outbox) != (after.journal, after.outbox)
        fits = entry is not None and entry.step == wanted and writes
        self._driver.require(fits, f"the journal comes to {wanted}")
        self._driver.take()
        self._driver.time.is_over = False
        return True

    def _enqueue(self, _: Journal, record: Record) -> bool:
        step = self._driver.until_actuator()
        longer = len(step.state.outbox) == len(self._driver.state.outbox) + 1
        self._driver.require(longer, f"the outbox takes {record.key}")
        self._driver.take()
        return True

    def _delivered(self, journal: Journal, number: int) -> bool:
        item = next(i for i in journal.outbox() if i.number == number)
        if item.kind == "object":
            return False
        step = self._driver.until_actuator()
        self._driver.require(step.event.startswith("strikes out"), "the outbox is struck out")
        self._driver.take()
        return True

    def _client_call(self) -> Any:
        hooks = self

        def call(
            client: Client,
            method: str,
            params: dict[str, Any] | None = None,
            on_progress: Emit | None = None,
        ) -> Any:
            return hooks.call(client, method, params or {}, on_progress or (lambda _: None))

        return call

    def call(self, client: Client, method: str, params: dict[str, Any], emit: Emit) -> Any:
        """What comes of a call of one process to another."""
        role: Any = client._path.stem
        thread = threading.current_thread()
        if isinstance(thread, Certifying):
            thread.before_ledger()
        elif self._driver.phase and not self._driver.probing:
            return self._ledger(client, method, params)
        elif self._driver.approver_dies and role == "ledger":
            raise Killed
        return self._parts.handle(role, method, params, emit)

    def _ledger(self, client: Client, method: str, params: dict[str, Any]) -> Any:
        driver, parts = self._driver, self._parts
        here = parts.ledger is not None
        if driver.phase == "admitting":
            driver.require(not here, "something is delivered before admission")
            raise unreachable("ledger")
        if driver.state.act is None and not self._delivers_next():
            raise unreachable("ledger")  # a last try of the repair, which the model makes later
        step = driver.until_actuator()
        life = self._lives.get(client, parts.ledger_life)
        connected = parts.ledger is not None and life == parts.ledger_life
        if step.actor != "ledger":
            driver.require(not connected, "the ledger is told something")
            if step.event == "cannot reach the ledger":
                driver.take()
            raise unreachable("ledger")
        driver.require(connected, "the ledger cannot be reached")
        self._lives[client] = life
        if method == "append":
            driver.take()
        answer = parts.handle("ledger", method, params, lambda _: None)
        if method == "append":
            if "unanswered" in step.event:
                parts.kill_ledger()
            driver.compare()
        if parts.ledger is None:
            raise unreachable("ledger")
        return answer

    def _delivers_next(self) -> bool:
        step = self._driver.next
        return step is not None and step.actor == "ledger" and step.event.startswith("holds")

    def before_read_back(self) -> None:
        """The actuator looks for the plant."""
        driver = self._driver
        if self._live and driver.phase == "acting":
            step = driver.until_actuator()
            if step.event in READS:
                driver.take()
            elif step.event.startswith("gives up"):
                driver.time.is_over = True
                if step.kind == "fault":
                    raise RanwrightError("plant.not_connected", "No node is connected.", "Wait.")

    def control(self, octets: Octets) -> Answer | None:
        """The actuator sends a control, and hears of it or not."""
        driver, link = self._driver, self._driver.link
        step = driver.until_actuator()
        control = control_of(octets, self._parts, step.about)
        sent = step.state.act.control if step.state.act else None
        driver.require(
            step.event.startswith("sends") and control == sent, f"{control} is sent, model {sent}"
        )
        driver.take()
        link.send(control, octets)
        heard = driver.until_actuator()
        answer = link.answer
        link.nobody_waits()
        before = driver.state
        if (heard.state.outbox, heard.state.journal) == (before.outbox, before.journal):
            driver.take()
        if heard.event.startswith(("waits in vain", "hears nothing")):
            driver.require(answer is None, f"there is an answer: {answer!r}")
            return None
        refused = heard.event.startswith("is refused")
        driver.require(
            answer is not None and isinstance(answer, Exception) == refused, f"answer: {answer!r}"
        )
        return answer

    def reports(self, measure: Callable[[], list[RicIndication]]) -> list[RicIndication]:
        """Measure first, then let happen what the model says happened meanwhile."""
        reports = measure()
        if not self._live:
            return reports
        driver = self._driver
        if driver.phase != "admitted":
            step = driver.until_actuator()
            if driver.phase == "admitting":
                driver.expected = driver.take().event.partition("after measuring ")[2]
                driver.phase = "admitted"
                driver.require(step.event.startswith(("admits", "refuses")), "it admits")
        return reports or measure()

    @property
    def _live(self) -> bool:
        """Whether what the actuator does now is a step of the model."""
        return bool(self._driver.phase) and not self._driver.probing
