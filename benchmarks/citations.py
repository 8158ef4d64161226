"""Citations of planned intents: whether each stands, bears its number, and is missed when forged.

    python -m benchmarks.citations [--intents 200] [--plants 8] [--seed 1]

Sentences are drawn by seed and go through the grammar reader, grounding, formulation and one power
tool (``power.wmmse``), on snapshots of ``--plants`` plants of munich; those that the tool answers
with a plan count, until there are ``--intents``. Nothing is rolled out. A judge of its own reads
the dictionary's file and the scenario as JSON: every citation must be a record's (specification,
version, clause, words, unit, range), every number must lie in a cited range, in its unit and on the
grid. Then each citation is left out, or one field of it changed, and the verifier's check has to
block the plan. That a clause is in the specification itself is not judged here: its text does not
ship. Writes ``benchmarks/results/citations.json``.
"""

import argparse
import hashlib
import json
import random
from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from agents.formulate import formulate
from agents.reader import GrammarReader
from agents.solve import plan_of
from agents.verifier.citations import check_citations
from agents.verifier.papers import Papers
from benchmarks.machine import code, machine
from benchmarks.road import observe
from contracts.errors import RanwrightError
from contracts.evidence import Evidence, Tier
from contracts.intent import Intent
from contracts.policy import load_policy
from knowledge.search import ground
from tools.power import power_tools
from twins.plant import Plant
from twins.runtime import configure_thread
from twins.scenario import load_scenario

ROOT = Path(__file__).parents[1]
RESULTS = ROOT / "benchmarks" / "results" / "citations.json"
SCENARIO, TOOL = "munich", "power.wmmse"
_MOST_SENTENCES = 1000
_OTHER = "sha256:" + "0" * 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--intents", type=int, default=200)
    parser.add_argument("--plants", type=int, default=8)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    configure_thread()
    counts: Counter[str] = Counter()
    kpis: Counter[str] = Counter()
    forged: Counter[str] = Counter()
    passed: list[str] = []
    wrong: list[str] = []
    for sentence, papers in planned(asked.intents, asked.plants, asked.seed, counts):
        kpis.update(str(r.kpi) for r in papers.intent.requirements)
        counts["citations"] += len(papers.problem.evidence)
        counts["numbers"] += len(papers.plan.changes)
        wrong += [f"{sentence}: {w}" for w in judged(papers)]
        counts["blocked honest"] += not allowed(papers)
        for name, evidence in forgeries(papers.problem.evidence):
            forged[name] += 1
            problem = papers.problem.model_copy(update={"evidence": evidence})
            if allowed(Papers(**{**vars(papers), "problem": problem})):
                passed.append(f"{name}: {sentence}")
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
        "seed": asked.seed,
        "plants": asked.plants,
        "tool": TOOL,
        "counts": dict(counts),
        "kpis": dict(kpis),
        "wrong": wrong,
        "forged": dict(forged),
        "forged_that_passed": passed,
    }
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    show(document)


def sentences(seed: int) -> Iterator[str]:
    """Requests for throughput, power, energy and coverage in one to three cells."""
    chance = random.Random(seed)
    while True:
        first = chance.randint(1, 4)
        cells = chance.choice((f"cell {first}", f"cells {first}-{first + 2}"))
        kpi = chance.choice(("5th-percentile downlink throughput", "mean downlink throughput"))
        yield chance.choice(
            (
                f"Lift the {kpi} in {cells} by {chance.randint(5, 30)} %",
                f"Lift the {kpi} in {cells} by {chance.randint(5, 30)} % without raising total"
                " power",
                f"Reduce the total transmit power of {cells} by {chance.randint(5, 40)} %",
                f"Reduce the consumed power of {cells} by {chance.randint(2, 10)} %",
                f"Keep the share of UEs with low SINR in {cells} below {chance.randint(1, 20)} %",
                f"Keep the share of UEs with weak RSRP in {cells} below {chance.randint(1, 20)} %",
            )
        )


def planned(
    count: int, plants: int, seed: int, counts: Counter[str]
) -> Iterator[tuple[str, Papers]]:
    """Sentences with the papers of their plans."""
    scenario = load_scenario(SCENARIO)
    policy = load_policy(ROOT / "agents" / "service" / "policies" / f"{SCENARIO}.yaml")
    snapshots = [observe(Plant(scenario, 100 + n), scenario, policy) for n in range(plants)]
    tool = next(t for t in power_tools(lambda _: scenario) if t.name == TOOL)
    for at, sentence in zip(range(_MOST_SENTENCES), sentences(seed), strict=False):
        if counts["planned"] == count:
            return
        counts["sentences"] += 1
        reading = GrammarReader().read(sentence, scenario.cell_ids)
        if not isinstance(reading, Intent):
            counts["not an intent"] += 1
            continue
        snapshot, equipment = snapshots[at % plants], scenario.equipment
        try:
            cited = ground(reading, equipment)
            problem = formulate(reading, snapshot, policy, equipment, cited)
        except RanwrightError as error:
            counts[error.code] += 1
            continue
        candidates = sorted(tool.solve(problem, snapshot), key=lambda c: -c.objective_value)
        plan = plan_of(candidates[0], problem, snapshot) if candidates else None
        if plan is None:
            counts["nothing to change"] += 1
            continue
        counts["planned"] += 1
        yield sentence, Papers(reading, problem, plan, snapshot, policy, scenario, _OTHER)


def allowed(papers: Papers) -> bool:
    return all(check.passed for check in check_citations(papers))


def judged(papers: Papers) -> list[str]:
    """What is wrong with a plan's citations and numbers, by the files alone."""
    file = ROOT / "contracts" / "dictionary" / "parameters.jsonl"
    rows = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    records = {row["id"]: row for row in rows}
    equipment = json.loads(papers.scenario.canonical())["equipment"]
    power = equipment["configured_max_tx_power"]
    profile = f"equipment profile {equipment['name']}"
    wrong, ranges = [], []
    for cited in (json.loads(e.canonical()) for e in papers.problem.evidence):
        row, place = records.get(cited["parameter_id"]), cited["citation"]
        if row is None:
            wrong.append(f"no record {cited['parameter_id']}")
            continue
        said = " ".join(filter(None, (row["meaning"], row.get("note"))))
        digest = f"sha256:{hashlib.sha256(said.encode()).hexdigest()}"
        of_profile = place["spec"] == profile
        limits = [power["min_mw"], power["max_mw"]] if of_profile else row.get("hard_range")
        stands = of_profile or [place["spec"], place["clause"], place["version"]] == [
            *(row["spec"], row.get("clause"), row.get("version"))
        ]
        same = (cited["statement"], cited["text_digest"], cited["unit"], cited["scale"]) == (
            *(said, digest, row.get("unit"), row.get("scale")),
        )
        if not (stands and same and cited["hard_range"] == limits and cited["tier"] == "builtin"):
            wrong.append(f"{cited['parameter_id']} of {place['spec']} does not stand")
        if row["name"] == "configuredMaxTxPower" and limits and row["unit"] == "mW":
            ranges.append(limits)
    wrong += list(numbers(papers, ranges, power))
    return wrong


def numbers(papers: Papers, ranges: list[list[int]], power: dict[str, Any]) -> Iterator[str]:
    """Numbers of the plan that no cited range bears, or that are off the grid."""
    step_db, top_mw = power["step_db"], power["max_mw"]
    grid = {round(top_mw * 10 ** (-n * step_db / 10)) for n in range(1000)}
    for change in papers.plan.changes:
        if not any(low <= change.to_mw <= high for low, high in ranges):
            yield f"{change.to_mw} mW is in no cited range"
        if change.to_mw not in grid:
            yield f"{change.to_mw} mW is off the grid"


def forgeries(genuine: Sequence[Evidence]) -> Iterator[tuple[str, tuple[Evidence, ...]]]:
    """The citations with one changed in one field, or left out where the plan needs it."""
    changes: dict[str, Any] = {
        "parameter_id": "TS 28.541:NRSectorCarrier.configuredMaxTxEIRP",
        "statement": "More is allowed.",
        "text_digest": _OTHER,
        "tier": Tier.OFFICIAL,
        "unit": "dBm",
        "hard_range": (0.0, 1e9),
        "scale": 0.25,
    }
    places = {"spec": "TS 28.999", "clause": "99.9", "version": "99.0.0", "verified_by": ("me",)}
    for at, cited in enumerate(genuine):
        around = (genuine[:at], genuine[at + 1 :])
        if cited.score is None:
            yield "left out", (*around[0], *around[1])
        for field, value in changes.items():
            told = cited.model_copy(update={field: value})
            if told != cited:  # some records are in dBm
                yield field, (*around[0], told, *around[1])
        for field, value in places.items():
            place = cited.citation.model_copy(update={field: value})
            told = cited.model_copy(update={"citation": place})
            yield f"citation.{field}", (*around[0], told, *around[1])


def show(document: dict[str, Any]) -> None:
    table = Table(title="Citations of planned intents", title_justify="left")
    table.add_column("what")
    table.add_column("count", justify="right")
    rows = {**document["counts"], "wrong": len(document["wrong"])}
    rows |= {f"forged: {name}": count for name, count in document["forged"].items()}
    rows["forged that passed"] = len(document["forged_that_passed"])
    for name, value in rows.items():
        table.add_row(name, str(value))
    Console().print(table)


if __name__ == "__main__":
    main()
