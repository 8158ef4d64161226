"""The wire between the real actuator and the real plant: it delays, loses and repeats on demand."""

from collections import Counter

from benchmarks.protocol.state import KEPT, Control, State, Step
from contracts.e2.ap import CauseRicRequest
from tests.protocol.parts import CELLS, VALUES_MW, Parts
from tests.protocol.wire_e2 import Octets, answer_of
from xapps.sdk.e2 import ControlRefusedError

Answer = bytes | ControlRefusedError
"""The outcome that a control is acknowledged with, or why it was refused."""

_MODEL_VALUE = {mw: value for value, mw in VALUES_MW.items()}


class PlantLink:
    """Signed controls under way, and the answer to the one that the actuator waits for."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._wire: list[tuple[Control, Octets]] = []
        self._awaited: Control | None = None
        self.answer: Answer | None = None

    def send(self, control: Control, octets: Octets) -> None:
        """A control sets out."""
        self._wire.append((control, octets))
        self._awaited, self.answer = control, None

    def nobody_waits(self) -> None:
        """The actuator heard, gave up or died."""
        self._awaited, self.answer = None, None

    def deliver(self, step: Step, state: State) -> None:
        """The plant takes what the model's plant takes, and answers whoever still waits."""
        control, octets = self._leaving(step, state)
        answer = self._answer(step.event, octets)
        if self._awaited == control and self.answer is None:
            self.answer = answer

    def disturb(self, step: Step, state: State) -> None:
        """Lose or repeat a control, or lose an answer."""
        if step.event == "loses the answer":
            self.answer = None
        elif step.event.startswith("loses"):
            self._leaving(step, state)
        else:
            (control,) = (Counter(step.state.wire) - Counter(state.wire)).elements()
            self._wire.append((control, dict(self._wire)[control]))

    def _leaving(self, step: Step, state: State) -> tuple[Control, Octets]:
        (control,) = (Counter(state.wire) - Counter(step.state.wire)).elements()
        found = next(item for item in self._wire if item[0] == control)
        self._wire.remove(found)
        return found

    def _answer(self, event: str, octets: Octets) -> Answer:
        node = self._parts.e2_node
        assert node is not None
        if event.startswith("does not want"):
            return ControlRefusedError(CauseRicRequest.CONTROL_FAILED_TO_EXECUTE, None)
        if event.startswith("acknowledges without"):
            return node.acknowledge_without(octets)
        code, answer = "", answer_of(node, octets)
        if isinstance(answer, ControlRefusedError):
            code = node.refused_last
        expected = event.split()[1] if event.startswith("refuses") else ""
        assert code == expected, f"the plant answers {code!r}, the model {event!r}"
        return answer


def control_of(octets: Octets, parts: Parts, about: int) -> Control:
    """The model's control for a real one."""
    request = octets.request
    _, _, way = request.request_id.partition(":")
    kind, stage = ("act", int(way)) if way.isdigit() else (way, 0)
    life = parts.nodes.index(request.node_name)
    to = {c.cell_id: _MODEL_VALUE[c.to_mw] for c in request.changes}
    value = tuple(to.get(c, KEPT) for c in CELLS)
    return Control(kind, about, request.expected_version, value, life, stage)
