"""Drives the real processes along a trace of the model and compares them after every step.

One thread: wherever the real actuator is about to write, to send, to read or to talk to the ledger,
it comes by here first. What the model did before that step is done then, beneath its feet: messages
arrive late, processes die, time passes, somebody presents a used certificate. A kill is an
exception that no code catches, thrown between two durable writes; the process is then made anew
from its files. Refusals are probed: the code must be the model's. What a refusal leaves in the
ledger is not compared here; ``tests/xapps/test_refusals.py`` holds that.
"""

from contextlib import contextmanager
from typing import Any

from benchmarks.protocol.model import initial
from benchmarks.protocol.state import State, Step
from contracts.certificate import Certificate
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.keys import load_trust
from contracts.ledger.audit import verify_ledger
from tests.protocol.link import PlantLink
from tests.protocol.observable import of_model, of_parts
from tests.protocol.office_driver import Office, code_of
from tests.protocol.papers import foreign_control, make_papers
from tests.protocol.parts import Killed, Parts, Time
from xapps.actuator.repair import repair

READS = (
    "settles",
    "tries again",
    "reads back other values",
    "reads back no fence",
    "reads other values",
    "cannot reach the plant",
    "cannot reach the plant to fall back",
    "restores too little",
    "still falls back",
)
"""Steps in which the actuator only looks at the plant."""


class Diverged(AssertionError):
    """Model and code disagree."""


class Driver:
    """One run. ``state`` is the model's, as far as the real processes have come."""

    def __init__(self, parts: Parts, time: Time, trace: tuple[Step, ...], plans: int) -> None:
        self.parts, self.time, self.trace = parts, time, trace
        self.office = Office(parts)
        self.link = PlantLink(parts)
        self.state: State = initial(plans, 0)
        self.position = 0
        self.phase = ""
        self.probing = False
        self.expected = ""
        self.approver_dies = False

    def run(self) -> None:
        """Follow the trace to its end.

        Raises:
            Diverged: with the trace up to there.
        """
        while (step := self.next) is not None:
            before = self.position
            if self._is_actuators(step):
                self._begin(step)
            else:
                self._happen(step)
            self.require(self.position > before, "the real actuator does nothing")
        self.office.kill_verifier()
        self._audit()

    @property
    def next(self) -> Step | None:
        """The step that comes."""
        return self.trace[self.position] if self.position < len(self.trace) else None

    def take(self) -> Step:
        """Take the step that comes for done."""
        step = self.trace[self.position]
        self.position += 1
        self.state = step.state
        return step

    def until_actuator(self) -> Step:
        """Let everything happen that comes before the actuator's next step.

        Raises:
            Killed: the actuator dies here, or the trace ends.
        """
        while (step := self.next) is not None:
            if step.actor == "actuator" and step.event == "goes on":
                self.take()
            elif step.actor == "actuator" and step.event.startswith("dies"):
                raise Killed
            elif self._is_actuators(step):
                return step
            else:
                self._happen(step)
        raise Killed

    def compare(self) -> None:
        """The observable parts must agree."""
        ours = of_model(self.state)
        theirs = of_parts(self.parts, self.office, len(self.state.plans))
        for name, value in ours.items():
            self.require(theirs[name] == value, f"{name}: model {value}, code {theirs[name]}")

    def require(self, holds: bool, what: str) -> None:
        """Diverge unless it holds."""
        if not holds:
            lines = [f"{n:3d}  {s.label}" for n, s in enumerate(self.trace[: self.position + 1], 1)]
            raise Diverged("\n".join([what, *lines]))

    def _is_actuators(self, step: Step) -> bool:
        if step.actor == "ledger":
            return step.event.startswith("holds")
        return step.actor == "actuator" and step.kind != "refusal"

    def _begin(self, step: Step) -> None:
        """The actuator begins something: by a request, or of itself."""
        try:
            if step.event == "goes on":
                self.take()
            elif step.event.startswith("dies"):
                raise Killed
            elif step.event == "measures for":
                self._execute(self.take().about)
            elif step.event == "is asked back":
                self.phase = "admitting"
                params = {"certificate_id": self._certificate_id(step.about)}
                self.parts.handle("actuator", "rollback", params, lambda _: None)
            else:
                self.phase = "acting"
                repair(self.parts.actuator._tools)
        except Killed:
            self.phase = ""
            self.parts.restart_actuator()
            if self.next is not None:
                self.require(self.next.event.startswith("dies"), "killed without a reason")
                self.take()
                self.link.nobody_waits()
            self.compare()
        self.phase = ""

    def _execute(self, about: int) -> None:
        self.phase, self.expected = "admitting", ""
        code = code_of(lambda: self._request_action(about))
        self.require(code == self.expected, f"refused with {code!r}, model {self.expected!r}")

    def _request_action(self, about: int) -> None:
        self.parts.execute(self.office.certificates[about])

    def _certificate_id(self, about: int) -> str:
        envelope = SignedEnvelope.model_validate(self.office.certificates[about])
        return Certificate.parse(unverified_payload(envelope)).certificate_id

    def _happen(self, step: Step) -> None:
        """Do what is not the live action's."""
        with self._probe():
            {
                "planner": self._plan,
                "approver": self._approver,
                "verifier": self._verifier,
                "actuator": self._refuses,
                "ledger": self._ledger,
                "plant": self._plant,
                "wire": self.link.disturb,
                "clock": lambda *_: self.time.pass_expiry(),
                "somebody": self._somebody,
            }[step.actor](step, self.state)
        if self.next is step:
            self.take()
        self.compare()

    @contextmanager
    def _probe(self) -> Any:
        """Calls that are made meanwhile are nobody's steps."""
        before, self.probing = self.probing, True
        try:
            yield
        finally:
            self.probing = before

    def _plan(self, step: Step, _: State) -> None:
        coming = self.trace[self.position :]
        events = {s.event for s in coming if s.about == step.about}
        reachable = "judges it good, writes sending" in events, "measures the effect" in events
        passed = step.event.endswith("passes")
        self.office.papers[step.about] = make_papers(self.parts, step.about, passed, reachable)

    def _approver(self, step: Step, state: State) -> None:
        event, number = step.event, step.about
        if event.startswith("writes"):
            self._write_decision(event.removeprefix("writes "), number)
        elif event.startswith("hands out"):
            decision = event.removeprefix("hands out ")
            self.office.approvals[decision, number] = self.office.decide(decision, number)
        elif event.startswith("dies"):
            self.parts.restart_approver()
        else:
            other = "denied" if state.decisions[number] == "approved" else "approved"
            code = code_of(lambda: self.office.decide(other, number))
            self.require(f"refuses {code}" == event, f"the approver refused {code!r}")

    def _write_decision(self, decision: str, number: int) -> None:
        """The approver dies before it tells the ledger, unless that is what comes next."""
        following = self.trace[self.position + 1 : self.position + 2]
        goes_on = [(s.actor, s.event, s.about) for s in following] == [
            ("approver", f"hands out {decision}", number)
        ]
        self.approver_dies = not goes_on
        try:
            approval = self.office.decide(decision, number)
        except Killed:
            self.parts.restart_approver()
        else:
            self.take()
            self.take()
            self.office.approvals[decision, number] = approval
        finally:
            self.approver_dies = False

    def _verifier(self, step: Step, state: State) -> None:
        event, number = step.event, step.about
        if event == "dies":
            self.office.kill_verifier()
        elif event.startswith("signs"):
            serial = sum(c.approval == number for c in state.signing)
            code = self.office.sign(number, serial)
            self.require(code == "", f"the verifier refused {code!r}")
        elif event.startswith("hands out certificate"):
            self.office.hand_out(number, int(event.rpartition(" ")[2]))
        elif event.startswith("answers"):
            self.office.hold(number, self.office.certify(number, number))
        else:
            approval = int(event.rpartition(" ")[2])
            code = code_of(lambda: self.office.certify(number, approval))
            self.require(f"refuses {code} with approval {approval}" == event, f"refused {code!r}")

    def _refuses(self, step: Step, _: State) -> None:
        about = step.about
        if step.event.startswith("refuses undo"):
            params = {"certificate_id": self._certificate_id(about)}
            code = "undo " + code_of(
                lambda: self.parts.handle("actuator", "rollback", params, lambda _: None)
            )
        else:
            code = code_of(lambda: self._request_action(about))
        self.require(f"refuses {code}" == step.event, f"the actuator refused {code!r}")

    def _ledger(self, step: Step, _: State) -> None:
        self.parts.start_ledger() if step.event == "starts" else self.parts.kill_ledger()

    def _plant(self, step: Step, state: State) -> None:
        if step.event == "starts":
            self.parts.start_plant()
        elif step.event == "dies":
            self.parts.kill_plant()
            self.link.answer = None
        elif step.event == "forgets what it took":
            self.parts.make_plant_forget()
        elif step.event == "begins anew":
            self.parts.begin_plant_anew()
            self.link.answer = None
        else:
            self.link.deliver(step, state)

    def _somebody(self, _: Step, __: State) -> None:
        assert self.parts.e2_node is not None
        self.parts.e2_node.control(foreign_control(self.parts))

    def _audit(self) -> None:
        """The ledger of every run passes the audit that anybody can make."""
        trust = load_trust(self.parts.site)
        verify_ledger(self.parts.site.ledger, self.parts.site.objects, trust).require_ok()
