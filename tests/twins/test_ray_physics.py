"""Laws that traced paths obey whatever the scene: reciprocity, energy, convergence."""

import numpy as np
import pytest

from benchmarks.trace_convergence import Setting, difference, link_gains_db, sample_points
from contracts.errors import RanwrightError
from twins.scenario import load_scenario
from twins.sionna.llvm import require_llvm

FREQUENCY_HZ = 3.5e9
WAVELENGTH_M = 299792458.0 / FREQUENCY_HZ
QUANTUM_DB = 0.02
CANYON = ((-20.0, 3.0, 12.0), (25.0, -4.0, 1.5))


@pytest.fixture(scope="module", autouse=True)
def _needs_llvm() -> None:
    try:
        require_llvm()
    except RanwrightError:
        pytest.skip("ray tracing needs LLVM 19 or newer (Debian: apt-get install libllvm19)")


def paths(scene_name, source, target, depth, diffraction=True, rays=100_000):
    """Power (summed over both polarisations at both ends) and delay in s of each path."""
    import sionna.rt as rt

    scene = rt.load_scene(getattr(rt.scene, scene_name))
    scene.frequency = FREQUENCY_HZ
    array = rt.PlanarArray(num_rows=1, num_cols=1, pattern="iso", polarization="VH")
    scene.tx_array = scene.rx_array = array
    scene.add(rt.Transmitter("from", position=list(source)))
    scene.add(rt.Receiver("to", position=list(target)))
    found = rt.PathSolver(deterministic=True)(
        scene, max_depth=depth, samples_per_src=rays, refraction=False, diffraction=diffraction,
        seed=1,
    )  # fmt: skip
    real, imaginary = (part.numpy() for part in found.a)
    power = (real**2 + imaginary**2).sum(axis=(0, 1, 2, 3))
    there = found.valid.numpy()[0, 0] & (power > 0.0)
    order = np.argsort(found.tau.numpy()[0, 0][there])
    return power[there][order], found.tau.numpy()[0, 0][there][order]


def friis(delay_s):
    """Power gain of free space over a path's length; two polarisations carry it twice."""
    return 2.0 * (WAVELENGTH_M / (4.0 * np.pi * 299792458.0 * delay_s)) ** 2


def test_reflected_paths_are_reciprocal():
    """Transmitter and receiver change places: same paths, same losses (Lorentz reciprocity)."""
    there, there_s = paths("simple_street_canyon", *CANYON, depth=2, diffraction=False)
    back, back_s = paths("simple_street_canyon", *reversed(CANYON), depth=2, diffraction=False)
    assert len(there) == len(back) > 3
    np.testing.assert_allclose(there_s, back_s, rtol=1e-5)
    # delays may tie, so powers are compared in their own order
    np.testing.assert_allclose(10 * np.log10(np.sort(there) / np.sort(back)), 0.0, atol=0.1)


def test_with_diffraction_a_link_is_reciprocal_in_sum():
    """Which diffracted paths are found depends on the end rays start from; they carry little."""
    there, _ = paths("simple_street_canyon", *CANYON, depth=2)
    back, _ = paths("simple_street_canyon", *reversed(CANYON), depth=2)
    assert 10 * np.log10(there.sum() / back.sum()) == pytest.approx(0.0, abs=0.2)


def test_the_direct_path_is_free_space_and_no_echo_is_stronger():
    power, delay_s = paths("simple_street_canyon", *CANYON, depth=3, diffraction=False)
    distance = np.linalg.norm(np.subtract(*CANYON))
    assert delay_s[0] == pytest.approx(distance / 299792458.0, rel=1e-5)
    assert 10 * np.log10(power[0] / friis(delay_s[0])) == pytest.approx(0.0, abs=QUANTUM_DB)
    assert len(power) > 3
    assert (power[1:] < friis(delay_s[1:])).all()


def test_a_plane_reflects_as_fresnel_says():
    """A concrete-like floor cannot reflect more than arrives; a metal wall reflects nearly all."""
    source, target = (-3.0, 0.0, 3.0), (3.0, 0.0, 3.0)
    power, delay_s = paths("simple_reflector", source, target, depth=1, diffraction=False)
    assert len(power) == 2
    assert delay_s[1] * 299792458.0 == pytest.approx(np.hypot(6.0, 6.0), rel=1e-4)
    magnitude = np.sqrt(power[1] / friis(delay_s[1]))
    assert 0.9 < magnitude <= 1.001


def test_more_reflections_add_power_and_never_more_than_free_space_along_each_path():
    totals = []
    for depth in range(4):
        power, delay_s = paths("simple_street_canyon", *CANYON, depth=depth, diffraction=False)
        totals.append(power.sum())
        assert power.sum() <= friis(delay_s).sum() * 1.005
    assert totals == sorted(totals)
    assert totals[3] > 1.05 * totals[0]


def test_bounces_converge_in_the_canyon():
    power = [
        paths("simple_street_canyon", *CANYON, depth=d, diffraction=False)[0].sum()
        for d in (0, 1, 2, 3, 4, 5)
    ]
    steps_db = np.diff(10 * np.log10(power))
    assert steps_db[-1] < 0.1
    assert steps_db[-1] < steps_db[0]


@pytest.mark.slow
def test_the_shipped_rays_and_bounces_have_converged_for_strong_links_of_munich():
    """Ten points of the study in benchmarks/trace_convergence.py."""
    munich = load_scenario("munich")
    points = sample_points(munich, 10)
    shipped = link_gains_db(munich, points, Setting(4, 100_000, 8))
    finer = link_gains_db(munich, points, Setting(5, 400_000, 64))
    row = difference(shipped, finer, -110.0)
    assert row["links"] >= 5
    assert row["median_db"] < 0.1
    assert row["missed_percent"] < 15.0
