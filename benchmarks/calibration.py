"""The whole calibration of the statistical twin, as ``ranwright twin calibrate`` runs it.

    python -m benchmarks.calibration [--drops 60]

Prints the tables and writes ``benchmarks/results/calibration.json``: every curve's distance, the
statistics of other seeds beside the certificate's, and the planted faults.
"""

import argparse
import json
from datetime import UTC, datetime
from pathlib import Path

from rich.console import Console
from rich.progress import Progress

from agents.cli.calibration import calibration_tables
from benchmarks.machine import machine
from twins.calibration.calibrate import calibrate
from twins.calibration.certificate import DROPS

RESULTS = Path(__file__).parent / "results" / "calibration.json"
OTHER_SEEDS = (1, 2, 3, 4)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--drops", type=int, default=DROPS)
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    with Progress() as progress:
        task = progress.add_task("calibrating", total=None)
        certificate = calibrate(
            arguments.drops,
            on_progress=lambda part, done, of: progress.update(
                task, description=part, completed=done, total=of
            ),
        )
        others = []
        for seed in OTHER_SEEDS:
            progress.update(task, description=f"seed {seed}")
            others.append(calibrate(arguments.drops, seed=seed, planted=()))
    document = {
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "certificate_digest": certificate.digest,
        "certificate": certificate.model_dump(mode="json", exclude={"large_scale"}),
        "large_scale": {
            "tests": len(certificate.large_scale),
            "failed": [t.name for t in certificate.large_scale if not t.passed],
        },
        "other_seeds": [
            {
                "seed": other.seed,
                "curves_failed": sum(not c.passed for c in other.curves),
                "largest_ks_distance": max(c.ks_distance for c in other.curves),
                "large_scale_failed": sum(not t.passed for t in other.large_scale),
            }
            for other in others
        ],
    }
    arguments.output.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    Console(width=110).print(*calibration_tables(certificate), document["other_seeds"])


if __name__ == "__main__":
    main()
