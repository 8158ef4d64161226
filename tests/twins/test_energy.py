import itertools
import math

import pytest
import torch
from hypothesis import given
from hypothesis import strategies as st
from pydantic import ValidationError

from contracts.errors import RanwrightError
from twins.dynamics.energy import CellEnergy, Load, PowerState
from twins.dynamics.power import (
    CATEGORY_1,
    CATEGORY_2,
    PowerFigures,
    PowerReference,
    Sleep,
    active_power,
    break_even_ms,
    receive_power,
    sleep_energy,
    watts_per_unit,
)

CATEGORIES = pytest.mark.parametrize("figures", [CATEGORY_1, CATEGORY_2], ids=["1", "2"])
SHARES = st.floats(0.0, 1.0)
POWERS_DBM = st.floats(20.0, 55.0)
FIGURES = st.sampled_from([CATEGORY_1, CATEGORY_2])


def value(number: float) -> torch.Tensor:
    return torch.tensor(number, dtype=torch.float64)


def load(dl: float = 0.0, prb: float = 0.0, power_dbm: float = 46.0, ul: float = 0.0) -> Load:
    return Load(value(dl), value(prb), value(power_dbm), value(1.0), value(ul))


def run(figures: PowerFigures, steps: list[tuple[int, float]], of: Load) -> CellEnergy:
    cell = CellEnergy.awake(figures, 1)
    for sleep, duration_ms in steps:
        cell = cell.advance(of, torch.tensor([int(sleep)]), duration_ms)
    return cell


@CATEGORIES
def test_a_full_cell_at_the_reference_draws_the_table(figures: PowerFigures) -> None:
    assert float(active_power(figures, value(1), value(55), value(1))) == pytest.approx(
        figures.active_dl_power
    )
    assert float(receive_power(figures, value(1))) == pytest.approx(figures.active_ul_power)


def test_the_dynamic_part_scales_with_chains_prbs_and_power() -> None:
    half = active_power(CATEGORY_1, value(0.5), value(55 + 10 * math.log10(0.5)), value(0.5))
    assert float(half) == pytest.approx(55 + 0.5 * (280 - 55) * (0.4 + 0.6 * 0.5 * 0.5))
    assert float(receive_power(CATEGORY_1, value(0.5))) == pytest.approx(55 + 0.5 * (110 - 55))


@CATEGORIES
def test_deeper_states_draw_less(figures: PowerFigures) -> None:
    idle_slot = float(active_power(figures, value(0), value(20), value(1)))
    assert figures.deep.power < figures.light.power < figures.micro_sleep_power < idle_slot
    assert idle_slot < figures.active_dl_power
    assert figures.micro_sleep_power < figures.active_ul_power < figures.active_dl_power


@CATEGORIES
def test_a_ramp_draws_less_than_micro_sleep(figures: PowerFigures) -> None:
    for sleep in (figures.light, figures.deep):
        assert sleep.power < sleep.ramp_power < figures.micro_sleep_power


@given(FIGURES, st.tuples(SHARES, SHARES), st.tuples(POWERS_DBM, POWERS_DBM), SHARES, SHARES)
def test_more_load_never_costs_less(figures, prb, power_dbm, trx, dl) -> None:
    for share, dbm in itertools.product(sorted(prb), sorted(power_dbm)):
        least = active_power(figures, value(min(prb)), value(min(power_dbm)), value(trx))
        assert float(active_power(figures, value(share), value(dbm), value(trx))) >= float(least)
        assert float(least) >= figures.micro_sleep_power
    busier = CellEnergy.awake(figures, 1).advance(load(dl, max(prb)), torch.zeros(1).long(), 10.0)
    idler = CellEnergy.awake(figures, 1).advance(load(dl / 2, max(prb)), torch.zeros(1).long(), 10)
    assert float(busier.energy) >= float(idler.energy) - 1e-9


@given(FIGURES, SHARES, POWERS_DBM, SHARES, SHARES)
def test_muting_chains_never_costs_more(figures, prb, power_dbm, one, other) -> None:
    few, many = (
        float(active_power(figures, value(prb), value(power_dbm), value(share)))
        for share in sorted((one, other))
    )
    assert few <= many


def test_an_idle_cell_micro_sleeps() -> None:
    cell = run(CATEGORY_1, [(Sleep.NONE, 10.0)], load())
    assert float(cell.energy) == pytest.approx(550.0)
    assert float(cell.shares[0, PowerState.MICRO_SLEEP]) == 1.0


def test_time_shares_weigh_the_states() -> None:
    cell = run(CATEGORY_1, [(Sleep.NONE, 10.0)], load(dl=0.5, prb=1.0, power_dbm=55.0, ul=0.2))
    assert float(cell.energy) == pytest.approx(10 * (0.5 * 280 + 0.2 * 110 + 0.3 * 55))
    assert cell.shares[0].tolist() == pytest.approx([0, 0, 0.3, 0.5, 0.2, 0])


@given(
    FIGURES,
    st.lists(
        st.tuples(st.sampled_from(list(Sleep)), st.floats(0.5, 20_000.0), st.floats(0.01, 0.99)),
        min_size=1,
        max_size=5,
    ),
    SHARES,
)
def test_energy_and_time_are_additive_over_splits(figures, steps, dl) -> None:
    of = load(dl, 0.5)
    whole = run(figures, [(sleep, ms) for sleep, ms, _ in steps], of)
    parts = [part for sleep, ms, at in steps for part in ((sleep, ms * at), (sleep, ms - ms * at))]
    split = run(figures, parts, of)
    assert float(split.energy) == pytest.approx(float(whole.energy), rel=1e-9)
    torch.testing.assert_close(split.time_ms, whole.time_ms, rtol=0, atol=1e-6)
    assert float(whole.time_ms.sum()) == pytest.approx(sum(ms for _, ms, _ in steps))
    assert split.available.tolist() == whole.available.tolist()


@CATEGORIES
@pytest.mark.parametrize("depth", [Sleep.LIGHT, Sleep.DEEP])
def test_a_sleep_with_both_ramps_costs_what_the_tables_say(figures, depth) -> None:
    sleep = figures.sleep(depth)
    idle_ms = 3.0 * sleep.transition_ms
    cell = run(figures, [(depth, idle_ms - sleep.transition_ms / 2)], load(1.0, 1.0))
    assert not cell.available
    cell = cell.advance(load(1.0, 1.0), torch.tensor([0]), sleep.transition_ms / 2)
    assert bool(cell.available)
    assert float(cell.energy) == pytest.approx(sleep_energy(figures, depth, idle_ms))
    assert float(cell.time_ms[0, PowerState.TRANSITION]) == pytest.approx(sleep.transition_ms)


@CATEGORIES
def test_a_woken_cell_serves_only_after_its_ramp(figures) -> None:
    rise_ms = figures.deep.transition_ms / 2
    asleep = run(figures, [(Sleep.DEEP, 2 * figures.deep.transition_ms)], load())
    early = asleep.advance(load(), torch.tensor([0]), 0.99 * rise_ms)
    assert not early.available
    assert bool(early.advance(load(), torch.tensor([0]), 0.02 * rise_ms).available)


def test_a_ramp_runs_to_its_end() -> None:
    cell = run(CATEGORY_1, [(Sleep.DEEP, 1.0), (Sleep.NONE, 48.9)], load())
    assert not cell.available
    assert bool(cell.advance(load(), torch.tensor([0]), 0.2).available)
    assert float(cell.energy) == pytest.approx(49.9 * CATEGORY_1.deep.ramp_power)


def test_a_depth_holds_until_the_cell_has_woken() -> None:
    cell = run(CATEGORY_1, [(Sleep.LIGHT, 10.0), (Sleep.DEEP, 100.0)], load())
    assert float(cell.time_ms[0, PowerState.DEEP_SLEEP]) == 0.0
    assert float(cell.time_ms[0, PowerState.LIGHT_SLEEP]) == pytest.approx(107.0)


def test_a_command_acts_only_in_its_own_interval() -> None:
    # cell 0 falls asleep just as the interval ends, while cell 1 still has time to rise in it
    cells = CellEnergy.awake(CATEGORY_1, 2)
    for commands, ms in (([0, 1], 1.0), ([1, 1], 1.0), ([0, 0], 2.0), ([1, 1], 10.0)):
        cells = cells.advance(load(), torch.tensor(commands), ms)
    assert float(cells.time_ms[0, PowerState.LIGHT_SLEEP]) == pytest.approx(10.0)


@pytest.mark.parametrize(
    ("figures", "deeper", "than", "expected_ms"),
    [
        (CATEGORY_1, Sleep.LIGHT, Sleep.NONE, 6.0),
        (CATEGORY_1, Sleep.DEEP, Sleep.NONE, 50.0),
        (CATEGORY_1, Sleep.DEEP, Sleep.LIGHT, 50.0),
        (CATEGORY_2, Sleep.LIGHT, Sleep.NONE, 640.0),
        (CATEGORY_2, Sleep.DEEP, Sleep.NONE, 10_000.0),
        # 17 000 - 1088 units times ms more, 2.1 - 1 units less
        (CATEGORY_2, Sleep.DEEP, Sleep.LIGHT, 15_912 / 1.1),
    ],
)
def test_break_even(figures, deeper, than, expected_ms) -> None:
    at_ms = break_even_ms(figures, deeper, than)
    assert at_ms == pytest.approx(expected_ms)
    other = sleep_energy(figures, than, at_ms)
    assert sleep_energy(figures, deeper, at_ms) <= other * (1 + 1e-12)


@given(FIGURES, st.sampled_from([Sleep.LIGHT, Sleep.DEEP]), st.floats(0.01, 100.0))
def test_sleep_pays_from_its_break_even_on_and_never_before(figures, deeper, times) -> None:
    for than in [s for s in Sleep if s < deeper]:
        at_ms = break_even_ms(figures, deeper, than)
        idle_ms = times * at_ms
        cost = sleep_energy(figures, deeper, idle_ms)
        if idle_ms < figures.sleep(deeper).transition_ms:
            assert cost == float("inf")
        elif times != 1.0:
            assert (cost <= sleep_energy(figures, than, idle_ms)) is (times > 1.0)


@CATEGORIES
def test_cells_of_a_batch_do_not_touch_each_other(figures) -> None:
    commands = torch.tensor([[0, 1, 2], [2, 0, 1]])
    dl = torch.tensor([[0.1, 0.2, 0.3], [0.4, 0.5, 0.6]], dtype=torch.float64)
    of = Load(dl, value(0.5), value(46.0), value(1.0), value(0.1))
    together = CellEnergy.awake(figures, 2, 3).advance(of, commands, 700.0)
    for at in itertools.product(range(2), range(3)):
        alone = run(figures, [(commands[at], 700.0)], load(float(dl[at]), 0.5, ul=0.1))
        assert float(together.energy[at]) == pytest.approx(float(alone.energy))


def test_figures_out_of_order_are_refused() -> None:
    with pytest.raises(ValidationError, match="deeper states must draw less"):
        PowerFigures.model_validate(CATEGORY_1.model_dump() | {"micro_sleep_power": 20.0})


def test_watts_come_from_a_declared_reference_only() -> None:
    reference = PowerReference(active_dl_power_w=1400.0, source="a test bench")
    assert watts_per_unit(CATEGORY_1, reference) == pytest.approx(5.0)
    with pytest.raises(ValidationError, match="source"):
        PowerReference(active_dl_power_w=1400.0, source="")


@pytest.mark.parametrize(
    "bad", [load(dl=1.2), load(dl=0.7, ul=0.7), load(prb=-0.1), load(power_dbm=56.0)]
)
def test_impossible_loads_are_refused(bad: Load) -> None:
    with pytest.raises(RanwrightError, match=r"energy\.load"):
        run(CATEGORY_1, [(Sleep.NONE, 1.0)], bad)
