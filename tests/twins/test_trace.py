import subprocess
from pathlib import Path

import numpy as np
import pytest

from contracts.errors import RanwrightError
from twins.scenario import RayTracedChannel, Scenario, load_scenario
from twins.sionna import llvm
from twins.sionna.paths import GAIN_STEP_DB, NO_PATH, TracedPaths, link_map
from twins.sionna.trace import trace


def works() -> bool:
    try:
        llvm.require_llvm()
    except RanwrightError:
        return False
    return True


@pytest.fixture(scope="module")
def canyon() -> Scenario:
    """One site above the middle of Sionna's street canyon, nine grid points below."""
    munich = load_scenario("munich")
    assert isinstance(munich.channel, RayTracedChannel)
    return munich.model_copy(
        update={
            "name": "canyon",
            "sites": (munich.sites[0].model_copy(update={"position_m": (0.0, 0.0, 30.0)}),),
            "channel": munich.channel.model_copy(
                update={
                    "scene": "simple_street_canyon",
                    "area_m": (-30.0, -6.0, 30.0, 6.0),
                    "grid_step_m": 12.0,
                    "max_depth": 1,
                    "max_paths": 4,
                }
            ),
        }
    )


@pytest.fixture(scope="module")
def traced(canyon: Scenario) -> TracedPaths:
    if not works():
        pytest.skip("ray tracing needs LLVM 19 or newer (Debian: apt-get install libllvm19)")
    return trace(canyon)


def test_shapes_and_provenance(traced: TracedPaths) -> None:
    points = len(traced.point_positions_m)
    assert points == 5
    assert traced.gain.shape == traced.delay.shape == (1, points, 4)
    assert traced.provenance["inputs"]["scene"] == "simple_street_canyon"
    assert traced.provenance["tracer"]["sionna_rt"]


def test_line_of_sight_is_free_space(canyon: Scenario, traced: TracedPaths) -> None:
    offset = traced.point_positions_m
    distance = np.hypot(np.linalg.norm(offset, axis=1), 30.0 - 1.5)
    loss_db = 20 * np.log10(4 * np.pi * distance * canyon.carrier.frequency_hz / 299792458)
    direct_db = traced.gain[0, :, 0] * GAIN_STEP_DB
    np.testing.assert_allclose(direct_db, -loss_db, atol=0.02)
    np.testing.assert_allclose(traced.delay[0, :, 0], distance / 0.299792458, atol=0.6)


def test_departure_angles_point_at_the_ue(canyon: Scenario, traced: TracedPaths) -> None:
    links = link_map(canyon, traced)
    x, y = traced.point_positions_m.T
    flat = np.hypot(x, y)
    elevation = np.rad2deg(np.arctan2(1.5 - 30.0, flat))
    np.testing.assert_allclose(links.elevation_deg[0, :, 0], elevation, atol=0.02)
    off = flat > 1.0
    azimuth = np.rad2deg(np.arctan2(y, x))
    turn = (links.azimuth_deg[0, :, 0].numpy() - azimuth + 180.0) % 360.0 - 180.0
    np.testing.assert_allclose(turn[off], 0.0, atol=0.02)


def test_tracing_is_deterministic(canyon: Scenario, traced: TracedPaths) -> None:
    again = trace(canyon)
    assert (again.gain == traced.gain).all()
    assert (again.gain[traced.gain != NO_PATH] < 0).all()


def test_unknown_scene_is_refused(canyon: Scenario) -> None:
    if not works():
        pytest.skip("ray tracing needs LLVM 19 or newer (Debian: apt-get install libllvm19)")
    channel = canyon.channel.model_copy(update={"scene": "atlantis"})
    with pytest.raises(RanwrightError) as caught:
        trace(canyon.model_copy(update={"channel": channel}))
    assert caught.value.code == "twin.unknown_scene"


def test_statistical_scenario_has_nothing_to_trace() -> None:
    with pytest.raises(RanwrightError) as caught:
        trace(load_scenario("uma"))
    assert caught.value.code == "twin.not_ray_traced"


def test_missing_llvm_is_refused_with_a_remedy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DRJIT_LIBLLVM_PATH", "/nonexistent/libLLVM.so")
    with pytest.raises(RanwrightError, match="libllvm19") as caught:
        llvm.require_llvm()
    assert caught.value.code == "twin.llvm_missing"


def test_hanging_probe_counts_as_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    def hang(*_: object, **__: object) -> None:
        raise subprocess.TimeoutExpired("python", 1.0)

    monkeypatch.setattr(llvm.subprocess, "run", hang)
    with pytest.raises(RanwrightError) as caught:
        llvm.require_llvm()
    assert caught.value.code == "twin.llvm_missing"


def test_main_writes_file_and_digest(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, traced: TracedPaths
) -> None:
    from twins.scenario import scenario_path
    from twins.sionna import trace as module

    copy = tmp_path / "munich.yaml"
    copy.write_text(scenario_path("munich").read_text(encoding="utf-8"), encoding="utf-8")
    monkeypatch.setattr(module, "trace", lambda _: traced)
    module.main(str(copy))
    channel = load_scenario(str(copy)).channel
    assert isinstance(channel, RayTracedChannel)
    assert channel.paths_digest != load_scenario("munich").channel.paths_digest  # type: ignore[union-attr]
    assert (tmp_path / channel.paths_file).read_bytes() == traced.to_bytes()
