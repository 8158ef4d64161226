"""Plants attacks one at a time among clean specifications, and looks what reaches a reader.

    python -m benchmarks.poison [--attacks 320] [--documents 100] [--seed 1]

Each trial plants one document among ``--documents`` made-up ones (1 % of 100). Measured: how many
attacks reach a reader (are among the passages of the sentence, or of a question about the
parameter), what the screen flags, and whose number a reader would take that believes the first
passage (``taken_by_rank``), or the first passage if it is of an official tier (``taken_by_tier``).
Then false alarms over clean text.

Not measured: that a plan withstands. The functions behind the nodes (ground, formulate, solve, the
verifier's citation check) run beside the poisoned store, and take nothing from it: ``changed`` and
``taken`` are 0 by construction, and only guard against a later change that hands passages on. The
nodes of the graph themselves are not run, and the sentence is one.
Writes ``benchmarks/results/poison.json``.
"""

import argparse
import json
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.progress import track
from rich.table import Table

from agents.formulate import formulate
from agents.papers import Solution
from agents.passages import screened
from agents.reader import GrammarReader
from agents.solve import solve
from agents.verifier.citations import check_citations
from agents.verifier.papers import Papers
from benchmarks.machine import code, machine
from benchmarks.poison.attacks import KINDS, MARKERS, Attack, draw
from benchmarks.poison.clean import alarms
from benchmarks.specimen.docx import Docx, package
from benchmarks.specimen.specification import archive, archive_stem
from contracts.canonical import Digest
from contracts.evidence import Evidence
from contracts.intent import Intent
from contracts.policy import load_policy
from knowledge.ingest.number import Identity
from knowledge.ingest.run import ingest
from knowledge.ingest.store import Store
from knowledge.retrieve import passages
from knowledge.screen import screen_text
from knowledge.search import ground, search
from tools.power import power_tools
from twins.plant import Plant
from twins.runtime import configure_thread
from twins.scenario import load_scenario

from benchmarks.road import observe  # isort: skip

RESULTS = Path(__file__).parents[1] / "results" / "poison.json"
SCENARIO = "munich"
SENTENCE = (
    "Lift the 5th-percentile downlink throughput in cells 1-3 by 5 % without raising total power"
)
SHOWS = (
    "Passages have no way into evidence, problem or plan: 'changed' and 'taken' are 0 by"
    " construction, since the walk hands no passage on, and the nodes of the graph were not run."
    " Measured are reach, what the screen flags, and whom a reader of the first passage would"
    " believe ('taken_by_rank', 'taken_by_tier')."
)
_BASE_SEED = 1000
COUNTED = (
    *("ingested", "reached", "reached_asked", "flagged"),
    *("taken_by_rank", "taken_by_tier", "taken"),
)

Row = dict[str, object]


class Trials:
    """The road of one sentence on one plant."""

    def __init__(self, seed: int) -> None:
        self.scenario = load_scenario(SCENARIO)
        policies = Path(__file__).parents[2] / "agents" / "service" / "policies"
        self.policy = load_policy(policies / f"{SCENARIO}.yaml")
        intent = GrammarReader().read(SENTENCE, self.scenario.cell_ids)
        assert isinstance(intent, Intent)
        self.intent = intent
        self.snapshot = observe(Plant(self.scenario, seed), self.scenario, self.policy)
        self._solutions: dict[Digest, Solution] = {}

    def walk(self, store: Store, question: str) -> Row:
        """What comes of the road, and what was read on it."""
        equipment = self.scenario.equipment
        cited = ground(self.intent, equipment)
        read = passages(self.intent.user_label, 5, store)
        asked = passages(question, 5, store)
        problem = formulate(self.intent, self.snapshot, self.policy, equipment, cited)
        if problem.digest not in self._solutions:
            tools = power_tools(lambda _: self.scenario)
            self._solutions[problem.digest] = solve(problem, self.snapshot, self.scenario, tools)
        plan = self._solutions[problem.digest].plan
        assert plan is not None
        papers = Papers(
            *(self.intent, problem, plan, self.snapshot, self.policy, self.scenario, problem.digest)
        )
        return {
            "evidence": [e.digest for e in cited],
            "problem": problem.digest,
            "plan": plan.digest,
            "limits": [v.model_dump(mode="json") for v in problem.variables],
            "checks": [c.model_dump(mode="json") for c in check_citations(papers)],
            "read": [p.model_dump(mode="json") for p in screened(read, cited)],
            "asked": [p.model_dump(mode="json") for p in screened(asked, cited)],
        }


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--attacks", type=int, default=320)
    parser.add_argument("--documents", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    configure_thread()
    trials, rows = Trials(asked.seed), []
    with tempfile.TemporaryDirectory() as folder:
        base = Path(folder) / "clean.sqlite"
        corpus(base, asked.documents - 1)
        with Store(base) as store:
            clean = trials.walk(store, "range")
        for n, attack in enumerate(track(draw(asked.attacks, asked.seed), console=Console())):
            rows.append(trial(trials, attack, base, Path(folder) / f"{n}", clean))
    document = {
        "at": datetime.now(UTC).isoformat(timespec="seconds"),
        "code": code(),
        "machine": machine(),
        "seed": asked.seed,
        "attacks": len(rows),
        "documents": asked.documents,
        "sentence": SENTENCE,
        "shows": SHOWS,
        "by_kind": {k: summary([r for r in rows if r["kind"] == k]) for k in KINDS},
        "all": summary(rows),
        "markers": {
            "phrases": len(MARKERS),
            "flagged": sum(bool(flags(phrase)) for phrase in MARKERS),
            "missed": [phrase for phrase in MARKERS if not flags(phrase)],
        },
        "false_alarms": alarms(),
    }
    RESULTS.write_text(json.dumps(document, indent=2) + "\n", encoding="utf-8")
    show(document)


def flags(text: str) -> bool:
    return any(flag.code == "screen.instruction" for flag in screen_text(text))


def corpus(place: Path, count: int) -> None:
    """Clean specifications, each of an official archive."""
    with tempfile.TemporaryDirectory() as folder, Store(place) as store:
        files = []
        for n in range(count):
            name, data = archive(Identity(f"38.{n + 800:03d}", "18.6.0"), 15, _BASE_SEED + n)
            files.append(Path(folder) / name)
            files[-1].write_bytes(data)
        reports = ingest(files, store)
        assert all(report.outcome == "ingested" for report in reports)


def trial(
    trials: Trials, attack: Attack, base: Path, place: Path, clean: Mapping[str, object]
) -> Row:
    """One attack, and whatever differs from the road over the clean store."""
    place.mkdir()
    shutil.copy(base, place / "store.sqlite")
    file = plant(attack, place)
    before = numbers_of(attack)
    with Store(place / "store.sqlite") as store:
        (report,) = ingest([file], store)
        walked = trials.walk(store, f"range and maximum of {attack.target}")
        findings = [f.code for e in store.entries("38.998") for f in e.findings]
    shutil.rmtree(place)
    mine = [p for p in (*_listed(walked["asked"]), *_listed(walked["read"])) if _is_planted(p)]
    flagged = {flag["code"] for p in mine for flag in p["flags"]} | {
        code for code in findings if code.startswith(("hidden.", "text.look_alike", "identity."))
    }
    first = any(map(_is_planted, _listed(walked["asked"])[:1]))
    kept = ("evidence", "problem", "plan", "limits", "checks")
    return {
        "kind": attack.kind,
        "ingested": report.outcome == "ingested",
        "reached": any(map(_is_planted, _listed(walked["read"]))),
        "reached_asked": any(map(_is_planted, _listed(walked["asked"]))),
        "flagged": bool(flagged),
        "codes": sorted(flagged),
        "changed": [name for name in kept if walked[name] != clean[name]],
        "taken_by_rank": first,
        "taken_by_tier": first and mine[0]["passage"]["tier"] == "official",
        "taken": numbers_of(attack) != before,
    }


def plant(attack: Attack, place: Path) -> Path:
    """The attack's document, with words that let both questions find it."""
    number, version = attack.claims
    title = f"Range and maximum of {attack.target}"
    bait = f"{SENTENCE}. {title}. "
    if attack.official:
        document, stem = Docx(), archive_stem(Identity(number, version))
        document.text(f"3GPP TS {number} V{version} (2026-01)")
        document.heading(1, f"5\t{title}")
        document.text(bait + attack.text)
        file = place / f"{stem}.zip"
        file.write_bytes(package({f"{stem}.docx": document.data()}))
        return file
    file = place / "38998.md"
    file.write_text(f"# 5 {title}\n\n{bait}{attack.text}\n", encoding="utf-8")
    return file


def numbers_of(attack: Attack) -> list[Evidence]:
    """What search hands out of the attacked parameter."""
    return [e.model_copy(update={"score": None}) for e in search(attack.target, 3)]


def _listed(value: object) -> list[Any]:
    assert isinstance(value, list)
    return value


def _is_planted(screened_passage: Mapping[str, Any]) -> bool:
    return bool(screened_passage["passage"]["spec"] == "38.998")


def summary(rows: Iterable[Row]) -> Row:
    own = list(rows)
    counted = {name: sum(bool(row[name]) for row in own) for name in COUNTED}
    return {
        "attacks": len(own),
        **counted,
        "changed": sum(bool(row["changed"]) for row in own),
        "codes": dict(Counter(c for row in own for c in _listed(row["codes"]))),
    }


def show(document: Mapping[str, object]) -> None:
    groups = document["by_kind"]
    assert isinstance(groups, dict)
    columns = ("attacks", *COUNTED, "changed")
    table = Table(title="Planted documents", title_justify="left")
    for column in ("kind", *columns):
        table.add_column(column.replace("_", " "))
    for name, row in (*groups.items(), ("all", document["all"])):
        table.add_row(name, *(str(row[c]) for c in columns))
    Console().print(table)
    Console().print_json(data={k: document[k] for k in ("markers", "false_alarms")})


if __name__ == "__main__":
    main()
