"""The before/after figure of a decision, made from the ledger's objects."""

from pathlib import Path

from agents.service.site_setup import read_config
from contracts.certificate import Receipt
from contracts.decision import Decision, Outcome
from contracts.dsse import unverified_payload
from contracts.ledger.envelopes import envelope_of
from contracts.ledger.reader import LedgerReader
from contracts.network import NetworkSnapshot
from contracts.record import RecordKind
from contracts.requirement import format_cells
from contracts.site import Site
from twins.scenario import load_scenario
from twins.show import before_after_figure


def save_figure(site: Site, decision: Decision) -> str | None:
    """Draw throughput and maps before and after; ``None`` when nothing was measured after."""
    if decision.outcome not in (Outcome.FULFILLED, Outcome.ROLLED_BACK):
        return None
    reader = LedgerReader.of(site)
    baseline = measured = None
    for entry in reader.records(decision.trace_id):
        record = entry.record
        if record.kind is RecordKind.STEP and record.content["step"] == "snapshot":
            baseline = NetworkSnapshot.parse(reader.get_object(str(record.content["output"])))
        if record.kind is RecordKind.RECEIPT and measured is None:
            envelope = envelope_of(record, reader.objects)
            measured = Receipt.parse(unverified_payload(envelope)).measured
    if baseline is None or measured is None:
        return None
    path = site.root / "figures" / f"{decision.trace_id}.png"
    _draw(site, decision, baseline, measured, path)
    return str(path)


def _draw(
    site: Site,
    decision: Decision,
    baseline: NetworkSnapshot,
    measured: NetworkSnapshot,
    path: Path,
) -> None:
    goal = decision.comparisons[0]
    cohort = set(baseline.cohort(goal.cells))
    before_mbps, after_mbps = (
        [u.throughput_mbps for u in s.ues if u.ue_id in cohort and u.throughput_mbps is not None]
        for s in (baseline, measured)
    )
    before_after_figure(
        load_scenario(read_config(site).scenario),
        dict(baseline.tx_power_mw),
        dict(measured.tx_power_mw),
        before_mbps,
        after_mbps,
        path,
        title=decision.sentence,
        cdf_title=f"Throughput of the UEs of cells {format_cells(goal.cells)}, measured",
    )
