import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from contracts.dictionary import EquipmentProfile, PowerRange, lookup, records
from contracts.intent import Intent, IntentExpectation
from contracts.kpi import Kpi
from contracts.requirement import Condition, RelativeChange, Requirement
from knowledge.cards import spoken
from knowledge.search import ground, search

PROFILE = EquipmentProfile(
    name="test-macro",
    source="data sheet of the test",
    configured_max_tx_power=PowerRange(min_mw=200, max_mw=20_000, step_db=1.0),
)


def intent_on(*kpis, label="lift it"):
    targets = tuple(
        Requirement(
            kpi=kpi,
            cells=(1, 2),
            condition=Condition.AT_LEAST,
            bound=RelativeChange(change_percent=20),
        )
        for kpi in kpis
    )
    expectations = tuple(IntentExpectation.of("DELIVER", target) for target in targets)
    return Intent(user_label=label, intent_expectations=expectations)


def found(query, k=5):
    return [lookup(e.parameter_id).path for e in search(query, k)]


@pytest.mark.parametrize(
    ("query", "first"),
    [
        ("NRSectorCarrier.configuredMaxTxPower", "NRSectorCarrier.configuredMaxTxPower"),
        ("configuredmaxtxpower", "NRSectorCarrier.configuredMaxTxPower"),
        ("what is q-RxLevMin?", "SIB1.q-RxLevMin"),
        ("set qRxLevMin to -110", "NRFreqRelation.qRxLevMin"),
        ("range of a3-Offset please", "EventTriggerConfig.a3-Offset"),
        ("alpha", "P0-PUSCH-AlphaSet.alpha"),
        ("5QI 9", "5QI.5QI 9"),
    ],
)
def test_exact_names_come_first_and_without_a_score(query, first):
    best = search(query, 3)[0]
    assert lookup(best.parameter_id).path == first
    assert best.score is None


def test_every_record_is_first_for_its_id():
    for record in records():
        assert search(record.id, 1)[0].parameter_id == record.id


def test_a_plain_word_inside_a_sentence_is_not_taken_for_a_name():
    assert all(e.score is not None for e in search("the gain of active users", 5))


@pytest.mark.parametrize(
    ("query", "wanted"),
    [
        ("turn down the transmit power of a cell", "NRSectorCarrier.configuredMaxTxPower"),
        ("how much electrical power the site draws", "measurement.PEE.AvgPower"),
        ("throughput seen by the users", "measurement.DRB.UEThpDl"),
        ("tilt the beam down electrically", "CommonBeamformingFunction.digitalTilt"),
        ("put a cell to sleep at night", "CESManagementFunction.energySavingControl"),
        (
            "guaranteed share of resource blocks for a slice",
            "RRMPolicyRatio.rRMPolicyDedicatedRatio",
        ),
        ("time before a handover is triggered", "EventTriggerConfig.timeToTrigger"),
        ("power of the synchronisation block", "ServingCellConfigCommonSIB.ss-PBCH-BlockPower"),
        (
            "how many retransmission processes",
            "PDSCH-ServingCellConfig.nrofHARQ-ProcessesForPDSCH",
        ),
        ("may users be handed over to this neighbour", "NRCellRelation.isHOAllowed"),
        ("share of users suffering from interference", "RadioNetworkExpectation.LowSINRRatio"),
        ("share of users in a coverage hole", "RadioNetworkExpectation.WeakRSRPRatio"),
        ("timer for radio link failure", "RLF-TimersAndConstants.t310"),
        ("maximum bandwidth of the carrier", "SCS-SpecificCarrier.carrierBandwidth"),
    ],
)
def test_plain_language_finds_the_parameter_among_the_first_five(query, wanted):
    assert wanted in found(query)


@pytest.mark.parametrize(
    "query",
    ["what is the weather tomorrow", "delete all files", "recipe for apple pie", "", " ", "\x00"],
)
def test_what_is_no_radio_question_finds_nothing(query):
    assert search(query) == []


def test_scores_are_cosines():
    assert all(-1 <= e.score <= 1 for e in search("lower the output of the sector", 10))


def test_hits_are_distinct_bounded_and_carry_the_numbers_of_the_dictionary():
    hits = search("beam tilt in degrees", 4)
    assert len({e.parameter_id for e in hits}) == len(hits) == 4
    for hit in hits:
        assert hit.model_copy(update={"score": None}) == lookup(hit.parameter_id).evidence()
    assert search("beam tilt", 0) == []


@settings(max_examples=15, deadline=None)
@given(st.text(max_size=200))
def test_any_query_is_answered(query):
    assert len(search(query, 3)) <= 3


def test_equal_queries_have_equal_answers():
    assert search("cell edge throughput", 5) == search("cell edge throughput", 5)


@pytest.mark.parametrize("kpi", [k for k in Kpi if k is not Kpi.COVERAGE_LOSS_RATIO])
def test_every_intent_is_grounded_in_the_power_rule_and_its_kpi(kpi):
    grounded = ground(intent_on(kpi), hits=0)
    assert grounded[0].parameter_id == "TS 28.541:NRSectorCarrier.configuredMaxTxPower"
    if kpi is not Kpi.TX_POWER_TOTAL:
        assert len(grounded) > 1


def test_grounding_holds_each_rule_once_and_ends_with_hits_for_the_sentence():
    label = "Lift the 5th-percentile downlink throughput of cells 1-3 by 20 %"
    grounded = ground(intent_on(Kpi.UE_THP_DL_P5, Kpi.WEAK_RSRP_RATIO, label=label), PROFILE)
    ids = [e.parameter_id for e in grounded]
    assert ids[0] == ids[1] == "TS 28.541:NRSectorCarrier.configuredMaxTxPower"
    assert grounded[1].citation.spec == "equipment profile test-macro"
    assert ids[2:4] == [
        "TS 28.552:measurement.DRB.UEThpDl",
        "TS 28.312:RadioNetworkExpectation.WeakRSRPRatio",
    ]
    assert len(set(ids)) == len(ids) - 1
    assert all(e.score is not None for e in grounded[4:])


def test_importing_search_and_exact_grounding_stay_light():
    code = (
        "import sys, knowledge.search as s; s.lookup('nRPCI');"
        "assert not {'chromadb', 'numpy', 'torch'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_search_loads_neither_torch_nor_transformers():
    code = (
        "import sys, knowledge.search as s; assert s.search('cell edge throughput', 2);"
        "assert not {'torch', 'transformers', 'sentence_transformers'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("configuredMaxTxPower", "configured Max Tx Power"),
        ("nRPCI", "n RPCI"),
        ("q-RxLevMin", "q Rx Lev Min"),
        ("5QI 9", "5 QI 9"),
    ],
)
def test_identifiers_as_words(name, words):
    assert spoken(name) == words
