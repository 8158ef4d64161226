"""E2 without a RIC: the actuator's E2 on one end, the plant's RAN functions on the other.

What crosses is what crosses E2: octets of E2SM-CCC and E2SM-KPM, with the actuator's credential.
"""

import threading
from collections.abc import Callable, Iterator, Mapping
from itertools import islice
from typing import Any, NamedTuple, Protocol

from contracts.dsse import SignedEnvelope, unverified_payload
from contracts.e2.ap import IndicationType, RicIndication, RicRequestId
from contracts.e2.credential import ControlCredential
from contracts.e2.identity import ran_name
from contracts.e2.node_configuration import gnb_of
from contracts.errors import RanwrightError
from contracts.plant_link import ControlAck, ControlRequest
from twins.e2node.attach import CCC_NUMBER, KPM_NUMBER
from twins.e2node.causes import control_cause
from twins.e2node.configuration import Configuration
from twins.e2node.configuration_writes import accepted, control_request, written_cells
from twins.e2node.measurement import Measurement
from twins.e2node.network import Action, ControlFailureError
from twins.e2node.senders import the_actuator
from twins.plant.service import PlantService
from xapps.sdk.e2 import ControlRefusedError
from xapps.sdk.gnb import Functions

REPORTS = 2
"""Those that a subscription of the actuator waits for, at most."""

_ACTIONS = 2


class Octets(NamedTuple):
    """A control as it is sent."""

    header: bytes
    message: bytes
    call_process_id: bytes | None

    @property
    def request(self) -> ControlRequest:
        """What it asks for."""
        assert self.call_process_id is not None
        envelope = SignedEnvelope.parse(self.call_process_id)
        credential = ControlCredential.parse(unverified_payload(envelope))
        return control_request(credential, written_cells(self.header, self.message))


class Node:
    """A plant's RAN functions."""

    def __init__(self, plant: PlantService, site: Any) -> None:
        self._plant = plant
        self._configuration = Configuration(plant, the_actuator(site), CCC_NUMBER)
        self._functions = {
            CCC_NUMBER: self._configuration,
            KPM_NUMBER: Measurement(plant, KPM_NUMBER),
        }
        self.name = ran_name(gnb_of(plant.info().node_name))
        self.refused_last = ""

    def control(self, octets: Octets) -> bytes:
        """The outcome that is acknowledged.

        Raises:
            ControlFailureError: nothing has changed.
        """
        return self._configuration.control(octets.call_process_id, octets.header, octets.message)

    def acknowledge_without(self, octets: Octets) -> bytes:
        """A lie: the outcome of a control that is not carried out."""
        info = self._plant.info()
        ack = ControlAck(
            request_id=octets.request.request_id,
            resource_version=info.resource_version,
            kpm_time_ms=info.kpm_time_ms,
        )
        return accepted(written_cells(octets.header, octets.message), info, ack).encode()

    def indications(
        self, number: int, trigger: bytes, actions: Mapping[int, bytes], reports: int
    ) -> list[RicIndication]:
        """The first reports of all actions."""
        wanted = [Action(n, definition) for n, definition in actions.items()]
        admission = self._functions[number].subscribe(trigger, wanted)
        assert not admission.not_admitted
        found = admission.reporter.reports(threading.Event())
        return [
            RicIndication(
                RicRequestId(123, 1),
                number,
                report.action_id,
                IndicationType.REPORT,
                report.header,
                report.message,
            )
            for report in islice(found, reports * _ACTIONS)
        ]


class Surroundings(Protocol):
    """What may happen between actuator and plant."""

    def before_read_back(self) -> None: ...

    def control(self, octets: Octets) -> bytes | ControlRefusedError | None: ...

    def reports(self, measure: Callable[[], list[RicIndication]]) -> list[RicIndication]: ...


class Calm:
    """Nothing happens."""

    def __init__(self, node: Callable[[], Node | None]) -> None:
        self._node = node

    def before_read_back(self) -> None:
        pass

    def control(self, octets: Octets) -> bytes | ControlRefusedError | None:
        node = self._node()
        return None if node is None else answer_of(node, octets)

    def reports(self, measure: Callable[[], list[RicIndication]]) -> list[RicIndication]:
        return measure()


class Wire:
    """Stands for both :class:`xapps.sdk.e2.E2` and :class:`xapps.sdk.nodes.NodeDirectory`."""

    def __init__(self, node: Callable[[], Node | None]) -> None:
        self._node = node
        self.around: Surroundings = Calm(node)

    def connected(self) -> list[str]:
        self.around.before_read_back()
        node = self._node()
        return [] if node is None else [node.name]

    def functions(self, _name: str) -> Functions:
        return Functions(KPM_NUMBER, CCC_NUMBER)

    def subscribe(
        self,
        name: str,
        number: int,
        trigger: bytes,
        actions: Mapping[int, bytes],
        _timeout_s: float,
    ) -> "Reports":
        def measure(reports: int) -> list[RicIndication]:
            node = self._node()
            if node is None or node.name != name:
                return []
            return node.indications(number, trigger, actions, reports)

        if number == CCC_NUMBER:
            return Reports(measure(1))
        return Reports(self.around.reports(lambda: measure(REPORTS)))

    def control(
        self,
        name: str,
        _number: int,
        header: bytes,
        message: bytes,
        timeout_s: float,
        call_process_id: bytes | None,
    ) -> bytes:
        answer = self.around.control(Octets(header, message, call_process_id))
        if answer is None:
            raise RanwrightError(
                "e2.control_unanswered", f"{name}: nothing in {timeout_s:g} s.", "Read back."
            )
        if isinstance(answer, ControlRefusedError):
            raise answer
        return answer


class Reports:
    """A subscription whose reports are all there; after them it is silent."""

    def __init__(self, indications: list[RicIndication]) -> None:
        self._left: Iterator[RicIndication] = iter(indications)

    def next(self, timeout_s: float) -> RicIndication:
        found = next(self._left, None)
        if found is None:
            raise RanwrightError("e2.silent", f"Nothing in {timeout_s:g} s.", "Wait.")
        return found

    def __enter__(self) -> "Reports":
        return self

    def __exit__(self, *_: object) -> None:
        pass


def answer_of(node: Node, octets: Octets) -> bytes | ControlRefusedError:
    """What the node says to a control, by way of E2AP."""
    try:
        return node.control(octets)
    except ControlFailureError as failure:
        node.refused_last = failure.reason.code
        return ControlRefusedError(control_cause(failure.reason), failure.outcome)
