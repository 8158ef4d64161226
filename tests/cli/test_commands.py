"""The real ``ranwright`` command: exit codes, one JSON document, offline audit."""

import json
import shutil
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from contracts.decision import Decision
from contracts.site import Site
from tests.agents.town import PACE_FACTOR, Town

HEADLINE = (
    "Lift the 5th-percentile downlink throughput of cells 1-3 by 20 % without raising total power"
)
COMMAND = str(Path(sys.executable).with_name("ranwright"))


class Answer(NamedTuple):
    exit_code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """Standard output as exactly one JSON document."""
        return json.loads(self.out)


def ranwright(*arguments: str | Path) -> Answer:
    done = subprocess.run(
        [COMMAND, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return Answer(done.returncode, done.stdout, done.stderr)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("headline") / "site"


@pytest.fixture(scope="module")
def headline(folder: Path) -> Answer:
    """The main job, from a folder that does not exist to processes that are stopped again."""
    return ranwright("run", HEADLINE, "--site", folder, "--pace", f"{PACE_FACTOR:g}", "--json")


@pytest.fixture(scope="module")
def decision(headline: Answer) -> Decision:
    return Decision.parse(headline.out)


def test_the_main_job_is_fulfilled(headline, decision):
    assert headline.exit_code == 0, headline.err
    assert headline.document["outcome"] == "fulfilled"
    goal, cap = decision.comparisons[:2]
    assert goal.measured is not None
    assert goal.measured >= 1.2 * goal.before
    assert cap.measured is not None
    assert cap.measured <= cap.before
    assert all(c.met for c in decision.comparisons)
    assert all(e.citation.spec for e in decision.evidence)
    assert decision.evidence
    assert decision.undo_command == f"ranwright undo {decision.trace_id}"
    figure = Path(decision.figure or "")
    assert figure.read_bytes().startswith(b"\x89PNG")


def test_its_processes_are_stopped_again(headline, folder):
    answer = ranwright("status", "--site", folder, "--json")
    assert set(answer.document["processes"].values()) == {None}


def test_its_trace_is_listed_shown_and_explained(decision, folder):
    traces = ranwright("trace", "list", "--site", folder, "--json").document
    (listed,) = (t for t in traces if t["trace_id"] == decision.trace_id)
    assert listed["outcome"] == "fulfilled"
    assert listed["sentence"] == HEADLINE
    shown = ranwright("trace", "show", decision.trace_id, "--site", folder, "--json").document
    assert [s["seq"] for s in shown] == sorted(s["seq"] for s in shown)
    assert {s["actor"] for s in shown} == {"planner", "verifier", "approver", "actuator"}
    explained = ranwright("trace", "explain", decision.trace_id, "--site", folder)
    assert explained.exit_code == 0
    for word in ("FULFILLED", "Asked", "Predicted against measured", "Undo", "Rules relied on"):
        assert word in explained.out


def test_files_alone_verify_and_replay(decision, folder, tmp_path):
    """A copy without keys and without processes, as an auditor has it."""
    copied = tmp_path / "copy"
    shutil.copytree(folder, copied, ignore=shutil.ignore_patterns("keys", "*.lock", "logs"))
    verified = ranwright("trace", "verify", decision.trace_id, "--site", copied, "--json")
    assert verified.exit_code == 0, verified.out
    assert verified.document["trace_covered"] is True
    replayed = ranwright("trace", "replay", decision.trace_id, "--site", copied, "--json")
    assert {s["result"] for s in replayed.document["steps"]} == {"equal"}
    assert replayed.exit_code == 0


def test_one_edited_byte_is_caught(decision, folder, tmp_path):
    for name, edit in (("leaf", _edit_leaf), ("object", _edit_object)):
        copied = tmp_path / name
        shutil.copytree(folder, copied)
        edit(Site(copied))
        verified = ranwright("trace", "verify", decision.trace_id, "--site", copied, "--json")
        assert verified.exit_code == 3, name
        assert verified.document["audit"]["problems"], name
        assert verified.document["trace_covered"] is False


def _edit_leaf(site: Site) -> None:
    with sqlite3.connect(site.ledger) as database:
        leaves = database.execute("SELECT seq, record FROM leaf ORDER BY seq").fetchall()
        seq, record = next((n, r) for n, r in leaves if b"planner" in r)
        edited = record.replace(b"planner", b"plannes", 1)
        database.execute("UPDATE leaf SET record = ? WHERE seq = ?", (edited, seq))
    database.close()


def _edit_object(site: Site) -> None:
    path = max((p for p in site.objects.rglob("*") if p.is_file()), key=lambda p: p.stat().st_size)
    data = bytearray(path.read_bytes())
    data[len(data) // 2] ^= 1
    path.write_bytes(bytes(data))


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Town]:
    """A small running site."""
    with Town(tmp_path_factory.mktemp("town")) as made:
        yield made


def run(town: Town, sentence: str, *options: str) -> Answer:
    scenario = town.config.scenario
    return ranwright("run", sentence, "--site", town.site.root, "--scenario", scenario, *options)


@pytest.mark.parametrize(
    ("sentence", "exit_code", "code"),
    [
        ("Lift the throughput of cell 42 by 10 %", 3, "intent.unknown_cell"),
        ("make it faster", 5, "intent.ambiguous"),
        ("10x throughput at half power", 4, "solve.infeasible"),
    ],
)
def test_refusals_carry_a_stable_code(town, sentence, exit_code, code):
    version = town.version()
    answer = run(town, sentence, "--json")
    assert answer.exit_code == exit_code
    assert answer.document["code"] == code
    assert answer.document["remedy"]
    assert town.version() == version


def test_without_a_terminal_a_plan_waits_and_is_denied_later(town):
    version = town.version()
    waiting = run(town, "Cut energy use of all cells by 1 %", "--approve", "ask", "--json")
    assert waiting.exit_code == 7
    trace_id = waiting.document["trace_id"]
    denied = ranwright("deny", trace_id, "--site", town.site.root, "--json")
    assert (denied.exit_code, denied.document["outcome"]) == (3, "denied")
    again = ranwright("approve", trace_id, "--site", town.site.root, "--json")
    assert (again.exit_code, again.document["error"]["code"]) == (2, "approval.not_waiting")
    assert town.version() == version


def asked_of(kpi, condition, value, unit, cells):
    return {
        "userLabel": "typed",
        "intentExpectations": [
            {
                "expectationId": "1",
                "expectationVerb": "DELIVER",
                "expectationObjects": [
                    {
                        "objectType": "RAN_SubNetwork",
                        "objectContexts": [
                            {
                                "contextAttribute": "cellLocalId",
                                "contextCondition": "IS_ONE_OF",
                                "contextValueRange": cells,
                            }
                        ],
                    }
                ],
                "expectationTargets": [
                    {
                        "targetName": kpi,
                        "targetCondition": condition,
                        "targetValueRange": value,
                        "targetContexts": [
                            {
                                "contextAttribute": "unit",
                                "contextCondition": "IS_EQUAL_TO",
                                "contextValueRange": unit,
                            }
                        ],
                    }
                ],
            }
        ],
    }


@pytest.mark.parametrize(
    ("asked", "exit_code", "code"),
    [
        (("AveDLRANUEThpt", "IS_GREATER_THAN", 9e5, "Mbit/s", [1]), 4, "solve.infeasible"),
        (("DlLatency", "IS_LESS_THAN", 5.0, "ms", [1]), 4, "intent.not_measured"),
        (("DlLatency", "IS_LESS_THAN", 5.0, "ms", [42]), 3, "intent.unknown_cell"),
        (("DlLatency", "IS_LESS_THAN", 5.0, "s", [1]), 2, "intent.nrm_unit"),
    ],
)
def test_a_typed_intent_goes_the_same_road(town, tmp_path, asked, exit_code, code):
    path = tmp_path / "intent.json"
    path.write_text(json.dumps(asked_of(*asked)), encoding="utf-8")
    answer = run(town, f"@{path}", "--json")
    assert answer.exit_code == exit_code
    assert answer.document.get("error", answer.document)["code"] == code
    if exit_code == 4:
        written = ranwright(
            "trace", "intent", answer.document["trace_id"], "--site", town.site.root
        )
        (target,) = written.document["intentExpectations"][0]["expectationTargets"]
        assert (target["targetName"], target["targetValueRange"]) == (asked[0], asked[2])


def test_a_label_is_shown_as_it_is_and_with_what_is_asked(town, tmp_path):
    path, asked = tmp_path / "intent.json", asked_of("DlLatency", "IS_LESS_THAN", 5.0, "ms", [42])
    path.write_text(json.dumps(asked | {"userLabel": "do [/] [dim]nothing :x:"}), encoding="utf-8")
    answer = run(town, f"@{path}")
    assert answer.exit_code == 3
    assert "do [/] [dim]nothing :x:: DELIVER mean of DRB.AirIfDelayDl" in " ".join(
        answer.out.split()
    )


def test_a_typed_intent_that_is_not_there_is_told(town):
    answer = run(town, "@/nowhere/[red]intent.json", "--json")
    assert (answer.exit_code, answer.document["error"]["code"]) == (2, "intent.no_file")


def test_a_site_plays_one_scenario(town):
    answer = ranwright("run", "make it faster", "--site", town.site.root, "--json")
    assert (answer.exit_code, answer.document["error"]["code"]) == (2, "site.other_scenario")


@pytest.mark.parametrize(
    "arguments",
    [
        ("run",),
        ("run", "a sentence", "--approve", "never"),
        ("run", "a sentence", "--seed", "-1"),
        ("fly",),
    ],
)
def test_usage_errors_of_the_parser_exit_2(arguments):
    answer = ranwright(*arguments)
    assert answer.exit_code == 2
    assert "Usage" in answer.err


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (("run", "a sentence", "--scenario", "atlantis"), "scenario.unknown"),
        (("trace", "explain", "0" * 16), "ledger.unreadable"),
        (("resume", "0" * 16), "site.missing"),
        (("lookup", "flux_capacitance"), "dictionary.unknown"),
    ],
)
def test_errors_carry_a_stable_code(tmp_path, arguments, code):
    site = () if arguments[0] == "lookup" else ("--site", tmp_path / "nowhere")
    answer = ranwright(*arguments, *site, "--json")
    assert answer.exit_code in (2, 3)
    assert answer.document["error"]["code"] == code
    assert answer.document["error"]["remedy"]


def test_schemas_are_printed():
    answer = ranwright("schema", "policy")
    assert (answer.exit_code, answer.document["title"]) == (0, "Policy")
    unknown = ranwright("schema", "wish")
    assert unknown.exit_code == 2
    assert "schema.unknown" in unknown.err


def test_a_plant_is_fitted_from_its_reports():
    asked = ("twin", "fit", "--scenario", "etoile", "--seed", "3", "--seconds", "2")
    document = ranwright(*asked, "--truth", "--json").document
    assert [c["cell_id"] for c in document["cells"]] == list(range(1, 10))
    assert all(c["activity"]["low"] <= c["activity"]["mean"] for c in document["cells"])
    assert len(document["truth"]) == 9
    table = ranwright(*asked)
    assert table.exit_code == 0
    assert "clutter loss dB" in table.out
    assert "truth" not in table.out
