"""The course of an action: which powers stand once so many of its stages were carried out."""

from contracts.certificate import Certificate
from contracts.plant_link import NodeInfo
from contracts.stages import Stage


def stages_of(certificate: Certificate) -> tuple[Stage, ...]:
    """The stages in order; they are counted from 1."""
    return certificate.watch.forecast.stages


def powers_of(node: NodeInfo) -> dict[int, int]:
    """ConfiguredMaxTxPower by cell as it is read back, milliwatts."""
    return {c.cell_id: c.configured_max_tx_power_mw for c in node.cells}


def powers_after(certificate: Certificate, stage: int) -> dict[int, int]:
    """Powers of the whole node, milliwatts by cell, after so many stages; 0 for before."""
    power_mw = dict(certificate.baseline.tx_power_mw)
    for done in stages_of(certificate)[:stage]:
        power_mw |= {c.cell_id: c.to_mw for c in done.changes}
    return power_mw
