"""One stage: announced, sent, acknowledged, read back, watched.

Order is everything: journal, ledger, control, read-back, watch. No stage is sent twice, and none
before the one before it was judged good.
"""

from dataclasses import dataclass
from typing import Literal

from contracts.certificate import Certificate
from contracts.errors import RanwrightError
from contracts.network import NetworkSnapshot
from contracts.plant_link import ControlAck, NodeInfo
from contracts.record import Record, RecordKind
from xapps.actuator.course import powers_after, powers_of, stages_of
from xapps.actuator.effect import watch_effect
from xapps.actuator.progress import Progress
from xapps.actuator.tools import Tools

_REFUSAL = "control."
"""Codes by which the plant says that it has not done what a control asked for."""

Sent = Literal["never", "refused", "perhaps", "acknowledged"]
"""What became of a stage's control, as far as the actuator knows."""


@dataclass(frozen=True)
class StageEnd:
    """How a stage ended. Where it is good, ``node`` is the plant as the next one finds it."""

    sent: Sent
    code: str
    reason: str
    node: NodeInfo | None = None
    measured: NetworkSnapshot | None = None


class StageRun:
    """Carries out one stage of a certificate.

    Args:
        tools: of the actuator.
        certificate: holds the stages.
        number: of the stage, from 1.
        progress: hears of every step, and which stage of how many it is.
    """

    def __init__(
        self, tools: Tools, certificate: Certificate, number: int, progress: Progress
    ) -> None:
        stages = stages_of(certificate)
        self._tools = tools
        self._certificate = certificate
        self._id = certificate.certificate_id
        self._number = number
        self._changes = stages[number - 1].changes
        self._progress = progress.at(number, len(stages))

    def carry_out(self, node: NodeInfo) -> StageEnd:
        """Do it; whatever goes wrong is said in the answer.

        Args:
            node: the plant as it was checked or measured last; the control is bound to its version.
        """
        try:
            self._announce(node)
        except RanwrightError as error:
            return StageEnd("never", error.code, f"Nothing was sent: {error.message}")
        sent: Sent = "perhaps"
        try:
            ack = self._control(node)
            sent = "acknowledged"
            return self._confirm(ack)
        except _RefusedError as error:
            return StageEnd("refused", error.code, f"No acknowledgement: {error.message}")
        except RanwrightError as error:
            return StageEnd(sent, error.code, f"Stage {self._number}: {error.message}")

    def _announce(self, node: NodeInfo) -> None:
        """Have the ledger hold what is about to happen before it happens."""
        tools, version = self._tools, node.resource_version
        record = tools.papers.record(
            RecordKind.CONTROL_SENT,
            self._certificate,
            {
                "stage": self._number,
                "node_name": node.node_name,
                "expected_version": version,
                "changes": [c.model_dump(mode="json") for c in self._changes],
            },
            suffix=f":{self._number}",
        )
        tools.journal.advance(
            self._id, "sending", (record,), stage=self._number, sent_version=version
        )
        tools.outbox.flush()
        self._progress("sending", node.kpm_time_ms)

    def _control(self, node: NodeInfo) -> ControlAck:
        try:
            ack = self._tools.plant.control(node, f"{self._id}:{self._number}", self._changes)
        except RanwrightError as error:
            self._tools.journal.enqueue(self._answer({"error": dict(error.to_json())}))
            if not error.code.startswith(_REFUSAL):
                raise  # it may be under way still
            raise _RefusedError(error.code, error.message, error.remedy) from error
        record = self._answer({"ack": ack.model_dump(mode="json")})
        version = ack.resource_version
        self._tools.journal.advance(self._id, "acknowledged", (record,), applied_version=version)
        self._tools.outbox.try_flush()
        self._progress("acknowledged", ack.kpm_time_ms)
        return ack

    def _answer(self, content: dict[str, object]) -> Record:
        return self._tools.papers.record(
            RecordKind.CONTROL_ANSWERED,
            self._certificate,
            {"stage": self._number, **content},
            suffix=f":{self._number}",
        )

    def _confirm(self, ack: ControlAck) -> StageEnd:
        """An acknowledgement is not an effect: read back, then measure."""
        tools = self._tools
        try:
            node = tools.plant.read_back()
        except RanwrightError as error:
            return StageEnd("acknowledged", "effect.unreadable", f"No read-back: {error.message}")
        if node.resource_version != ack.resource_version:
            return StageEnd(
                "acknowledged",
                "effect.configuration_differs",
                f"Version {ack.resource_version} was acknowledged, {node.resource_version} is read"
                " back.",
            )
        if powers_of(node) != powers_after(self._certificate, self._number):
            return StageEnd(
                "perhaps", "effect.not_taken", "The plant acknowledged other values than set."
            )
        tools.journal.advance(self._id, "watching")
        effect = watch_effect(
            self._certificate, self._number, ack, node, tools.plant, tools.clock, self._progress
        )
        return StageEnd("acknowledged", effect.code, effect.reason, effect.node, effect.measured)


class _RefusedError(RanwrightError):
    """The plant answered the control with a refusal; it is not under way any more."""
