"""An activation from the command line to the network, on a running site: all parts are real."""

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from agents.cli.main import app
from agents.service.deployments import Deployments
from agents.service.replay import replay
from agents.service.ric import ask
from agents.service.traces import verify_trace
from contracts.decision import Decision, Outcome
from contracts.errors import ExitCode, RanwrightError
from contracts.record import RecordKind
from tests.agents.town import Town
from tests.xapps.world import eventually
from xapps.platform.home import RicHome

XAPP = "power-control"


class MovingTown(Town):
    """The town with room to move: an action found within -5 % may leave nothing of them."""

    def policy(self) -> dict:
        data = super().policy()
        (throughput,) = [g for g in data["guard_rails"] if g["name"] == "cell_mean_throughput"]
        throughput["bound"]["change_percent"] = -25
        data["activation"] |= {"rollouts": 112, "max_validity_s": 600}
        return data

    def command(self, *words: str) -> tuple[int, Any]:
        """Exit code of the command line, and the document that it prints."""
        result = CliRunner().invoke(app, [*words, "--site", str(self.site.root), "--json"])
        if isinstance(result.exception, RanwrightError):
            return result.exception.exit_code, {"error": result.exception.to_json()}
        assert not result.exception or isinstance(result.exception, SystemExit), result.exception
        return result.exit_code, json.loads(result.stdout)

    def deploy_xapp(self) -> None:
        """As ranwright xapp onboard and deploy do, with a person's approval."""
        folder = Path(str(files("xapps.power_control")))
        ask(
            RicHome(self.site.ric),
            "onboard",
            descriptor=(folder / "config-file.json").read_text(),
            schema_text=(folder / "schema.json").read_text(),
            command=["-m", "xapps.power_control"],
            folder=str(folder),
        )
        desk = Deployments(self.site, "ada")
        waiting = desk.request("deploy", XAPP, "ask")
        assert desk.decide(waiting.trace_id, "approved").outcome is Outcome.FULFILLED


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[MovingTown]:
    with MovingTown(tmp_path_factory.mktemp("moving")) as made:
        yield made


@pytest.fixture(scope="module")
def fulfilled(town) -> Decision:
    decision = town.run("Cut energy use of all cells by 1 %")
    assert decision.outcome is Outcome.FULFILLED, decision.reason
    return decision


@pytest.fixture(scope="module")
def base_mw(town, fulfilled) -> dict[int, int]:
    return town.powers_mw()


def test_without_its_xapp_nothing_is_activated(town, fulfilled) -> None:
    code, said = town.command("activate", fulfilled.trace_id)
    assert (code, said["error"]["code"]) == (ExitCode.USAGE, "activation.no_xapp")
    code, said = town.command("activate", "0" * 16)
    assert (code, said["error"]["code"]) == (ExitCode.USAGE, "trace.unknown")
    code, said = town.command("activate", fulfilled.trace_id, "--for", "soon")
    assert (code, said["error"]["code"]) == (ExitCode.USAGE, "activation.bad_duration")


def test_an_xapp_moves_inside_its_envelope_until_it_is_taken_back(town, fulfilled, base_mw) -> None:
    town.deploy_xapp()
    waiting = proposed(town, fulfilled, base_mw)
    activation_id = approved(town, fulfilled, waiting)
    moved_inside(town, waiting["plan"], activation_id)
    taken_back(town, activation_id, base_mw)
    audited(town, fulfilled)


def proposed(town: MovingTown, fulfilled: Decision, base_mw: dict[int, int]) -> dict[str, Any]:
    """Proven, and waiting for a person; nothing moves before."""
    code, waiting = town.command("activate", fulfilled.trace_id, "--for", "5m")
    assert code == ExitCode.AWAITING_APPROVAL, waiting
    assert waiting["status"] == "awaiting_approval"
    assert waiting["verdict"]["passed"]
    assert waiting["plan"]["validity_s"] == 300
    for v in waiting["plan"]["envelope"]:
        assert v["current_mw"] == base_mw[v["cell_id"]]
        assert v["lower_mw"] < v["upper_mw"]
    rooms = [r for r in town.records(fulfilled.trace_id, RecordKind.STEP) if "fits" in r.content]
    assert rooms
    assert all(r.content["fits"] for r in rooms)
    assert town.command("activations") == (0, [])
    assert town.powers_mw() == base_mw
    return waiting


def approved(town: MovingTown, fulfilled: Decision, waiting: dict[str, Any]) -> str:
    code, live = town.command("approve", fulfilled.trace_id)
    assert (code, live["status"]) == (0, "live"), live
    assert live["plan"] == waiting["plan"]
    code, again = town.command("approve", fulfilled.trace_id)
    assert (code, again["error"]["code"]) == (ExitCode.USAGE, "approval.not_waiting")
    return str(live["activation_id"])


def moved_inside(town: MovingTown, plan: dict[str, Any], activation_id: str) -> None:
    """The xApp asks for less power, as the intent did, and gets it."""

    def moves() -> int:
        (listed,) = town.command("activations")[1]
        assert listed["activation_id"] == activation_id
        assert listed["status"] == "live", listed
        return int(listed["moves"])

    eventually(moves, "a move was carried out", 60.0)
    powers_mw = town.powers_mw()
    for v in plan["envelope"]:
        assert v["lower_mw"] <= powers_mw[v["cell_id"]] <= v["upper_mw"]
    moving_mw = sum(powers_mw[v["cell_id"]] for v in plan["envelope"])
    assert moving_mw < sum(v["current_mw"] for v in plan["envelope"])


def taken_back(town: MovingTown, activation_id: str, base_mw: dict[int, int]) -> None:
    code, ended = town.command("deactivate", activation_id)
    assert (code, ended["status"]) == (0, "ended"), ended
    assert town.powers_mw() == base_mw
    code, unknown = town.command("deactivate", "0" * 32)
    assert (code, unknown["error"]["code"]) == (ExitCode.USAGE, "activation.unknown")


def audited(town: MovingTown, fulfilled: Decision) -> None:
    """The whole way stands in the ledger, and the proof can be run again."""
    ended = RecordKind.ACTIVATION_ENDED
    eventually(lambda: town.records(fulfilled.trace_id, ended), "the end is in the ledger")
    found = verify_trace(town.site, fulfilled.trace_id, None)
    assert found.passed, found.audit.problems
    assert len(town.records(fulfilled.trace_id, RecordKind.ACTIVATION)) == 1
    assert len(town.records(fulfilled.trace_id, ended)) == 1
    report = replay(town.reader(), fulfilled.trace_id)
    results = {s.step: s.result for s in report.steps}
    assert results["envelope_room"] == results["activation_verdict"] == "equal"


def test_after_an_undo_there_is_nothing_to_activate(town, fulfilled) -> None:
    town.service().undo(fulfilled.trace_id)
    code, said = town.command("activate", fulfilled.trace_id)
    assert (code, said["error"]["code"]) == (ExitCode.USAGE, "activation.not_fulfilled")
