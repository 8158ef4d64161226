"""The model's steps of planner, approver and verifier, done with the real ones."""

import threading
from typing import Any

from contracts.errors import RanwrightError
from tests.protocol.papers import Papers
from tests.protocol.parts import Killed, Parts


class Certifying(threading.Thread):
    """A call to certify that waits before it tells the ledger, as the model's ``signing`` does."""

    def __init__(self, parts: Parts, request: dict[str, Any]) -> None:
        super().__init__(daemon=True)
        self._parts, self._request = parts, request
        self._signed, self._go = threading.Event(), threading.Event()
        self._killed = False
        self.certificate: dict[str, Any] | None = None
        self.refusal = ""

    def run(self) -> None:
        try:
            self.certificate = self._parts.handle(
                "verifier", "certify", self._request, lambda _: None
            )
        except RanwrightError as error:
            self.refusal = error.code
        except Killed:
            self.certificate = None
        finally:
            self._signed.set()

    def sign(self) -> None:
        """Run to the first word to the ledger."""
        self.start()
        assert self._signed.wait(20)

    def before_ledger(self) -> None:
        """Called in the thread: wait to be let on, or be killed."""
        if self._signed.is_set():
            return
        self._signed.set()
        assert self._go.wait(60)
        if self._killed:
            raise Killed

    def finish(self, killed: bool = False) -> None:
        """Let it on to its end."""
        self._killed = killed
        self._go.set()
        self.join(20)
        assert not self.is_alive()


class Office:
    """Papers, decisions and certificates of one run, as a planner holds them."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self.papers: dict[int, Papers] = {}
        self.approvals: dict[tuple[str, int], dict[str, Any]] = {}
        self.signing: dict[tuple[int, int], Certifying] = {}
        self.certificates: dict[int, dict[str, Any]] = {}

    def decide(self, decision: str, number: int) -> dict[str, Any]:
        """Plan 0 is approved by the policy; everything else a person decides."""
        papers = self.papers[number]
        asked = {
            "plan": papers.plan.model_dump(mode="json"),
            "verdict": papers.verdict,
            "trace_id": papers.trace_id,
        }
        if decision == "approved" and number == 0:
            return self._approver("approve_automatically", asked)
        request = self._approver("request", asked)
        kept = ("trace_id", "plan_digest", "verdict_digest", "risk_class")
        params = {k: request[k] for k in kept} | {"decision": decision, "approved_by": "ada"}
        return self._approver("decide", params)

    def _approver(self, method: str, params: dict[str, Any]) -> dict[str, Any]:
        answer: dict[str, Any] = self._parts.handle("approver", method, params, lambda _: None)
        return answer

    def request(self, number: int, approval: int) -> dict[str, Any]:
        """What the verifier is asked: papers of a plan with the approval of perhaps another."""
        papers = self.papers[number]
        held = [e for (_, of), e in self.approvals.items() if of == approval]
        return {
            "verdict": papers.verdict,
            "approval": held[0],
            "plan": papers.plan.model_dump(mode="json"),
            "problem": papers.problem.model_dump(mode="json"),
            "snapshot": papers.snapshot,
        }

    def certify(self, number: int, approval: int) -> dict[str, Any]:
        """Ask for a certificate; only where one stands or is refused, so nothing is signed."""
        params = self.request(number, approval)
        answer: dict[str, Any] = self._parts.handle("verifier", "certify", params, lambda _: None)
        return answer

    def sign(self, number: int, serial: int) -> str:
        """Begin a call to certify; the code with which it is refused."""
        call = Certifying(self._parts, self.request(number, number))
        call.sign()
        self.signing[number, serial] = call
        return call.refusal

    def hand_out(self, number: int, serial: int) -> None:
        call = self.signing.pop((number, serial))
        call.finish()
        assert call.certificate is not None
        self.hold(number, call.certificate)

    def hold(self, number: int, certificate: dict[str, Any]) -> None:
        """One approval, one certificate: whatever is answered later is the same."""
        assert self.certificates.setdefault(number, certificate) == certificate

    def kill_verifier(self) -> None:
        for call in self.signing.values():
            call.finish(killed=True)
        self.signing.clear()
        self._parts.restart_verifier()


def code_of(call: Any) -> str:
    """The code with which a call is refused."""
    try:
        call()
    except RanwrightError as error:
        return error.code
    return ""
