"""The papers of an activation plan: everything that its verdict rests on."""

from dataclasses import dataclass

from contracts.activation import Activation, ActivationPlan
from contracts.canonical import Digest
from contracts.certificate import Certificate, Receipt
from contracts.gap import GapRecord
from contracts.network import NetworkSnapshot
from contracts.plant_link import Observation
from contracts.policy import Policy
from twins.scenario import Scenario


@dataclass(frozen=True)
class ActivationPapers:
    """The plan from the planner; the rest signed by others, or the verifier's own.

    ``beside`` are the activations that are live already, in the order that the plan names them.
    """

    plan: ActivationPlan
    certificate: Certificate
    receipt: Receipt
    observation: Observation
    beside: tuple[Activation, ...]
    policy: Policy
    scenario: Scenario
    calibration_digest: Digest
    gap: GapRecord | None = None

    @property
    def snapshot(self) -> NetworkSnapshot:
        """The network as the envelope was planned on it."""
        return self.observation.snapshot

    @property
    def baseline(self) -> NetworkSnapshot:
        """The network before the action: cohorts and relative bounds are those of then."""
        return self.certificate.baseline
