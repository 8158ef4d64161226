"""The gap between twin and plant: what became of actions elsewhere, and how usual this plant is.

A record of outcomes says two things of the next plant. Its snapshot is ranked among theirs by how
far the twin is from it: what is stranger than nearly all is out of distribution, and refused. And
their residuals say how far a measured KPI may lie from the forecast; the stranger the snapshot, the
wider. Both are conformal: they hold for any plant that is exchangeable with those of the record.
"""

import hashlib
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Self

from pydantic import ValidationError

from agents.verifier.forecast import Reach
from contracts.canonical import Digest
from contracts.errors import RanwrightError
from contracts.gap import GapRecord
from contracts.policy import GapRules, Policy
from contracts.verdict import Check, GapEvidence
from twins.conformal import p_value, reach, strangeness
from twins.scenario import Scenario

_CODE = {
    "twins": (
        *("activity.py", "antenna.py", "channel.py", "conditioning.py", "discrepancy.py"),
        *("flow.py", "kpis.py", "particles.py", "reports.py", "rollout.py"),
        *("plant/plant.py", "plant/truth.py"),
    ),
    "agents": tuple(f"verifier/{name}.py" for name in ("compare", "forecast", "stages", "tally")),
}
"""What outcomes hang on: change it, and they have to be made again."""
_USUAL_STRANGENESS = 3.0
"""Robust standard deviations up to which forecasts are not widened."""
_REMEDY = "Run ranwright twin compare, or set forecast.gap to unlimited in the policy."


def load_gap(scenario: Scenario, own: Path | None = None) -> GapRecord | None:
    """A site's own record where there is one, else the one shipped for the scenario, if any.

    Raises:
        RanwrightError: ``gap.malformed``.
    """
    shipped = Path(str(files("agents.verifier") / "gaps" / f"{scenario.name}.json"))
    path = own if own is not None and own.is_file() else shipped
    if not path.is_file():
        return None
    try:
        return GapRecord.parse(path.read_bytes())
    except (OSError, ValidationError) as error:
        raise RanwrightError("gap.malformed", f"{path.name}: {error}", _REMEDY) from error


def require_fit(record: GapRecord, scenario: Scenario, policy: Policy) -> None:
    """Refuse outcomes of another network, another way of rolling out, or other code.

    Raises:
        RanwrightError: ``gap.stale``.
    """
    pairs = {
        "scenario": (record.scenario_digest, scenario.digest),
        "code": (record.code_digest, code_digest()),
        "stages": (record.stages, policy.stages),
        "settle_ms": (record.settle_ms, policy.certificate.settle_ms),
        "watch_window_ms": (record.watch_window_ms, policy.certificate.watch_window_ms),
    }
    if other := [name for name, (found, present) in pairs.items() if found != present]:
        raise RanwrightError(
            "gap.stale", f"The outcomes are of another {', '.join(other)}.", _REMEDY
        )


def require_known(record: GapRecord | None, scenario: Scenario, policy: Policy) -> None:
    """Refuse to judge where the policy limits the gap and nothing is known of it.

    Raises:
        RanwrightError: ``gap.unknown``.
    """
    if policy.forecast.limited is not None and record is None:
        raise RanwrightError(
            "gap.unknown",
            f"Nothing is known of the gap between the twin of {scenario.name} and plants.",
            _REMEDY,
        )


@dataclass(frozen=True)
class Gap:
    """Where a plant stands among those of a record, and how far its KPIs may be off."""

    evidence: GapEvidence
    reach: Reach

    @classmethod
    def of(cls, record: GapRecord, present: dict[str, float], probability: float) -> Self:
        """From the discrepancy of twin and snapshot.

        Args:
            present: the discrepancy, by name.
            probability: of an outcome beyond reach, over all KPIs and stages together.
        """
        figure, figures = strangeness(present, [o.discrepancy for o in record.outcomes])
        scores = [
            o.worst_residual / _widening(f) for o, f in zip(record.outcomes, figures, strict=True)
        ]
        evidence = GapEvidence(
            record_digest=record.digest,
            plants=len(figures),
            discrepancy=present,
            p_value=p_value(figure, figures),
        )
        condition = (
            f"plant and action being exchangeable with the {len(scores)} that the twin was"
            " compared with"
        )
        half_widths = reach(scores, probability) * _widening(figure)
        return cls(evidence, Reach(half_widths, len(scores), condition))

    def checks(self, rules: GapRules) -> list[Check]:
        """Whether the plant is of the kind that the twin knows, and the intervals say something."""
        evidence, half_widths = self.evidence, self.reach.half_widths
        return [
            Check(
                name="gap.in_distribution",
                passed=evidence.p_value >= rules.least_p_value,
                reason=f"{evidence.p_value:.1%} of {evidence.plants} plants lie at least as far"
                f" from the twin; {rules.least_p_value:.1%} is the least",
            ),
            Check(
                name="gap.narrow_enough",
                passed=half_widths <= rules.max_half_widths,
                reason=f"a measured KPI may lie {half_widths:.2f} half-widths from the forecast;"
                f" {rules.max_half_widths:g} are allowed",
            ),
        ]


def _widening(figure: float) -> float:
    return max(1.0, figure / _USUAL_STRANGENESS)


@cache
def code_digest() -> Digest:
    """Digest of the sources that outcomes hang on; taken once a process."""
    hashed = hashlib.sha256()
    for package, names in _CODE.items():
        for name in sorted(names):
            content = hashlib.sha256((files(package) / name).read_bytes()).hexdigest()
            hashed.update(f"{package}/{name} {content}\n".encode())
    return Digest(f"sha256:{hashed.hexdigest()}")
