import json
from pathlib import Path

import numpy as np
import pytest
import torch

from contracts.calibration import CalibrationCertificate
from contracts.errors import RanwrightError
from tests.data import reference_data
from twins.calibration.calibrate import calibrate
from twins.calibration.certificate import load_certificate, require_valid
from twins.calibration.deployment import Deployment, deployments, drops
from twins.calibration.large_scale import large_scale_tests
from twins.calibration.mutants import faults
from twins.calibration.reference import derive, load_reference
from twins.calibration.transcription import Transcription
from twins.tr38901.large_scale import LinkState, Parameter, load_tables

FEW = 16


def deployment(name: str) -> Deployment:
    return next(d for d in deployments() if d.name == name)


@pytest.fixture(scope="module")
def reduced() -> CalibrationCertificate:
    """A reduced sample, with one fault of every kind."""
    kinds = ("tilt_plus_3", "isd_125", "no_o2i", "ue_height", "no_shadowing", "ds_doubled")
    return calibrate(FEW, planted=[f for f in faults() if f.name in kinds])


def test_the_shipped_certificate_holds_for_this_code() -> None:
    certificate = load_certificate()
    require_valid(certificate)
    assert certificate.shortcomings == ()
    assert len(certificate.curves) == 12
    assert len(certificate.mutants) >= 15
    assert certificate.caught_share >= 0.9


def test_a_reduced_sample_calibrates(reduced) -> None:
    assert reduced.shortcomings == ()
    assert {(c.deployment, c.measure) for c in reduced.curves} == set(load_reference())
    assert all(m.caught for m in reduced.mutants)


def test_equal_seeds_give_equal_certificates() -> None:
    one, two = (calibrate(2, planted=faults()[:1]) for _ in range(2))
    assert one.digest == two.digest
    assert calibrate(2, seed=1, planted=faults()[:1]).digest != one.digest


def test_the_reference_is_derived_from_the_sheets() -> None:
    sheets = json.loads(reference_data("3gpp_calibration_phase1.json").read_text())
    shipped = Path("twins/calibration/reference.json").read_text()
    assert derive(sheets) == json.loads(shipped)


def test_the_distance_is_that_of_kolmogorov_and_smirnov() -> None:
    curve = load_reference()["UMa-6GHz", "wideband_sir_db"]
    share = np.linspace(0.005, 0.985, 50_000)
    itself = np.interp(share, np.arange(1, 99) / 100.0, curve.median_db)
    assert curve.distance(itself) < 0.02
    assert curve.distance(itself + 3.0) > 0.1
    assert curve.distance(np.full(10, -99.0)) == pytest.approx(0.99)


@pytest.mark.parametrize("state", list(LinkState))
@pytest.mark.parametrize("name", ["UMa", "UMi"])
@pytest.mark.parametrize("ghz", [2.0, 6.0, 30.0])
def test_our_table_is_the_one_that_sionna_wrote_down(name, state, ghz) -> None:
    table = load_tables(name, ghz * 1e9)[state]
    theirs = Transcription(name, state, ghz * 1e9)
    assert set(table.statistics) == set(theirs.parameters)
    for row, (parameter, told) in enumerate(table.statistics.items()):
        if parameter is not Parameter.ZSD:  # its mean and deviation are those of the outdoor leg
            assert told.mean == pytest.approx(theirs.mean(parameter), abs=1e-6)
            assert told.deviation == pytest.approx(theirs.deviation(parameter), abs=1e-6)
        assert told.correlation_m == theirs.correlation_m(parameter)
        for column, other in enumerate(table.statistics):
            expected = 1.0 if parameter is other else theirs.correlation(parameter, other)
            assert float(table.correlation[row, column]) == expected


def test_statistics_alone_notice_what_the_curves_cannot() -> None:
    fault = next(f for f in faults() if f.name == "asa_narrow")
    right = deployment("UMa-6GHz")
    wrong = fault.plant(right)
    measured = [torch.cat([d.geometry_sinr_db for d in drops(d, 2, 1)]) for d in (right, wrong)]
    assert torch.equal(*measured)
    assert all(t.passed for t in large_scale_tests(right, list(drops(right, FEW, 1))))
    failed = {t.name for t in large_scale_tests(wrong, list(drops(wrong, FEW, 1))) if not t.passed}
    assert f"{LinkState.NLOS} {Parameter.ASA} deviation" in failed


def test_the_layout_is_that_of_phase_1() -> None:
    sites = deployment("UMi-30GHz").sites
    assert len(sites) == 19
    assert sum(len(site.sectors) for site in sites) == 57
    spots = np.array([site.position_m[:2] for site in sites])
    gaps = np.linalg.norm(spots[:, None] - spots[None], axis=-1)
    assert np.sort(gaps[0])[1:7] == pytest.approx(np.full(6, 200.0))
    # boresights of the middle site point at neighbouring sites
    nearest = np.degrees(np.arctan2(*spots[np.argsort(gaps[0])[1:7]].T[::-1])) % 360
    assert all(np.min(np.abs(nearest - s.azimuth_deg)) < 1e-6 for s in sites[0].sectors)


def test_a_twin_whose_code_changed_verifies_nothing() -> None:
    stale = load_certificate().model_copy(update={"code_digest": "sha256:" + "0" * 64})
    with pytest.raises(RanwrightError, match="changed") as caught:
        require_valid(stale)
    assert caught.value.code == "twin.uncalibrated"


@pytest.mark.parametrize(
    "what", ["curve", "statistic", "mutants", "no mutants", "few drops", "one curve"]
)
def test_a_failed_calibration_does_not_hold(what) -> None:
    held = load_certificate()
    curve, statistic = held.curves[0], held.large_scale[0]
    edited = {
        "curve": {"curves": (curve.model_copy(update={"passed": False}), *held.curves[1:])},
        "statistic": {"large_scale": (statistic.model_copy(update={"passed": False}),)},
        "mutants": {
            "mutants": tuple(m.model_copy(update={"failed_tests": 0}) for m in held.mutants)
        },
        "no mutants": {"mutants": ()},
        "few drops": {"drops": 16},
        "one curve": {"curves": held.curves[:1]},
    }[what]
    with pytest.raises(RanwrightError) as caught:
        require_valid(held.model_copy(update=edited))
    assert caught.value.code == "twin.uncalibrated"
    assert ("failed its" if what in ("curve", "statistic", "mutants") else "too little") in str(
        caught.value
    )


def test_a_site_may_hold_its_own_certificate(tmp_path, reduced) -> None:
    own = tmp_path / "calibration.json"
    own.write_bytes(reduced.canonical())
    assert load_certificate(own) == reduced
    own.write_text("{}")
    with pytest.raises(RanwrightError) as caught:
        load_certificate(own)
    assert caught.value.code == "calibration.malformed"


def test_faults_are_told_apart() -> None:
    assert len({f.name for f in faults()}) == len({f.says for f in faults()}) == len(faults())
