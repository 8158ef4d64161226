"""The wire between the real actuator and the real plant: it delays, loses and repeats on demand."""

from collections import Counter
from typing import Any

from benchmarks.protocol.state import KEPT, Control, State, Step
from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.errors import RanwrightError
from contracts.plant_link import ControlAck, ControlRequest
from tests.protocol.parts import CELLS, VALUES_MW, Parts

_MODEL_VALUE = {mw: value for value, mw in VALUES_MW.items()}


class PlantLink:
    """Signed controls under way, and the answer to the one that the actuator waits for."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._wire: list[tuple[Control, dict[str, Any]]] = []
        self._awaited: Control | None = None
        self.answer: dict[str, Any] | RanwrightError | None = None

    def send(self, control: Control, params: dict[str, Any]) -> None:
        """A control sets out."""
        self._wire.append((control, params))
        self._awaited, self.answer = control, None

    def nobody_waits(self) -> None:
        """The actuator heard, gave up or died."""
        self._awaited, self.answer = None, None

    def deliver(self, step: Step, state: State) -> None:
        """The plant takes what the model's plant takes, and answers whoever still waits."""
        control, params = self._leaving(step, state)
        answer = self._answer(step.event, params)
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

    def _leaving(self, step: Step, state: State) -> tuple[Control, dict[str, Any]]:
        (control,) = (Counter(state.wire) - Counter(step.state.wire)).elements()
        found = next(item for item in self._wire if item[0] == control)
        self._wire.remove(found)
        return found

    def _answer(self, event: str, params: dict[str, Any]) -> dict[str, Any] | RanwrightError:
        if event.startswith("does not want"):
            return RanwrightError("control.refused", "The node does not want to.", "Ask it.")
        if event.startswith("acknowledges without"):
            return self._lie(params)
        code, answer = "", {}
        try:
            answer = self._parts.handle("plant", "control", params, lambda _: None)
        except RanwrightError as error:
            code = error.code
        expected = event.split()[1] if event.startswith("refuses") else ""
        assert code == expected, f"the plant answers {code!r}, the model {event!r}"
        return RanwrightError(code, "", "") if code else answer

    def _lie(self, params: dict[str, Any]) -> dict[str, Any]:
        node = self._parts.node()
        return ControlAck(
            request_id=_request(params).request_id,
            resource_version=node.resource_version,
            kpm_time_ms=node.kpm_time_ms,
        ).model_dump(mode="json")


def control_of(params: dict[str, Any], parts: Parts, about: int) -> Control:
    """The model's control for a real one."""
    request = _request(params)
    _, _, way = request.request_id.partition(":")
    kind, stage = ("act", int(way)) if way.isdigit() else (way, 0)
    life = parts.nodes.index(request.node_name)
    to = {c.cell_id: _MODEL_VALUE[c.to_mw] for c in request.changes}
    value = tuple(to.get(c, KEPT) for c in CELLS)
    return Control(kind, about, request.expected_version, value, life, stage)


def _request(params: dict[str, Any]) -> ControlRequest:
    return ControlRequest.parse(
        unverified_payload(SignedEnvelope.model_validate(params["envelope"]))
    )
