import numpy as np
import pytest

from contracts.dictionary import lookup
from contracts.errors import RanwrightError
from twins.dynamics.knobs import KNOBS, apply, parse_turn
from twins.dynamics.profile import load_profile
from twins.dynamics.sensitivity import TRIALS
from twins.dynamics.settings import Settings, start_settings
from twins.scenario import load_scenario

SCENARIO, PROFILE = load_scenario("munich"), load_profile("urban")
START = start_settings(SCENARIO, PROFILE)


def turned(*texts: str) -> Settings:
    return apply(tuple(parse_turn(t, SCENARIO) for t in texts), START, SCENARIO, PROFILE)


def code_of(*texts: str) -> str:
    with pytest.raises(RanwrightError) as caught:
        turned(*texts)
    return caught.value.code


@pytest.mark.parametrize("name", KNOBS)
def test_every_knob_is_a_parameter_of_the_dictionary(name: str) -> None:
    record = lookup(name)
    assert record.path == name
    assert record.literals is not None or record.hard_range is not None or record.unit == "mW"
    assert hasattr(START, KNOBS[name].field)


def test_every_knob_is_on_trial() -> None:
    tried = {parse_turn(t.turns[-1], SCENARIO).knob.name for t in TRIALS}
    assert tried == set(KNOBS)


def test_values_are_those_of_the_field() -> None:
    assert turned("EventTriggerConfig.a3-Offset=-7").a3_offset_db == -3.5
    assert turned("hysteresis=3").hysteresis_db == 1.5
    assert turned("timeToTrigger=ms480").time_to_trigger_ms == 480.0
    assert turned("filterCoefficientRSRP=fc11").filter_coefficient == 11
    assert turned("digitalTilt@4=-25").tilt_deg[3] == -2.5
    assert turned("configuredMaxTxPower@9=10000").tx_power_mw.tolist() == [40000.0] * 8 + [10000.0]
    assert turned("ssb-PositionsInBurst=129").ssb_positions.tolist() == [True] + [False] * 6 + [
        True
    ]


def test_relations_are_directed() -> None:
    name = "NRCellRelation.cellIndividualOffset"
    one = turned(f"{name}@1:2=-4").individual_offset_db
    assert one[0, 1] == -4.0
    assert np.count_nonzero(one) == 1
    assert turned(f"{name}@2=5").individual_offset_db[:, 1].tolist() == [5.0] * 9
    assert (turned(f"{name}=5").individual_offset_db == 5.0).all()


def test_slices_go_by_name() -> None:
    settings = turned("rRMPolicyMinRatio@realtime=40", "rRMPolicyMaxRatio@broadband=50")
    assert settings.min_percent.tolist() == [0.0, 40.0]
    assert settings.max_percent.tolist() == [50.0, 100.0]
    quota = "E2SM-RC control style 2 action 6.Max PRB Policy Ratio"
    assert lookup(quota).hard_range == lookup("rRMPolicyMaxRatio").hard_range
    assert turned(f"{quota}@broadband=50").max_percent.tolist() == [50.0, 100.0]


def test_closed_cells() -> None:
    settings = turned(
        "administrativeState@1=LOCKED",
        "administrativeState@2=SHUTTINGDOWN",
        "energySavingControl@3=TO_BE_ENERGY_SAVING",
    )
    assert settings.open.tolist() == [False] * 3 + [True] * 6
    assert settings.locked.tolist() == [True] + [False] * 8


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a3-Offset", "dynamics.turn"),
        ("a3-Offset=31", "dictionary.out_of_range"),
        ("a3-Offset=2.5", "dictionary.wrong_type"),
        ("timeToTrigger=ms150", "dictionary.not_in_enum"),
        ("timeToTrigger=160", "dictionary.not_in_enum"),
        ("NRCellRelation.cellIndividualOffset=7", "dictionary.not_in_enum"),
        ("configuredMaxTxPower=50000", "dictionary.out_of_range"),
        ("ssbPeriodicity=30", "dictionary.not_in_enum"),
        ("ssb-PositionsInBurst=0", "dictionary.out_of_range"),
        ("administrativeState@3=OFF", "dictionary.not_in_enum"),
        ("antennaGain=3", "dynamics.unknown_knob"),
        ("a3-Offset@1=3", "dynamics.target"),
        ("digitalTilt@77=30", "dynamics.target"),
        ("digitalTilt@1:2=30", "dynamics.target"),
        ("rRMPolicyMinRatio@gold=30", "dynamics.target"),
    ],
)
def test_what_the_standard_or_the_network_does_not_have_is_refused(text: str, code: str) -> None:
    assert code_of(text) == code
