"""The sensitivity of every knob, with more seeds: ``python -m benchmarks.sensitivity``.

The table of ``ranwright twin sensitivity``, written to benchmarks/results/sensitivity.json.
"""

import argparse
import json
from pathlib import Path

from benchmarks.machine import code, machine
from twins.dynamics.sensitivity import SECONDS, SIGNIFICANCE, sensitivity
from twins.scenario import load_scenario


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--scenario", default="munich")
    parser.add_argument("--seeds", type=int, default=12)
    parser.add_argument("--out", type=Path, default=Path("benchmarks/results/sensitivity.json"))
    options = parser.parse_args()
    scenario = load_scenario(options.scenario)
    rows = sensitivity(scenario, seeds=options.seeds)
    result = {
        "benchmark": "sensitivity",
        "code": code(),
        "scenario": scenario.name,
        "scenario_digest": scenario.digest,
        "seeds": list(range(1, options.seeds + 1)),
        "seconds_by_profile": SECONDS,
        "significance": SIGNIFICANCE,
        "claims": len(rows),
        "shown": sum(row.shown for row in rows),
        "rows": [row.model_dump() for row in rows],
        "machine": machine(),
    }
    options.out.parent.mkdir(parents=True, exist_ok=True)
    options.out.write_text(json.dumps(result, indent=2) + "\n", encoding="utf-8")
    for row in rows:
        mark = "shown" if row.shown else "NOT SHOWN"
        print(
            f"{row.turn:<64}{row.name:<24}{row.scope:<18}{row.expected:<7}"
            f"{row.before:>10.2f}{row.after:>10.2f}{row.p_value:>10.1e}  {mark}"
        )


if __name__ == "__main__":
    main()
