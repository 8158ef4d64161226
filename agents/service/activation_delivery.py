"""Activations on their way to the network and back: put on A1, awaited, taken back, listed."""

from typing import Any

from agents.service.a1 import A1Client
from agents.service.activation_records import refusal
from agents.service.clients import ActuatorClient
from agents.service.daemon import NotYetError
from agents.service.daemon import waiting as retrying
from agents.verifier.activation.office import record_key
from contracts.activation import ACTIVATION_POLICY_TYPE, Activation
from contracts.clock import Clock
from contracts.dsse import SignedEnvelope
from contracts.errors import ExitCode, RanwrightError
from contracts.ledger.envelopes import envelope_of
from contracts.ledger.reader import LedgerReader
from contracts.site import Site
from xapps.platform.home import RicHome

ANSWER_TIMEOUT_S = 60.0
"""Wall time within which the actuator says what became of a policy."""
MOVING = ("live", "suspended")
"""States of an activation that is in force."""
_NOT_YET = (None, "received")
_ENDING = "ending"


class ActivationDelivery:
    """The way of activations over A1, as the actuator tells it.

    Args:
        site: that is up.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._home = RicHome(site.ric)
        self._reader = LedgerReader.of(site)
        self._clock = Clock()

    def put(self, activation: Activation, signed: SignedEnvelope) -> dict[str, Any]:
        """Put the policy and wait for the actuator; what did not come into force does not stay,
        nor what came to its end by itself since.

        Returns:
            Its entry, as the actuator lists it.

        Raises:
            RanwrightError: ``activation.no_answer``, ``a1.*``.
        """
        name = activation.activation_id
        with A1Client(self._home) as a1:
            self._clear(a1)
            _put(a1, name, signed)
        try:
            entry = self.awaited(name, _NOT_YET, signed)
        except RanwrightError:
            self.withdraw(name)
            raise
        if entry["status"] not in MOVING:
            self.withdraw(name)
        return entry

    def withdraw(self, activation_id: str) -> None:
        """Delete the policy, if it is there."""
        with A1Client(self._home) as a1:
            if activation_id in a1.policies(ACTIVATION_POLICY_TYPE):
                a1.delete(ACTIVATION_POLICY_TYPE, activation_id)

    def _clear(self, a1: A1Client) -> None:
        """Delete policies of what is over: an actuator that starts would be told of each."""
        passing = (*MOVING, *_NOT_YET, _ENDING)
        over = {e["activation_id"] for e in self.entries() if e["status"] not in passing}
        for name in over.intersection(a1.policies(ACTIVATION_POLICY_TYPE)):
            a1.delete(ACTIVATION_POLICY_TYPE, name)

    def awaited(
        self,
        activation_id: str,
        passing: tuple[str | None, ...],
        signed: SignedEnvelope | None = None,
    ) -> dict[str, Any]:
        """An activation's entry as soon as its status is none of these; None: it has no entry.

        A newcomer that is ``signed`` may be refused without ever having one.

        Raises:
            RanwrightError: ``activation.no_answer``.
        """
        for attempt in retrying(ANSWER_TIMEOUT_S):
            with attempt:
                entry = self.entry(activation_id)
                if entry is None and signed is not None:
                    entry = refusal(self._reader, signed)
                status = entry["status"] if entry else None
                if entry is None or status in passing:
                    raise NotYetError(
                        "activation.no_answer",
                        f"After {ANSWER_TIMEOUT_S:g} s activation {activation_id} is"
                        f" {status or 'not known to the actuator'}.",
                        "Read the actuator's log (ranwright xapp logs actuator).",
                        ExitCode.DEFECT,
                    )
        assert entry is not None, "else it was raised"
        return entry

    def entry(self, activation_id: str) -> dict[str, Any] | None:
        """How an activation fares."""
        return next((e for e in self.entries() if e["activation_id"] == activation_id), None)

    def signed(self, activation_id: str) -> SignedEnvelope:
        """What the verifier signed, from the ledger.

        Raises:
            RanwrightError: ``activation.unknown``.
        """
        entry = self._reader.find(record_key(activation_id))
        if entry is None:
            raise _unknown(activation_id)
        return envelope_of(entry.record, self._reader.objects)

    def take_back(self, activation_id: str) -> dict[str, Any]:
        """Delete the policy, and wait until the network is at its base again.

        Returns:
            How it ended.

        Raises:
            RanwrightError: ``activation.unknown``, ``activation.no_answer``, ``a1.*``.
        """
        entry = self.entry(activation_id)
        if entry is None:
            raise _unknown(activation_id)
        with A1Client(self._home) as a1:
            gone = activation_id not in a1.policies(ACTIVATION_POLICY_TYPE)
            if gone and entry["status"] in MOVING:
                # deleted while the actuator was down: only what is there can be deleted again
                _put(a1, activation_id, self.signed(activation_id))
        self.withdraw(activation_id)
        return self.awaited(activation_id, (*MOVING, _ENDING))

    def entries(self) -> list[dict[str, Any]]:
        """All activations that the actuator knows."""
        with ActuatorClient(self._site, self._clock) as actuator:
            return actuator.activations()


def _put(a1: A1Client, activation_id: str, signed: SignedEnvelope) -> None:
    a1.put(ACTIVATION_POLICY_TYPE, activation_id, {"activation": signed.model_dump(mode="json")})


def _unknown(activation_id: str) -> RanwrightError:
    return RanwrightError(
        "activation.unknown",
        f"No activation {activation_id} is known.",
        "See ranwright activations.",
        ExitCode.USAGE,
    )
