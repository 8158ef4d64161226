"""What every action needs."""

from dataclasses import dataclass

from contracts.clock import Clock
from contracts.ledger.outbox import LedgerOutbox
from xapps.actuator.journal import Journal
from xapps.actuator.papers import Papers
from xapps.actuator.plant import Plant


@dataclass(frozen=True)
class Tools:
    """Journal, way to the ledger, pen, plant and clock of one actuator."""

    journal: Journal
    outbox: LedgerOutbox
    papers: Papers
    plant: Plant
    clock: Clock
