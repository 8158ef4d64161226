"""What stands behind an E2 node, and what a RAN function of it offers."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

from contracts.e2.ap import E2apMessage
from contracts.e2.llc.beam_control import BeamOrder
from contracts.e2.llc.beam_sets import UeBeams
from contracts.errors import RanwrightError
from contracts.network import KpmReport
from contracts.plant_link import ControlAck, ControlRequest, HandoverRequest, NodeInfo

Send = Callable[[E2apMessage], None]
"""Sends a message over the association; raises ConnectionError when it is gone."""


class Network(Protocol):
    """A simulated network; :class:`twins.plant.service.PlantService` is one."""

    def info(self) -> NodeInfo:
        """Identity and present configuration."""
        ...

    def reports(self, period_ms: int, stop: threading.Event) -> Iterator[KpmReport]:
        """Reports of whole periods of KPM time, each when it has ended, until ``stop``."""
        ...

    def apply(self, request: ControlRequest) -> ControlAck:
        """Carry out a control, or raise and change nothing."""
        ...


@runtime_checkable
class MobileNetwork(Network, Protocol):
    """A network whose UEs can be handed over on command."""

    def hand_over(self, request: HandoverRequest) -> ControlAck:
        """Carry out a handover, or raise and change nothing."""
        ...


@runtime_checkable
class BeamNetwork(Network, Protocol):
    """A network whose UEs report beams and can be told which to use and to measure."""

    def beam_reports(self, stop: threading.Event) -> Iterator[tuple[int, tuple[UeBeams, ...]]]:
        """KPM time in ms and what UEs reported then, as it arrives, until ``stop``."""
        ...

    def order_beams(self, orders: Sequence[BeamOrder]) -> list[bool]:
        """Take orders, or raise and change nothing; false for each UE that is not there."""
        ...


@dataclass(frozen=True, slots=True)
class Action:
    """An action of a subscription: its number, and what it shall report."""

    action_id: int
    definition: bytes


@dataclass(frozen=True, slots=True)
class Report:
    """What an action reports at one moment: header and message of a RIC INDICATION."""

    action_id: int
    header: bytes
    message: bytes


class Reporter(Protocol):
    """A subscription that was admitted."""

    def reports(self, stop: threading.Event) -> Iterator[Report]:
        """All that is to be indicated, when it is due, until ``stop`` is set."""
        ...

    def wake(self) -> None:
        """Look at ``stop`` now."""
        ...


@dataclass(frozen=True, slots=True)
class Admission:
    """What became of a subscription: its reporter, and why actions were not admitted, by number."""

    reporter: Reporter
    not_admitted: Mapping[int, RanwrightError]


class ControlFailureError(Exception):
    """A control changed nothing.

    Args:
        reason: why; its code decides the cause in E2AP.
        outcome: what the service model says about it, if it has something to say.
    """

    def __init__(self, reason: RanwrightError, outcome: bytes | None = None) -> None:
        super().__init__(reason.message)
        self.reason = reason
        self.outcome = outcome


class RanFunction(Protocol):
    """A service model as this node serves it."""

    number: int
    oid: str

    def definition(self) -> bytes:
        """The RAN function definition of E2 setup."""
        ...

    def subscribe(self, trigger: bytes, actions: Sequence[Action]) -> Admission:
        """Which of the actions are admitted, and what reports for them.

        Raises:
            RanwrightError: none can be.
        """
        ...

    def control(self, call_process_id: bytes | None, header: bytes, message: bytes) -> bytes:
        """Carry out a control and return its outcome.

        Raises:
            ControlFailureError: nothing has changed.
        """
        ...
