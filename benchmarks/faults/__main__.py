"""The fault campaign: is each fault detected, and the network restored, within the stated time?

    python -m benchmarks.faults [--seeds 1-3] [--only TEXT] [--output FILE]

Real processes: ledger and actuator, on E2 through a RIC core with the simulated munich plant behind
a network that lies. Each seed is another plant. Times are wall seconds (KPM seconds at the stated
pace beside them), from the fault to ``rolling_back`` or the end, and from there to the receipt.
Exit 1 if anything is not detected, not restored, or late. The papers are signed by the campaign,
with wide forecasts.
"""

import argparse
import json
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from benchmarks.faults.campaign import (
    DETECT_LIMIT_S,
    FALL_BACK_LIMIT_S,
    RESTORE_LIMIT_S,
    Row,
    carry_out,
)
from benchmarks.faults.cases import CASES
from benchmarks.faults.rig import PACE, new_rig
from benchmarks.machine import code, machine
from twins.runtime import configure_thread

RESULTS = Path(__file__).parents[1] / "results" / "faults.json"
_WHOLE = ("detected", "restored", "within_limit", "clean_afterwards")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", default="1-3")
    parser.add_argument("--only", default="", help="cases whose name holds this")
    parser.add_argument("--output", type=Path, default=RESULTS)
    arguments = parser.parse_args()
    first, last = map(int, arguments.seeds.split("-"))
    configure_thread()
    made_from, rows = code(), []  # before anybody commits under a long run
    for seed in range(first, last + 1):
        rows += run_seed(seed, arguments.only)
    document = {
        "benchmark": "faults",
        "seeds": [first, last],
        "pace_factor": PACE,
        "limits_s": {
            "detect": DETECT_LIMIT_S,
            "restore": RESTORE_LIMIT_S,
            "fall_back": FALL_BACK_LIMIT_S,
        },
        "measured_at": datetime.now(UTC).isoformat(timespec="seconds"),
        "machine": machine(),
        "code": made_from,
        "summary": summarise(rows),
        "rows": rows,
    }
    arguments.output.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    report(document)
    if not all(row[name] for row in rows for name in _WHOLE):
        sys.exit(1)


def run_seed(seed: int, only: str) -> list[Row]:
    """All cases on one plant."""
    rows = []
    with new_rig(seed) as rig:
        for case in CASES:
            if only in case.name:
                row = {"seed": seed, **carry_out(rig, case)}
                print(json.dumps(row), file=sys.stderr, flush=True)
                rows.append(row)
    return rows


def summarise(rows: list[Row]) -> list[dict[str, Any]]:
    """A line for each fault over all seeds."""
    lines = []
    for name in dict.fromkeys(r["fault"] for r in rows):
        own = [r for r in rows if r["fault"] == name]
        line: dict[str, Any] = {
            "fault": name,
            "runs": len(own),
            "detected_by": sorted({f"{r['end']}: {r['detected_by']}" for r in own}),
            "restored_to": own[0]["restored_to"],
        }
        line |= {key: sum(r[key] for r in own) for key in _WHOLE}
        for key in ("detect_s", "detect_kpm_s", "restore_s", "restore_kpm_s"):
            known = [r[key] for r in own if r[key] is not None]
            line[f"max_{key}"] = max(known) if known else None
        lines.append(line)
    return lines


def report(document: dict[str, Any]) -> None:
    """The summary as a table."""
    columns = ("fault", "detected_by", "restored_to", "max_detect_s", "max_restore_s", *_WHOLE)
    table = Table(*columns, title="fault campaign")
    for line in document["summary"]:
        table.add_row(*(str(line[c]) for c in columns))
    Console(width=180).print(table)


if __name__ == "__main__":
    main()
