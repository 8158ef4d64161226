"""Threads, processes and Ray: the same bits from all of them."""

import operator
import os
import sys
from functools import partial

import pytest
import torch

from contracts.errors import ExitCode, RanwrightError
from tests.twins.synthetic import link_map, scenario, snapshot
from twins.engine import engine_of, forget_engines
from twins.plant import Plant
from twins.rollout import PairedRollouts, Twin
from twins.runtime import RuntimeSettings
from twins.scenario import load_scenario

SCENARIO = scenario()
LINKS = link_map(SCENARIO)
ACTION = {4: 10048}
ENGINES = {
    "threads": RuntimeSettings(workers=2, engine="threads"),
    "processes": RuntimeSettings(workers=2, engine="processes"),
    "ray": RuntimeSettings(workers=2, engine="ray"),
}


@pytest.fixture(scope="module")
def taken():
    plant = Plant(SCENARIO, 3, LINKS)
    return snapshot(plant, plant.observe(10))


@pytest.fixture(scope="module")
def expected(taken) -> PairedRollouts:
    alone = Twin(SCENARIO, taken, LINKS, RuntimeSettings(workers=1))
    return alone.roll_out(ACTION, 20, seed=7, window_ms=1000)


@pytest.mark.parametrize("name", ENGINES)
def test_every_engine_gives_the_same_bits(name, taken, expected):
    twin = Twin(SCENARIO, taken, LINKS, ENGINES[name])
    found = twin.roll_out(ACTION, 20, seed=7, window_ms=1000)
    for window in ("before", "after"):
        for field in ("throughput_mbps", "serving_rsrp_dbm", "sinr_db", "average_power_w"):
            one, two = (getattr(getattr(p, window), field) for p in (found, expected))
            assert torch.equal(one.nan_to_num(-1.0), two.nan_to_num(-1.0)), field


@pytest.mark.parametrize("name", ENGINES)
def test_results_come_in_order(name):
    found = engine_of(ENGINES[name]).map(operator.neg, range(20))
    assert list(found) == [-item for item in range(20)]


@pytest.mark.parametrize("name", ENGINES)
def test_an_error_in_a_worker_arrives(name):
    with pytest.raises(ZeroDivisionError):
        list(engine_of(ENGINES[name]).map(partial(operator.truediv, 1), [1, 0]))


@pytest.mark.parametrize("name", ENGINES)
def test_a_refusal_of_ours_arrives_whole(name):
    with pytest.raises(RanwrightError) as caught:
        list(engine_of(ENGINES[name]).map(load_scenario, ["nowhere"]))
    assert (caught.value.code, caught.value.exit_code) == ("scenario.unknown", ExitCode.USAGE)


def test_a_dead_worker_is_told_and_replaced():
    with pytest.raises(RanwrightError) as caught:
        list(engine_of(ENGINES["processes"]).map(os._exit, [1]))
    assert caught.value.code == "engine.worker_died"
    assert list(engine_of(ENGINES["processes"]).map(abs, [-1])) == [1]


def test_other_settings_take_effect_when_engines_are_forgotten():
    import ray

    for workers in (1, 2):
        forget_engines()
        engine_of(RuntimeSettings(workers=workers, engine="ray"))
        assert ray.cluster_resources()["CPU"] == workers


def test_without_ray_it_says_what_to_install(monkeypatch):
    forget_engines()
    monkeypatch.setitem(sys.modules, "ray", None)
    with pytest.raises(RanwrightError) as caught:
        engine_of(ENGINES["ray"])
    assert caught.value.code == "engine.ray_missing"
    assert caught.value.exit_code is ExitCode.USAGE
