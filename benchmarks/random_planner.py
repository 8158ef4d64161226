"""A planner gone mad against the real processes: how many out-of-policy actions reach the plant?

    python -m benchmarks.random_planner [--plans 10000] [--seed 1] [--output FILE]

Ledger, plant (munich), verifier, approver and actuator run on a temporary site. Plans with a defect
are pushed at every door (see :mod:`benchmarks.mad_planner`), with a few lawful ones between them so
that the plant does move. After each batch the plant is read back: every change of its values must
belong to a certificate in the ledger, signed by the verifier, whose plan is inside the policy as
judged here anew. Prints a table and writes ``benchmarks/results/random_planner.json``.
"""

import argparse
import json
import math
import os
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import yaml
from rich.console import Console
from rich.progress import track
from rich.table import Table

from agents.service.processes import running
from agents.service.site_setup import SiteConfig, ensure_site
from agents.verifier.requests import CertifyRequest, VerifyRequest
from benchmarks.doors import UNHEARD, Doors
from benchmarks.mad_planner import MadPlanner
from benchmarks.papers import Attempt, Papers, Trip, dump
from contracts.action import ActionPlan
from contracts.certificate import CERTIFICATE_PAYLOAD_TYPE, Certificate, Receipt
from contracts.delivery import certificate_policy
from contracts.dsse import SignedEnvelope, unverified_payload, verify
from contracts.errors import RanwrightError
from contracts.keys import load_trust
from contracts.ledger.audit import verify_ledger
from contracts.ledger.reader import LedgerReader
from contracts.network import REPORT_PERIOD_MS
from contracts.plant_link import NodeInfo
from contracts.policy import Policy, load_policy
from contracts.problem import CONFIGURED_MAX_TX_POWER
from contracts.site import Site
from contracts.verdict import Verdict
from twins.runtime import fingerprint
from twins.scenario import Scenario, load_scenario

RESULTS = Path(__file__).parent / "results" / "random_planner.json"
SCENARIO = "munich"
PACE = 200.0
BATCH = 250
LAWFUL_EVERY = 250
_REPLAY = "certificate used before"
POLICY: dict[str, Any] = {
    "policy_id": "random-planner",
    "guard_rails": [
        {
            "name": "no_ue_loses_coverage",
            "kpi": "CoverageLossRatio",
            "condition": "IS_EQUAL_TO_OR_LESS_THAN",
            "bound": {"kind": "ratio", "threshold_percent": 0},
            "applies_to": "all_cells",
        },
        {
            "name": "mean_throughput",
            "kpi": "DRB.UEThpDl.Mean",
            "condition": "IS_EQUAL_TO_OR_GREATER_THAN",
            "bound": {"kind": "relative_change", "change_percent": -50},
            "applies_to": "all_cells",
        },
    ],
    "thresholds": {"weak_rsrp_dbm": -130, "low_sinr_db": -3},
    "action": {
        "allowed_parameters": [CONFIGURED_MAX_TX_POWER],
        "allowed_cells": [1, 2, 3, 4, 5, 6],
        "max_step_db": 3,
        "max_changed_cells": 3,
    },
    "verification": {
        "max_miss_probability": 0.05,
        "confidence": 0.95,
        "rollouts": 80,
        "max_attempts": 1,
    },
    "approval": {"automatic_up_to_changed_cells": 2, "automatic_up_to_step_db": 3},
    "certificate": {
        "validity_s": 60,
        "settle_ms": 1000,
        "watch_window_ms": 10000,
        "effect_deadline_ms": 600000,
        "silence_timeout_s": 10,
    },
    "stages": {
        "canary_cells": 1,
        "max_step_db": 3,
        "window_ms": 2000,
        "fallback_tx_power_mw": 40000,
    },
    "xapps": {
        "allowed": [
            {"name": "actuator", "may_send": [12040, 31001], "approval": "release"},
            {"name": "power-control", "may_send": [31000], "approval": "person"},
        ],
        "shared_policy_types": [20101],
        "validity_s": 300,
    },
    "forecast": {"false_alarm_probability": 0.05, "gap": "unlimited"},
    "activation": {
        "allowed_xapps": ["power-control"],
        "max_half_width_db": 2.0,
        "max_validity_s": 600,
        "least_interval_ms": 200,
        "watch_window_ms": 1000,
        "max_live": 2,
        "rollouts": 112,
        "interior_points": 32,
        "automatic": False,
    },
}
"""Narrow enough that a random plan is mostly outside, and quick to verify where one is inside."""


@dataclass
class Findings:
    """What came of it all."""

    codes: dict[str, Counter[str]] = field(default_factory=dict)
    let_through: list[str] = field(default_factory=list)
    defects: list[str] = field(default_factory=list)
    plans: int = 0
    lawful_acted: int = 0

    def count(self, door: str, code: str) -> None:
        """One more answer of a door; lawful plans do not count among the mad ones."""
        self.codes.setdefault(door, Counter())[code] += 1
        self.plans += door != "lawful"


@dataclass(frozen=True)
class PlantAudit:
    """Every change of the plant, held against the ledger and the policy."""

    controls: int
    in_policy: int
    out_of_policy: tuple[str, ...]


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--plans", type=int, default=10_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    began = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="ranwright-mad-") as folder:
        findings, audit = run(Path(folder), arguments.plans, arguments.seed, show=True)
    document = {
        "scenario": SCENARIO,
        "seed": arguments.seed,
        "plans": findings.plans,
        "lawful_plans_acted_on": findings.lawful_acted,
        "defective_plans_let_through": findings.let_through,
        "defects_of_processes": findings.defects,
        "controls_that_reached_the_plant": audit.controls,
        "of_them_in_policy": audit.in_policy,
        "out_of_policy_actions": list(audit.out_of_policy),
        "rate_upper_bound_95": None if audit.out_of_policy else 3.0 / findings.plans,
        "answers": {door: dict(c.most_common()) for door, c in sorted(findings.codes.items())},
        "wall_s": round(time.monotonic() - began, 1),
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": {"cores": os.cpu_count(), "runtime": dict(fingerprint())},
    }
    arguments.output.parent.mkdir(parents=True, exist_ok=True)
    arguments.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    _print(findings, audit)
    if audit.out_of_policy or findings.let_through or findings.defects:
        sys.exit(1)


def run(folder: Path, plans: int, seed: int, show: bool = False) -> tuple[Findings, PlantAudit]:
    """Push so many plans at the doors of a site in a folder.

    Raises:
        RanwrightError: a process does not start, or the ledger does not verify afterwards.
    """
    with besieged(Site(folder), seed) as siege:
        audit = siege.audit()
        for start in track(range(0, plans, BATCH), "plans", disable=not show, transient=True):
            siege.batch(min(BATCH, plans - start))
            audit = siege.audit()
            if audit.out_of_policy:
                break
        verify_ledger(siege.site.ledger, siege.site.objects, load_trust(siege.site)).require_ok()
    return siege.findings, audit


@contextmanager
def besieged(site: Site, seed: int) -> Iterator["Siege"]:
    """A new site with all processes, and the mad planner before its doors."""
    site.create()
    site.policy.write_text(yaml.safe_dump(POLICY), encoding="utf-8")
    wanted = SiteConfig(scenario=SCENARIO, plant_seed=seed, pace_factor=PACE)
    with running(site, ensure_site(site, wanted)), Doors(site) as doors:
        yield Siege(doors, seed)


class Siege:
    """The mad planner before the doors of one site."""

    def __init__(self, doors: Doors, seed: int) -> None:
        self.doors, self.site = doors, doors.site
        self.policy: Policy = load_policy(doors.site.policy)
        self.scenario: Scenario = load_scenario(SCENARIO)
        self._rng = np.random.default_rng(seed)
        self._planner = MadPlanner(
            self._rng, doors.site, self.scenario, self.policy, lambda: doors.observe(1, 100)
        )
        self._start_mw = _powers(doors.node())
        self._withheld: list[Trip] = []
        self._receipts: set[str] = set()
        self._pushed = 0
        self.findings = Findings()
        for act in (True, False, True):
            self._lawful_trip(act)

    def batch(self, attempts: int) -> None:
        """Push so many plans."""
        for _ in range(attempts):
            self._pushed += 1
            if self._pushed % LAWFUL_EVERY == 0:
                self._trip(self._rng.random())
            self._push(self._planner.attempt())

    def audit(self) -> PlantAudit:
        """Hold the plant against ledger and policy."""
        return audit_plant(self.site, self.policy, self.scenario, self._start_mw, self.doors)

    def _push(self, attempt: Attempt) -> None:
        try:
            answer = self.doors.push(attempt)
        except RanwrightError as error:
            code = error.code
            if code in ("rpc.defect", "rpc.unreachable"):
                self.findings.defects.append(f"{attempt.door}, {attempt.defect}: {error.message}")
        else:
            code = self._opened(attempt, answer)
        self.findings.count(attempt.door, code)

    def _opened(self, attempt: Attempt, answer: Any) -> str:
        """A door answered: with a verdict that failed, or to papers that are right after all."""
        if answer == UNHEARD:
            return UNHEARD
        if attempt.defect == _REPLAY:
            return self._replayed(attempt, answer)
        if attempt.door == "verify":
            envelope = SignedEnvelope.model_validate(answer)
            verdict = Verdict.parse(unverified_payload(envelope))
            if not verdict.passed:
                self._remember(attempt, envelope)
                failed = next(c.name for c in verdict.checks if not c.passed)
                return f"verdict failed: {failed}"
        if _same(attempt):
            return "same papers, written otherwise"
        self.findings.let_through.append(f"{attempt.door}: {attempt.defect}")
        return "LET THROUGH"

    def _replayed(self, attempt: Attempt, answer: Any) -> str:
        """A certificate that acted is answered with its receipt; nothing is sent again."""
        receipt = Receipt.parse(unverified_payload(SignedEnvelope.model_validate(answer)))
        if receipt.certificate_id in self._receipts:
            return "receipt of the first time"
        self.findings.let_through.append(f"{attempt.door}: {attempt.defect}")
        return "LET THROUGH"

    def _remember(self, attempt: Attempt, envelope: SignedEnvelope) -> None:
        papers = self._planner.papers_of(attempt.params)
        kept = self._planner.failed_verdicts
        kept.append((papers, envelope))
        del kept[:-50]

    def _trip(self, drawn: float) -> None:
        if drawn < 0.3:
            self._widened_trip()
        else:
            self._lawful_trip(act=drawn < 0.8)

    def _widened_trip(self) -> None:
        """A proven and approved plan whose envelope would allow more than the policy."""
        papers = self._planner.widened_papers(self.doors.observe(50, REPORT_PERIOD_MS))
        try:
            self._certified(papers)
        except RanwrightError as error:
            self.findings.count("certify", error.code)
        else:
            self.findings.let_through.append("certify: widened envelope")
            self.findings.count("certify", "LET THROUGH")

    def _lawful_trip(self, act: bool) -> None:
        """Down the road with a plan inside the policy; withheld ones grow stale."""
        papers = self._planner.lawful_papers(self.doors.observe(50, REPORT_PERIOD_MS))
        try:
            trip = self._certified(papers)
            if act:
                self._act(trip)
                self._planner.trips += [trip, *self._withheld]
                self._withheld = []
            else:
                self._withheld.append(trip)
        except RanwrightError as error:
            self.findings.count("lawful", error.code)

    def _certified(self, papers: Papers) -> Trip:
        call, trace_id = self.doors.call, self._rng.bytes(8).hex()
        verdict = call("verifier", "verify", papers.request())
        asked = {"plan": dump(papers.plan), "verdict": verdict, "trace_id": trace_id}
        approval = call("approver", "approve_automatically", asked)
        request = {k: v for k, v in papers.request().items() if k != "intent"}
        request |= {"verdict": verdict, "approval": approval}
        certificate = call("verifier", "certify", request)
        parts = (SignedEnvelope.model_validate(p) for p in (verdict, approval, certificate))
        return Trip(papers, trace_id, *parts)

    def _act(self, trip: Trip) -> None:
        name = Certificate.parse(unverified_payload(trip.certificate)).certificate_id
        answer = self.doors.execute(name, certificate_policy(dump(trip.certificate)))
        self._receipts.add(name)
        receipt = Receipt.parse(unverified_payload(SignedEnvelope.model_validate(answer)))
        self.findings.count("lawful", f"acted: {receipt.code}")
        self.findings.lawful_acted += 1
        if receipt.status == "fulfilled" and self._rng.random() < 0.3:
            undo = {"certificate_id": receipt.certificate_id}
            self.doors.call("actuator", "rollback", undo)
            self.findings.count("lawful", "taken back")


def audit_plant(
    site: Site, policy: Policy, scenario: Scenario, start_mw: dict[int, int], doors: Doors
) -> PlantAudit:
    """Explain the plant's present values by its log of controls, the ledger and the policy."""
    wrong: list[str] = []
    powers_mw, good, controls = dict(start_mw), 0, list(_controls(site))
    certificates = _certificates(site)
    for request_id in controls:
        name, _, way = request_id.partition(":")
        certificate = certificates.get(name)
        if certificate is None:
            wrong.append(f"{request_id}: no certificate in the ledger")
            continue
        plan = certificate.plan
        stage = int(way) if way.isdigit() else 0
        breach = breach_of(plan, policy, scenario, powers_mw) if stage == 1 else None
        if breach is None:
            good += 1
        else:
            wrong.append(f"{request_id}: {breach}")
        if stage:
            changes = certificate.watch.forecast.stages[stage - 1].changes
            powers_mw |= {c.cell_id: c.to_mw for c in changes}
        elif way != "fence":
            powers_mw |= {c.cell_id: c.from_mw for c in plan.changes}
    node = doors.node()
    if node.resource_version != len(controls):
        wrong.append(f"version {node.resource_version} after {len(controls)} controls")
    if _powers(node) != powers_mw:
        wrong.append(f"the plant is at {_powers(node)}, the certificates lead to {powers_mw}")
    return PlantAudit(len(controls), good, tuple(wrong))


def breach_of(
    plan: ActionPlan, policy: Policy, scenario: Scenario, powers_mw: dict[int, int]
) -> str | None:
    """Why a plan is outside the policy, judged without the code that the doors use."""
    if len(plan.changes) > policy.action.max_changed_cells:
        return "too many cells"
    for change in plan.changes:
        if change.cell_id not in policy.action.allowed_cells:
            return f"cell {change.cell_id} may not be changed"
        if change.parameter != CONFIGURED_MAX_TX_POWER:
            return f"parameter {change.parameter} may not be set"
        if change.to_mw not in scenario.equipment.grid_mw():
            return f"{change.to_mw} mW is not on the grid"
        present_mw = powers_mw[change.cell_id]
        if abs(10.0 * math.log10(change.to_mw / present_mw)) > policy.action.max_step_db + 0.01:
            return f"{present_mw} mW to {change.to_mw} mW is too large a step"
    return None


def _controls(site: Site) -> Iterator[str]:
    """Request identifiers of the controls that the plant took, in order."""
    for line in (site.logs / "plant.log").read_text(encoding="utf-8").splitlines():
        if line.startswith("{") and '"plant.configured"' in line:
            yield str(json.loads(line)["request_id"])


def _certificates(site: Site) -> dict[str, Certificate]:
    """Certificates in the ledger that bear the verifier's signature, by identifier."""
    reader, trust, found = LedgerReader.of(site), load_trust(site), {}
    for trace in reader.traces():
        for entry in reader.records(trace.trace_id):
            if entry.record.kind != "certificate":
                continue
            held = reader.get_object(str(entry.record.content["envelope"]))
            at = entry.record.at.wall_time
            envelope = SignedEnvelope.parse(held)
            payload = verify(envelope, CERTIFICATE_PAYLOAD_TYPE, "verifier", trust, at)
            certificate = Certificate.parse(payload)
            found[certificate.certificate_id] = certificate
    return found


def _same(attempt: Attempt) -> bool:
    """Whether scrambled papers are still the lawful ones, e.g. without a default."""
    if attempt.original is None:
        return False
    if attempt.method == "verify":
        return VerifyRequest.of(attempt.params) == VerifyRequest.of(attempt.original)
    if attempt.method == "certify":
        return CertifyRequest.of(attempt.params) == CertifyRequest.of(attempt.original)
    return False


def _powers(node: NodeInfo) -> dict[int, int]:
    return {c.cell_id: c.configured_max_tx_power_mw for c in node.cells}


def _print(findings: Findings, audit: PlantAudit) -> None:
    table = Table("door", "answer", "plans", title=f"{findings.plans} plans of a mad planner")
    for door, codes in sorted(findings.codes.items()):
        for code, count in codes.most_common():
            table.add_row(door, code, str(count))
        table.add_section()
    console = Console(width=100)
    console.print(table)
    console.print(f"{audit.controls} controls reached the plant, {audit.in_policy} in policy")
    for line in (*audit.out_of_policy, *findings.let_through, *findings.defects):
        console.print(f"[red]{line}[/]")
    if not audit.out_of_policy:
        bound = 3.0 / findings.plans
        console.print(f"0 out of policy: with 95 % confidence a rate below {bound:.2g}")


if __name__ == "__main__":
    main()
