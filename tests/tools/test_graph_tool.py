"""The learned power tool: graphs of a snapshot, what the portfolio promises, a missing model."""

from functools import partial
from pathlib import Path

import pytest
import torch
from typer.testing import CliRunner

from agents.cli.main import app
from agents.papers import Solution
from agents.service.replay import STEPS, Inputs
from agents.solve import solve
from contracts.canonical import digest_bytes
from contracts.kpi import Kpi
from contracts.problem import Objective
from contracts.record import Record, RecordKind
from contracts.requirement import Condition, RelativeChange, Requirement
from contracts.tool import LearnedTool, ToolUnavailableError
from tools.power import power_tools
from tools.power.cell_graphs import cell_graphs
from tools.power.examples import problem_on
from tools.power.foundation.shipped import trained
from tools.power.graph_model import GraphModel
from tools.power.graphs.rates import weighted_sum_rate
from tools.power.objectives import tangent
from tools.power.runtime import numerics
from tools.power.samples import gaussian_sampler
from tools.power.solvers import PresentPower, Wmmse
from tools.power.workbench import Workbench


@pytest.fixture(scope="module")
def bench(small):
    with numerics():
        return Workbench.prepare(small.problem, small.snapshot, small.scenario, gaussian_sampler)


def drawn(bench: Workbench, count: int):
    power = bench.present_mw()
    duals = torch.ones(len(bench.problem.requirements), dtype=torch.float64)
    graphs, margins = cell_graphs(bench.nominal, bench.limits, power, duals, count, seed=1)
    return power, duals, graphs, margins


def test_graphs_mean_the_tangent_of_the_utility(bench):
    """Weighted rates of the draws, averaged, are those of all UEs up to one factor."""
    power, duals, graphs, _ = drawn(bench, 20_000)
    association = bench.nominal.model.associate(power[None])
    weights, _ = tangent(bench.nominal, bench.nominal.state(power[None]), association, duals[None])
    gap = 10.0 ** (bench.nominal.model.scenario.radio.implementation_loss_db / 10.0)

    def of_all(tried: torch.Tensor) -> float:
        link = association
        own = tried[link.serving[0, 0]] * link.direct[0, 0] / gap
        return float((weights[0] * torch.log2(1.0 + own / (1.0 + link.leak[0, 0] @ tried))).sum())

    generator = torch.Generator().manual_seed(0)
    tried = torch.rand(6, len(power), generator=generator, dtype=torch.float64)
    by_draws = weighted_sum_rate(graphs, tried.float().T.expand(len(graphs), -1, -1)).mean(0)
    exact = torch.tensor([of_all(t * bench.limits.upper) for t in tried])
    ratio = by_draws.double() / exact
    assert ratio.std() / ratio.mean() < 0.03


def test_a_cell_without_ues_weighs_nothing(small):
    known = [u for u in small.snapshot.ues if u.serving_cell != 3]
    assert 0 < len(known) < len(small.snapshot.ues)
    snapshot = small.snapshot.model_copy(update={"ues": tuple(known)})
    goal = small.problem.requirements[0].requirement
    problem = problem_on(snapshot, small.scenario, small.problem.objective, goal)
    with numerics():
        bench = Workbench.prepare(problem, snapshot, small.scenario, gaussian_sampler)
        _, _, graphs, margins = drawn(bench, 16)
    assert (graphs.weight[:, 2] == 0.0).all()
    assert (graphs.direct[:, 2] == 0.0).all()
    assert torch.isfinite(graphs.gain).all()
    assert len(margins) == len(problem.requirements)


@pytest.mark.parametrize("objective", [Objective.LOW_PERCENTILE, Objective.MEAN_THROUGHPUT])
def test_never_worse_than_the_classical_answers(city, model, objective):
    goal = city.problem.requirements[0].requirement
    problem = problem_on(city.snapshot, city.scenario, objective, goal)

    def best(tool):
        found = tool.solve(problem, city.snapshot)[0]
        return found.worst_margin >= 0, found.objective_value

    learned = best(GraphModel(city.load, gaussian_sampler, model))
    assert learned >= best(Wmmse(city.load, gaussian_sampler))
    assert learned >= best(PresentPower(city.load, gaussian_sampler))


def test_says_where_an_answer_came_from_and_how_strange_the_network_is(city, model):
    tool = GraphModel(city.load, gaussian_sampler, model)
    found = tool.solve(city.problem, city.snapshot)
    assert {c.origin for c in found} >= {"present", "classical", "model"}
    assert len({c.familiarity for c in found}) == 1
    assert found[0].familiarity is not None
    assert 0.0 <= found[0].familiarity <= 1.0
    assert tool.version == f"1+{model().digest[7:19]}"
    assert {c.tool_version for c in found} == {tool.version}
    assert isinstance(tool, LearnedTool)
    assert digest_bytes(tool.weights()) == model().digest


def test_a_missing_model_is_said_and_the_planner_goes_on(small, tmp_path):
    nowhere = partial(trained, tmp_path / "power.safetensors")
    with pytest.raises(ToolUnavailableError) as caught:
        GraphModel(small.load, gaussian_sampler, nowhere).solve(small.problem, small.snapshot)
    assert caught.value.code == "model.missing"
    tools = power_tools(small.load, gaussian_sampler, nowhere)
    solution = solve(easy(small), small.snapshot, small.scenario, tools)
    assert [(t.tool, t.code) for t in solution.unavailable] == [
        ("power.graph_model", "model.missing")
    ]
    assert solution.candidates


@pytest.mark.parametrize("part", ["weights", "card"])
def test_a_model_that_is_not_its_card_s_is_refused(small, weights, tmp_path, part):
    path = tmp_path / "power.safetensors"
    data, card = weights.read_bytes(), weights.with_suffix(".md").read_text()
    path.write_bytes(data[:-1] + bytes([data[-1] ^ 1]) if part == "weights" else data)
    path.with_suffix(".md").write_text(
        card.replace("sha256:", "sha512:") if part == "card" else card
    )
    with pytest.raises(ToolUnavailableError) as caught:
        GraphModel(small.load, gaussian_sampler, partial(trained, path)).solve(
            small.problem, small.snapshot
        )
    assert caught.value.code == "model.damaged"


def test_a_file_that_is_no_model_is_refused(small, tmp_path):
    path = tmp_path / "power.safetensors"
    path.write_bytes(b"no model")
    path.with_suffix(".md").write_text(digest_bytes(b"no model"))
    with pytest.raises(ToolUnavailableError) as caught:
        GraphModel(small.load, gaussian_sampler, partial(trained, path)).solve(
            small.problem, small.snapshot
        )
    assert caught.value.code == "model.malformed"


def test_the_card_names_the_file_it_is_of(weights, tmp_path):
    copy = tmp_path / "other.safetensors"
    copy.write_bytes(weights.read_bytes())
    done = CliRunner().invoke(app, ["model", "card", str(copy)])
    assert done.exit_code == 0, done.output
    assert trained(copy).digest in copy.with_suffix(".md").read_text()
    done = CliRunner().invoke(app, ["model", "card", str(tmp_path / "none.safetensors")])
    assert done.exit_code != 0


class Kept(dict):
    """A ledger's objects, in memory."""

    def keep(self, data: bytes) -> str:
        self[digest_bytes(data)] = data
        return digest_bytes(data)

    def get_object(self, digest: str) -> bytes:
        return self[digest]


def easy(of):
    """A problem that the first round solves."""
    goal = Requirement(
        kpi=Kpi.UE_THP_DL_MEAN,
        cells=of.snapshot.cell_ids,
        condition=Condition.AT_LEAST,
        bound=RelativeChange(change_percent=-50.0),
    )
    problem = problem_on(of.snapshot, of.scenario, Objective.MEAN_THROUGHPUT, goal)
    return problem.model_copy(update={"requirements": problem.requirements[:1]})


def test_a_replay_works_with_the_weights_of_then(small, model):
    kept, problem = Kept(), easy(small)
    inputs = {
        name: kept.keep(contract.canonical())
        for name, contract in (
            ("problem", problem),
            ("snapshot", small.snapshot),
            ("scenario", small.scenario),
        )
    }
    learned = {"weights:power.graph_model": kept.keep(model().data)}
    for more, tools in ((learned, power_tools(small.load, model=model)), ({}, None)):
        tools = tools or power_tools(small.load, model=partial(trained, Path("nowhere")))
        then = solve(problem, small.snapshot, small.scenario, tools)
        record = Record(
            key="k",
            trace_id="t",
            kind=RecordKind.STEP,
            actor="planner",
            at=small.snapshot.taken_at,
            content={"inputs": inputs | more, "output": kept.keep(then.canonical())},
        )
        again = STEPS["solution"](Inputs(kept, record))
        assert isinstance(again, Solution)
        assert again == then
        assert len(again.unavailable) == (0 if more else 1)
