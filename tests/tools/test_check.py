import pytest

from contracts.action import Candidate
from contracts.errors import RanwrightError
from tools.check import ToolContractError, check_tool
from tools.power import power_tools
from tools.power.examples import Example
from tools.power.samples import gaussian_sampler
from tools.power.solvers import PresentPower


def case(of: Example):
    return of.problem, of.snapshot, of.scenario.equipment


class Broken(PresentPower):
    """Answers as the baseline does, with one thing changed by ``spoil``."""

    def __init__(self, of: Example, spoil) -> None:
        super().__init__(of.load, gaussian_sampler)
        self._spoil = spoil

    def solve(self, problem, snapshot):
        answer = super().solve(problem, snapshot)
        return self._spoil(list(answer), problem, snapshot)


def edited(**changes):
    return lambda answer, _problem, _snapshot: [answer[0].model_copy(update=changes)]


def power(of_cell):
    def spoil(answer, problem, _snapshot):
        cell = problem.variables[0].cell_id
        changed = answer[0].tx_power_mw | {cell: of_cell(problem.variables[0])}
        return [answer[0].model_copy(update={"tx_power_mw": changed})]

    return spoil


def prediction(index: int, **changes):
    def spoil(answer, _problem, _snapshot):
        listed = list(answer[0].predictions)
        listed[index] = listed[index].model_copy(update=changes)
        return [answer[0].model_copy(update={"predictions": tuple(listed)})]

    return spoil


def drop_prediction(answer, _problem, _snapshot):
    return [answer[0].model_copy(update={"predictions": answer[0].predictions[1:]})]


def drop_cell(answer, _problem, _snapshot):
    rest = dict(list(answer[0].tx_power_mw.items())[1:])
    return [answer[0].model_copy(update={"tx_power_mw": rest})]


def worse_first(answer, _problem, _snapshot):
    better = answer[0].model_copy(update={"objective_value": answer[0].objective_value + 1.0})
    return [answer[0], better]


def counting():
    calls = iter(range(100))

    def spoil(answer, _problem, _snapshot):
        return [answer[0].model_copy(update={"objective_value": float(next(calls))})]

    return spoil


def by_first_ue(answer, problem, snapshot):
    first = problem.variables[0]
    low = first.lower_mw if snapshot.ues[0].ue_id == 0 else first.current_mw
    # only the guard-rails on throughput and coverage, so that the predictions stay honest
    changed = answer[0].tx_power_mw | {first.cell_id: low}
    total = sum(changed.values()) / 1000.0
    listed = tuple(
        p.model_copy(update={"after_in_kpi_unit": total}) if "MaxTxPower" in p.kpi else p
        for p in answer[0].predictions
    )
    return [answer[0].model_copy(update={"tx_power_mw": changed, "predictions": listed})]


def touching(answer, _problem, snapshot):
    snapshot.ues[0].rsrp_dbm[snapshot.ues[0].serving_cell] += 1.0
    return answer


BROKEN = {
    "answer": lambda *_: [],
    "identity": edited(tool="power.other"),
    "domain": power(lambda v: v.lower_mw - 1),
    "grid": power(lambda v: v.lower_mw + 1),
    "finite": edited(objective_value=float("nan")),
    "predictions": drop_prediction,
    "honest_before": prediction(0, before_in_kpi_unit=1.0),
    "honest_power": prediction(1, after_in_kpi_unit=1.0),
    "honest_margin": edited(worst_margin=0.5),
    "order": worse_first,
    "deterministic": counting(),
    "ue_order": by_first_ue,
}


@pytest.mark.parametrize("clause", BROKEN)
def test_a_broken_tool_is_caught_by_the_clause_it_breaks(small, clause):
    with pytest.raises(ToolContractError) as caught:
        check_tool(Broken(small, BROKEN[clause]), [case(small)])
    assert caught.value.clause == clause
    assert caught.value.code == "tool.contract"
    assert clause in caught.value.message


def test_powers_for_other_cells_than_the_variables_are_caught(small):
    with pytest.raises(ToolContractError) as caught:
        check_tool(Broken(small, drop_cell), [case(small)])
    assert caught.value.clause == "domain"


def test_a_tool_that_changes_its_input_is_caught(small):
    problem, snapshot, equipment = case(small)
    copy = snapshot.model_validate(snapshot.model_dump())
    with pytest.raises(ToolContractError) as caught:
        check_tool(Broken(small, touching), [(problem, copy, equipment)])
    assert caught.value.clause == "input_untouched"


def test_our_tools_keep_the_contract(small, model):
    for tool in power_tools(small.load, model=model):
        check_tool(tool, [case(small)])


def test_a_problem_of_another_snapshot_is_refused(small):
    tool = PresentPower(small.load, gaussian_sampler)
    other = small.problem.model_copy(update={"snapshot_digest": "sha256:" + "1" * 64})
    with pytest.raises(RanwrightError) as caught:
        tool.solve(other, small.snapshot)
    assert caught.value.code == "tool.snapshot_mismatch"


def test_a_snapshot_of_another_scenario_is_refused(small):
    changed = small.scenario.model_copy(update={"description": "edited"})
    with pytest.raises(RanwrightError) as caught:
        PresentPower(lambda _name: changed).solve(small.problem, small.snapshot)
    assert caught.value.code == "tool.scenario_mismatch"


def test_renaming_the_ues_does_not_change_the_answer(small, model):
    ues = small.snapshot.ues
    names = [ue.ue_id for ue in ues]
    renamed = tuple(
        ue.model_copy(update={"ue_id": name}) for ue, name in zip(ues, names[::-1], strict=True)
    )
    snapshot = small.snapshot.model_copy(update={"ues": renamed})
    problem = small.problem.model_copy(update={"snapshot_digest": snapshot.digest})
    for tool in power_tools(small.load, model=model):
        before: list[Candidate] = list(tool.solve(small.problem, small.snapshot))
        after = tool.solve(problem, snapshot)
        assert [c.tx_power_mw for c in after] == [c.tx_power_mw for c in before]
