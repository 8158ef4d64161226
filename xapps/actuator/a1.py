"""Certificates as they come over A1, and who follows them.

Anybody on the machine can put a policy or delete one. So a policy alone says nothing: what it
carries is admitted like any certificate, once, and a policy that is deleted changes nothing on the
network. The way back is asked for over the actuator's own socket.

A refusal is final for as long as the process lives: what a planner was told about a certificate
stays true, whoever sends it again.

============= =========================== =================================================
follow        ``{envelope_digest}``       signed Receipt; emits ``{stage, kpm_time_ms, ...}``
============= =========================== =================================================
"""

import json
import threading
from collections import OrderedDict
from collections.abc import Callable
from concurrent.futures import Future
from concurrent.futures import TimeoutError as FutureTimeoutError
from typing import Any

import structlog

from contracts.activation import CERTIFICATE_POLICY_TYPE
from contracts.canonical import Digest
from contracts.delivery import (
    AWAITING_POLICY,
    DELIVERY_LIMIT_S,
    certificate_digest,
    certificate_in,
)
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import ExitCode, RanwrightError
from contracts.rpc import Emit, Handler, defect
from xapps.actuator.admission import parse_envelope
from xapps.actuator.following import Run
from xapps.actuator.journal import Journal
from xapps.actuator.progress import Progress
from xapps.sdk.policies import A1Policies, PolicyRequest

MOST_LIVE = 64
"""Certificates that are looked at or carried out at a time; a further one is not taken."""

MOST_REFUSED = 4096
"""Refusals that are remembered."""

UNDER_WAY_LIMIT_S = 300.0
"""Wall time that the end of an action of an earlier life is waited for."""

_LOOK_PERIOD_S = 0.1
_log = structlog.get_logger(__name__)

Execute = Callable[[SignedEnvelope, Progress], SignedEnvelope]


class Certificates:
    """Takes certificates from A1 and has each carried out in a thread of its own.

    Args:
        execute: carries out a certificate; see :meth:`xapps.actuator.service.Actuator.execute`.
        journal: knows the certificates that were used before.
        policies: A1 of this xApp.
    """

    def __init__(self, execute: Execute, journal: Journal, policies: A1Policies) -> None:
        self._execute = execute
        self._journal = journal
        self._policies = policies
        self._lock = threading.Lock()
        self._live: dict[Digest, Run] = {}
        self._refused: OrderedDict[Digest, RanwrightError] = OrderedDict()
        self._awaited: dict[Digest, list[Future[Run]]] = {}
        policies.on(CERTIFICATE_POLICY_TYPE, self._take)

    def handlers(self) -> dict[str, Handler]:
        """Handlers by method name."""
        return {"follow": self._follow}

    def _take(self, request: PolicyRequest) -> None:
        if request.operation == "DELETE":
            self._policies.answer(request, "DELETED")
            return
        certificate = certificate_in(request.policy)
        try:
            digest = certificate_digest(certificate)
        except RecursionError:
            taken = False
        else:
            taken = self._begin(digest, certificate, request)
        if not taken:
            self._policies.answer(request, "ERROR")

    def _begin(self, digest: Digest, certificate: Any, request: PolicyRequest) -> bool:
        """Have it carried out, unless it is already; false where it is not taken at all."""
        with self._lock:
            if digest in self._refused:
                return False
            run = self._live.get(digest)
            if run is None:
                if len(self._live) >= MOST_LIVE:
                    _log.warning("a1.too_many_certificates", live=len(self._live))
                    return False
                run = self._live[digest] = Run()
                arguments = (digest, certificate, run)
                threading.Thread(target=self._carry_out, args=arguments, daemon=True).start()
            run.requests.append(request)
            for awaited in self._awaited.pop(digest, []):
                awaited.set_result(run)
        return True

    def _carry_out(self, digest: Digest, certificate: Any, run: Run) -> None:
        end: SignedEnvelope | RanwrightError
        try:
            envelope = parse_envelope(certificate)
            receipt = receipt_of_first_time(self._journal, envelope)
            end = receipt or self._execute(envelope, Progress(run.tell))
        except RanwrightError as error:
            end = error
        except Exception as error:  # noqa: BLE001 - end of a thread: followers must hear of it
            _log.exception("certificate.defect")
            end = defect(error)
        self._end(digest, run, end)

    def _end(self, digest: Digest, run: Run, end: SignedEnvelope | RanwrightError) -> None:
        with self._lock:
            del self._live[digest]
            if isinstance(end, RanwrightError) and end.exit_code is not ExitCode.DEFECT:
                self._refused[digest] = end
                while len(self._refused) > MOST_REFUSED:
                    self._refused.popitem(last=False)
        for request in run.requests:
            self._policies.answer(request, "OK" if run.is_success(end) else "ERROR")
        run.end(end)

    def _follow(self, params: dict[str, Any], emit: Emit) -> Any:
        """Raises what refuses the certificate, or ``a1.not_delivered``: it did not come in time."""
        digest = params.get("envelope_digest")
        if not isinstance(digest, str):
            raise RanwrightError(
                "rpc.bad_params", f"envelope_digest is {digest!r}.", "Give the envelope's digest."
            )
        found = self._find(digest)
        run = found if isinstance(found, Run) else self._await(digest, found, emit)
        return run.follow(emit).model_dump(mode="json")

    def _find(self, digest: Digest) -> "Run | Future[Run]":
        with self._lock:
            if (refusal := self._refused.get(digest)) is not None:
                raise RanwrightError.from_json(refusal.to_json())
            if (run := self._live.get(digest)) is not None:
                return run
            awaited: Future[Run] = Future()
            self._awaited.setdefault(digest, []).append(awaited)
            return awaited

    def _await(self, digest: Digest, awaited: "Future[Run]", emit: Emit) -> Run:
        try:
            emit({"stage": AWAITING_POLICY, "kpm_time_ms": None})
            return awaited.result(DELIVERY_LIMIT_S)
        except FutureTimeoutError as error:
            raise RanwrightError(
                "a1.not_delivered",
                f"No policy with this certificate came in {DELIVERY_LIMIT_S:g} s.",
                "Check that the RIC runs (ranwright ric status), and resume the trace.",
                ExitCode.DEFECT,
            ) from error
        finally:
            with self._lock:
                left = [a for a in self._awaited.pop(digest, []) if a is not awaited]
                if left:
                    self._awaited[digest] = left


def receipt_of_first_time(journal: Journal, envelope: SignedEnvelope) -> SignedEnvelope | None:
    """The receipt of the action that these very octets began, once it ended; else ``None``.

    Raises:
        RanwrightError: ``action.under_way``: it has not ended yet.
    """
    name, data = _claimed_id(envelope), envelope.canonical()
    pause = threading.Event()
    for _ in range(int(UNDER_WAY_LIMIT_S / _LOOK_PERIOD_S)):
        entry = journal.find(name)
        if entry is None or entry.envelope != data:
            return None
        if entry.receipt is not None:
            return SignedEnvelope.parse(entry.receipt)
        pause.wait(_LOOK_PERIOD_S)
    raise RanwrightError(
        "action.under_way",
        f"The action of certificate {name} has not ended yet.",
        "Resume the trace later.",
        ExitCode.DEFECT,
    )


def _claimed_id(envelope: SignedEnvelope) -> str:
    """The identifier in a payload that nobody has verified; any text where there is none."""
    try:
        claimed = json.loads(unverified_payload(envelope))
    except (ValueError, RecursionError, RanwrightError):
        return ""
    return str(claimed.get("certificate_id")) if isinstance(claimed, dict) else ""
