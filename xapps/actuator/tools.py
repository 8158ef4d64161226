"""What every action needs."""

from dataclasses import dataclass

from contracts.clock import Clock
from xapps.actuator.journal import Journal
from xapps.actuator.outbox import Outbox
from xapps.actuator.papers import Papers
from xapps.actuator.plant import Plant


@dataclass(frozen=True)
class Tools:
    """Journal, way to the ledger, pen, plant and clock of one actuator."""

    journal: Journal
    outbox: Outbox
    papers: Papers
    plant: Plant
    clock: Clock
