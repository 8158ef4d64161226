"""Do the guarantees hold? ``python -m benchmarks.coverage`` (about two hours on 2 cores)

First the twin is compared with plants (``--outcomes``). Then plants that were not among them are
tried until ``--certified`` actions on plants of the scenario's own uncertainty were certified and
carried out in their stages, and ``--outside`` plants of each family beyond it. Everything that is
finished is kept beside the result and not run again.
"""

import argparse
import json
import os
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from itertools import islice
from multiprocessing import get_context
from pathlib import Path

from rich.progress import Progress

from agents.verifier.compare import compare
from agents.verifier.gap import require_fit
from benchmarks.coverage.plants import FAMILIES, REPORT_MS
from benchmarks.coverage.summary import report, summarise
from benchmarks.coverage.trial import Row, network, run
from benchmarks.machine import code, machine
from contracts.gap import GapRecord
from twins.runtime import configure_thread

RESULTS = Path(__file__).parents[1] / "results"
FIRST_OUTCOME, FIRST_TRIAL, FIRST_OUTSIDE = 50_001, 60_001, 80_001
AT_ONCE = 8


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--certified", type=int, default=1000)
    parser.add_argument("--outside", type=int, default=25)
    parser.add_argument("--outcomes", type=int, default=499)
    parser.add_argument("--workers", type=int, default=os.cpu_count() or 1)
    parser.add_argument("--build", type=Path, default=Path("build/coverage"))
    parser.add_argument("--output", type=Path, default=RESULTS / "coverage.json")
    arguments = parser.parse_args()
    arguments.build.mkdir(parents=True, exist_ok=True)
    context = get_context("spawn")
    with Progress() as progress:
        record = outcomes(arguments.build, arguments.outcomes, arguments.workers, progress)
        with ProcessPoolExecutor(arguments.workers, context, configure_thread) as pool:
            kept = Kept(arguments.build / "trials.jsonl", record, pool)
            rows = inside(kept, arguments.certified, progress)
            rows += outside(kept, arguments.outside, progress)
    document = {
        "benchmark": "coverage",
        "complete": True,
        "machine": machine(),
        "code": code(),
        "outcomes": len(record.outcomes),
        "record_digest": record.digest,
        "seeds": {"outcomes": FIRST_OUTCOME, "inside": FIRST_TRIAL, "outside": FIRST_OUTSIDE},
        "families": {family.name: family.what for family in FAMILIES.values()},
        "summary": summarise(rows),
        "rows": rows,
    }
    arguments.output.write_text(json.dumps(document, indent=None) + "\n", encoding="utf-8")
    report(document)


def outcomes(build: Path, count: int, workers: int, progress: Progress) -> GapRecord:
    """What the twin is calibrated on; made once."""
    scenario, policy = network()
    path, task = build / "gap.json", progress.add_task("outcomes", total=count)
    if not path.exists():
        record = compare(
            scenario,
            policy,
            range(FIRST_OUTCOME, FIRST_OUTCOME + count),
            build / "gap.partial",
            workers,
            lambda done, _of: progress.update(task, completed=done),
            REPORT_MS,
        )
        path.write_bytes(record.canonical())
    record = GapRecord.parse(path.read_bytes())
    require_fit(record, scenario, policy)
    progress.update(task, completed=count)
    return record


class Kept:
    """Trials that are done, and a pool for those that are not."""

    def __init__(self, path: Path, record: GapRecord, pool: ProcessPoolExecutor) -> None:
        self._path, self._record, self._pool = path, record, pool
        self._head = {"record": record.digest, "code": code()}
        self._rows: dict[tuple[str, int], Row] = {}
        for line in path.read_text(encoding="utf-8").splitlines() if path.exists() else []:
            row = json.loads(line)
            if row.pop("of") == self._head:
                self._rows[row["family"], row["seed"]] = row

    def rows(self, family: str, seeds: Iterator[int]) -> Iterator[Row]:
        """The trials of the seeds, in order, as many as are asked for."""
        while batch := list(islice(seeds, AT_ONCE)):
            missing = [seed for seed in batch if (family, seed) not in self._rows]
            n = len(missing)
            found = self._pool.map(run, [self._record] * n, [family] * n, missing)
            with self._path.open("a", encoding="utf-8") as out:
                for row in found:
                    self._rows[family, row["seed"]] = row
                    out.write(json.dumps(row | {"of": self._head}) + "\n")
            yield from (self._rows[family, seed] for seed in batch)


def inside(kept: Kept, certified: int, progress: Progress) -> list[Row]:
    """Trials inside the calibrated range until enough actions were certified."""
    task, rows, acted = progress.add_task("certified actions", total=certified), [], 0
    for row in kept.rows("inside", iter(range(FIRST_TRIAL, FIRST_OUTSIDE))):
        rows.append(row)
        acted += row["ranwright"]["acted"]
        progress.update(task, completed=acted)
        if acted == certified:
            break
    return rows


def outside(kept: Kept, count: int, progress: Progress) -> list[Row]:
    """The same plants of every family beyond the range."""
    names = [name for name in FAMILIES if name != "inside"]
    task, rows = progress.add_task("outside", total=count * len(names)), []
    for name in names:
        for row in kept.rows(name, iter(range(FIRST_OUTSIDE, FIRST_OUTSIDE + count))):
            rows.append(row)
            progress.advance(task)
    return rows


if __name__ == "__main__":
    main()
